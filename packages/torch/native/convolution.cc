// tandem::conv2d_recomputing: libtorch's convolution, which does not keep an input that its maker
// can make again in the backward pass. Where the tile unit is quicker, that computes it.
#include "compat.h"
#include "implicit.h"
#include "recomputed.h"

#include <torch/library.h>

#include <utility>
#include <vector>

namespace tandem::convolution {

namespace {

struct Settings {
  std::vector<int64_t> stride, padding, dilation;
  int64_t groups;

  implicit::Steps steps() const { return {stride[0], padding[0]}; }
};

/// Of the result; for fewer, laying out the kernels takes too long.
constexpr int64_t leastPixels = 256;

/// Whether the tile unit computes it: 3x3 kernels at a stride of 2, for which there is no quicker
/// method as there is without steps.
bool takesTiles(const at::Tensor& x, const at::Tensor& weight, const c10::optional<at::Tensor>& bias, const Settings& settings) {
  const std::vector<int64_t> one = {1, 1}, two = {2, 2};
  const bool isStrided = settings.stride == two && settings.padding == one && settings.dilation == one && settings.groups == 1 && !(bias && bias->defined());
  return isStrided && implicit::fits(x, weight) && weight.size(2) == 3 && weight.size(3) == 3 && x.size(0) * x.size(2) * x.size(3) >= 4 * leastPixels &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) && !compat::autocast(at::kCPU).enabled;
}

/// The pixels that a 1x1 kernel meets. Steps are taken without it: libtorch 1.13's gradient of
/// those corrupts memory in channels-last.
at::Tensor pixelsOf(const at::Tensor& x, const std::vector<int64_t>& steps) { return x.slice(2, 0, c10::nullopt, steps[0]).slice(3, 0, c10::nullopt, steps[1]); }

struct Convolution : torch::autograd::Node {
  recomputed::Input x;
  torch::autograd::SavedVariable weight;
  Settings settings;
  std::vector<int64_t> steps;  // of a 1x1 kernel
  bool byTiles = false;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& incoming) override {
    const at::Tensor dy = incoming[0];
    incoming.clear();
    if (!dy.defined()) return {{}, {}, {}};
    if (byTiles && !at::GradMode::is_enabled()) return backwardByTiles(dy);
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

  torch::autograd::variable_list backwardByTiles(const at::Tensor& dy) {
    const at::Tensor given = x.get(), kernels = weight.unpack();
    at::Tensor dx, dw;
    if (task_should_compute_output(1)) dw = implicit::correlate(given, dy, kernels.size(2), kernels.size(3), settings.steps());
    if (task_should_compute_output(0)) dx = implicit::spread(dy, kernels, given.size(2), given.size(3), settings.steps());
    return {dx, dw, {}};
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
  const bool byTiles = takesTiles(input, weight, bias, settings);
  const auto convolve = [&] {
    if (byTiles) return implicit::convolve(input, weight, settings.steps());
    const at::Tensor pixels = steps.empty() ? input : pixelsOf(input, steps);
    return at::conv2d(pixels, weight, bias, settings.stride, settings.padding, settings.dilation, groups);
  };
  const bool requiresGrad = torch::autograd::compute_requires_grad(input, weight, bias);
  recomputed::Input kept = requiresGrad ? recomputed::Input(input) : recomputed::Input();
  const bool hasNode = byTiles ? requiresGrad : kept.isRecomputed() && !compat::autocast(at::kCPU).enabled;
  if (!hasNode) return convolve();
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
  node->byTiles = byTiles;
  recomputed::record(y, node, input, weight, bias);
  return y;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("conv2d_recomputing(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] dilation=1, int groups=1) -> Tensor", conv2dRecomputing);
}

}  // namespace tandem::convolution
