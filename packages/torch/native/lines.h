// How lines of pixels become others, plane by plane. It knows nothing of libtorch.
#pragma once

#include "clones.h"
#include "float-lanes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace tandem::lines {

/// Linear maps of lines of pixels: number i that comes out is the sum of `each` pixels from
/// first[i] on, each times its weight; the weights of one follow those of the one before.
struct Maps {
  int64_t size, each;
  const int32_t* first;
  const float* weights;
};

/// The pixels that maps look at, from the first to behind the last.
inline std::pair<int64_t, int64_t> extent(const Maps& maps) {
  const auto [least, most] = std::minmax_element(maps.first, maps.first + maps.size);
  return {*least, *most + maps.each};
}

namespace {

constexpr int64_t kAcross = 2 * lanes;  // columns of a strip
constexpr int64_t kDown = 16;           // results of a column that are written together

/// Rows [from, to) of a strip of columns as floats [to, kAcross]; where there are fewer columns,
/// the others are never looked at.
template <typename T>
void load(const T* in, int64_t step, int64_t from, int64_t to, int64_t across, float* strip) {
  for (int64_t y = from; y < to; ++y) {
    const T* row = in + y * step;
    float* line = strip + y * kAcross;
    if (across == kAcross) {
      for (int64_t k = 0; k < kAcross; ++k) line[k] = row[k];
    } else {
      for (int64_t k = 0; k < across; ++k) line[k] = row[k];
    }
  }
}

typedef float Four __attribute__((vector_size(16), aligned(4)));

#if defined(__clang__)
#define TANDEM_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int32_t Places __attribute__((vector_size(16)));
#define TANDEM_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Places{__VA_ARGS__})
#endif

/// Four rows of four numbers, as columns.
inline __attribute__((always_inline)) void turn(const float* from, float* to) {
  const Four &a = *reinterpret_cast<const Four*>(from), &b = *reinterpret_cast<const Four*>(from + kAcross);
  const Four &c = *reinterpret_cast<const Four*>(from + 2 * kAcross), &d = *reinterpret_cast<const Four*>(from + 3 * kAcross);
  const Four abLow = TANDEM_SHUFFLE(a, b, 0, 4, 1, 5), abHigh = TANDEM_SHUFFLE(a, b, 2, 6, 3, 7);
  const Four cdLow = TANDEM_SHUFFLE(c, d, 0, 4, 1, 5), cdHigh = TANDEM_SHUFFLE(c, d, 2, 6, 3, 7);
  *reinterpret_cast<Four*>(to) = TANDEM_SHUFFLE(abLow, cdLow, 0, 1, 4, 5);
  *reinterpret_cast<Four*>(to + kDown) = TANDEM_SHUFFLE(abLow, cdLow, 2, 3, 6, 7);
  *reinterpret_cast<Four*>(to + 2 * kDown) = TANDEM_SHUFFLE(abHigh, cdHigh, 0, 1, 4, 5);
  *reinterpret_cast<Four*>(to + 3 * kDown) = TANDEM_SHUFFLE(abHigh, cdHigh, 2, 3, 6, 7);
}

/// out[k][i] is the sum over j of weights[i][j] strip[first[i] + j][k].
TANDEM_CLONES void resample(const float* strip, const Maps& maps, int64_t across, float* out) {
  for (int64_t from = 0; from < maps.size; from += kDown) {
    const int64_t down = std::min(kDown, maps.size - from);
    float rows[kDown][kAcross], columns[kAcross][kDown];
    for (int64_t i = 0; i < down; ++i) {
      const float* line = strip + maps.first[from + i] * kAcross;
      const float* weights = maps.weights + (from + i) * maps.each;
      Lanes left{}, right{};
      for (int64_t j = 0; j < maps.each; ++j, line += kAcross) {
        left += weights[j] * lanesAt(line);
        right += weights[j] * lanesAt(line + lanes);
      }
      store(left, rows[i]);
      store(right, rows[i] + lanes);
    }
    for (int64_t i = 0; i < kDown; i += 4)
      for (int64_t k = 0; k < kAcross; k += 4) turn(rows[i] + k, columns[k] + i);
    float* result = out + from;
    for (int64_t k = 0; k < across; ++k, result += maps.size) {
      if (down == kDown) {
        std::memcpy(result, columns[k], sizeof columns[k]);
      } else {
        std::memcpy(result, columns[k], down * sizeof(float));
      }
    }
  }
}

/// A strip of a plane's columns, from `left` on.
/// @param rows those that the maps look at
template <typename T>
void mapStrip(const T* plane, int64_t step, int64_t w, int64_t left, const Maps& maps, std::pair<int64_t, int64_t> rows, std::vector<float>& strip, float* out) {
  const auto [from, to] = rows;
  if (static_cast<int64_t>(strip.size()) < to * kAcross) strip.resize(to * kAcross);
  const int64_t across = std::min(kAcross, w - left);
  load(plane + left, step, from, to, across, strip.data());
  resample(strip.data(), maps, across, out + left * maps.size);
}

/// The columns of a plane [h, w] through the maps; they come out as rows, [w, size].
/// @param step from a row to the next @param strip memory that is used meanwhile
template <typename T>
void columnsToRows(const T* plane, int64_t step, int64_t w, const Maps& maps, std::vector<float>& strip, float* out) {
  const auto rows = extent(maps);
  for (int64_t left = 0; left < w; left += kAcross) mapStrip(plane, step, w, left, maps, rows, strip, out);
}

}  // namespace

}  // namespace tandem::lines
