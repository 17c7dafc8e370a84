// How samples lie: pixel after pixel, each a row of its channels, padded.
//
// PyTorch lays a picture plane after plane: all pixels of the first channel, then those of the next.
// So come the samples, and so has a Linear layer to find them: FLATTEN lays them like that again. A
// convolution reads both; up to the first one a sample is a row of numbers in PyTorch's order.
#pragma once

#include "product.h"

namespace {

INLINE int64_t pixels(const Picture& p) { return p.height * p.width; }
INLINE int64_t numbers(const Picture& p) { return pixels(p) * p.channels; }
INLINE int64_t stored(const Picture& p) { return pixels(p) * padded(p.channels); }

// How many numbers lie from one sample to the next where they enter and leave a layer.
INLINE int64_t enters(const Layer& l) {
    return l.in_planes ? padded(numbers(l.in)) : stored(l.in);
}
INLINE int64_t leaves(const Layer& l) { return stored(l.out); }

// What each output of a layer with weights is a sum of.
INLINE int64_t inputs(const Layer& l) {
    return l.down.kernel * l.across.kernel * l.in.channels;
}
INLINE int64_t turned_size(const Layer& l) {
    return l.down.kernel * l.across.kernel * padded(l.in.channels) * padded(l.out.channels);
}
INLINE int64_t parameters(const Layer& l) {
    return (inputs(l) + l.has_bias) * padded(l.out.channels);
}

// Pixels to planes, and back.
INLINE void flatten(const Picture& p, const float* x, float* y) {
    transpose(x, padded(p.channels), 0, pixels(p), p.channels, y, pixels(p));
}
INLINE void unflatten(const Picture& p, const float* x, float* y) {
    memset(y, 0, stored(p) * sizeof(float));
    transpose(x, pixels(p), 0, p.channels, pixels(p), y, padded(p.channels));
}

}  // namespace
