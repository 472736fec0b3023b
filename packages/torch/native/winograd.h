// Convolutions by Winograd's method, in channels-last float32. Channels are multiples of 16.
#pragma once

#include "norm.h"

#include <ATen/ATen.h>

namespace tandem::winograd {

constexpr auto channelsLast = at::MemoryFormat::ChannelsLast;

/// x [n, inputs, h, w] and weight [outputs, inputs, 3, 3] to [n, outputs, h, w]; or, for a
/// gradient, x [n, outputs, h, w] and the turned weight to [n, inputs, h, w]. With a norm, of
/// relu(norm(x)), which is in memory at no time: x is normalised where a tile of it is read.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, bool isTurned, const norm::Norm* norm = nullptr);

/// The gradient of the weight [outputs, inputs, 3, 3], of x or relu(norm(x)) likewise.
at::Tensor correlate(const at::Tensor& x, const at::Tensor& dy, const norm::Norm* norm = nullptr);

}  // namespace tandem::winograd
