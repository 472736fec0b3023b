// A convolution as matrix products: in channels-last, what a row of a kernel meets lies in a row in
// memory, so a pixel of the result is a sum of as many inner products as the kernel has rows. Six
// pixels by 64 outputs are summed in registers. The terms of a sum have one order, whatever else is
// computed; it is oneDNN's, and so are the results in most cases.
#include "direct.h"

#include "clones.h"
#include "winograd-multiply.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace tandem::direct {

namespace {

constexpr auto channelsLast = at::MemoryFormat::ChannelsLast;

using winograd::Eight;
using winograd::Sixteen;

constexpr int64_t panel = 64;     // outputs whose kernels lie together
constexpr int64_t together = 6;   // pixels
constexpr int64_t piece = 128;    // terms whose kernels, times a panel, stay in the nearest cache
constexpr int64_t perTask = 288;  // pixels

/// Kernels as panels of up to 64 outputs, in them the terms in a row, each with its outputs.
struct Kernels {
  const float* data;
  int64_t rows, terms, outputs;  // terms of each row

  int64_t panels() const { return (outputs + panel - 1) / panel; }
  int64_t columns(int64_t first) const { return std::min(panel, outputs - first); }
  const float* at(int64_t first) const { return data + first * rows * terms; }
};

/// Rows of a kernel, and terms in each of them.
struct Part {
  int64_t row, rows, term, terms;
};

/// Adds the products of a part to `columns` vectors of six pixels' results, of the first part to
/// nothing.
template <typename Kind, int columns>
inline __attribute__((always_inline)) void addProducts(const float* (&a)[together], int64_t toNextRow, const float* b, int64_t stepOfB, const Part& part, float* const (&c)[together], bool isFirst) {
  using Vector = typename Kind::Vector;
  constexpr int64_t width = sizeof(Vector) / sizeof(float);
  Vector sum[together][columns];
#pragma GCC unroll 8
  for (int i = 0; i < together; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < columns; ++j) sum[i][j] = isFirst ? Vector{} : *reinterpret_cast<const Vector*>(c[i] + j * width);
  }
  for (int64_t row = 0; row < part.rows; ++row) {
    for (int64_t k = 0; k < part.terms; ++k, b += stepOfB) {
      Vector right[columns];
#pragma GCC unroll 8
      for (int j = 0; j < columns; ++j) right[j] = *reinterpret_cast<const Vector*>(b + j * width);
#pragma GCC unroll 8
      for (int i = 0; i < together; ++i) {
        const float left = a[i][k];
#pragma GCC unroll 8
        for (int j = 0; j < columns; ++j) sum[i][j] += left * right[j];
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < together; ++i) a[i] += toNextRow;
  }
#pragma GCC unroll 8
  for (int i = 0; i < together; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < columns; ++j) *reinterpret_cast<Vector*>(c[i] + j * width) = sum[i][j];
  }
}

/// Some pixels of the result, and the panel of its outputs that begins at `first`.
struct Task {
  int64_t begin, end, first;
  const float* sources[perTask];  // of each pixel
};

template <typename Kind, int columns>
inline __attribute__((always_inline)) void addPart(const Map& map, const Kernels& kernels, const Task& task, int64_t column, const Part& part) {
  const int64_t step = kernels.columns(task.first), toNextRow = map.width * map.inputs;
  const float* b = kernels.at(task.first) + (part.row * kernels.terms + part.term) * step + column;
  float nowhere[panel];
  for (int64_t pixel = task.begin; pixel < task.end; pixel += together) {
    const float* a[together];
    float* c[together];
    for (int64_t i = 0; i < together; ++i) {
      const bool isThere = pixel + i < task.end;
      a[i] = task.sources[(isThere ? pixel + i : pixel) - task.begin] + part.row * toNextRow + part.term;
      c[i] = isThere ? map.result + (pixel + i) * kernels.outputs + task.first + column : nowhere;
    }
    addProducts<Kind, columns>(a, toNextRow, b, step, part, c, part.row == 0 && part.term == 0);
  }
}

/// Each part goes through all pixels; a pixel's terms are added in the same order in any task.
template <typename Kind, int columns>
inline __attribute__((always_inline)) void convolveColumns(const Map& map, const Kernels& kernels, const Task& task, int64_t column, const Finish& finish) {
  constexpr int64_t width = sizeof(typename Kind::Vector) / sizeof(float);
  const int64_t rows = std::max<int64_t>(piece / kernels.terms, 1);  // of narrow kernels several
  for (int64_t row = 0; row < kernels.rows; row += rows) {
    for (int64_t term = 0; term < kernels.terms; term += piece) {
      addPart<Kind, columns>(map, kernels, task, column, {row, std::min(rows, kernels.rows - row), term, std::min(piece, kernels.terms - term)});
    }
  }
  for (int64_t pixel = task.begin; pixel < task.end; ++pixel) {
    for (int64_t j = 0; j < columns * width; j += width) {
      const int64_t output = task.first + column + j, place = pixel * kernels.outputs + output;
      finish.follow<Kind>(*reinterpret_cast<typename Kind::Vector*>(map.result + place), output, place);
    }
  }
}

template <typename Kind, int columns>
inline __attribute__((always_inline)) void convolveTask(const Map& map, const Kernels& kernels, const Task& task, const Finish& finish) {
  constexpr int64_t width = columns * sizeof(typename Kind::Vector) / sizeof(float);
  constexpr int narrow = 16 * sizeof(float) / sizeof(typename Kind::Vector);
  const int64_t all = kernels.columns(task.first);
  int64_t column = 0;
  for (; column + width <= all; column += width) convolveColumns<Kind, columns>(map, kernels, task, column, finish);
  for (; column < all; column += 16) convolveColumns<Kind, narrow>(map, kernels, task, column, finish);
}

#define TANDEM_DIRECT(kind, target, Kind, columns) \
  target void convolve##kind(const Map& map, const Kernels& kernels, const Task& task, const Finish& finish) { convolveTask<Kind, columns>(map, kernels, task, finish); }
TANDEM_DIRECT(Avx512, TANDEM_AVX512, Sixteen, 4)
TANDEM_DIRECT(Avx2, TANDEM_AVX2, Eight, 2)
TANDEM_DIRECT(Plain, , Eight, 2)
#undef TANDEM_DIRECT

auto widest() {
  static const auto chosen = [] {
    const Vectors vectors = widestVectors();
    return vectors == Vectors::avx512 ? convolveAvx512 : vectors == Vectors::avx2 ? convolveAvx2 : convolvePlain;
  }();
  return chosen;
}

/// With `padding` zeros on each side, [n, h, w, inputs] in memory.
at::Tensor withMargins(const at::Tensor& x, int64_t padding) {
  const at::Tensor inOrder = x.contiguous(channelsLast);
  if (padding == 0) return inOrder;
  const int64_t n = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3), wide = width + 2 * padding;
  const at::Tensor result = at::empty({n, channels, height + 2 * padding, wide}, x.options().memory_format(channelsLast));
  const float* from = inOrder.data_ptr<float>();
  float* to = result.data_ptr<float>();
  const int64_t row = wide * channels, side = padding * channels, inner = width * channels;
  at::parallel_for(0, n * (height + 2 * padding), 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t y = r % (height + 2 * padding) - padding, image = r / (height + 2 * padding);
      float* target = to + r * row;
      if (y < 0 || y >= height) {
        std::memset(target, 0, row * sizeof(float));
        continue;
      }
      std::memset(target, 0, side * sizeof(float));
      std::memcpy(target + side, from + (image * height + y) * inner, inner * sizeof(float));
      std::memset(target + side + inner, 0, side * sizeof(float));
    }
  });
  return result;
}

}  // namespace

at::Tensor pack(const at::Tensor& weight) {
  if (suitTiles(weight)) return packForTiles(weight);
  const int64_t outputs = weight.size(0), inputs = weight.size(1), height = weight.size(2), width = weight.size(3);
  std::vector<at::Tensor> panels;
  for (int64_t first = 0; first < outputs; first += panel) {
    panels.push_back(weight.slice(0, first, std::min(first + panel, outputs)).permute({2, 3, 1, 0}).reshape(-1));
  }
  return at::cat(panels).view({height, width, inputs, outputs});
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& packed, int64_t stride, int64_t padding, const Finish& finish) {
  const int64_t high = packed.size(-4), wide = packed.size(-3), inputs = packed.size(-2), outputs = packed.size(-1), n = x.size(0);
  const int64_t down = (x.size(2) + 2 * padding - high) / stride + 1, across = (x.size(3) + 2 * padding - wide) / stride + 1;
  const at::Tensor pixels = withMargins(x, padding);
  at::Tensor y = at::empty({n, outputs, down, across}, x.options().memory_format(channelsLast));
  const Map map{pixels.data_ptr<float>(), y.data_ptr<float>(), pixels.size(2), pixels.size(3), inputs, stride, n, across, down};
  if (packed.dim() == 5) {
    convolveByTiles(map, packed, finish);
    return y;
  }
  const Kernels kernels{packed.data_ptr<float>(), high, wide * inputs, outputs};
  const int64_t panels = kernels.panels(), tasks = (map.count() + perTask - 1) / perTask * panels;
  at::parallel_for(0, tasks, 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      Task task;
      task.begin = i / panels * perTask;
      task.end = std::min(task.begin + perTask, map.count());
      task.first = i % panels * panel;
      for (int64_t pixel = task.begin; pixel < task.end; ++pixel) task.sources[pixel - task.begin] = map.source(pixel);
      widest()(map, kernels, task, finish);
    }
  });
  return y;
}

}  // namespace tandem::direct
