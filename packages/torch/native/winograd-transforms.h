// The matrices of Winograd's F(4x4, 3x3), and their products with squares of vectors.
#pragma once

#include <cstdint>

namespace tandem::winograd {

/// Channels that are worked on together.
constexpr int64_t lanes = 16;
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float)), aligned(4)));

inline const Lanes& load(const float* from) { return *reinterpret_cast<const Lanes*>(from); }
inline Lanes& at(float* to) { return *reinterpret_cast<Lanes*>(to); }

template <int rows, int columns>
struct Matrix {
  static constexpr int height = rows, width = columns;
  float at[rows][columns];

  constexpr Matrix<columns, rows> transposed() const {
    Matrix<columns, rows> result{};
    for (int i = 0; i < rows; ++i) {
      for (int k = 0; k < columns; ++k) result.at[k][i] = at[i][k];
    }
    return result;
  }
};

// The polynomials are compared at 0, 1, -1, 2, -2 and infinity.
constexpr Matrix<6, 6> Bt = {{
    {4, 0, -5, 0, 1, 0},
    {0, -4, -4, 1, 1, 0},
    {0, 4, -4, -1, 1, 0},
    {0, -2, -1, 2, 1, 0},
    {0, 2, -1, -2, 1, 0},
    {0, 4, 0, -5, 0, 1},
}};
constexpr Matrix<6, 3> G = {{
    {1.f / 4, 0, 0},
    {-1.f / 6, -1.f / 6, -1.f / 6},
    {-1.f / 6, 1.f / 6, -1.f / 6},
    {1.f / 24, 1.f / 12, 1.f / 6},
    {1.f / 24, -1.f / 12, 1.f / 6},
    {0, 0, 1},
}};
constexpr Matrix<4, 6> At = {{
    {1, 1, 1, 1, 1, 0},
    {0, 1, -1, 2, -2, 0},
    {0, 1, 1, 4, 4, 0},
    {0, 1, -1, 8, -8, 1},
}};
constexpr auto Gt = G.transposed();
constexpr auto A = At.transposed();

/// P x P' of a square of lanes.
template <const auto& P>
inline __attribute__((always_inline)) void sandwich(const Lanes (&x)[P.width][P.width], Lanes (&result)[P.height][P.height]) {
  Lanes half[P.height][P.width];
#pragma GCC unroll 8
  for (int i = 0; i < P.height; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < P.width; ++j) {
      Lanes sum = {};
#pragma GCC unroll 8
      for (int k = 0; k < P.width; ++k) {
        if (P.at[i][k] != 0) sum += P.at[i][k] * x[k][j];
      }
      half[i][j] = sum;
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < P.height; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < P.height; ++j) {
      Lanes sum = {};
#pragma GCC unroll 8
      for (int k = 0; k < P.width; ++k) {
        if (P.at[j][k] != 0) sum += P.at[j][k] * half[i][k];
      }
      result[i][j] = sum;
    }
  }
}

}  // namespace tandem::winograd
