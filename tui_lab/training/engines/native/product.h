// Products of matrices: C = A B, with a bias in every row if there is one.
#pragma once

#include "team.h"
#include "vectors.h"

namespace {

// A(m, k) is a[m * by_row + k * by_column]; B and C are rows of padded length.
struct Product {
    int64_t rows, columns, inner;
    const float* a;
    int64_t by_row, by_column;
    const float* b;
    int64_t b_row;
    float* c;
    int64_t c_row;
    const float* bias;  // what C's rows begin with, or null for 0
    int64_t bias_row = 0;  // 0: it is the same for all rows

    INLINED const float* a_row(int64_t row) const { return a + row * by_row; }
    INLINED int64_t a_at(int64_t k) const { return k * by_column; }
    INLINED float* c_of(int64_t row) const { return c + row * c_row; }
    INLINED const float* start(int64_t row) const { return bias ? bias + row * bias_row : nullptr; }
};

// M rows by V vectors of C, held in registers over the whole sum. P says where the numbers lie.
template <int L, int M, int V, class P>
INLINE void tile(const P& p, int64_t row, int64_t column) {
    Vec<L> c[M][V];
    const float* a[M];
    for (int m = 0; m < M; m++) {
        a[m] = p.a_row(row + m);
        const float* start = p.start(row + m);
        for (int v = 0; v < V; v++) c[m][v] = start ? load<L>(start + column + v * L) : Vec<L>{};
    }
    const float* b = p.b + column;
    for (int64_t k = 0; k < p.inner; k++, b += p.b_row) {
        int64_t at = p.a_at(k);
        Vec<L> given[V];
        for (int v = 0; v < V; v++) given[v] = load<L>(b + v * L);
        for (int m = 0; m < M; m++)
            for (int v = 0; v < V; v++) c[m][v] += a[m][at] * given[v];
    }
    for (int m = 0; m < M; m++)
        for (int v = 0; v < V; v++)
            store<L>(p.c_of(row + m) + column + v * L, c[m][v]);
}

// All rows from `row` on, M at a time and then fewer.
template <int L, int M, int V, class P>
INLINE void strip(const P& p, int64_t row, int64_t column) {
    for (; row + M <= p.rows; row += M) tile<L, M, V>(p, row, column);
    if constexpr (M > 1)
        if (row < p.rows) strip<L, M / 2, V>(p, row, column);
}

template <int L, int M, class P> INLINE void multiply(const P& p) {
    int64_t column = 0;
    for (; column + 2 * L <= p.columns; column += 2 * L) strip<L, M, 2>(p, 0, column);
    for (; column < p.columns; column += L) strip<L, M, 1>(p, 0, column);
}

// In a large product a strip of B, V vectors wide, is copied before it is used for every row of C:
// it then lies in the cache, some of the sum's numbers at a time, instead of all over the memory.
template <int L, int M, int V> INLINE void packed_strip(Product p) {
    constexpr int64_t SUMMED = 256;
    alignas(64) float packed[SUMMED * V * L];
    for (int64_t left = p.inner; left > 0; left -= SUMMED) {
        p.inner = left < SUMMED ? left : SUMMED;
        Product part = p;
        part.b = packed;
        part.b_row = V * L;
        for (int64_t k = 0; k < p.inner; k++)
            for (int v = 0; v < V; v++)
                store<L>(packed + (k * V + v) * L, load<L>(p.b + k * p.b_row + v * L));
        strip<L, M, V>(part, 0, 0);
        p.a += SUMMED * p.by_column;
        p.b += SUMMED * p.b_row;
        p.bias = p.c;  // go on from what is there
        p.bias_row = p.c_row;
    }
}

// The part of C that begins at a row and column, as a product of its own.
INLINE Product part_of(Product p, int64_t row, int64_t rows, int64_t column) {
    p.rows = p.rows - row < rows ? p.rows - row : rows;
    p.a += row * p.by_row;
    p.b += column;
    p.c += row * p.c_row + column;
    if (p.bias) p.bias += row * p.bias_row + column;
    return p;
}

constexpr int64_t LARGE = 1 << 20;  // multiplications: about 20 us

INLINE bool is_large(const Product& p) {
    return p.rows >= 16 && p.rows * p.columns * p.inner >= LARGE;
}

// A product by the whole team, if it is large.
template <int L, int M> INLINE void share(const Product& p, Team& team) {
    constexpr int64_t ROWS = 128;
    if (!is_large(p)) {
        team.each(1, [&](int64_t) INLINED { multiply<L, M>(p); });
        return;
    }
    int64_t strips = (p.columns + 2 * L - 1) / (2 * L), blocks = (p.rows + ROWS - 1) / ROWS;
    team.each(strips * blocks, [&](int64_t chunk) INLINED {
        int64_t column = chunk % strips * 2 * L;
        Product part = part_of(p, chunk / strips * ROWS, ROWS, column);
        if (column + 2 * L <= p.columns)
            packed_strip<L, M, 2>(part);
        else
            packed_strip<L, M, 1>(part);
    });
}

// The same, compiled once for each processor and not once for each place that calls it.
#if defined(__x86_64__)
AVX512 void multiply_512(const Product& p, Team& team) { share<16, 8>(p, team); }
AVX2 void multiply_256(const Product& p, Team& team) { share<8, 4>(p, team); }
#endif
template <int L, int M> INLINE void multiply(const Product& p, Team& team) {
#if defined(__x86_64__)
    if constexpr (L == 16) return multiply_512(p, team);
    if constexpr (L == 8) return multiply_256(p, team);
#endif
    share<L, M>(p, team);
}

// to(j, i) = from(i, j) for the rows i of a part, in blocks of 4 x 4.
INLINE void transpose(const float* from, int64_t from_row, int64_t begin, int64_t end,
                      int64_t columns, float* to, int64_t to_row) {
    auto one_by_one = [&](int64_t i, int64_t i_end, int64_t j_begin) INLINED {
        for (; i < i_end; i++)
            for (int64_t j = j_begin; j < columns; j++) to[j * to_row + i] = from[i * from_row + j];
    };
    int64_t i = begin, whole = columns / 4 * 4;
    for (; i + 4 <= end; i += 4) {
        for (int64_t j = 0; j < whole; j += 4) {
            const float* x = from + i * from_row + j;
            Vec<4> a = load<4>(x), b = load<4>(x + from_row);
            Vec<4> c = load<4>(x + 2 * from_row), d = load<4>(x + 3 * from_row);
            Vec<4> ab = PICKED(a, b, 0, 4, 1, 5);
            Vec<4> AB = PICKED(a, b, 2, 6, 3, 7);
            Vec<4> cd = PICKED(c, d, 0, 4, 1, 5);
            Vec<4> CD = PICKED(c, d, 2, 6, 3, 7);
            float* y = to + j * to_row + i;
            store<4>(y, PICKED(ab, cd, 0, 1, 4, 5));
            store<4>(y + to_row, PICKED(ab, cd, 2, 3, 6, 7));
            store<4>(y + 2 * to_row, PICKED(AB, CD, 0, 1, 4, 5));
            store<4>(y + 3 * to_row, PICKED(AB, CD, 2, 3, 6, 7));
        }
        one_by_one(i, i + 4, whole);
    }
    one_by_one(i, end, 0);
}

}  // namespace
