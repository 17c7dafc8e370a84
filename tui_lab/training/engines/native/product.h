// Products of matrices: C = A B, with a bias in every row if there is one.
#pragma once

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

}  // namespace
