// What the tile unit needs: float32 numbers as three bfloat16 numbers, laid out as its tiles, and
// the sums of their products.
//
// x = x0 + x1 + x2 exactly, each the bfloat16 number nearest to what is left. Of the nine products
// of two numbers' parts the three smallest, 2^-26 of the whole, are left out: six tile products
// have the accuracy of one in float32. For bfloat16's accuracy x0 alone is taken.
#pragma once

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define TANDEM_TILES

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

#define TANDEM_TILE_UNIT __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512bf16,prfchw")))
#define TANDEM_TILE_INLINE TANDEM_TILE_UNIT inline __attribute__((always_inline))

// GCC takes the lanes that its own intrinsics leave open for forgotten ones.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace tandem::tiles {

using Half = uint16_t;  // the bits of a bfloat16 number

/// A tile is 16 lines of 32 numbers that follow each other in the sum. Of the right factor 16 pairs
/// of them are the lines instead, each with its 16 columns.
constexpr int64_t side = 16, depth = 32, tile = side * depth;
/// The parts of a tile lie one after another.
template <int parts>
constexpr int64_t cell = parts * tile;
/// Rows and columns of a result that is summed up at a time, by two tiles each.
constexpr int64_t square = 2 * side;

/// Sixteen lines of sixteen pairs to pairs first, and back: blocks of 8, 4, 2 and 1 change places.
TANDEM_TILE_INLINE void transpose(__m512i* lines) {
#pragma GCC unroll 4
  for (int step = 8; step > 0; step /= 2) {
    alignas(64) int32_t firsts[side], seconds[side];
    for (int j = 0; j < side; ++j) {
      firsts[j] = j & step ? 16 + j - step : j;
      seconds[j] = j & step ? 16 + j : j + step;
    }
    const __m512i first = _mm512_load_si512(firsts), second = _mm512_load_si512(seconds);
#pragma GCC unroll 16
    for (int i = 0; i < side; ++i) {
      if (i & step) continue;
      const __m512i a = lines[i], b = lines[i + step];
      lines[i] = _mm512_permutex2var_epi32(a, first, b);
      lines[i + step] = _mm512_permutex2var_epi32(a, second, b);
    }
  }
}

TANDEM_TILE_INLINE __m512 load(const float* from, __mmask16 present) { return _mm512_maskz_loadu_ps(present, from); }
TANDEM_TILE_INLINE __m512 load(const Half* from, __mmask16 present) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(present, from)), 16));
}
TANDEM_TILE_INLINE void store(float* to, __mmask16 present, __m512 x) { _mm512_mask_storeu_ps(to, present, x); }
TANDEM_TILE_INLINE void store(Half* to, __mmask16 present, __m512 x) { _mm256_mask_storeu_epi16(to, present, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x))); }

/// Sixteen rows of the left factor, or columns of the right one (`pairsFirst`), as tiles. Of the
/// sixteen `count` are there and `sum` numbers of each: the rest is 0. Either the numbers of a sum
/// follow each other in memory (`alongSum`), or the sixteen do; `step` leads to the next.
template <int parts, typename T, bool alongSum, bool pairsFirst>
TANDEM_TILE_UNIT void pack(const void* data, int64_t step, int64_t count, int64_t sum, Half* to) {
  const T* from = static_cast<const T*>(data);
  alignas(64) Half places[2 * side];
  for (int i = 0; i < side; ++i) {
    places[2 * i] = i;
    places[2 * i + 1] = side + i;
  }
  const __m512i interleaved = _mm512_load_si512(places), upper = _mm512_set1_epi32(static_cast<int32_t>(0xffff0000));
  const __mmask16 present = static_cast<__mmask16>((1u << count) - 1);
  for (int64_t k = 0; k < sum; k += depth, to += cell<parts>) {
    __m512i lines[parts][side];
    const int64_t left = std::min(depth, sum - k);
    const uint32_t whole = left == depth ? ~0u : (1u << left) - 1;
    for (int64_t i = 0; i < side; ++i) {
      __m512 a = _mm512_setzero_ps(), b = a;
      if (alongSum && i < count) {
        a = load(from + i * step + k, static_cast<__mmask16>(whole));
        b = load(from + i * step + k + side, static_cast<__mmask16>(whole >> 16));
      }
      if (!alongSum && 2 * i < left) a = load(from + (k + 2 * i) * step, present);
      if (!alongSum && 2 * i + 1 < left) b = load(from + (k + 2 * i + 1) * step, present);
#pragma GCC unroll 3
      for (int part = 0; part < parts; ++part) {
        __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a)), first, second;
        if (alongSum) {
          first = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(both)), 16);
          second = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(both, 1)), 16);
        } else {
          both = _mm512_permutexvar_epi16(interleaved, both);
          first = _mm512_slli_epi32(both, 16);
          second = _mm512_and_si512(both, upper);
        }
        a = _mm512_sub_ps(a, _mm512_castsi512_ps(first));
        b = _mm512_sub_ps(b, _mm512_castsi512_ps(second));
        lines[part][i] = both;
      }
    }
#pragma GCC unroll 3
    for (int part = 0; part < parts; ++part) {
      if (alongSum == pairsFirst) transpose(lines[part]);
      for (int i = 0; i < side; ++i) _mm512_store_si512(to + part * tile + i * depth, lines[part][i]);
    }
  }
}

/// The unit's settings: eight tiles of 16 lines of 64 bytes.
struct alignas(64) Setting {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t lines[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

#define TANDEM_LEFT(part)                 \
  _tile_loadd(4, a + (part) * tile, 64); \
  _tile_loadd(5, a + next + (part) * tile, 64);
#define TANDEM_RIGHT(part)                \
  _tile_loadd(6, b + (part) * tile, 64); \
  _tile_loadd(7, b + next + (part) * tile, 64);
#define TANDEM_PRODUCTS     \
  _tile_dpbf16ps(0, 4, 6); \
  _tile_dpbf16ps(1, 4, 7); \
  _tile_dpbf16ps(2, 5, 6); \
  _tile_dpbf16ps(3, 5, 7);

/// Adds to a square of the result, in the unit's registers 0 to 3, the products of `cells` cells of
/// two lines of tiles each, the second `next` behind.
template <int parts>
TANDEM_TILE_INLINE void addProducts(const Half* a, const Half* b, int64_t stepOfA, int64_t stepOfB, int64_t next, int64_t cells) {
  for (int64_t k = 0; k < cells; ++k, a += stepOfA, b += stepOfB) {
    // In an order in which one factor stays where it is.
    if (parts == 3) {
      TANDEM_LEFT(0) TANDEM_RIGHT(2) TANDEM_PRODUCTS
      TANDEM_RIGHT(1) TANDEM_PRODUCTS
      TANDEM_LEFT(1) TANDEM_PRODUCTS
      TANDEM_RIGHT(0) TANDEM_PRODUCTS
      TANDEM_LEFT(2) TANDEM_PRODUCTS
      TANDEM_LEFT(0) TANDEM_PRODUCTS
    } else {
      TANDEM_LEFT(0) TANDEM_RIGHT(0) TANDEM_PRODUCTS
    }
  }
}

#undef TANDEM_LEFT
#undef TANDEM_RIGHT
#undef TANDEM_PRODUCTS

/// A square of the result, of `cells` cells of two lines of tiles each, the second `next` behind.
template <int parts>
TANDEM_TILE_INLINE void sumUp(const Half* a, const Half* b, int64_t next, int64_t cells, float* c) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  addProducts<parts>(a, b, cell<parts>, cell<parts>, next, cells);
  constexpr int64_t bytes = square * sizeof(float);
  _tile_stored(0, c, bytes);
  _tile_stored(1, c + side, bytes);
  _tile_stored(2, c + side * square, bytes);
  _tile_stored(3, c + side * square + side, bytes);
}

/// Puts a square where it belongs, `rows` and `columns` of it: added to what is there, to the bias
/// of its columns, or as it is.
template <typename T>
TANDEM_TILE_INLINE void place(const float* from, T* c, int64_t stride, int64_t rows, int64_t columns, const float* bias, bool adds) {
  const uint32_t whole = columns >= square ? ~0u : (1u << columns) - 1;
  for (int64_t half = 0; half < 2 && half * side < columns; ++half, from += side, c += side) {
    const __mmask16 present = static_cast<__mmask16>(whole >> (half * side));
    __m512 before = bias ? _mm512_maskz_loadu_ps(present, bias + half * side) : _mm512_setzero_ps();
    for (int64_t i = 0; i < std::min(rows, square); ++i) {
      T* to = c + i * stride;
      if (adds) before = load(to, present);
      store(to, present, _mm512_add_ps(before, _mm512_load_ps(from + i * square)));
    }
  }
}

/// Asks for the lines of a square of the result that is written soon, and for `count` numbers of
/// the right factor that are read next: the processor foresees neither, and would wait for both.
template <typename T>
TANDEM_TILE_INLINE void foresee(T* c, int64_t stride, int64_t rows, const Half* right, int64_t count) {
  constexpr int64_t line = 64;
  for (int64_t i = 0; i < std::min(rows, square); ++i) {
    for (int64_t j = 0; j < square; j += line / sizeof(T)) __builtin_prefetch(c + i * stride + j, 1);
  }
  for (int64_t i = 0; i < count; i += depth) _mm_prefetch(reinterpret_cast<const char*>(right + i), _MM_HINT_T1);
}

/// A block of rows of the result. Both factors are packed.
template <int parts, typename T>
TANDEM_TILE_UNIT __attribute__((noinline)) void multiplyBlock(const Half* a, const Half* b, void* data, int64_t stride, int64_t rows, int64_t cells, int64_t columns, const float* bias,
                                                               bool adds) {
  T* c = static_cast<T*>(data);
  static const Setting setting;
  _tile_loadconfig(&setting);
  alignas(64) float result[square * square];
  const int64_t next = cells * cell<parts>, each = 2 * next / ((rows + square - 1) / square);
  asm volatile("" ::: "memory");  // the tiles' loads do not say what they read
  for (int64_t n = 0; n < columns; n += square) {
    const Half* right = b + n / side * next;
    for (int64_t m = 0; m < rows; m += square) {
      T* to = c + m * stride + n;
      foresee(to, stride, rows - m, right + 2 * next + m / square * each, n + square < columns ? each : 0);
      sumUp<parts>(a + m / side * next, right, next, cells, result);
      asm volatile("" ::: "memory");
      place(result, to, stride, rows - m, columns - n, bias ? bias + n : nullptr, adds);
    }
  }
  _tile_release();
}

}  // namespace tandem::tiles

#pragma GCC diagnostic pop

#endif
