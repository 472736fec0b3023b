// The matrix products inside Winograd's method, in plain vectors of the compiler: as many rows and
// columns at a time as the processor's registers hold.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tandem::winograd {

// Vectors that need no alignment. As template arguments they would lose that, their structs do not.
struct Sixteen {
  typedef float Vector __attribute__((vector_size(64), aligned(4)));
};
struct Eight {
  typedef float Vector __attribute__((vector_size(32), aligned(4)));
};

/// Where the factors and the result of a product lie. The sum runs over `outer * inner` terms; the
/// steps are in floats.
struct Product {
  const float* a;   // one number for each row and term
  const float* b;   // 16 columns in a row for each term
  float* c;         // 16 columns in a row for each row
  int64_t outerOfA, innerOfA;
  int64_t outerOfB, innerOfB, columnsOfB;  // the last from 16 columns to the next 16
  int64_t rowOfC, columnsOfC;
  int64_t outer, inner;
};

/// `rows` rows and `columns` times as many columns as a Vector has, kept in registers through the
/// whole sum. Adds to c, or replaces it.
template <typename Kind, int rows, int columns, int rowOfA, bool adds>
inline __attribute__((always_inline)) void multiplyTile(const Product& p) {
  using Vector = typename Kind::Vector;
  constexpr int64_t width = sizeof(Vector) / sizeof(float), each = 16 / width;
  Vector sum[rows][columns];
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < columns; ++j) {
      if (adds) sum[i][j] = *reinterpret_cast<const Vector*>(p.c + i * p.rowOfC + j / each * p.columnsOfC + j % each * width);
      else sum[i][j] = Vector{};
    }
  }
  const float *a = p.a, *b = p.b;
  for (int64_t o = 0; o < p.outer; ++o, a += p.outerOfA, b += p.outerOfB) {
    const float *ai = a, *bi = b;
    for (int64_t k = 0; k < p.inner; ++k, ai += p.innerOfA, bi += p.innerOfB) {
      Vector right[columns];
#pragma GCC unroll 8
      for (int j = 0; j < columns; ++j) right[j] = *reinterpret_cast<const Vector*>(bi + j / each * p.columnsOfB + j % each * width);
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) {
        const float left = ai[i * rowOfA];
#pragma GCC unroll 8
        for (int j = 0; j < columns; ++j) sum[i][j] += left * right[j];
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < columns; ++j) *reinterpret_cast<Vector*>(p.c + i * p.rowOfC + j / each * p.columnsOfC + j % each * width) = sum[i][j];
  }
}

}  // namespace tandem::winograd
