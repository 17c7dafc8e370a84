// A batch forward, backward and a step; whole slices of batches, and what is asked of outputs.
#pragma once

#include <cstdlib>

#include "activations.h"
#include "losses.h"
#include "optimizers.h"
#include "product.h"

namespace {

template <typename T> struct Room {  // `count` of T, all 0; `at` is null if there is no memory
    T* at;
    explicit Room(int64_t count) {
        int64_t bytes = (count * sizeof(T) + 63) / 64 * 64;
        at = (T*)aligned_alloc(64, bytes);
        if (at) memset((void*)at, 0, bytes);
    }
    Room(const Room&) = delete;
    ~Room() { free(at); }
};

INLINE bool is_activation(const Layer& l) { return l.kind != LINEAR && l.kind != DROPOUT; }

struct Pass {  // one layer's place in the room
    const float* x;
    float *y, *turned;
};

// Where everything lies; the room's size if it is null. An activation takes its input's place.
INLINE int64_t arrange(const Plan& p, float* room, Pass* pass, float** input, float** d) {
    int64_t used = 0, widest = padded(p.layer[0].in);
    auto take = [&](int64_t count) __attribute__((always_inline)) {
        used += padded(count);
        return room + used - padded(count);
    };
    float* x = *input = take(p.most_rows * widest);
    for (int64_t i = 0; i < p.layers; i++) {
        const Layer& l = p.layer[i];
        bool in_place = is_activation(l) && !(i && is_activation(p.layer[i - 1]));
        float* y = in_place ? x : take(p.most_rows * padded(l.out));
        float* turned = l.kind == LINEAR ? take(padded(l.out) * padded(l.in)) : nullptr;
        if (pass) pass[i] = {x, y, turned};
        x = y;
        if (padded(l.out) > widest) widest = padded(l.out);
    }
    for (int i = 0; i < 2; i++) d[i] = take(p.most_rows * widest);
    return used;
}

template <int L, int M>
INLINE void forward(const Plan& p, const Pass* pass, int64_t rows, const float* masks) {
    for (int64_t i = 0; i < p.layers; i++) {
        const Layer& l = p.layer[i];
        int64_t in = padded(l.in), out = padded(l.out);
        const float *x = pass[i].x, *w = p.parameter + l.at;
        float* y = pass[i].y;
        if (l.kind == LINEAR) {  // y = x W + b
            const float* bias = l.has_bias ? w + l.in * out : nullptr;
            multiply<L, M>({rows, out, l.in, x, in, 1, w, out, y, out, bias});
        } else if (l.kind == DROPOUT && masks) {
            drop(l, rows, masks, x, y);
            masks += rows * l.in;
        } else if (l.kind == DROPOUT) {
            memcpy(y, x, rows * in * sizeof(float));
        } else {
            activate<L>(l, rows * in, x, y);
        }
    }
}

template <int L, int M>
INLINE void backward(const Plan& p, const Pass* pass, int64_t rows, const float* masks_end,
                     float* d, float* other, float* gradient) {
    int64_t lowest = 0;
    while (!p.layer[lowest].moves) lowest++;
    for (int64_t i = p.layers - 1; i >= lowest; i--) {
        const Layer& l = p.layer[i];
        int64_t in = padded(l.in), out = padded(l.out);
        const float* x = pass[i].x;
        if (l.kind == DROPOUT) {
            masks_end -= rows * l.in;
            drop(l, rows, masks_end, d, d);
        } else if (l.kind != LINEAR) {
            chain<L>(l, rows * in, pass[i].y, d);
        } else {
            if (l.moves) {  // dW = x' d, db = the sum of d over the rows
                float* g = gradient + l.at;
                multiply<L, M>({l.in, out, rows, x, 1, in, d, out, g, out, nullptr});
                const float one = 1;
                if (l.has_bias)
                    multiply<L, M>({1, out, rows, &one, 0, 0, d, out, g + l.in * out, out, nullptr});
            }
            if (i > lowest) {  // dx = d W'
                transpose(p.parameter + l.at, l.in, l.out, pass[i].turned);
                multiply<L, M>({rows, in, l.out, d, out, 1, pass[i].turned, in, other, in, nullptr});
                float* swapped = d;
                d = other;
                other = swapped;
            }
        }
    }
}

// How much of the gradient is left where its norm is cut down to `clip`.
template <int L> INLINE float cut_of(const Plan& p, const float* gradient) {
    if (p.clip == 0) return 1;
    double squares = 0;
    for (int64_t i = 0; i < p.layers; i++) {
        const Layer& l = p.layer[i];
        if (!l.moves) continue;
        Vec<L> sum = {};
        for (int64_t j = 0; j < (l.in + l.has_bias) * padded(l.out); j += L) {
            Vec<L> g = load<L>(gradient + l.at + j);
            sum += g * g;
        }
        squares += total<L>(sum);
    }
    double share = p.clip / (std::sqrt(squares) + 1e-6);
    return share > 1 ? 1 : share;
}

template <int L>
INLINE void step(const Plan& p, double lr, double steps, const float* gradient) {
    float cut = cut_of<L>(p, gradient);
    for (int64_t i = 0; i < p.layers; i++) {
        const Layer& l = p.layer[i];
        if (!l.moves) continue;
        int64_t count = (l.in + l.has_bias) * padded(l.out);
        const float* g = gradient + l.at;
        float* w = p.parameter + l.at;
        float* first = p.first ? p.first + l.at : nullptr;
        float* second = p.second ? p.second + l.at : nullptr;
        if (p.optimizer == SGD)
            sgd<L>(p, count, lr * l.lr_factor, cut, g, w, first);
        else
            adam<L>(p, count, lr * l.lr_factor, steps, cut, g, w, first, second);
    }
}

struct Batches {
    int64_t count;
    const float* x;        // samples, the first batch's rows first
    const void* y;         // int64 classes or float numbers, as many
    const int64_t* order;  // which row comes where; null if they lie in their order
    const int64_t* rows;   // (count + 1): where the batches begin, and the last one's end
    const double* lr;      // (count)
    const float* masks;    // of every batch's Dropout layers, one after the other
    double steps;          // how many steps the optimizer has made
    float *losses, *outputs;  // what is left: (count), and (rows, outputs)
    Measured* sums;           // over the epoch's rows so far
};

enum { NO_ROOM = -1, NO_SUCH_CLASS = -2 };

INLINE void add(Measured& sum, const Measured& found) {
    sum.loss += found.loss;
    sum.weight += found.weight;
    sum.squares += found.squares;
    sum.right += found.right;
}

INLINE bool are_classes(const Plan& p, int64_t rows, int64_t classes, const void* y) {
    if (p.loss != CROSS_ENTROPY) return true;
    for (int64_t r = 0; r < rows; r++)
        if (((const uint64_t*)y)[r] >= uint64_t(classes)) return false;
    return true;
}

template <typename T>
INLINE void gather(const T* from, const int64_t* order, int64_t rows, void* to) {
    for (int64_t r = 0; r < rows; r++) ((T*)to)[r] = from[order[r]];
}

// The samples and targets of rows from `start` on; the targets' place.
INLINE const void* enter(const Plan& p, const Batches& b, int64_t start, int64_t rows, float* input,
                         int64_t* room) {
    int64_t in = p.layer[0].in, wide = padded(in);
    bool has_classes = p.loss == CROSS_ENTROPY;
    if (!b.order) {
        copy_rows(b.x + start * in, rows, in, in, input, wide);
        return (const char*)b.y + start * (has_classes ? 8 : 4);
    }
    const int64_t* order = b.order + start;
    for (int64_t r = 0; r < rows; r++)
        copy_rows(b.x + order[r] * in, 1, in, in, input + r * wide, wide);
    if (has_classes)
        gather((const int64_t*)b.y, order, rows, room);
    else
        gather((const float*)b.y, order, rows, room);
    return room;
}

template <int L, int M> INLINE int64_t train(const Plan& p, const Batches& b) {
    const Layer& last = p.layer[p.layers - 1];
    float *input, *d[2];
    Room<Pass> pass(p.layers);
    Room<int64_t> targets(p.most_rows);
    Room<float> room(arrange(p, nullptr, nullptr, &input, d)), gradient(p.parameters);
    if (!room.at || !gradient.at || !pass.at || !targets.at) return NO_ROOM;
    arrange(p, room.at, pass.at, &input, d);
    int64_t dropped = 0, out = padded(last.out);
    for (int64_t i = 0; i < p.layers; i++)
        if (p.layer[i].kind == DROPOUT) dropped += p.layer[i].in;
    const float* masks = b.masks;
    for (int64_t index = 0; index < b.count; index++) {
        int64_t start = b.rows[index], rows = b.rows[index + 1] - start;
        const void* t = enter(p, b, start, rows, input, targets.at);
        if (!are_classes(p, rows, last.out, t)) return NO_SUCH_CLASS;
        forward<L, M>(p, pass.at, rows, masks);
        float* y = pass.at[p.layers - 1].y;
        Measured found = measured<L>(p, rows, last.out, y, t, d[0]);
        float loss = b.losses[index] = found.loss / found.weight;
        copy_rows(y, rows, last.out, out, b.outputs + start * last.out, last.out);
        if (!std::isfinite(loss)) return index;
        add(*b.sums, found);
        float share = 1 / found.weight;
        for (int64_t i = 0; i < rows * out; i += L) store<L>(d[0] + i, load<L>(d[0] + i) * share);
        masks += rows * dropped;
        backward<L, M>(p, pass.at, rows, masks, d[0], d[1], gradient.at);
        step<L>(p, b.lr[index], b.steps + index + 1, gradient.at);
    }
    return b.count;
}

// Samples in eval mode, some at a time: their outputs if there is room for them, and how good these
// are if there are targets.
template <int L, int M>
INLINE int64_t predict(const Plan& p, int64_t rows, const float* x, const void* y, float* outputs,
                       Measured* sums) {
    const Layer &first = p.layer[0], &last = p.layer[p.layers - 1];
    float *input, *d[2];
    Room<Pass> pass(p.layers);
    Room<float> room(arrange(p, nullptr, nullptr, &input, d));
    if (!room.at || !pass.at) return NO_ROOM;
    if (y && !are_classes(p, rows, last.out, y)) return NO_SUCH_CLASS;
    arrange(p, room.at, pass.at, &input, d);
    for (int64_t start = 0; start < rows; start += p.most_rows) {
        int64_t some = rows - start < p.most_rows ? rows - start : p.most_rows;
        copy_rows(x + start * first.in, some, first.in, first.in, input, padded(first.in));
        forward<L, M>(p, pass.at, some, nullptr);
        const float* z = pass.at[p.layers - 1].y;
        const char* t = (const char*)y + start * (p.loss == CROSS_ENTROPY ? 8 : 4);
        if (y) add(*sums, measured<L>(p, some, last.out, z, t, d[0]));
        if (outputs)
            copy_rows(z, some, last.out, padded(last.out), outputs + start * last.out, last.out);
    }
    return rows;
}

}  // namespace
