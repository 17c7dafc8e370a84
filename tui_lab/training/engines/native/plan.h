// What is to be trained, as the caller says it: `native.py` has the same structures.
#pragma once

#include <cstdint>

#define INLINED __attribute__((always_inline))
#define INLINE static inline INLINED

// Functions for one processor: what is INLINE is compiled into them.
#define AVX2 __attribute__((target("avx2,fma"), noinline))
#if defined(LANES)  // to try the widest way on a processor that hasn't so wide vectors
#define AVX512 AVX2
#else
#define AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"), noinline))
#endif

namespace {

constexpr int64_t PAD = 16;

enum Kind : int32_t {
    LINEAR, RELU, SIGMOID, TANH, DROPOUT, CONVOLUTION, MAX_POOL, MEAN_POOL, FLATTEN
};
enum Loss : int32_t { CROSS_ENTROPY, BCE_WITH_LOGITS, MSE, L1, SMOOTH_L1 };
enum Optimizer : int32_t { SGD, ADAM, ADAMW };

struct Picture {  // a row of numbers is one pixel, and its numbers are the channels
    int64_t channels, height, width;
};

struct Side {  // of a window that moves over a picture; padding: before the first pixel
    int64_t kernel, stride, padding, dilation;
};

struct Layer {
    int32_t kind, moves;  // moves: whether its parameters are trained
    Picture in, out;      // what of a sample comes in and goes out
    Side down, across;    // 1 pixel, if it isn't a window
    int64_t at;           // where its parameters begin
    int32_t has_bias, in_planes;  // in_planes: see pictures.h
    float slope;      // of ReLU below 0; 1 / (1 - p) of Dropout; what a mean's sum is multiplied by
    float lr_factor;  // its share of the learning rate
};

struct Plan {
    int64_t layers, most_rows, parameters, threads;
    const Layer* layer;
    float *parameter, *first, *second;  // `first` and `second`: what the optimizer remembers
    int32_t loss, optimizer;
    const float* class_weights;  // null if all are 1
    float smoothing, beta;       // of CrossEntropyLoss, of SmoothL1Loss
    float momentum, weight_decay, clip;  // clip: 0 for none
    int32_t nesterov;
    double beta1, beta2, eps;
};

INLINE int64_t padded(int64_t n) { return (n + PAD - 1) / PAD * PAD; }

}  // namespace
