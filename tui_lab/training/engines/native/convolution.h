// Convolutions: products of the patches that the kernel covers with the weights.
//
// A sample is copied into a frame, whose border is the padding. With p for a pixel of the output and
// k for a row, column and channel of the kernel, patch(p, k) = frame[pixel_at[p] + kernel_at[k]],
// and y(p, o) = b(o) + sum over k of patch(p, k) W(k, o). The patches are read where they lie.
#pragma once

#include "pictures.h"

namespace {

struct Patches {
    float* frames;  // one a sample
    int32_t *pixel_at, *kernel_at, *channel_at;  // channel_at[c] = c
};

// A product C = A B, or C += A B, where A(m, k) is a[row_at[m] + sum_at[k]].
struct Gathered {
    int64_t rows, columns, inner;
    const float* a;
    const int32_t *row_at, *sum_at;  // row_at null: row m begins at m * a_stride
    int64_t a_stride;
    const float* b;
    int64_t b_row;
    float* c;
    const int32_t* c_at;  // where C's rows begin; null: at m * c_row
    int64_t c_row;
    const float* bias;  // or null
    bool adds;

    INLINED const float* a_row(int64_t m) const { return a + (row_at ? row_at[m] : m * a_stride); }
    INLINED int64_t a_at(int64_t k) const { return sum_at[k]; }
    INLINED float* c_of(int64_t m) const { return c + (c_at ? c_at[m] : m * c_row); }
    INLINED const float* start(int64_t m) const { return adds ? c_of(m) : bias; }
};

// Compiled once for each processor, as the other product.
#if defined(__x86_64__)
AVX512 void gathered_512(const Gathered& p) { multiply<16, 8>(p); }
AVX2 void gathered_256(const Gathered& p) { multiply<8, 4>(p); }
#endif
template <int L, int M> INLINE void gathered(const Gathered& p) {
#if defined(__x86_64__)
    if constexpr (L == 16) return gathered_512(p);
    if constexpr (L == 8) return gathered_256(p);
#endif
    multiply<L, M>(p);
}

// How many pixels a window covers on its way to so many places.
INLINE int64_t covered(const Side& s, int64_t places) {
    return (places - 1) * s.stride + (s.kernel - 1) * s.dilation + 1;
}

// A frame is as large as what the kernel covers. Only a sample that is no gradient's place, because
// it comes from outside, has pixels without padding.
INLINE Picture frame_of(const Layer& l) {
    int64_t wide = l.in_planes ? l.in.channels : padded(l.in.channels);
    return {wide, covered(l.down, l.out.height), covered(l.across, l.out.width)};
}

INLINE void fill_tables(const Layer& l, const Patches& p) {
    Picture frame = frame_of(l);
    int64_t row = frame.width * frame.channels, next = 0;
    for (int64_t y = 0; y < l.out.height; y++)
        for (int64_t x = 0; x < l.out.width; x++)
            p.pixel_at[next++] = y * l.down.stride * row + x * l.across.stride * frame.channels;
    next = 0;
    for (int64_t i = 0; i < l.down.kernel; i++)
        for (int64_t j = 0; j < l.across.kernel; j++)
            for (int64_t c = 0; c < l.in.channels; c++)
                p.kernel_at[next++] =
                    i * l.down.dilation * row + j * l.across.dilation * frame.channels + c;
    for (int64_t c = 0; c < l.out.channels; c++) p.channel_at[c] = c;
}

// Calls body(pixels of the frame, of the sample, how many) for each row of the sample in the frame.
template <class Body> INLINE void in_frame(const Layer& l, const Body& body) {
    Picture frame = frame_of(l);
    int64_t left = l.across.padding, most = frame.width - left;
    int64_t count = l.in.width < most ? l.in.width : most;
    for (int64_t y = 0; y < l.in.height && y + l.down.padding < frame.height; y++)
        if (count > 0) body((y + l.down.padding) * frame.width + left, y * l.in.width, count);
}

INLINE void into_frame(const Layer& l, const float* x, float* frame) {
    int64_t channels = l.in.channels, area = pixels(l.in), wide = padded(channels);
    memset(frame, 0, numbers(frame_of(l)) * sizeof(float));
    in_frame(l, [&](int64_t to, int64_t from, int64_t count) INLINED {
        if (!l.in_planes) memcpy(frame + to * wide, x + from * wide, count * wide * sizeof(float));
        for (int64_t c = 0; l.in_planes && c < channels; c++)
            for (int64_t i = 0; i < count; i++)
                frame[(to + i) * channels + c] = x[c * area + from + i];
    });
}

INLINE void out_of_frame(const Layer& l, const float* frame, float* x) {
    int64_t wide = padded(l.in.channels);
    memset(x, 0, stored(l.in) * sizeof(float));
    in_frame(l, [&](int64_t from, int64_t to, int64_t count) INLINED {
        memcpy(x + to * wide, frame + from * wide, count * wide * sizeof(float));
    });
}

template <int L, int M>
INLINE void convolve(const Layer& l, const float* w, const Patches& p, int64_t rows, const float* x,
                     float* y, Team& team) {
    int64_t out = padded(l.out.channels), columns = whole<L>(l.out.channels), k = inputs(l);
    const float* bias = l.has_bias ? w + k * out : nullptr;
    team.each(rows, [&](int64_t r) INLINED {
        float* frame = p.frames + r * numbers(frame_of(l));
        into_frame(l, x + r * enters(l), frame);
        gathered<L, M>({pixels(l.out), columns, k, frame, p.pixel_at, p.kernel_at, 0, w, out,
                        y + r * leaves(l), nullptr, out, bias, false});
    });
}

// dW(k, o) = sum over samples and p of patch(p, k) d(p, o), db = the sum of d over samples and p.
template <int L, int M>
INLINE void convolution_gradient(const Layer& l, const Patches& p, int64_t rows, const float* d,
                                 float* g, Team& team) {
    int64_t out = padded(l.out.channels), columns = whole<L>(l.out.channels), area = pixels(l.out);
    team.parts(inputs(l), rows * leaves(l), [&](int64_t from, int64_t to) INLINED {
        for (int64_t r = 0; r < rows; r++)
            gathered<L, M>({to - from, columns, area, p.frames + r * numbers(frame_of(l)),
                            p.kernel_at + from, p.pixel_at, 0, d + r * leaves(l), out,
                            g + from * out, nullptr, out, nullptr, r > 0});
    });
    const float one = 1;
    Product sum = {1, out, rows * area, &one, 0, 0, d, out, g + inputs(l) * out, out, nullptr};
    if (l.has_bias) multiply<L, M>(sum, team);
}

// dx: each d(p, o) goes back to all of its patch, d frame[pixel_at[p] + kernel_at[k]] += d(p, o) W(k, o).
template <int L, int M>
INLINE void convolution_back(const Layer& l, const float* w, const Patches& p, float* turned,
                             int64_t rows, const float* d, float* dx, Team& team) {
    int64_t in = padded(l.in.channels), out = padded(l.out.channels);
    int64_t places = l.down.kernel * l.across.kernel, columns = whole<L>(l.in.channels);
    team.each(places, [&](int64_t i) INLINED {
        transpose(w + i * l.in.channels * out, out, 0, l.in.channels, l.out.channels,
                  turned + i * in * out, in);
    });
    team.each(rows, [&](int64_t r) INLINED {
        float* frame = p.frames + r * numbers(frame_of(l));
        memset(frame, 0, numbers(frame_of(l)) * sizeof(float));
        for (int64_t i = 0; i < places; i++)
            gathered<L, M>({pixels(l.out), columns, l.out.channels, d + r * leaves(l), nullptr,
                            p.channel_at, out, turned + i * in * out, in,
                            frame + p.kernel_at[i * l.in.channels], p.pixel_at, 0, nullptr, true});
        out_of_frame(l, frame, dx + r * stored(l.in));
    });
}

}  // namespace
