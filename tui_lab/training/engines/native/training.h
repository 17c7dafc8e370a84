// A batch forward, backward and a step; whole slices of batches, and what is asked of outputs.
#pragma once

#include "activations.h"
#include "convolution.h"
#include "losses.h"
#include "optimizers.h"
#include "pooling.h"
#include "room.h"
#include "team.h"

namespace {

INLINE bool is_activation(const Layer& l) {
    return l.kind == RELU || l.kind == SIGMOID || l.kind == TANH;
}

INLINE bool has_weights(const Layer& l) { return l.kind == LINEAR || l.kind == CONVOLUTION; }

struct Pass {  // one layer's place in the room
    const float* x;
    float *y, *turned;
    Patches patches;
};

// Where everything lies; the room's size if it is null. An activation takes its input's place.
INLINE int64_t arrange(const Plan& p, float* room, Pass* pass, float** input, float** d) {
    int64_t used = 0, widest = enters(p.layer[0]);
    auto take = [&](int64_t count) __attribute__((always_inline)) {
        used += padded(count);
        return room + used - padded(count);
    };
    float* x = *input = take(p.most_rows * widest);
    for (int64_t i = 0; i < p.layers; i++) {
        const Layer& l = p.layer[i];
        bool in_place = is_activation(l) && !(i && is_activation(p.layer[i - 1]));
        float* y = in_place ? x : take(p.most_rows * leaves(l));
        float* turned = has_weights(l) ? take(turned_size(l)) : nullptr;
        Patches patches = {};
        if (l.kind == CONVOLUTION)
            patches = {take(p.most_rows * numbers(frame_of(l))), (int32_t*)take(pixels(l.out)),
                       (int32_t*)take(inputs(l)), (int32_t*)take(l.out.channels)};
        if (pass) pass[i] = {x, y, turned, patches};
        x = y;
        if (leaves(l) > widest) widest = leaves(l);
    }
    for (int i = 0; i < 2; i++) d[i] = take(p.most_rows * widest);
    return used;
}

// Where everything lies that a team works on.
struct Places {
    Room<Pass> pass;
    Room<int64_t> targets;
    Room<float> room, gradient;
    float *input, *d[2], cut = 1;  // cut: see cut_of
    explicit Places(const Plan& p)
        : pass(p.layers),
          targets(p.most_rows),
          room(arrange(p, nullptr, nullptr, &input, d)),
          gradient(p.parameters) {
        if (!are_there()) return;
        arrange(p, room.at, pass.at, &input, d);
        for (int64_t i = 0; i < p.layers; i++)
            if (p.layer[i].kind == CONVOLUTION) fill_tables(p.layer[i], pass.at[i].patches);
    }
    bool are_there() const { return pass.at && targets.at && room.at && gradient.at; }
};

template <int L, int M>
INLINE void forward(const Plan& p, const Pass* pass, int64_t rows, const float* masks,
                    Team& team) {
    for (int64_t i = 0; i < p.layers; i++) {
        const Layer& l = p.layer[i];
        int64_t in = enters(l), out = leaves(l);
        const float *x = pass[i].x, *w = p.parameter + l.at;
        float* y = pass[i].y;
        if (l.kind == LINEAR) {  // y = x W + b
            const float* bias = l.has_bias ? w + inputs(l) * out : nullptr;
            int64_t columns = whole<L>(l.out.channels);
            multiply<L, M>({rows, columns, inputs(l), x, in, 1, w, out, y, out, bias}, team);
        } else if (l.kind == CONVOLUTION) {
            convolve<L, M>(l, w, pass[i].patches, rows, x, y, team);
        } else if (l.kind == DROPOUT && masks) {
            team.parts(rows, in, [&](int64_t from, int64_t to) INLINED {
                drop(l, to - from, masks + from * numbers(l.in), x + from * in, y + from * in);
            });
            masks += rows * numbers(l.in);
        } else if (l.kind == DROPOUT) {
            team.parts(rows * in, 1, [&](int64_t from, int64_t to) INLINED {
                memcpy(y + from, x + from, (to - from) * sizeof(float));
            });
        } else if (is_activation(l)) {
            team.parts(rows * in, 1, [&](int64_t from, int64_t to) INLINED {
                activate<L>(l, to - from, x + from, y + from);
            });
        } else {
            team.each(rows, [&](int64_t r) INLINED {
                if (l.kind == FLATTEN)
                    flatten(l.in, x + r * in, y + r * out);
                else
                    pool<L>(l, x + r * in, y + r * out);
            });
        }
    }
}

// The gradient g of a layer's own parameters.
template <int L, int M>
INLINE void gradient_of(const Layer& l, const Pass& pass, int64_t rows, const float* d, float* g,
                        Team& team) {
    if (l.kind == CONVOLUTION) {
        convolution_gradient<L, M>(l, pass.patches, rows, d, g, team);
        return;
    }
    int64_t in = enters(l), out = leaves(l), columns = whole<L>(l.out.channels);
    // dW = x' d, db = the sum of d over the rows
    multiply<L, M>({inputs(l), columns, rows, pass.x, 1, in, d, out, g, out, nullptr}, team);
    const float one = 1;
    Product sum = {1, columns, rows, &one, 0, 0, d, out, g + inputs(l) * out, out, nullptr};
    if (l.has_bias) multiply<L, M>(sum, team);
}

// The gradient dx of what entered a layer, if it lies elsewhere than d.
template <int L, int M>
INLINE void back(const Layer& l, const float* w, const Pass& pass, int64_t rows, const float* d,
                 float* dx, Team& team) {
    int64_t in = enters(l), out = leaves(l);
    if (l.kind == LINEAR) {  // dx = d W'
        team.parts(inputs(l), out, [&](int64_t from, int64_t to) INLINED {
            transpose(w, out, from, to, l.out.channels, pass.turned, in);
        });
        int64_t columns = whole<L>(l.in.channels), k = l.out.channels;
        multiply<L, M>({rows, columns, k, d, out, 1, pass.turned, in, dx, in, nullptr}, team);
    } else if (l.kind == CONVOLUTION) {
        convolution_back<L, M>(l, w, pass.patches, pass.turned, rows, d, dx, team);
    } else {
        team.each(rows, [&](int64_t r) INLINED {
            if (l.kind == FLATTEN)
                unflatten(l.in, d + r * out, dx + r * in);
            else
                pool_back<L>(l, pass.x + r * in, d + r * out, dx + r * in);
        });
    }
}

template <int L, int M>
INLINE void backward(const Plan& p, const Pass* pass, int64_t rows, const float* masks_end,
                     float* d, float* other, float* gradient, Team& team) {
    int64_t lowest = 0;
    while (!p.layer[lowest].moves) lowest++;
    for (int64_t i = p.layers - 1; i >= lowest; i--) {
        const Layer& l = p.layer[i];
        int64_t in = enters(l);
        if (l.moves) gradient_of<L, M>(l, pass[i], rows, d, gradient + l.at, team);
        if (i == lowest) return;
        if (l.kind == DROPOUT) {
            masks_end -= rows * numbers(l.in);
            team.parts(rows, in, [&](int64_t from, int64_t to) INLINED {
                drop(l, to - from, masks_end + from * numbers(l.in), d + from * in, d + from * in);
            });
        } else if (is_activation(l)) {
            team.parts(rows * in, 1, [&](int64_t from, int64_t to) INLINED {
                chain<L>(l, to - from, pass[i].y + from, d + from);
            });
        } else {
            back<L, M>(l, p.parameter + l.at, pass[i], rows, d, other, team);
            float* swapped = d;
            d = other;
            other = swapped;
        }
    }
}

// How much of the gradient is left where its norm is cut down to `clip`.
template <int L> INLINE float cut_of(const Plan& p, const float* gradient) {
    double squares = 0;
    for (int64_t i = 0; i < p.layers; i++) {
        const Layer& l = p.layer[i];
        if (!l.moves) continue;
        Vec<L> sum = {};
        for (int64_t j = 0; j < parameters(l); j += L) {
            Vec<L> g = load<L>(gradient + l.at + j);
            sum += g * g;
        }
        squares += total<L>(sum);
    }
    double share = p.clip / (std::sqrt(squares) + 1e-6);
    return share > 1 ? 1 : share;
}

template <int L>
INLINE void step(const Plan& p, double lr, double steps, const float* gradient, float& cut,
                 Team& team) {
    if (p.clip != 0) team.each(1, [&](int64_t) INLINED { cut = cut_of<L>(p, gradient); });
    for (int64_t i = 0; i < p.layers; i++) {
        const Layer& l = p.layer[i];
        if (!l.moves) continue;
        int64_t count = parameters(l);
        const float* g = gradient + l.at;
        float* w = p.parameter + l.at;
        float* first = p.first ? p.first + l.at : nullptr;
        float* second = p.second ? p.second + l.at : nullptr;
        double rate = lr * l.lr_factor;
        team.parts(count, 1, [&](int64_t at, int64_t to) INLINED {
            if (p.optimizer == SGD)
                sgd<L>(p, to - at, rate, cut, g + at, w + at, first ? first + at : nullptr);
            else
                adam<L>(p, to - at, rate, steps, cut, g + at, w + at, first + at, second + at);
        });
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

// Whether all targets of the rows `begin` … `end` are.
INLINE bool are_classes(const Plan& p, const void* y, const int64_t* order, int64_t begin,
                        int64_t end) {
    uint64_t classes = p.layer[p.layers - 1].out.channels;
    for (int64_t r = begin; p.loss == CROSS_ENTROPY && r < end; r++)
        if (((const uint64_t*)y)[order ? order[r] : r] >= classes) return false;
    return true;
}

INLINE int64_t target_bytes(const Plan& p) { return p.loss == CROSS_ENTROPY ? 8 : 4; }

template <typename T>
INLINE void gather(const T* from, const int64_t* order, int64_t rows, void* to) {
    for (int64_t r = 0; r < rows; r++) ((T*)to)[r] = from[order[r]];
}

// Copies the samples of rows from `start` on, and their targets if these don't lie in order.
INLINE void enter(const Plan& p, const Batches& b, int64_t start, int64_t rows, float* input,
                  char* targets) {
    int64_t in = numbers(p.layer[0].in), wide = enters(p.layer[0]);
    if (!b.order) {
        copy_rows(b.x + start * in, rows, in, in, input, wide);
        return;
    }
    const int64_t* order = b.order + start;
    for (int64_t r = 0; r < rows; r++)
        copy_rows(b.x + order[r] * in, 1, in, in, input + r * wide, wide);
    if (p.loss == CROSS_ENTROPY)
        gather((const int64_t*)b.y, order, rows, targets);
    else
        gather((const float*)b.y, order, rows, targets);
}

// Every member of the team goes through all of it.
template <int L, int M>
INLINE int64_t train(const Plan& p, const Batches& b, Places& places, Team& team) {
    const Layer& last = p.layer[p.layers - 1];
    const Pass* pass = places.pass.at;
    float **d = places.d, *input = places.input, *gradient = places.gradient.at;
    const float* y = pass[p.layers - 1].y;
    char* gathered = (char*)places.targets.at;
    int64_t dropped = 0, in = enters(p.layer[0]), out = leaves(last), columns = last.out.channels;
    for (int64_t i = 0; i < p.layers; i++)
        if (p.layer[i].kind == DROPOUT) dropped += numbers(p.layer[i].in);
    const float* masks = b.masks;
    for (int64_t index = 0; index < b.count; index++) {
        int64_t start = b.rows[index], rows = b.rows[index + 1] - start;
        const char* t = b.order ? gathered : (const char*)b.y + start * target_bytes(p);
        team.parts(rows, in, [&](int64_t from, int64_t to) INLINED {
            char* targets = gathered + from * target_bytes(p);
            enter(p, b, start + from, to - from, input + from * in, targets);
        });
        forward<L, M>(p, pass, rows, masks, team);
        team.each(1, [&](int64_t) INLINED {
            Measured found = measured<L>(p, rows, columns, y, t, d[0]);
            b.losses[index] = found.loss / found.weight;
            copy_rows(y, rows, columns, out, b.outputs + start * columns, columns);
            if (!std::isfinite(b.losses[index])) return;
            add(*b.sums, found);
            float share = 1 / found.weight;
            for (int64_t i = 0; i < rows * out; i += L)
                store<L>(d[0] + i, load<L>(d[0] + i) * share);
        });
        if (!std::isfinite(b.losses[index])) return index;
        masks += rows * dropped;
        backward<L, M>(p, pass, rows, masks, d[0], d[1], gradient, team);
        step<L>(p, b.lr[index], b.steps + index + 1, gradient, places.cut, team);
    }
    return b.count;
}

struct Samples {
    int64_t rows;
    const float* x;
    const void* y;   // or null
    float* outputs;  // or null
    Measured* sums;  // or null
};

// Samples in eval mode, some at a time: their outputs if there is room for them, and how good these
// are if there are targets.
template <int L, int M>
INLINE int64_t predict(const Plan& p, const Samples& s, const Places& places, Team& team) {
    const Layer &first = p.layer[0], &last = p.layer[p.layers - 1];
    int64_t in = enters(first), out = leaves(last), columns = last.out.channels;
    const float* z = places.pass.at[p.layers - 1].y;
    for (int64_t start = 0; start < s.rows; start += p.most_rows) {
        int64_t rows = s.rows - start < p.most_rows ? s.rows - start : p.most_rows;
        team.parts(rows, in, [&](int64_t from, int64_t to) INLINED {
            int64_t count = numbers(first.in);
            const float* x = s.x + (start + from) * count;
            copy_rows(x, to - from, count, count, places.input + from * in, in);
        });
        forward<L, M>(p, places.pass.at, rows, nullptr, team);
        team.each(1, [&](int64_t) INLINED {
            const char* t = (const char*)s.y + start * target_bytes(p);
            if (s.y) add(*s.sums, measured<L>(p, rows, columns, z, t, places.d[0]));
            if (s.outputs) copy_rows(z, rows, columns, out, s.outputs + start * columns, columns);
        });
    }
    return s.rows;
}

}  // namespace
