// The three passes of Winograd's method over a block of tiles: pieces of images to 36 places,
// products of channels at each place, and back.
//
// A block's buffer holds, for each place, groups of 16 channels, and in them the tiles, 16 channels
// each. All passes read and write it along its rows.
#pragma once

#include "finish.h"
#include "winograd-multiply.h"
#include "winograd-transforms.h"

#include <algorithm>
#include <cstdint>

namespace tandem::winograd {

constexpr int64_t places = 36;
constexpr int64_t panel = 64;  // columns that are multiplied at once

/// Images [n, height, width, channels] as 4x4 tiles of an output of their size.
struct Images {
  int64_t n, height, width, channels;

  int64_t across() const { return (width + 3) / 4; }
  int64_t perImage() const { return (height + 3) / 4 * across(); }
  int64_t tiles() const { return n * perImage(); }
};

/// Where a block's numbers lie.
struct Buffer {
  float* data;
  int64_t capacity;  // tiles
  int64_t channels;

  /// Padded: places at a power of two from each other would share lines of the cache.
  int64_t place() const { return capacity * channels + lanes; }
  int64_t size() const { return places * place(); }
  float* at(int64_t group, int64_t tile) const { return data + (group * capacity + tile) * lanes; }
};

/// Pixels as they lie in memory, or relu(factor pixel + summand) where there is a factor for each
/// channel.
struct Pixels {
  const float* data;
  const float *factor = nullptr, *summand = nullptr;
};

/// Tiles `from` to `to` of images, the block's first being `first`: each P square P', the square
/// beginning `before` pixels outside its tile; zero outside the image.
template <const auto& P, int before, bool isNormalised>
inline __attribute__((always_inline)) void gatherTiles(const Images& images, const Pixels& pixels, const Buffer& buffer, int64_t first, int64_t from, int64_t to) {
  alignas(64) static const float zeros[lanes] = {};
  const int64_t place = buffer.place(), groups = images.channels / lanes;
  for (int64_t tile = from; tile < to; ++tile) {
    const float* image = pixels.data + tile / images.perImage() * images.height * images.width * images.channels;
    const int64_t inImage = tile % images.perImage();
    const int64_t top = inImage / images.across() * 4 - before, left = inImage % images.across() * 4 - before;
    const float* corners[P.width][P.width];
    int64_t steps[P.width][P.width];
    for (int i = 0; i < P.width; ++i) {
      for (int j = 0; j < P.width; ++j) {
        const int64_t y = top + i, x = left + j;
        const bool inside = y >= 0 && y < images.height && x >= 0 && x < images.width;
        corners[i][j] = inside ? image + (y * images.width + x) * images.channels : zeros;
        steps[i][j] = inside ? lanes : 0;
      }
    }
    for (int64_t g = 0; g < groups; ++g) {
      Lanes square[P.width][P.width], result[P.height][P.height];
      for (int i = 0; i < P.width; ++i) {
        for (int j = 0; j < P.width; ++j) {
          square[i][j] = load(corners[i][j] + g * steps[i][j]);
          if (isNormalised && steps[i][j] != 0) {
            const Lanes value = square[i][j] * load(pixels.factor + g * lanes) + load(pixels.summand + g * lanes);
            square[i][j] = value < 0 ? Lanes{} : value;
          }
        }
      }
      sandwich<P>(square, result);
      float* target = buffer.at(g, tile - first);
      for (int i = 0; i < places; ++i) at(target + i * place) = result[i / 6][i % 6];
    }
  }
}

/// Tiles of the output: A' (6x6 places) A, and what follows.
template <bool finishes>
inline __attribute__((always_inline)) void scatterTiles(const Images& images, const Buffer& buffer, float* pixels, const Finish& finish, int64_t first, int64_t from, int64_t to) {
  const int64_t place = buffer.place(), groups = images.channels / lanes;
  for (int64_t tile = from; tile < to; ++tile) {
    const int64_t image = tile / images.perImage() * images.height * images.width * images.channels;
    const int64_t inImage = tile % images.perImage();
    const int64_t top = inImage / images.across() * 4, left = inImage % images.across() * 4;
    const int64_t rows = std::min<int64_t>(4, images.height - top), columns = std::min<int64_t>(4, images.width - left);
    for (int64_t g = 0; g < groups; ++g) {
      Lanes square[6][6], result[4][4];
      const float* source = buffer.at(g, tile - first);
      for (int i = 0; i < places; ++i) square[i / 6][i % 6] = load(source + i * place);
      sandwich<At>(square, result);
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
          const int64_t pixel = image + ((top + i) * images.width + left + j) * images.channels + g * lanes;
          if (finishes) finish.follow<Sixteen>(result[i][j], g * lanes, pixel);
          at(pixels + pixel) = result[i][j];
        }
      }
    }
  }
}

/// Kernels at 36 places: for each place panels of up to 64 outputs, in them the inputs, one row of
/// the panel's outputs each.
struct Kernels {
  float* data;
  int64_t inputs, outputs;

  int64_t place() const { return inputs * outputs; }
  int64_t columns(int64_t first) const { return std::min(panel, outputs - first); }
  float* at(int64_t input, int64_t output) const {
    const int64_t first = output / panel * panel;
    return data + first * inputs + input * columns(first) + output - first;
  }
};

/// Kernels of 16 outputs, pixels `step` from each other, to a place each.
inline __attribute__((always_inline)) void storeKernel(const float* pixels, int64_t step, float* target, int64_t place) {
  Lanes square[3][3], result[6][6];
  for (int i = 0; i < 9; ++i) square[i / 3][i % 3] = load(pixels + i * step);
  sandwich<G>(square, result);
  for (int i = 0; i < places; ++i) at(target + i * place) = result[i / 6][i % 6];
}

/// Kernels [outputs, 3, 3, inputs] to places, of groups of 16 inputs `from` to `to`.
inline __attribute__((always_inline)) void gatherKernels(const float* weight, const Kernels& kernels, int64_t from, int64_t to) {
  for (int64_t input = from * lanes; input < to * lanes; input += lanes) {
    for (int64_t output = 0; output < kernels.outputs; output += lanes) {
      float turned[lanes][9][lanes];  // inputs, pixels, outputs
      for (int64_t k = 0; k < lanes; ++k) {
        for (int i = 0; i < 9; ++i) {
          for (int64_t c = 0; c < lanes; ++c) turned[c][i][k] = weight[((output + k) * 9 + i) * kernels.inputs + input + c];
        }
      }
      for (int64_t c = 0; c < lanes; ++c) storeKernel(turned[c][0], lanes, kernels.at(input + c, output), kernels.place());
    }
  }
}

/// Kernels [inputs, 3, 3, outputs] that are turned by half a circle, to places, in the same way.
inline __attribute__((always_inline)) void gatherTurned(const float* weight, const Kernels& kernels, int64_t from, int64_t to) {
  for (int64_t input = from * lanes; input < to * lanes; ++input) {
    for (int64_t output = 0; output < kernels.outputs; output += lanes) {
      const float* last = weight + (input * 9 + 8) * kernels.outputs + output;
      storeKernel(last, -kernels.outputs, kernels.at(input, output), kernels.place());
    }
  }
}

/// The way back, which is the transpose: adds up `parts` of places, to [outputs, 3, 3, inputs].
inline __attribute__((always_inline)) void scatterKernels(const Kernels& kernels, int64_t parts, float* weight, int64_t from, int64_t to) {
  for (int64_t input = from * lanes; input < to * lanes; input += lanes) {
    for (int64_t output = 0; output < kernels.outputs; output += lanes) {
      float turned[lanes][9][lanes];  // inputs, pixels, outputs
      for (int64_t c = 0; c < lanes; ++c) {
        Lanes square[6][6] = {}, small[3][3];
        const float* source = kernels.at(input + c, output);
        for (int64_t part = 0; part < parts; ++part, source += places * kernels.place()) {
          for (int i = 0; i < places; ++i) square[i / 6][i % 6] += load(source + i * kernels.place());
        }
        sandwich<Gt>(square, small);
        for (int i = 0; i < 9; ++i) at(turned[c][i]) = small[i / 3][i % 3];
      }
      for (int64_t k = 0; k < lanes; ++k) {
        for (int i = 0; i < 9; ++i) {
          for (int64_t c = 0; c < lanes; ++c) weight[((output + k) * 9 + i) * kernels.inputs + input + c] = turned[c][i][k];
        }
      }
    }
  }
}

/// Inputs whose products are summed before they are added to the rest: long sums lose digits.
constexpr int64_t partialSum = 256;

template <typename Kind, int columns>
inline __attribute__((always_inline)) void multiplyPanel(const Buffer& v, const Kernels& u, const Buffer& m, int64_t p, int64_t output, int64_t tiles) {
  for (int64_t input = 0; input < u.inputs; input += partialSum) {
    Product product = {};
    product.b = u.at(input, output) + p * u.place();
    product.innerOfB = u.columns(output / panel * panel);
    product.outerOfB = lanes * product.innerOfB;
    product.columnsOfB = lanes;
    product.innerOfA = 1;
    product.outerOfA = v.capacity * lanes;
    product.rowOfC = lanes;
    product.columnsOfC = m.capacity * lanes;
    product.outer = std::min(partialSum, u.inputs - input) / lanes;
    product.inner = lanes;
    for (int64_t tile = 0; tile < tiles; tile += 6) {
      product.a = v.at(input / lanes, tile) + p * v.place();
      product.c = m.at(output / lanes, tile) + p * m.place();
      if (input == 0) multiplyTile<Kind, 6, columns, lanes, false>(product);
      else multiplyTile<Kind, 6, columns, lanes, true>(product);
    }
  }
}

/// m = v u at places `from` to `to`. Tiles are worked on by sixes, within the capacity.
template <typename Kind, int columns>
inline __attribute__((always_inline)) void multiplyPlaces(const Buffer& v, const Kernels& u, const Buffer& m, int64_t tiles, int64_t from, int64_t to) {
  constexpr int64_t width = columns * sizeof(typename Kind::Vector) / sizeof(float);
  constexpr int narrow = lanes * sizeof(float) / sizeof(typename Kind::Vector);
  for (int64_t p = from; p < to; ++p) {
    int64_t output = 0;
    for (; output + width <= u.outputs; output += width) multiplyPanel<Kind, columns>(v, u, m, p, output, tiles);
    if (columns > narrow) {
      for (; output < u.outputs; output += lanes) multiplyPanel<Kind, narrow>(v, u, m, p, output, tiles);
    }
  }
}

template <typename Kind, int columns, bool adds>
inline __attribute__((always_inline)) void correlateColumns(const Buffer& v, const Buffer& d, const Kernels& u, int64_t p, int64_t output, int64_t tiles) {
  Product product = {};
  product.b = d.at(output / lanes, 0) + p * d.place();
  product.innerOfB = lanes;
  product.columnsOfB = d.capacity * lanes;
  product.innerOfA = lanes;
  product.rowOfC = u.columns(output / panel * panel);
  product.columnsOfC = lanes;
  product.outer = 1;
  product.inner = tiles;
  for (int64_t input = 0; input < u.inputs; input += lanes) {
    const float* a = v.at(input / lanes, 0) + p * v.place();
    product.a = a;
    product.c = u.at(input, output) + p * u.place();
    multiplyTile<Kind, 6, columns, 1, adds>(product);
    product.a = a + 6;
    product.c += 6 * product.rowOfC;
    multiplyTile<Kind, 5, columns, 1, adds>(product);
    product.a = a + 11;
    product.c += 5 * product.rowOfC;
    multiplyTile<Kind, 5, columns, 1, adds>(product);
  }
}

/// u = v' d at places `from` to `to`, or that added to u.
template <typename Kind, int columns, bool adds>
inline __attribute__((always_inline)) void correlatePlaces(const Buffer& v, const Buffer& d, const Kernels& u, int64_t tiles, int64_t from, int64_t to) {
  constexpr int64_t width = columns * sizeof(typename Kind::Vector) / sizeof(float);
  constexpr int narrow = lanes * sizeof(float) / sizeof(typename Kind::Vector);
  for (int64_t p = from; p < to; ++p) {
    int64_t output = 0;
    for (; output + width <= u.outputs; output += width) correlateColumns<Kind, columns, adds>(v, d, u, p, output, tiles);
    if (columns > narrow) {
      for (; output < u.outputs; output += lanes) correlateColumns<Kind, narrow, adds>(v, d, u, p, output, tiles);
    }
  }
}

}  // namespace tandem::winograd
