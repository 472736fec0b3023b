// tandem::conv2d_recomputing: libtorch's convolution, which does not keep an input that its maker
// can make again in the backward pass.
#include "compat.h"
#include "recomputed.h"

#include <torch/library.h>

#include <utility>
#include <vector>

namespace tandem::convolution {

namespace {

struct Settings {
  std::vector<int64_t> stride, padding, dilation;
  int64_t groups;
};

/// The pixels that a 1x1 kernel meets. Steps are taken without it: libtorch 1.13's gradient of
/// those corrupts memory in channels-last.
at::Tensor pixelsOf(const at::Tensor& x, const std::vector<int64_t>& steps) { return x.slice(2, 0, c10::nullopt, steps[0]).slice(3, 0, c10::nullopt, steps[1]); }

struct Convolution : torch::autograd::Node {
  recomputed::Input x;
  torch::autograd::SavedVariable weight;
  Settings settings;
  std::vector<int64_t> steps;  // of a 1x1 kernel

  torch::autograd::variable_list apply(torch::autograd::variable_list&& incoming) override {
    const at::Tensor dy = incoming[0];
    incoming.clear();
    if (!dy.defined()) return {{}, {}, {}};
    const at::Tensor given = x.get(), pixels = steps.empty() ? given : pixelsOf(given, steps), kernels = weight.unpack();
    const std::vector<int64_t> outputs = {kernels.size(0)};
    const auto& [stride, padding, dilation, groups] = settings;
    auto [dx, dw, db] = at::convolution_backward(dy, pixels, kernels, at::IntArrayRef(outputs), stride, padding, dilation, false, {0, 0}, groups,
                                                 {task_should_compute_output(0), task_should_compute_output(1), task_should_compute_output(2)});
    if (dx.defined() && !steps.empty()) {
      const at::Tensor whole = at::zeros_like(given, {}, at::MemoryFormat::Preserve);
      pixelsOf(whole, steps).copy_(dx);
      dx = whole;
    }
    return {dx, dw, db};
  }

  void release_variables() override {
    x.release();
    weight.reset_data();
  }
};

at::Tensor conv2dRecomputing(const at::Tensor& input, const at::Tensor& weight, const c10::optional<at::Tensor>& bias, at::IntArrayRef stride, at::IntArrayRef padding,
                             at::IntArrayRef dilation, int64_t groups) {
  const std::vector<int64_t> one = {1, 1}, none = {0, 0};
  Settings settings{stride.vec(), padding.vec(), dilation.vec(), groups};
  std::vector<int64_t> steps;
  if (input.dim() == 4 && weight.dim() == 4 && weight.size(2) == 1 && weight.size(3) == 1 && settings.padding == none && settings.stride != one) {
    steps = settings.stride;
    settings.stride = one;
  }
  const auto convolve = [&] {
    const at::Tensor pixels = steps.empty() ? input : pixelsOf(input, steps);
    return at::conv2d(pixels, weight, bias, settings.stride, settings.padding, settings.dilation, groups);
  };
  recomputed::Input kept = torch::autograd::compute_requires_grad(input, weight, bias) ? recomputed::Input(input) : recomputed::Input();
  if (!kept.isRecomputed() || compat::autocast(at::kCPU).enabled) return convolve();
  at::Tensor y;
  {
    const at::NoGradGuard plain;
    y = convolve();
  }
  auto node = recomputed::makeNode<Convolution>();
  node->x = std::move(kept);
  node->weight = torch::autograd::SavedVariable(weight, false);
  node->settings = settings;
  node->steps = steps;
  recomputed::record(y, node, input, weight, bias);
  return y;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("conv2d_recomputing(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] dilation=1, int groups=1) -> Tensor", conv2dRecomputing);
}

}  // namespace tandem::convolution
