// Float32 numbers to tiles of the tile unit where they are multiplied, and squares of results that
// are added up in place: for products whose factors do not lie in memory as matrices.
#pragma once

#include "tiles-kernels.h"

#if defined(TANDEM_TILES)

// GCC takes the lanes that its own intrinsics leave open for forgotten ones.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace tandem::tiles {

/// Of a float32 number; two tiles of such numbers, for rows or columns of a square; and cells of a
/// sum whose pairs, of one square's rows, stay in the nearest cache.
constexpr int64_t whole = 3, pair = 2 * cell<whole>, nearest = 4;

/// Two lines of numbers that are neighbours in the sum, to a line of a tile of each part. A part is
/// the upper half of what the one before left, which takes fewer steps than the nearest number:
/// what is left out of a product is 2^-24 of it on average, 2^-21 at the most.
TANDEM_TILE_INLINE void splitLines(__m512i first, __m512i second, Half* to) {
  const __m512i upper = _mm512_set1_epi32(static_cast<int32_t>(0xffff0000));
#pragma GCC unroll 3
  for (int part = 0; part < whole; ++part) {
    const __m512i a = _mm512_and_si512(first, upper), b = _mm512_and_si512(second, upper);
    _mm512_store_si512(to + part * tile, _mm512_or_si512(_mm512_srli_epi32(a, 16), b));
    first = _mm512_castps_si512(_mm512_sub_ps(_mm512_castsi512_ps(first), _mm512_castsi512_ps(a)));
    second = _mm512_castps_si512(_mm512_sub_ps(_mm512_castsi512_ps(second), _mm512_castsi512_ps(b)));
  }
}

/// The sixteen numbers at `at(i)`, for each i below 32, as a tile: i and 16 + i are neighbours, of
/// which the sum is taken. Turned, numbers that lie side by side become lines.
template <bool isTurned, typename At>
TANDEM_TILE_INLINE void packTile(const At& at, Half* to) {
  __m512i first[side], second[side];
#pragma GCC unroll 16
  for (int64_t i = 0; i < side; ++i) {
    first[i] = _mm512_loadu_si512(at(i));
    second[i] = _mm512_loadu_si512(at(side + i));
  }
  if (isTurned) {
    transpose(first);
    transpose(second);
  }
#pragma GCC unroll 16
  for (int64_t i = 0; i < side; ++i) splitLines(first[i], second[i], to + i * depth);
}

/// Where the four tiles of a square lie: their lines are `bytes` from each other.
struct Square {
  float* data;
  int64_t down, across, bytes;
};

/// Adds the products of `cells` packed cells to a square, or puts them there.
TANDEM_TILE_INLINE void multiplySquare(const Half* a, int64_t stepOfA, const Half* b, int64_t stepOfB, int64_t cells, const Square& c, bool adds) {
  float *right = c.data + c.across, *below = c.data + c.down;
  if (adds) {
    _tile_loadd(0, c.data, c.bytes);
    _tile_loadd(1, right, c.bytes);
    _tile_loadd(2, below, c.bytes);
    _tile_loadd(3, below + c.across, c.bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  addProducts<whole>(a, b, stepOfA, stepOfB, cell<whole>, cells);
  _tile_stored(0, c.data, c.bytes);
  _tile_stored(1, right, c.bytes);
  _tile_stored(2, below, c.bytes);
  _tile_stored(3, below + c.across, c.bytes);
}

/// The tiles' loads and stores do not say what they read and write.
TANDEM_TILE_INLINE void settleMemory() { asm volatile("" ::: "memory"); }

inline const Setting setting;

}  // namespace tandem::tiles

#pragma GCC diagnostic pop

#endif
