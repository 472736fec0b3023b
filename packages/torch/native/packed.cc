// tandem::conv2d_pack and tandem::conv2d_packed: convolutions of kernels that were brought into the
// order in which they are multiplied once for all, with what follows them in the same pass. For
// networks that are put to work: there is no gradient. What an image gives depends on nothing but
// the image, to the last bit.
#include "compat.h"
#include "direct.h"
#include "winograd-transforms.h"
#include "winograd.h"

#include <torch/library.h>

namespace tandem::packed {

namespace {

bool isFloats(const at::Tensor& x, int64_t dimensions) { return x.dim() == dimensions && x.device().is_cpu() && x.scalar_type() == at::kFloat; }

/// weight [outputs, inputs, h, w]; with `winograd` h and w are 3.
at::Tensor pack(const at::Tensor& weight, bool winograd) {
  TORCH_CHECK(isFloats(weight, 4) && weight.size(0) % winograd::lanes == 0 && weight.size(0) > 0, "expected float32 kernels [out, in, h, w] on the CPU, out a multiple of ", winograd::lanes, ", got ",
              weight.sizes());
  TORCH_CHECK(!winograd || (weight.size(1) % winograd::lanes == 0 && weight.size(2) == 3 && weight.size(3) == 3), "Winograd's method takes kernels [out, in, 3, 3], in a multiple of ", winograd::lanes,
              ", got ", weight.sizes());
  const at::NoGradGuard plain;
  return winograd ? winograd::transform(weight, false) : direct::pack(weight);
}

/// relu(conv2d(input, kernels) + bias + carried): of kernels [36, in, out] by Winograd's method, of
/// [h, w, in, out] as it is defined, of bfloat16 [3, h, w, in, out] so by the tile unit.
at::Tensor convolve(const at::Tensor& input, const at::Tensor& kernels, const at::Tensor& bias, int64_t stride, int64_t padding, bool relu, const c10::optional<at::Tensor>& carried) {
  const bool winograd = kernels.dim() == 3, split = kernels.dim() == 5;
  const bool isPacked = winograd ? isFloats(kernels, 3) && kernels.size(0) == 36 : split ? kernels.scalar_type() == at::kBFloat16 && kernels.size(0) == 3 : isFloats(kernels, 4);
  TORCH_CHECK(isPacked && kernels.is_contiguous(), "expected kernels of conv2d_pack, got ", kernels.sizes());
  const int64_t inputs = kernels.size(-2), outputs = kernels.size(-1);
  TORCH_CHECK(isFloats(input, 4) && input.size(1) == inputs, "expected float32 images [n, ", inputs, ", h, w] on the CPU, got ", input.sizes());
  TORCH_CHECK(isFloats(bias, 1) && bias.size(0) == outputs && bias.is_contiguous(), "expected a float32 bias [", outputs, "], got ", bias.sizes());
  TORCH_CHECK(stride >= 1 && padding >= 0 && (!winograd || (stride == 1 && padding == 1)), "stride ", stride, " and padding ", padding, " do not go with these kernels");
  const auto size = [&](int64_t side, int64_t kernel) { return (side + 2 * padding - kernel) / stride + 1; };
  const int64_t height = winograd ? input.size(2) : size(input.size(2), kernels.size(-4)), width = winograd ? input.size(3) : size(input.size(3), kernels.size(-3));
  TORCH_CHECK(winograd || (input.size(2) + 2 * padding >= kernels.size(-4) && input.size(3) + 2 * padding >= kernels.size(-3)), "images of ", input.sizes(), " are smaller than the kernels");
  TORCH_CHECK(!torch::autograd::compute_requires_grad(input, bias, carried), "conv2d_packed has no gradient");
  at::Tensor other;
  if (carried.has_value() && carried->defined()) {
    const int64_t wanted[] = {input.size(0), outputs, height, width};
    TORCH_CHECK(isFloats(*carried, 4) && carried->sizes() == at::IntArrayRef(wanted), "what is added must be float32 ", at::IntArrayRef(wanted), ", got ", carried->sizes());
    other = carried->contiguous(winograd::channelsLast);
  }
  const at::NoGradGuard plain;
  const Finish finish{bias.data_ptr<float>(), other.defined() ? other.data_ptr<float>() : nullptr, relu};
  return winograd ? winograd::multiply(input, kernels, nullptr, finish) : direct::convolve(input, kernels, stride, padding, finish);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("conv2d_pack(Tensor weight, bool winograd) -> Tensor", pack);
  library.def("conv2d_packed(Tensor input, Tensor kernels, Tensor bias, int stride=1, int padding=0, bool relu=False, Tensor? carried=None) -> Tensor", convolve);
}

}  // namespace tandem::packed
