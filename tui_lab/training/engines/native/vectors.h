// Vectors of L numbers, and functions of all their numbers at once.
#pragma once

#include <cstring>

#include "plan.h"

namespace {

template <int L> struct Lanes {
    typedef float type __attribute__((vector_size(4 * L)));
    typedef float loose __attribute__((vector_size(4 * L), aligned(4), may_alias));
    typedef int32_t whole __attribute__((vector_size(4 * L)));
};
template <int L> using Vec = typename Lanes<L>::type;

template <int L> INLINE Vec<L> load(const float* x) { return *(const typename Lanes<L>::loose*)x; }
template <int L> INLINE void store(float* x, Vec<L> v) { *(typename Lanes<L>::loose*)x = v; }

// Numbers of a and b by their places, which are counted on from those of a.
#if defined(__clang__)
#define PICKED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICKED(a, b, ...) __builtin_shuffle(a, b, Lanes<4>::whole{__VA_ARGS__})
#endif

// So many numbers fill whole vectors.
template <int L> INLINE int64_t whole(int64_t n) { return (n + L - 1) / L * L; }

template <int L> INLINE float total(Vec<L> v) {
    if constexpr (L == 1) {
        return v[0];
    } else {
        Vec<L / 2> half[2];
        memcpy(half, &v, sizeof v);
        return total<L / 2>(half[0] + half[1]);
    }
}

template <int L> INLINE float largest(Vec<L> v) {
    if constexpr (L == 1) {
        return v[0];
    } else {
        Vec<L / 2> half[2];
        memcpy(half, &v, sizeof v);
        return largest<L / 2>(half[0] > half[1] ? half[0] : half[1]);
    }
}

// e^x = 2^n e^r with n = round(x / ln 2): a polynomial for e^r (Cephes, expf).
template <int L> INLINE Vec<L> exponential(Vec<L> x) {
    Vec<L> zero = {};
    x = x < -87.0f ? zero - 87.0f : x;
    x = x > 88.0f ? zero + 88.0f : x;
    Vec<L> shifted = x * 1.44269504f + 12582912.0f;  // adding 1.5 * 2^23 rounds
    Vec<L> n = shifted - 12582912.0f;
    Vec<L> r = x - n * 0.693359375f + n * 2.12194440e-4f;
    Vec<L> p = zero + 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    typename Lanes<L>::whole bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;  // the low bits of `shifted` are n
    Vec<L> power;
    memcpy(&power, &bits, sizeof bits);
    return p * power;
}

template <int L> INLINE Vec<L> sigmoid(Vec<L> x) { return 1.0f / (1.0f + exponential<L>(-x)); }

// Near 0 a polynomial (Cephes, tanhf), for the difference from 1 would lose its digits.
template <int L> INLINE Vec<L> hyperbolic_tangent(Vec<L> x) {
    Vec<L> z = x * x, far = 1.0f - 2.0f / (exponential<L>(x * 2.0f) + 1.0f);
    Vec<L> p = z * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    return z > 0.390625f ? far : p * z * x + x;
}

}  // namespace
