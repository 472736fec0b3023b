// A pixel of the result is the product of what its kernel meets, `taps` times the inputs, with the
// kernels. Threads divide the pixels; blocks of 128 stay in a core's second-level cache.
#include "implicit.h"

#include "split-tiles.h"
#include "tiles.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace tandem::implicit {

#if defined(TANDEM_TILES)

namespace {

constexpr auto channelsLast = at::MemoryFormat::ChannelsLast;

using tiles::depth;
using tiles::Half;
using tiles::nearest;
using tiles::pair;
using tiles::side;
using tiles::square;

constexpr int64_t cell = tiles::cell<tiles::whole>;
constexpr int64_t block = nearest * depth;  // pixels

alignas(64) const float zeros[depth] = {};

int64_t ceil(int64_t whole, int64_t each) { return (whole + each - 1) / each; }
at::Tensor roomOf(int64_t cells) { return at::empty({cells * cell}, at::kBFloat16); }
Half* halves(const at::Tensor& room) { return static_cast<Half*>(room.data_ptr()); }

/// Which pixels of x [n, height, width, inputs] meet which of y [n, down, across, outputs].
struct Map {
  int64_t n, height, width, inputs, outputs;
  int64_t high, wide;  // the kernel
  Steps steps;
  int64_t down = (height + 2 * steps.padding - high) / steps.stride + 1, across = (width + 2 * steps.padding - wide) / steps.stride + 1;

  int64_t taps() const { return high * wide; }
  int64_t terms() const { return taps() * inputs; }
  int64_t perImage() const { return down * across; }
  int64_t pixels() const { return n * perImage(); }
};

/// Of a kernel.
struct Tap {
  int64_t row, column;
};

/// Where the kernel of a pixel of y begins, in which image of x.
struct Corner {
  const float* image;
  int64_t top, left;

  /// What a tap meets, or null outside the image.
  const float* at(const Map& map, const Tap& tap) const {
    const int64_t row = top + tap.row, column = left + tap.column;
    const bool isInside = image != nullptr && row >= 0 && row < map.height && column >= 0 && column < map.width;
    return isInside ? image + (row * map.width + column) * map.inputs : nullptr;
  }
};

/// Of a block of pixels from `first` on; those that are not there meet no image.
void findCorners(const Map& map, const float* x, int64_t first, Corner* corners) {
  for (int64_t i = 0; i < block; ++i) {
    const int64_t pixel = first + i, inImage = pixel % map.perImage();
    const bool isThere = pixel < map.pixels();
    corners[i] = {isThere ? x + pixel / map.perImage() * map.height * map.width * map.inputs : nullptr, inImage / map.across * map.steps.stride - map.steps.padding,
                  inImage % map.across * map.steps.stride - map.steps.padding};
  }
}

/// Sixteen lines at `at(i)`, of 32 numbers each along a sum.
template <bool isTurned, typename At>
TANDEM_TILE_INLINE void packLines(const At& at, Half* to) {
  tiles::packTile<isTurned>([&](int64_t i) { return i < side ? at(i) : at(i - side) + side; }, to);
}

/// Kernels [outputs, terms] as right factors of sums over the terms, or over the outputs: for each
/// cell of the sum a row of tiles.
TANDEM_TILE_UNIT void packKernels(const float* weight, const Map& map, bool overTerms, int64_t from, int64_t to, Half* packed) {
  const int64_t terms = map.terms(), columns = overTerms ? map.outputs : terms;
  for (int64_t k = from; k < to; ++k) {
    for (int64_t column = 0; column < columns; column += side) {
      Half* target = packed + (k * columns + column) / side * cell;
      if (overTerms) packLines<true>([&](int64_t i) { return weight + (column + i) * terms + k * depth; }, target);
      else tiles::packTile<false>([&](int64_t i) { return weight + (k * depth + i) * terms + column; }, target);
    }
  }
}

at::Tensor pack(const at::Tensor& weight, const Map& map, bool overTerms) {
  const at::Tensor room = roomOf(map.terms() * map.outputs / (side * depth)), inOrder = weight.contiguous(channelsLast);
  at::parallel_for(0, (overTerms ? map.terms() : map.outputs) / depth, 1,
                   [&](int64_t from, int64_t to) { packKernels(inOrder.data_ptr<float>(), map, overTerms, from, to, halves(room)); });
  return room;
}

/// Some cells of packed rows, a square's, by all columns of packed kernels, the cells from `k` on:
/// added to the rows of c, or put there.
TANDEM_TILE_INLINE void multiplyRows(const Half* rows, const Half* kernels, int64_t k, int64_t cells, int64_t columns, float* c, bool adds) {
  const int64_t next = columns / side * cell;
  tiles::settleMemory();
  for (int64_t column = 0; column < columns; column += square) {
    const tiles::Square result{c + column, side * columns, side, columns * static_cast<int64_t>(sizeof(float))};
    tiles::multiplySquare(rows, pair, kernels + k * next + column / side * cell, next, cells, result, adds);
  }
  tiles::settleMemory();
}

/// A block of pixels of y, from `first` on.
TANDEM_TILE_UNIT void convolveBlock(const float* x, const Half* kernels, const Map& map, int64_t first, float* y) {
  alignas(64) Half rows[nearest * pair];
  Corner corners[block];
  findCorners(map, x, first, corners);
  const int64_t cells = map.terms() / depth, count = std::min(block, map.pixels() - first);
  // Whole squares are computed; of the last one perhaps not all belongs to y.
  const at::Tensor room = at::empty({count % square == 0 ? 0 : square * map.outputs});
  float* rest = room.data_ptr<float>();
  _tile_loadconfig(&tiles::setting);
  for (int64_t k = 0; k < cells; k += nearest) {
    const int64_t some = std::min(nearest, cells - k);
    for (int64_t pixel = 0; pixel < count; pixel += square) {
      const float* met[square];
      int64_t last = -1;
      for (int64_t j = 0; j < some; ++j) {
        const int64_t tap = (k + j) * depth / map.inputs, channel = (k + j) * depth % map.inputs;
        if (tap != last) {
          const Tap place{tap / map.wide, tap % map.wide};
          for (int64_t i = 0; i < square; ++i) met[i] = corners[pixel + i].at(map, place);
          last = tap;
        }
        for (int64_t half = 0; half < square; half += side) {
          packLines<false>([&](int64_t i) { return met[half + i] ? met[half + i] + channel : zeros; }, rows + j * pair + half / side * cell);
        }
      }
      multiplyRows(rows, kernels, k, some, map.outputs, count - pixel < square ? rest : y + (first + pixel) * map.outputs, k > 0);
    }
  }
  _tile_release();
  if (count % square != 0) std::memcpy(y + (first + count / square * square) * map.outputs, rest, count % square * map.outputs * sizeof(float));
}

/// What each of some pixels of y gives back to the terms: dy times kernels, [pixels, terms].
TANDEM_TILE_UNIT void spreadPixels(const float* dy, const Half* kernels, const Map& map, int64_t pixels, float* spread) {
  alignas(64) Half rows[nearest * pair];
  const int64_t cells = map.outputs / depth;
  _tile_loadconfig(&tiles::setting);
  for (int64_t k = 0; k < cells; k += nearest) {
    const int64_t some = std::min(nearest, cells - k);
    for (int64_t pixel = 0; pixel < pixels; pixel += square) {
      for (int64_t j = 0; j < some; ++j) {
        for (int64_t half = 0; half < square; half += side) {
          const float* from = dy + (pixel + half) * map.outputs + (k + j) * depth;
          packLines<false>([&](int64_t i) { return pixel + half + i < pixels ? from + i * map.outputs : zeros; }, rows + j * pair + half / side * cell);
        }
      }
      multiplyRows(rows, kernels, k, some, map.terms(), spread + pixel * map.terms(), k > 0);
    }
  }
  _tile_release();
}

/// For each row or column of x and each of the kernel the one of y whose kernel meets it so, or -1.
std::vector<int64_t> meetings(int64_t count, int64_t kernel, int64_t results, Steps steps) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t tap = 0; tap < kernel; ++tap) {
      const int64_t start = i + steps.padding - tap;
      const bool isThere = start >= 0 && start % steps.stride == 0 && start / steps.stride < results;
      all.push_back(isThere ? start / steps.stride : -1);
    }
  }
  return all;
}

/// An image of dx, of what the pixels of an image of y gave back.
TANDEM_TILE_UNIT void gather(const float* spread, const Map& map, const int64_t* rows, const int64_t* columns, float* dx) {
  for (int64_t row = 0; row < map.height; ++row) {
    for (int64_t column = 0; column < map.width; ++column, dx += map.inputs) {
      const float* met[16];
      int64_t count = 0;
      for (int64_t i = 0; i < map.high; ++i) {
        for (int64_t j = 0; j < map.wide; ++j) {
          const int64_t y = rows[row * map.high + i], x = columns[column * map.wide + j];
          if (y >= 0 && x >= 0) met[count++] = spread + (y * map.across + x) * map.terms() + (i * map.wide + j) * map.inputs;
        }
      }
      for (int64_t channel = 0; channel < map.inputs; channel += side) {
        __m512 sum = _mm512_setzero_ps();
        for (int64_t i = 0; i < count; ++i) sum = _mm512_add_ps(sum, _mm512_loadu_ps(met[i] + channel));
        _mm512_storeu_ps(dx + channel, sum);
      }
    }
  }
}

/// Adds what a block of pixels from `first` on gives to the kernels [outputs, terms].
TANDEM_TILE_UNIT void correlateBlock(const float* x, const float* dy, const Map& map, int64_t first, Half* left, float* kernels, bool adds) {
  alignas(64) Half columns[nearest * pair];
  Corner corners[block];
  findCorners(map, x, first, corners);
  const int64_t count = std::min(block, map.pixels() - first), cells = ceil(count, depth);
  for (int64_t output = 0; output < map.outputs; output += side) {
    for (int64_t k = 0; k < cells; ++k) {
      const float* from = dy + (first + k * depth) * map.outputs + output;
      Half* target = left + output / square * cells * pair + k * pair + output % square / side * cell;
      tiles::packTile<true>([&](int64_t i) { return k * depth + i < count ? from + i * map.outputs : zeros; }, target);
    }
  }
  _tile_loadconfig(&tiles::setting);
  for (int64_t tap = 0; tap < map.taps(); ++tap) {
    const float* met[block];
    const Tap place{tap / map.wide, tap % map.wide};
    for (int64_t i = 0; i < block; ++i) met[i] = corners[i].at(map, place);
    for (int64_t channel = 0; channel < map.inputs; channel += square) {
      for (int64_t k = 0; k < cells; ++k) {
        for (int64_t half = 0; half < square; half += side) {
          tiles::packTile<false>([&](int64_t i) { return met[k * depth + i] ? met[k * depth + i] + channel + half : zeros; }, columns + k * pair + half / side * cell);
        }
      }
      tiles::settleMemory();
      for (int64_t output = 0; output < map.outputs; output += square) {
        const int64_t terms = map.terms();
        const tiles::Square c{kernels + output * terms + tap * map.inputs + channel, side * terms, side, terms * static_cast<int64_t>(sizeof(float))};
        tiles::multiplySquare(left + output / square * cells * pair, pair, columns, pair, cells, c, adds);
      }
      tiles::settleMemory();
    }
  }
  _tile_release();
}

}  // namespace

bool fits(const at::Tensor& x, const at::Tensor& weight) {
  const auto whole = [](const at::Tensor& t) { return t.dim() == 4 && t.device().is_cpu() && t.scalar_type() == at::kFloat; };
  return tiles::areThere() && whole(x) && whole(weight) && x.size(1) == weight.size(1) && x.size(1) % square == 0 && weight.size(0) % square == 0 && x.numel() > 0;
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, Steps steps) {
  const Map map{x.size(0), x.size(2), x.size(3), x.size(1), weight.size(0), weight.size(2), weight.size(3), steps};
  const at::Tensor pixels = x.contiguous(channelsLast), kernels = pack(weight, map, true);
  const at::Tensor y = at::empty({map.n, map.outputs, map.down, map.across}, x.options().memory_format(channelsLast));
  at::parallel_for(0, ceil(map.pixels(), block), 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) convolveBlock(pixels.data_ptr<float>(), halves(kernels), map, i * block, y.data_ptr<float>());
  });
  return y;
}

at::Tensor spread(const at::Tensor& dy, const at::Tensor& weight, int64_t height, int64_t width, Steps steps) {
  const Map map{dy.size(0), height, width, weight.size(1), weight.size(0), weight.size(2), weight.size(3), steps};
  const at::Tensor gradients = dy.contiguous(channelsLast), kernels = pack(weight, map, false);
  const at::Tensor dx = at::empty({map.n, map.inputs, height, width}, dy.options().memory_format(channelsLast));
  const int64_t images = ceil(block, map.perImage());
  const std::vector<int64_t> rows = meetings(height, map.high, map.down, steps), columns = meetings(width, map.wide, map.across, steps);
  at::parallel_for(0, ceil(map.n, images), 1, [&](int64_t from, int64_t to) {
    const at::Tensor room = at::empty({ceil(images * map.perImage(), square) * square, map.terms()}, dy.options());
    float* parts = room.data_ptr<float>();
    for (int64_t first = from * images; first < std::min(to * images, map.n); first += images) {
      const int64_t some = std::min(images, map.n - first);
      spreadPixels(gradients.data_ptr<float>() + first * map.perImage() * map.outputs, halves(kernels), map, some * map.perImage(), parts);
      for (int64_t i = 0; i < some; ++i) gather(parts + i * map.perImage() * map.terms(), map, rows.data(), columns.data(), dx.data_ptr<float>() + (first + i) * height * width * map.inputs);
    }
  });
  return dx;
}

at::Tensor correlate(const at::Tensor& x, const at::Tensor& dy, int64_t height, int64_t width, Steps steps) {
  const Map map{x.size(0), x.size(2), x.size(3), x.size(1), dy.size(1), height, width, steps};
  const at::Tensor pixels = x.contiguous(channelsLast), gradients = dy.contiguous(channelsLast);
  const int64_t blocks = ceil(map.pixels(), block), workers = std::min<int64_t>(std::max(at::get_num_threads(), 1), blocks);
  const at::Tensor sums = at::empty({workers, map.outputs, height, width, map.inputs}, x.options().memory_format(at::MemoryFormat::Contiguous));
  at::parallel_for(0, workers, 1, [&](int64_t from, int64_t to) {
    const at::Tensor room = roomOf(map.outputs / side * nearest);
    for (int64_t worker = from; worker < to; ++worker) {
      float* kernels = sums.data_ptr<float>() + worker * map.outputs * map.terms();
      const int64_t begin = blocks * worker / workers, end = blocks * (worker + 1) / workers;
      for (int64_t i = begin; i < end; ++i) correlateBlock(pixels.data_ptr<float>(), gradients.data_ptr<float>(), map, i * block, halves(room), kernels, i > begin);
    }
  });
  return (workers == 1 ? sums[0] : sums.sum(0)).permute({0, 3, 1, 2});
}

#else

bool fits(const at::Tensor&, const at::Tensor&) { return false; }
at::Tensor convolve(const at::Tensor& x, const at::Tensor&, Steps) { return x; }
at::Tensor spread(const at::Tensor& dy, const at::Tensor&, int64_t, int64_t, Steps) { return dy; }
at::Tensor correlate(const at::Tensor& x, const at::Tensor&, int64_t, int64_t, Steps) { return x; }

#endif

}  // namespace tandem::implicit
