// Convolutions as they are defined, of kernels that lie in the order in which they are multiplied.
#pragma once

#include "finish.h"

#include <ATen/ATen.h>

namespace tandem::direct {

/// The weight [outputs, inputs, h, w], outputs a multiple of 16, as [h, w, inputs, outputs] in an
/// order of their own; for the tile unit, where that is quicker, as bfloat16 [3, h, w, inputs,
/// outputs].
at::Tensor pack(const at::Tensor& weight);

/// x [n, inputs, h, w] and what `pack` gave to [n, outputs, h', w'] in channels-last, and what
/// follows. A pixel of the result is the same to the last bit whatever else is computed.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& kernels, int64_t stride, int64_t padding, const Finish& finish);

/// Images [n, height, width, inputs] with their margins, and where their results lie.
struct Map {
  const float* pixels;
  float* result;
  int64_t height, width, inputs, stride;
  int64_t n, across, down;  // of the result

  int64_t count() const { return n * across * down; }
  /// The first number that a pixel of the result is made of.
  const float* source(int64_t pixel) const {
    const int64_t x = pixel % across, y = pixel / across % down, image = pixel / (across * down);
    return pixels + ((image * height + y * stride) * width + x * stride) * inputs;
  }
};

/// Whether kernels [outputs, inputs, h, w] are multiplied by the tile unit: in float32's accuracy,
/// as tiles.h has it.
bool suitTiles(const at::Tensor& weight);
at::Tensor packForTiles(const at::Tensor& weight);
void convolveByTiles(const Map& map, const at::Tensor& kernels, const Finish& finish);

}  // namespace tandem::direct
