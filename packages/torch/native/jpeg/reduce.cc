// vips_reducev, then vips_reduceh, of bytes: weights of 12 bits behind the point, from a table of
// 64 places between two pixels, and a sum that is rounded to a byte. Sums of a byte's products with
// such weights are whole numbers below 2^24, so float32 holds them exactly.
#include "reduce.h"

#include "../lines.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace tandem::jpeg {

namespace {

constexpr int kPlaces = 64;       // VIPS_TRANSFORM_SCALE
constexpr int kUnit = 1 << 12;    // VIPS_INTERPOLATE_SCALE
constexpr int64_t kTile = 10;     // rows that libvips reduces in one go

double lanczos(double x) {
  const auto sinc = [](double y) { return y == 0 ? 1 : std::sin(y * M_PI) / (y * M_PI); };
  return x >= -3 && x <= 3 ? sinc(x) * sinc(x / 3) : 0;
}

/// One direction of a picture.
struct Axis {
  int64_t length;  // of the picture, in pixels
  double factor;   // by which it becomes smaller
  int64_t to;      // pixels of the smaller one
  int64_t from;    // the first of these that is wanted

  Axis(int64_t length, double factor, int64_t side) : length(length), factor(factor), to(static_cast<int64_t>(length / factor + 0.5)), from((to - side + 1) / 2) {}
};

struct Weights {
  std::vector<int32_t> first;
  std::vector<float> weights;
  int64_t each;

  lines::Maps maps() const { return {static_cast<int64_t>(first.size()), each, first.data(), weights.data()}; }
};

/// @param tile libvips works out where a pixel lies once a tile, and adds up from there; without
/// one, once for all that is wanted
Weights weightsOf(const Axis& axis, int64_t side, int64_t tile = 0) {
  const double factor = axis.factor;
  const int points = 2 * static_cast<int>(std::rint(3 * factor)) + 1;
  std::vector<int16_t> table((kPlaces + 1) * points);
  std::vector<double> place(points);
  for (int at = 0; at <= kPlaces; ++at) {
    const double half = static_cast<float>(at) / kPlaces + points / 2.0 - 1, scale = 1.0 / factor;
    double sum = 0;
    for (int i = 0; i < points; ++i) sum += place[i] = lanczos((i - half) * scale);
    for (int i = 0; i < points; ++i) table[at * points + i] = static_cast<int16_t>(place[i] / sum * kUnit);
  }
  const double invented = axis.to * factor - axis.length, offset = (1 + invented) / 2.0 - 1;
  const int64_t border = (points + 1) / 2 - 1;
  Weights result{std::vector<int32_t>(side), {}, std::min<int64_t>(points, axis.length)};
  result.weights.assign(side * result.each, 0);
  const int64_t begin = tile == 0 ? axis.from : axis.from / tile * tile;
  double at = 0;
  for (int64_t i = begin; i < axis.from + side; ++i) {
    if (i == begin || (tile != 0 && i % tile == 0)) {
      at = (i + 0.5) * factor - 0.5 - offset;
    } else {
      at += factor;
    }
    const int64_t own = i - axis.from;
    if (own < 0) continue;
    const int64_t left = static_cast<int64_t>(at) - border;
    const int between = static_cast<int>(at * kPlaces * 2) & (kPlaces * 2 - 1);
    const int16_t* weights = table.data() + ((between + 1) >> 1) * points;
    const int64_t first = std::clamp<int64_t>(left, 0, axis.length - result.each);
    result.first[own] = first;
    // Beyond the picture lie copies of its last pixels.
    for (int j = 0; j < points; ++j) result.weights[own * result.each + std::clamp<int64_t>(left + j, 0, axis.length - 1) - first] += weights[j];
  }
  return result;
}

/// Sums of products to bytes, rounded and cut.
TANDEM_CLONES void toBytes(const float* sums, int64_t count, uint8_t* bytes) {
  constexpr int64_t block = 4 * lanes;
  const auto byteOf = [](float sum) {
    const int32_t whole = (static_cast<int32_t>(sum) + kUnit / 2) >> 12;
    return static_cast<uint8_t>(whole < 0 ? 0 : whole > 255 ? 255 : whole);
  };
  for (; count >= block; count -= block, sums += block, bytes += block) {
    uint8_t some[block];
    for (int64_t k = 0; k < block; ++k) some[k] = byteOf(sums[k]);
    std::memcpy(bytes, some, block);
  }
  for (int64_t k = 0; k < count; ++k) bytes[k] = byteOf(sums[k]);
}

/// The columns of bytes [h, w], reduced; they come out as rows, [w, size].
void reduceColumns(const uint8_t* from, int64_t step, int64_t w, const lines::Maps& maps, uint8_t* to) {
  std::vector<float> strip, sums(lines::kAcross * maps.size);
  // A strip at a time: it stays in the cache.
  for (int64_t left = 0; left < w; left += lines::kAcross) {
    const int64_t across = std::min(lines::kAcross, w - left);
    lines::columnsToRows(from + left, step, across, maps, strip, sums.data());
    toBytes(sums.data(), across * maps.size, to + left * maps.size);
  }
}

/// sharp's factor, as libvips comes to see it.
double factorFor(int64_t width, int64_t height, int64_t side) {
  const double factor = std::min(static_cast<double>(width) / side, static_cast<double>(height) / side);
  return 1.0 / (1.0 / factor);
}

}  // namespace

bool canReduce(int64_t width, int64_t height, int64_t side) {
  const double factor = factorFor(width, height, side);
  // From 3 on sharp has the decoder leave out pixels; where the other side is much longer, libvips
  // takes averages first.
  if (!(factor >= 1 && factor < 3)) return false;
  const Axis across(width, factor, side), down(height, factor, side);
  return across.to >= side && down.to >= side && width / across.to < 4 && height / down.to < 4;
}

void reduce(const uint8_t* pixels, int64_t width, int64_t height, int64_t side, uint8_t* planes) {
  const double factor = factorFor(width, height, side);
  const Axis across(width, factor, side), down(height, factor, side);
  if (factor == 1) {
    const uint8_t* row = pixels + 3 * (down.from * width + across.from);
    for (int64_t y = 0; y < side; ++y, row += 3 * width)
      for (int64_t x = 0; x < side; ++x)
        for (int64_t c = 0; c < 3; ++c) planes[(c * side + y) * side + x] = row[3 * x + c];
    return;
  }
  const Weights rows = weightsOf(down, side, kTile);
  Weights columns = weightsOf(across, side);
  const auto [left, right] = lines::extent(columns.maps());
  std::vector<uint8_t> turned(3 * (right - left) * side);
  // Rows first: the colours of a column become rows one after the other.
  reduceColumns(pixels + 3 * left, 3 * width, 3 * (right - left), rows.maps(), turned.data());
  for (auto& first : columns.first) first -= left;
  for (int64_t c = 0; c < 3; ++c) reduceColumns(turned.data() + c * side, 3 * side, side, columns.maps(), planes + c * side * side);
}

void toPlanes(const uint8_t* pixels, int64_t area, uint8_t* planes) {
  for (int64_t i = 0; i < area; ++i, pixels += 3)
    for (int64_t c = 0; c < 3; ++c) planes[c * area + i] = pixels[c];
}

}  // namespace tandem::jpeg
