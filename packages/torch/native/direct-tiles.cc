// The convolutions of direct.cc by the tile unit: pixels are split into bfloat16 parts block by
// block in the second-level cache, kernels once for all.
#include "clones.h"
#include "direct.h"
#include "tiles-kernels.h"
#include "tiles.h"
#include "winograd-multiply.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace tandem::direct {

#if defined(TANDEM_TILES)

namespace {

using tiles::cell;
using tiles::depth;
using tiles::Half;
using tiles::side;
using tiles::square;

constexpr int split = 3;               // parts of a float32 number
constexpr int64_t inUnit = 384;        // terms that are summed in the unit's registers
constexpr int64_t tall = 128;          // pixels of a block
constexpr int64_t leastOutputs = 128;  // below, splitting pixels takes too long

// GCC takes the lanes that its own intrinsics leave open for forgotten ones.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

/// What sixteen pixels are made of, as tiles of the left factor.
TANDEM_TILE_UNIT void packPixels(const float* const* sources, int64_t terms, Half* to) {
  for (int64_t k = 0; k < terms; k += depth, to += cell<split>) {
    for (int64_t i = 0; i < side; ++i) {
      __m512 a = _mm512_loadu_ps(sources[i] + k), b = _mm512_loadu_ps(sources[i] + k + side);
#pragma GCC unroll 3
      for (int part = 0; part < split; ++part) {
        const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
        _mm512_store_si512(to + part * tiles::tile + i * depth, both);
        a = _mm512_sub_ps(a, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(both)), 16)));
        b = _mm512_sub_ps(b, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(both, 1)), 16)));
      }
    }
  }
}

#pragma GCC diagnostic pop

TANDEM_AVX512 void follow(const Finish& finish, float* result, int64_t outputs, int64_t begin, int64_t end, int64_t first, int64_t columns) {
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    for (int64_t output = first; output < first + columns; output += side) {
      const int64_t place = pixel * outputs + output;
      finish.follow<winograd::Sixteen>(*reinterpret_cast<winograd::Sixteen::Vector*>(result + place), output, place);
    }
  }
}

int64_t ceil(int64_t whole, int64_t each) { return (whole + each - 1) / each; }

}  // namespace

bool suitTiles(const at::Tensor& weight) {
  return tiles::areThere() && weight.size(0) >= leastOutputs && weight.size(0) % square == 0 && weight.size(1) * weight.size(3) % depth == 0;
}

at::Tensor packForTiles(const at::Tensor& weight) {
  const at::Tensor inOrder = weight.permute({2, 3, 1, 0}).contiguous();
  const int64_t rows = inOrder.size(0), terms = inOrder.size(1) * inOrder.size(2), outputs = inOrder.size(3);
  const at::Tensor result = at::empty({split, rows, inOrder.size(1), inOrder.size(2), outputs}, weight.options().dtype(at::kBFloat16));
  const float* from = inOrder.data_ptr<float>();
  Half* to = static_cast<Half*>(result.data_ptr());
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t term = 0; term < terms; term += inUnit) {
      const int64_t length = std::min(inUnit, terms - term);
      for (int64_t output = 0; output < outputs; output += side, to += length / depth * cell<split>) {
        tiles::pack<split, float, false, true>(from + (row * terms + term) * outputs + output, outputs, side, length, to);
      }
    }
  }
  return result;
}

void convolveByTiles(const Map& map, const at::Tensor& packed, const Finish& finish) {
  const int64_t rows = packed.size(1), terms = packed.size(2) * packed.size(3), outputs = packed.size(4), count = map.count(), blocks = ceil(count, tall);
  const int64_t toNextRow = map.width * map.inputs;
  const Half* kernels = static_cast<const Half*>(packed.data_ptr());
  // Of few pixels threads share the outputs.
  const int64_t wanted = std::max<int64_t>(ceil(at::get_num_threads(), std::max<int64_t>(blocks, 1)), 1);
  const int64_t columns = ceil(ceil(outputs, square), wanted) * square, shares = ceil(outputs, columns);
  at::parallel_for(0, blocks * shares, 1, [&](int64_t from, int64_t to) {
    const at::Tensor room = at::empty({tall * inUnit * split}, packed.options());
    Half* pixels = static_cast<Half*>(room.data_ptr());
    for (int64_t task = from; task < to; ++task) {
      const int64_t begin = task / shares * tall, own = std::min(tall, count - begin), first = task % shares * columns, wide = std::min(columns, outputs - first);
      const float* sources[tall];
      for (int64_t i = 0; i < tall; ++i) sources[i] = map.source(std::min(begin + i, count - 1));
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t term = 0; term < terms; term += inUnit) {
          const int64_t length = std::min(inUnit, terms - term), panel = length / depth * cell<split>;
          for (int64_t i = 0; i < ceil(own, square) * square; i += side) {
            const float* starts[side];
            for (int64_t j = 0; j < side; ++j) starts[j] = sources[i + j] + row * toNextRow + term;
            packPixels(starts, length, pixels + i / side * panel);
          }
          const Half* right = kernels + (row * terms + term) * outputs * split + first / side * panel;
          tiles::multiplyBlock<split, float>(pixels, right, map.result + begin * outputs + first, outputs, own, length / depth, wide, nullptr, row > 0 || term > 0);
        }
      }
      follow(finish, map.result, outputs, begin, begin + own, first, wide);
    }
  });
}

#else

bool suitTiles(const at::Tensor&) { return false; }
at::Tensor packForTiles(const at::Tensor& weight) { return weight; }
void convolveByTiles(const Map&, const at::Tensor&, const Finish&) {}

#endif

}  // namespace tandem::direct
