// Resampling of images on the CPU, an operator of our own: as products of matrices, which are
// nearly all zeros, it took more than half the time of a large view.
#include "lines.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

namespace tandem::resampling {

namespace {

using lines::kAcross;
using lines::Maps;
using lines::mapStrip;

/// self [n, c, h, w], first [n, size], weights [n, size, each] to [n, c, w, size]: the result lies
/// across, so that a second call takes the other direction and gives the image back as it stood.
at::Tensor resampleLines(const at::Tensor& self, const at::Tensor& first, const at::Tensor& weights) {
  TORCH_CHECK(self.dim() == 4 && (self.scalar_type() == at::kByte || self.scalar_type() == at::kFloat), "expected uint8 or float32 images [n, c, h, w]");
  TORCH_CHECK(!(at::GradMode::is_enabled() && self.requires_grad()), "there is no gradient");
  const int64_t n = self.size(0), c = self.size(1), h = self.size(2), w = self.size(3);
  TORCH_CHECK(first.dim() == 2 && first.size(0) == n && first.scalar_type() == at::kInt, "'first' must be int32 [", n, ", size]");
  const int64_t size = first.size(1), each = weights.size(-1);
  TORCH_CHECK(weights.sizes() == at::IntArrayRef({n, size, each}) && weights.scalar_type() == at::kFloat, "'weights' must be float32 [", n, ", ", size, ", each]");
  const at::Tensor firsts = first.contiguous(), allWeights = weights.contiguous();
  const int32_t* begin = firsts.data_ptr<int32_t>();
  TORCH_CHECK(std::all_of(begin, begin + n * size, [&](int32_t at) { return at >= 0 && at + each <= h; }), "a line has ", h, " pixels only");

  const at::Tensor x = self.stride(3) == 1 ? self : self.contiguous();
  const at::Tensor out = at::empty({n, c, w, size}, x.options().dtype(at::kFloat));
  float* to = out.data_ptr<float>();
  const int64_t strips = (w + kAcross - 1) / kAcross;
  const int64_t grain = at::internal::GRAIN_SIZE / (size * each * kAcross + 1) + 1;
  at::parallel_for(0, n * c * strips, grain, [&](int64_t start, int64_t end) {
    std::vector<float> strip;
    for (int64_t part = start; part < end; ++part) {
      const int64_t plane = part / strips, image = plane / c, at = image * x.stride(0) + plane % c * x.stride(1), left = part % strips * kAcross;
      const Maps maps{size, each, begin + image * size, allWeights.data_ptr<float>() + image * size * each};
      float* result = to + plane * w * size;
      if (x.scalar_type() == at::kByte) {
        mapStrip(x.data_ptr<uint8_t>() + at, x.stride(2), w, left, maps, {0, h}, strip, result);
      } else {
        mapStrip(x.data_ptr<float>() + at, x.stride(2), w, left, maps, {0, h}, strip, result);
      }
    }
  });
  return out;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("resample_lines(Tensor self, Tensor first, Tensor weights) -> Tensor");
}

TORCH_LIBRARY_IMPL(tandem, CPU, library) {
  library.impl("resample_lines", resampleLines);
}

}  // namespace tandem::resampling
