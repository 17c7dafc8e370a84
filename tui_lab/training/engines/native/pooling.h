// Pooling: the largest, or the mean, of the numbers that a window covers, channel by channel.
#pragma once

#include "pictures.h"

namespace {

struct Range {
    int64_t begin, end, step;
};

// Which of `size` pixels the window covers at a place; never those of the padding.
INLINE Range range(const Side& s, int64_t place, int64_t size) {
    int64_t begin = place * s.stride - s.padding, end = begin + (s.kernel - 1) * s.dilation + 1;
    while (begin < 0) begin += s.dilation;
    return {begin, end < size ? end : size, s.dilation};
}

// Calls body(where the input's pixel begins) for all that the window covers.
template <class Body>
INLINE void over_window(const Layer& l, const Range& down, const Range& across, const Body& body) {
    int64_t wide = padded(l.in.channels);
    for (int64_t y = down.begin; y < down.end; y += down.step)
        for (int64_t x = across.begin; x < across.end; x += across.step)
            body((y * l.in.width + x) * wide);
}

// Calls body(rows, columns and first number of the window, output) for L channels at a time.
template <int L, class Body> INLINE void over_picture(const Layer& l, const Body& body) {
    for (int64_t y = 0; y < l.out.height; y++)
        for (int64_t x = 0; x < l.out.width; x++)
            for (int64_t c = 0; c < l.in.channels; c += L)
                body(range(l.down, y, l.in.height), range(l.across, x, l.in.width), c,
                     (y * l.out.width + x) * padded(l.in.channels) + c);
}

template <int L>
INLINE Vec<L> largest_of(const Layer& l, const Range& down, const Range& across, const float* x) {
    Vec<L> most = Vec<L>{} - INFINITY;
    over_window(l, down, across, [&](int64_t at) INLINED {
        Vec<L> v = load<L>(x + at);
        most = ((v > most) | (v != v)) ? v : most;  // what is no number stays
    });
    return most;
}

template <int L> INLINE void pool(const Layer& l, const float* x, float* y) {
    over_picture<L>(l, [&](const Range& down, const Range& across, int64_t c, int64_t to) INLINED {
        Vec<L> sum = {};
        if (l.kind == MAX_POOL)
            sum = largest_of<L>(l, down, across, x + c);
        else
            over_window(l, down, across, [&](int64_t at) INLINED { sum += load<L>(x + c + at); });
        store<L>(y + to, l.kind == MAX_POOL ? sum : sum * l.slope);
    });
}

// The first of the largest takes the whole of d; of a mean each takes the same share.
template <int L>
INLINE void pool_back(const Layer& l, const float* x, const float* d, float* dx) {
    memset(dx, 0, stored(l.in) * sizeof(float));
    over_picture<L>(l, [&](const Range& down, const Range& across, int64_t c, int64_t to) INLINED {
        Vec<L> zero = {}, left = load<L>(d + to), most = largest_of<L>(l, down, across, x + c);
        over_window(l, down, across, [&](int64_t at) INLINED {
            Vec<L> v = load<L>(x + c + at), old = load<L>(dx + c + at);
            bool is_mean = l.kind == MEAN_POOL;
            store<L>(dx + c + at, old + (is_mean ? left * l.slope : v == most ? left : zero));
            left = is_mean || v != most ? left : zero;
        });
    });
}

}  // namespace
