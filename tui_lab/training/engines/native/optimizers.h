// A step of the optimizer over `count` parameters w with gradients g.
#pragma once

#include <cmath>

#include "vectors.h"

namespace {

// SGD: v = momentum v + g; w -= lr v, or lr (g + momentum v) by Nesterov.
template <int L>
INLINE void sgd(const Plan& p, int64_t count, float lr, float cut, const float* g, float* w,
                float* v) {
    const float decay = p.weight_decay, momentum = p.momentum;  // no store below changes these
    const bool nesterov = p.nesterov;
    for (int64_t i = 0; i < count; i += L) {
        Vec<L> old = load<L>(w + i), grad = load<L>(g + i) * cut + old * decay;
        if (momentum != 0) {
            Vec<L> speed = load<L>(v + i) * momentum + grad;
            store<L>(v + i, speed);
            grad = nesterov ? grad + speed * momentum : speed;
        }
        store<L>(w + i, old - grad * lr);
    }
}

template <int L> INLINE Vec<L> square_root(Vec<L> x) {
    for (int i = 0; i < L; i++) x[i] = std::sqrt(x[i]);
    return x;
}

// Adam: m and v are running means of g and g^2, free of their bias towards 0 after `steps`;
// w -= lr m / (sqrt(v) + eps). AdamW pulls w towards 0 by itself, not by way of g.
template <int L>
INLINE void adam(const Plan& p, int64_t count, double lr, double steps, float cut, const float* g,
                 float* w, float* m, float* v) {
    float rate = lr / (1 - std::pow(p.beta1, steps));
    float scale = 1 / std::sqrt(1 - std::pow(p.beta2, steps));
    float kept = p.optimizer == ADAMW ? 1 - lr * p.weight_decay : 1;
    float decay = p.optimizer == ADAM ? p.weight_decay : 0;
    float new1 = 1 - p.beta1, new2 = 1 - p.beta2, old2 = p.beta2, eps = p.eps;
    for (int64_t i = 0; i < count; i += L) {
        Vec<L> old = load<L>(w + i) * kept, grad = load<L>(g + i) * cut + old * decay;
        Vec<L> mean = load<L>(m + i), square = load<L>(v + i) * old2 + grad * grad * new2;
        mean += (grad - mean) * new1;
        store<L>(m + i, mean);
        store<L>(v + i, square);
        store<L>(w + i, old - rate * mean / (square_root<L>(square) * scale + eps));
    }
}

}  // namespace
