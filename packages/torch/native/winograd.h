// Convolutions by Winograd's method, in channels-last float32. Channels are multiples of 16.
#pragma once

#include "finish.h"
#include "norm.h"

#include <ATen/ATen.h>

namespace tandem::winograd {

constexpr auto channelsLast = at::MemoryFormat::ChannelsLast;

/// The weight [outputs, inputs, 3, 3] at 36 places, [36, inputs, outputs] in an order of their own;
/// or, for a gradient, the turned weight, [36, outputs, inputs].
at::Tensor transform(const at::Tensor& weight, bool isTurned);

/// x [n, inputs, h, w] and what `transform` gave to [n, outputs, h, w], and what follows. With a
/// norm, of relu(norm(x)), which is in memory at no time: x is normalised where a tile of it is
/// read. A tile of the result depends on no other, to the last bit.
at::Tensor multiply(const at::Tensor& x, const at::Tensor& kernels, const norm::Norm* norm = nullptr, const Finish& finish = {});

/// Both.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, bool isTurned, const norm::Norm* norm = nullptr);

/// The gradient of the weight [outputs, inputs, 3, 3], of x or relu(norm(x)) likewise.
at::Tensor correlate(const at::Tensor& x, const at::Tensor& dy, const norm::Norm* norm = nullptr);

}  // namespace tandem::winograd
