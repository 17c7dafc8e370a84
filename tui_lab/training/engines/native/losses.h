// Losses of outputs x, (rows, padded columns), and their gradient d with respect to x.
#pragma once

#include <cmath>

#include "vectors.h"

namespace {

struct Measured {  // sums over the rows: the loss is loss / weight, the accuracy right / rows
    double loss, weight, squares, right;
};

// What a row of a softmax is divided by, and its largest number.
struct Softmax {
    float most;
    double sum;
};

// e^(z - most) of a row's outputs z; what lies in the padding becomes 0. The largest gives 1, and
// what the others add to it keeps its digits by being added up apart.
template <int L> INLINE Softmax exponentials(const float* z, int64_t count, float* e) {
    typename Lanes<L>::whole lane;
    for (int i = 0; i < L; i++) lane[i] = i;
    Vec<L> lowest = Vec<L>{} - INFINITY, most = lowest, ones = {}, rest = {};
    for (int64_t c = 0; c < count; c += L) {
        Vec<L> v = lane < int32_t(count - c) ? load<L>(z + c) : lowest;
        most = v > most ? v : most;
    }
    Vec<L> top = Vec<L>{} + largest<L>(most);
    for (int64_t c = 0; c < padded(count); c += L) {
        Vec<L> v = load<L>(z + c), zero = {}, power = exponential<L>(v - top);
        power = lane < int32_t(count - c) ? power : zero;
        store<L>(e + c, power);
        ones += v == top ? power : zero;
        rest += v == top ? zero : power;
    }
    return {top[0], double(total<L>(ones)) + total<L>(rest)};
}

// Whether class y has the largest of the outputs: the first, if there are several.
INLINE bool is_first(const float* z, float most, int64_t y) {
    if (z[y] != most) return false;
    for (int64_t c = 0; c < y; c++)
        if (z[c] == most) return false;
    return true;
}

// With p = softmax(x) and targets t: loss = -sum t log p, d = p sum t - t. The target of class y
// is (1 - smoothing) w_y, and every class c has smoothing w_c / classes beside it.
template <int L>
INLINE Measured cross_entropy(const Plan& p, int64_t rows, int64_t classes, const float* x,
                              const int64_t* y, float* d) {
    Measured found = {};
    int64_t wide = padded(classes);
    const float *weights = p.class_weights, even = p.smoothing / classes;
    float all = weights ? 0 : classes;
    for (int64_t c = 0; weights && c < classes; c++) all += weights[c];
    double product = 1;  // the sum of logarithms is the logarithm of the product
    for (int64_t r = 0; r < rows; r++) {
        float *e = d + r * wide, weight = weights ? weights[y[r]] : 1;
        float one = (1 - p.smoothing) * weight, targets = one + even * all;
        const float* z = x + r * wide;
        auto [most, sum] = exponentials<L>(z, classes, e);
        double own = z[y[r]] - most, smooth = 0;
        for (int64_t c = 0; even != 0 && c < classes; c++)
            smooth += (z[c] - most) * (weights ? weights[c] : 1);
        found.loss -= one * own + even * smooth;
        found.weight += weight;
        found.right += is_first(z, most, y[r]);
        if (weights)
            found.loss += targets * std::log(sum);
        else
            product *= sum;
        if (!(product < 1e200)) {
            found.loss += targets * std::log(product);
            product = 1;
        }
        for (int64_t c = 0; c < wide; c += L)
            store<L>(e + c, load<L>(e + c) * float(targets / sum));
        for (int64_t c = 0; even != 0 && c < classes; c++)
            e[c] -= even * (weights ? weights[c] : 1);
        e[y[r]] -= one;
    }
    found.loss += std::log(product) * (1 - p.smoothing + even * all);
    return found;
}

// One output x and one target t a row.
template <int L>
INLINE Measured one_number(const Plan& p, int64_t rows, const float* x, const float* y, float* d) {
    const int32_t kind = p.loss;  // no store below changes these
    const float beta = kind == SMOOTH_L1 ? p.beta : 0;
    double loss = 0, squares = 0;
    int64_t right = 0;
    for (int64_t r = 0; r < rows; r++) {
        float z = x[r * PAD], t = y[r], error = z - t, size = std::fabs(error);
        float slope = 2 * error;  // of MSE
        squares += double(error) * error;
        right += (z > 0) == (t > 0.5f);
        if (kind == BCE_WITH_LOGITS) {  // max(z, 0) - z t + log(1 + e^-|z|); sigmoid(z) - t
            float e = std::exp(-std::fabs(z));
            loss += (z > 0 ? z : 0) - double(z) * t + std::log1p(double(e)) + 0 * z;
            slope = (z > 0 ? 1 : e) / (1 + e) - t;
        } else if (kind != MSE) {
            loss += size < beta ? 0.5 * error * error / beta : size - 0.5 * beta;
            slope = size < beta ? error / beta : (error > 0) - (error < 0);
        }
        Vec<L> first = {slope}, none = {};  // whole, as they will be read
        store<L>(d + r * PAD, first);
        for (int64_t c = L; c < PAD; c += L) store<L>(d + r * PAD + c, none);
    }
    return {kind == MSE ? squares : loss, double(rows), squares, double(right)};
}

template <int L>
INLINE Measured measured(const Plan& p, int64_t rows, int64_t columns, const float* x,
                         const void* y, float* d) {
    if (p.loss == CROSS_ENTROPY)
        return cross_entropy<L>(p, rows, columns, x, (const int64_t*)y, d);
    return one_number<L>(p, rows, x, (const float*)y, d);
}

}  // namespace
