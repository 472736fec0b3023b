// Convolutions as matrix products by the tile unit, in float32's accuracy (tiles.h), and both their
// gradients: what a kernel meets is brought into the order of tiles where it is multiplied, and is
// in memory as a matrix at no time.
#pragma once

#include <ATen/ATen.h>

namespace tandem::implicit {

struct Steps {
  int64_t stride, padding;
};

/// Whether there is a tile unit, and these are images [n, inputs, h, w] and kernels [outputs,
/// inputs, h, w] of float32 on the CPU with channels in multiples of 32.
bool fits(const at::Tensor& x, const at::Tensor& weight);

/// All are in channels-last, and so is what they give.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, Steps steps);
/// The gradient of x, of so many rows and columns.
at::Tensor spread(const at::Tensor& dy, const at::Tensor& weight, int64_t height, int64_t width, Steps steps);
/// The gradient of the weight [outputs, inputs, height, width].
at::Tensor correlate(const at::Tensor& x, const at::Tensor& dy, int64_t height, int64_t width, Steps steps);

}  // namespace tandem::implicit
