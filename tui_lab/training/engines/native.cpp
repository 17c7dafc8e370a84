// Dense stacks, trained batch by batch without an interpreter in between.
//
// A layer's weights lie as (in, out), so that a row of them is what one input gives to all outputs;
// the bias follows as one more row. Every row is padded to a multiple of PAD numbers: what lies in
// the padding stays 0, and no loop over a row has a remainder. Whoever calls has checked all sizes.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define EXPORTED __attribute__((visibility("default")))

namespace {

constexpr int64_t PAD = 16;

enum Kind : int32_t { LINEAR, RELU, SIGMOID, TANH, ELU, DROPOUT };
enum Loss : int32_t { CROSS_ENTROPY, BCE_WITH_LOGITS, MSE, L1, SMOOTH_L1 };
enum Optimizer : int32_t { SGD, ADAM, ADAMW };

struct Layer {
    int32_t kind, moves;  // moves: whether its parameters are trained
    int64_t in, out;      // how many numbers of a sample come in and go out
    int64_t at;           // where its parameters begin
    int32_t has_bias;
    float slope;      // of ReLU below 0; alpha of ELU; 1 / (1 - p) of Dropout
    float lr_factor;  // its share of the learning rate
};

struct Plan {
    int64_t layers, most_rows, parameters;
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

// ---- vectors of L numbers -------------------------------------------------------------------

template <int L> struct Lanes {
    typedef float type __attribute__((vector_size(4 * L)));
    typedef float loose __attribute__((vector_size(4 * L), aligned(4), may_alias));
    typedef int32_t whole __attribute__((vector_size(4 * L)));
};
template <int L> using Vec = typename Lanes<L>::type;

template <int L> INLINE Vec<L> load(const float* x) { return *(const typename Lanes<L>::loose*)x; }
template <int L> INLINE void store(float* x, Vec<L> v) { *(typename Lanes<L>::loose*)x = v; }

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

// ---- C = A B (+ a bias in every row) --------------------------------------------------------

// A(m, k) is a[m * by_row + k * by_column]; B and C are rows of padded length.
struct Product {
    int64_t rows, columns, inner;
    const float* a;
    int64_t by_row, by_column;
    const float* b;
    int64_t b_row;
    float* c;
    int64_t c_row;
    const float* bias;  // or null
};

// M rows by V vectors of C, held in registers over the whole sum.
template <int L, int M, int V> INLINE void tile(const Product& p, int64_t row, int64_t column) {
    Vec<L> c[M][V];
    const float* a[M];
    for (int m = 0; m < M; m++) {
        a[m] = p.a + (row + m) * p.by_row;
        for (int v = 0; v < V; v++)
            c[m][v] = p.bias ? load<L>(p.bias + column + v * L) : Vec<L>{};
    }
    const float* b = p.b + column;
    for (int64_t k = 0, at = 0; k < p.inner; k++, at += p.by_column, b += p.b_row) {
        Vec<L> given[V];
        for (int v = 0; v < V; v++) given[v] = load<L>(b + v * L);
        for (int m = 0; m < M; m++)
            for (int v = 0; v < V; v++) c[m][v] += a[m][at] * given[v];
    }
    for (int m = 0; m < M; m++)
        for (int v = 0; v < V; v++)
            store<L>(p.c + (row + m) * p.c_row + column + v * L, c[m][v]);
}

// All rows from `row` on, M at a time and then fewer.
template <int L, int M, int V> INLINE void strip(const Product& p, int64_t row, int64_t column) {
    for (; row + M <= p.rows; row += M) tile<L, M, V>(p, row, column);
    if constexpr (M > 1)
        if (row < p.rows) strip<L, M / 2, V>(p, row, column);
}

template <int L, int M> INLINE void multiply(const Product& p) {
    int64_t column = 0;
    for (; column + 2 * L <= p.columns; column += 2 * L) strip<L, M, 2>(p, 0, column);
    for (; column < p.columns; column += L) strip<L, M, 1>(p, 0, column);
}

// to(j, i) = from(i, j), in blocks of 4 x 4.
INLINE void transpose(const float* from, int64_t rows, int64_t columns, float* to) {
    int64_t from_row = padded(columns), to_row = padded(rows), i = 0;
    for (; i + 4 <= rows; i += 4)
        for (int64_t j = 0; j < columns; j += 4) {
            const float* x = from + i * from_row + j;
            Vec<4> a = load<4>(x), b = load<4>(x + from_row);
            Vec<4> c = load<4>(x + 2 * from_row), d = load<4>(x + 3 * from_row);
            Vec<4> ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            Vec<4> AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            Vec<4> cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
            Vec<4> CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            float* y = to + j * to_row + i;
            store<4>(y, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
            store<4>(y + to_row, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
            store<4>(y + 2 * to_row, __builtin_shufflevector(AB, CD, 0, 1, 4, 5));
            store<4>(y + 3 * to_row, __builtin_shufflevector(AB, CD, 2, 3, 6, 7));
        }
    for (; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) to[j * to_row + i] = from[i * from_row + j];
}

// ---- activations: y = f(x), and d *= f'(x) told by y ----------------------------------------

template <int L> INLINE void activate(const Layer& l, int64_t count, const float* x, float* y) {
    for (int64_t i = 0; i < count; i += L) {
        Vec<L> v = load<L>(x + i);
        if (l.kind == RELU) v = v <= 0.0f ? v * l.slope : v;
        if (l.kind == ELU) v = v <= 0.0f ? (exponential<L>(v) - 1.0f) * l.slope : v;
        if (l.kind == SIGMOID) v = sigmoid<L>(v);
        if (l.kind == TANH) v = hyperbolic_tangent<L>(v);
        store<L>(y + i, v);
    }
}

template <int L> INLINE void chain(const Layer& l, int64_t count, const float* y, float* d) {
    for (int64_t i = 0; i < count; i += L) {
        Vec<L> v = load<L>(y + i), g = load<L>(d + i);
        if (l.kind == RELU) g = v <= 0.0f ? g * l.slope : g;
        if (l.kind == ELU) g = v <= 0.0f ? g * (v + l.slope) : g;
        if (l.kind == SIGMOID) g *= v * (1.0f - v);
        if (l.kind == TANH) g *= 1.0f - v * v;
        store<L>(d + i, g);
    }
}

// Kept numbers grow by 1 / (1 - p), the others become 0; the mask's rows aren't padded.
INLINE void drop(const Layer& l, int64_t rows, const float* mask, const float* x, float* y) {
    int64_t wide = padded(l.in);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < l.in; i++)
            y[r * wide + i] = x[r * wide + i] * (mask[r * l.in + i] * l.slope);
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

// ---- losses: of (rows, columns) outputs x, and their gradient d unless that is null ------------

struct Measured {  // sums over the rows: the loss is loss / weight
    double loss, weight, squares;
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

// Whether the largest of the outputs is that of class y: the first, if there are several.
INLINE bool is_right(const float* x, int64_t classes, int64_t y) {
    for (int64_t c = 0; c < classes; c++)
        if (c < y ? x[c] >= x[y] : x[c] > x[y]) return false;
    return true;
}

// One output x and one target t a row.
INLINE Measured one_number(const Plan& p, int64_t rows, const float* x, const float* y, float* d) {
    Measured found = {0, double(rows), 0};
    for (int64_t r = 0; r < rows; r++) {
        float z = x[r * PAD], t = y[r], error = z - t, size = std::fabs(error), slope;
        found.squares += double(error) * error;
        float sign = error > 0 ? 1 : error < 0 ? -1 : error;
        if (p.loss == BCE_WITH_LOGITS) {  // max(z, 0) - z t + log(1 + e^-|z|); sigmoid(z) - t
            float e = std::exp(-std::fabs(z));
            found.loss += (z > 0 ? z : 0) - double(z) * t + std::log1p(double(e)) + 0 * z;
            slope = (z > 0 ? 1 : e) / (1 + e) - t;
        } else if (p.loss == MSE) {
            found.loss += double(error) * error;
            slope = 2 * error;
        } else if (p.loss == SMOOTH_L1 && size < p.beta) {
            found.loss += 0.5 * error * error / p.beta;
            slope = error / p.beta;
        } else {
            found.loss += size - (p.loss == SMOOTH_L1 ? 0.5 * p.beta : 0);
            slope = sign;
        }
        memset(d + r * PAD, 0, PAD * sizeof(float));
        d[r * PAD] = slope;
    }
    return found;
}

template <int L>
INLINE Measured measured(const Plan& p, int64_t rows, int64_t columns, const float* x,
                         const void* y, float* d) {
    if (p.loss == CROSS_ENTROPY)
        return cross_entropy<L>(p, rows, columns, x, (const int64_t*)y, d);
    return one_number(p, rows, x, (const float*)y, d);
}

// ---- a step of the optimizer over `count` parameters w with gradients g ------------------------

// SGD: v = momentum v + g; w -= lr v, or lr (g + momentum v) by Nesterov.
template <int L>
INLINE void sgd(const Plan& p, int64_t count, float lr, float cut, const float* g, float* w,
                float* v) {
    for (int64_t i = 0; i < count; i += L) {
        Vec<L> old = load<L>(w + i), grad = load<L>(g + i) * cut + old * p.weight_decay;
        if (p.momentum != 0) {
            Vec<L> speed = load<L>(v + i) * p.momentum + grad;
            store<L>(v + i, speed);
            grad = p.nesterov ? grad + speed * p.momentum : speed;
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

// ---- a batch forward, backward and a step ----------------------------------------------------

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
    const float* x;        // samples, all batches' rows one after the other
    const void* y;         // int64 classes or float numbers, as many
    const int64_t* rows;   // (count + 1): where the batches begin, and the last one's end
    const double* lr;      // (count)
    const float* masks;    // of every batch's Dropout layers, one after the other
    double steps;          // how many steps the optimizer has made
    float *losses, *outputs;  // what is left: (count), and (rows, outputs)
};

enum { NO_ROOM = -1, NO_SUCH_CLASS = -2 };

INLINE bool are_classes(const Plan& p, int64_t rows, int64_t classes, const void* y) {
    if (p.loss != CROSS_ENTROPY) return true;
    for (int64_t r = 0; r < rows; r++)
        if (((const uint64_t*)y)[r] >= uint64_t(classes)) return false;
    return true;
}

template <int L, int M> INLINE int64_t train(const Plan& p, const Batches& b) {
    const Layer &first = p.layer[0], &last = p.layer[p.layers - 1];
    float *input, *d[2];
    Room<Pass> pass(p.layers);
    Room<float> room(arrange(p, nullptr, nullptr, &input, d)), gradient(p.parameters);
    if (!room.at || !gradient.at || !pass.at) return NO_ROOM;
    arrange(p, room.at, pass.at, &input, d);
    int64_t dropped = 0, in = padded(first.in), out = padded(last.out);
    for (int64_t i = 0; i < p.layers; i++)
        if (p.layer[i].kind == DROPOUT) dropped += p.layer[i].in;
    const float* masks = b.masks;
    for (int64_t index = 0; index < b.count; index++) {
        int64_t start = b.rows[index], rows = b.rows[index + 1] - start;
        copy_rows(b.x + start * first.in, rows, first.in, first.in, input, in);
        forward<L, M>(p, pass.at, rows, masks);
        float* y = pass.at[p.layers - 1].y;
        const char* targets = (const char*)b.y + start * (p.loss == CROSS_ENTROPY ? 8 : 4);
        if (!are_classes(p, rows, last.out, targets)) return NO_SUCH_CLASS;
        Measured found = measured<L>(p, rows, last.out, y, targets, d[0]);
        float loss = b.losses[index] = found.loss / found.weight;
        copy_rows(y, rows, last.out, out, b.outputs + start * last.out, last.out);
        if (!std::isfinite(loss)) return index;
        float share = 1 / found.weight;
        for (int64_t i = 0; i < rows * out; i += L) store<L>(d[0] + i, load<L>(d[0] + i) * share);
        masks += rows * dropped;
        backward<L, M>(p, pass.at, rows, masks, d[0], d[1], gradient.at);
        step<L>(p, b.lr[index], b.steps + index + 1, gradient.at);
    }
    return b.count;
}

template <int L, int M>
INLINE int64_t predict(const Plan& p, int64_t rows, const float* x, float* outputs) {
    const Layer &first = p.layer[0], &last = p.layer[p.layers - 1];
    float *input, *d[2];
    Room<Pass> pass(p.layers);
    Room<float> room(arrange(p, nullptr, nullptr, &input, d));
    if (!room.at || !pass.at) return NO_ROOM;
    arrange(p, room.at, pass.at, &input, d);
    for (int64_t start = 0; start < rows; start += p.most_rows) {
        int64_t some = rows - start < p.most_rows ? rows - start : p.most_rows;
        copy_rows(x + start * first.in, some, first.in, first.in, input, padded(first.in));
        forward<L, M>(p, pass.at, some, nullptr);
        const float* y = pass.at[p.layers - 1].y;
        copy_rows(y, some, last.out, padded(last.out), outputs + start * last.out, last.out);
    }
    return rows;
}

// Loss, accuracy and mean squared error of outputs, some rows at a time.
template <int L>
INLINE int64_t measure(const Plan& p, int64_t rows, const float* x, const void* y, double* told) {
    constexpr int64_t SOME = 64;
    int64_t out = p.layer[p.layers - 1].out;
    Room<float> d(SOME * padded(out)), outputs(SOME * padded(out));
    if (!d.at || !outputs.at) return NO_ROOM;
    if (!are_classes(p, rows, out, y)) return NO_SUCH_CLASS;
    int64_t right = 0;
    for (int64_t r = 0; r < rows; r++)
        if (p.loss == CROSS_ENTROPY)
            right += is_right(x + r * out, out, ((const int64_t*)y)[r]);
        else
            right += (x[r] > 0) == (((const float*)y)[r] > 0.5f);
    Measured sum = {};
    for (int64_t start = 0; start < rows; start += SOME) {
        int64_t some = rows - start < SOME ? rows - start : SOME;
        copy_rows(x + start * out, some, out, out, outputs.at, padded(out));
        const char* targets = (const char*)y + start * (p.loss == CROSS_ENTROPY ? 8 : 4);
        Measured found = measured<L>(p, some, out, outputs.at, targets, d.at);
        sum.loss += found.loss;
        sum.weight += found.weight;
        sum.squares += found.squares;
    }
    told[0] = sum.loss / sum.weight;
    told[1] = right / double(rows);
    told[2] = sum.squares / rows;
    return rows;
}

// ---- the same for every processor, chosen when it runs -----------------------------------------

#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"), noinline))
#define AVX2 __attribute__((target("avx2,fma"), noinline))
AVX512 int64_t train_512(const Plan& p, const Batches& b) { return train<16, 8>(p, b); }
AVX2 int64_t train_256(const Plan& p, const Batches& b) { return train<8, 4>(p, b); }
AVX512 int64_t predict_512(const Plan& p, int64_t rows, const float* x, float* y) {
    return predict<16, 8>(p, rows, x, y);
}
AVX2 int64_t predict_256(const Plan& p, int64_t rows, const float* x, float* y) {
    return predict<8, 4>(p, rows, x, y);
}
AVX512 int64_t measure_512(const Plan& p, int64_t rows, const float* x, const void* y, double* t) {
    return measure<16>(p, rows, x, y, t);
}
AVX2 int64_t measure_256(const Plan& p, int64_t rows, const float* x, const void* y, double* t) {
    return measure<8>(p, rows, x, y, t);
}
int lanes() {
    bool wide = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq");
    return wide ? 16 : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 4;
}
#endif

// Numbers too small for full precision count as 0 in here: with them a step takes twice as long.
struct FlushToZero {
#if defined(__x86_64__)
    unsigned before = _mm_getcsr();
    FlushToZero() { _mm_setcsr(before | 0x8040); }
    ~FlushToZero() { _mm_setcsr(before); }
#elif defined(__aarch64__)
    uint64_t before;
    FlushToZero() {
        __asm__ volatile("mrs %0, fpcr" : "=r"(before));
        __asm__ volatile("msr fpcr, %0" ::"r"(before | 1 << 24));
    }
    ~FlushToZero() { __asm__ volatile("msr fpcr, %0" ::"r"(before)); }
#endif
};

}  // namespace

extern "C" {

// Whether these structs are as large as the caller's.
EXPORTED int32_t tui_lab_fits(int64_t layer, int64_t plan, int64_t batches) {
    return layer == sizeof(Layer) && plan == sizeof(Plan) && batches == sizeof(Batches);
}

// Trains the batches; how many were trained before one whose loss is no finite number.
EXPORTED int64_t tui_lab_train(const Plan* plan, const Batches* batches) {
    FlushToZero inside;
#if defined(__x86_64__)
    if (lanes() == 16) return train_512(*plan, *batches);
    if (lanes() == 8) return train_256(*plan, *batches);
#endif
    return train<4, 4>(*plan, *batches);
}

// The outputs (rows, outputs) of samples in eval mode.
EXPORTED int64_t tui_lab_predict(const Plan* plan, int64_t rows, const float* x, float* outputs) {
    FlushToZero inside;
#if defined(__x86_64__)
    if (lanes() == 16) return predict_512(*plan, rows, x, outputs);
    if (lanes() == 8) return predict_256(*plan, rows, x, outputs);
#endif
    return predict<4, 4>(*plan, rows, x, outputs);
}

// The loss, accuracy and mean squared error of outputs (rows, outputs).
EXPORTED int64_t tui_lab_measure(const Plan* plan, int64_t rows, const float* x, const void* y, double* told) {
    FlushToZero inside;
#if defined(__x86_64__)
    if (lanes() == 16) return measure_512(*plan, rows, x, y, told);
    if (lanes() == 8) return measure_256(*plan, rows, x, y, told);
#endif
    return measure<4>(*plan, rows, x, y, told);
}
}
