// Activations y = f(x), and the way back: d *= f'(x), told by y.
#pragma once

#include "pictures.h"
#include "vectors.h"

namespace {

template <int L> INLINE void activate(const Layer& l, int64_t count, const float* x, float* y) {
    const int32_t kind = l.kind;  // no store below changes these
    const float slope = l.slope;
    for (int64_t i = 0; i < count; i += L) {
        Vec<L> v = load<L>(x + i);
        if (kind == RELU) v = v <= 0.0f ? v * slope : v;
        if (kind == SIGMOID) v = sigmoid<L>(v);
        if (kind == TANH) v = hyperbolic_tangent<L>(v);
        store<L>(y + i, v);
    }
}

template <int L> INLINE void chain(const Layer& l, int64_t count, const float* y, float* d) {
    const int32_t kind = l.kind;
    const float slope = l.slope;
    for (int64_t i = 0; i < count; i += L) {
        Vec<L> v = load<L>(y + i), g = load<L>(d + i);
        if (kind == RELU) g = v <= 0.0f ? g * slope : g;
        if (kind == SIGMOID) g *= v * (1.0f - v);
        if (kind == TANH) g *= 1.0f - v * v;
        store<L>(d + i, g);
    }
}

// Kept numbers grow by 1 / (1 - p), the others become 0; the mask lies as PyTorch lays samples.
INLINE void drop(const Layer& l, int64_t rows, const float* mask, const float* x, float* y) {
    int64_t channels = l.in.channels, wide = padded(channels), area = pixels(l.in);
    for (int64_t r = 0; r < rows; r++, mask += area * channels)
        for (int64_t p = 0; p < area; p++, x += wide, y += wide)
            for (int64_t c = 0; c < channels; c++) y[c] = x[c] * (mask[c * area + p] * l.slope);
}

// The first `count` numbers of every row, from rows of one length to rows of another.
INLINE void copy_rows(const float* from, int64_t rows, int64_t count, int64_t from_row, float* to,
                      int64_t to_row) {
    if (from_row == to_row) {
        memcpy(to, from, rows * to_row * sizeof(float));
        return;
    }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < count; c++) to[r * to_row + c] = from[r * from_row + c];
}

}  // namespace
