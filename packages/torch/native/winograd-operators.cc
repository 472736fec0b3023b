// tandem::conv2d_winograd and tandem::conv2d_winograd_after_norm, operators with gradients.
#include "compat.h"
#include "recomputed.h"
#include "winograd-transforms.h"
#include "winograd.h"

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <tuple>
#include <utility>

namespace tandem::winograd {

namespace {

/// As libtorch has it, for gradients that are to have gradients.
std::tuple<at::Tensor, at::Tensor, at::Tensor> byDefinition(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight) {
  return at::convolution_backward(dy, x, weight, c10::nullopt, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1, {true, true, false});
}

struct Winograd : torch::autograd::Node {
  recomputed::Input x;
  torch::autograd::SavedVariable weight;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& incoming) override {
    const at::Tensor dy = incoming[0];
    incoming.clear();
    if (!dy.defined()) return {{}, {}};
    const c10::impl::ExcludeDispatchKeyGuard inFloat32(c10::autocast_dispatch_keyset);
    const at::Tensor input = x.get(), kernels = weight.unpack();
    if (at::GradMode::is_enabled()) {
      auto [dx, dw, none] = byDefinition(dy, input, kernels);
      return {dx, dw};
    }
    at::Tensor dx, dw;
    if (task_should_compute_output(1)) dw = correlate(input, dy);
    if (task_should_compute_output(0)) dx = convolve(dy, kernels, true);
    return {dx, dw};
  }

  void release_variables() override {
    x.release();
    weight.reset_data();
  }
};

/// Of relu(norm(x)): of which nothing is kept, since the norm's gradient needs x in any case.
struct WinogradAfterNorm : torch::autograd::Node {
  recomputed::Input x;
  torch::autograd::SavedVariable scale, shift, weight;
  norm::Norm norm;
  double eps;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& incoming) override {
    at::Tensor dy = incoming[0];
    incoming.clear();
    if (!dy.defined()) return {{}, {}, {}, {}};
    const c10::impl::ExcludeDispatchKeyGuard inFloat32(c10::autocast_dispatch_keyset);
    const at::Tensor kernels = weight.unpack();
    if (at::GradMode::is_enabled()) return withGradient(dy, x.get(), kernels);
    const at::Tensor input = x.get().contiguous(channelsLast);
    const at::Tensor dw = correlate(input, dy, &norm);
    dy = convolve(dy, kernels, true);
    auto [dx, dScale, dShift, none] = norm.backward(std::move(dy), input, norm::Then::relu);
    return {dx, dScale, dShift, dw};
  }

  /// By operators that have gradients themselves.
  torch::autograd::variable_list withGradient(const at::Tensor& dy, const at::Tensor& input, const at::Tensor& kernels) {
    norm.checkWhole();
    const at::Tensor scales = scale.unpack();
    const at::Tensor normalised = at::batch_norm(input, scales, shift.unpack(), {}, {}, true, 0, eps, false);
    const at::Tensor passing = normalised.relu();
    auto [passed, dw, noBias] = byDefinition(dy, passing, kernels);
    auto [dx, dScale, dShift] = at::native_batch_norm_backward(at::threshold_backward(passed, passing, 0), input, scales, {}, {}, norm.mean().to(at::kFloat),
                                                               norm.inverse().to(at::kFloat), true, eps, {true, true, true});
    return {dx, dScale, dShift, dw};
  }

  void release_variables() override {
    x.release();
    for (auto* each : {&scale, &shift, &weight}) each->reset_data();
  }
};

void check(const at::Tensor& input, const at::Tensor& weight) {
  const auto whole = [](const at::Tensor& x) {
    return x.dim() == 4 && x.device().is_cpu() && x.scalar_type() == at::kFloat && x.size(1) % lanes == 0;
  };
  TORCH_CHECK(whole(input) && whole(weight) && weight.size(0) % lanes == 0 && weight.size(1) == input.size(1) && weight.size(2) == 3 && weight.size(3) == 3,
              "expected float32 images [n, in, h, w] and kernels [out, in, 3, 3] on the CPU, in and out multiples of ", lanes, ", got ", input.sizes(), " and ", weight.sizes());
}

at::Tensor conv2dWinograd(const at::Tensor& input, const at::Tensor& weight) {
  check(input, weight);
  at::Tensor y;
  {
    const at::NoGradGuard plain;
    const c10::impl::ExcludeDispatchKeyGuard inFloat32(c10::autocast_dispatch_keyset);
    y = convolve(input, weight, false);
  }
  if (!torch::autograd::compute_requires_grad(input, weight)) return y;
  auto node = recomputed::makeNode<Winograd>();
  node->x = recomputed::Input(input);
  node->weight = torch::autograd::SavedVariable(weight, false);
  recomputed::record(y, node, input, weight);
  return y;
}

at::Tensor conv2dWinogradAfterNorm(const at::Tensor& input, const at::Tensor& scale, const at::Tensor& shift, const at::Tensor& runningMean, const at::Tensor& runningVar,
                                   const at::Tensor& weight, double momentum, double eps) {
  check(input, weight);
  norm::check(input, {scale, shift, runningMean, runningVar});
  at::Tensor y;
  norm::Norm norm;
  {
    const at::NoGradGuard plain;
    const c10::impl::ExcludeDispatchKeyGuard inFloat32(c10::autocast_dispatch_keyset);
    const at::Tensor x = input.contiguous(channelsLast);
    norm = norm::Norm(x, scale, shift, runningMean, runningVar, momentum, eps);
    y = convolve(x, weight, false, &norm);
  }
  if (!torch::autograd::compute_requires_grad(input, scale, shift, weight)) return y;
  auto node = recomputed::makeNode<WinogradAfterNorm>();
  node->x = recomputed::Input(input);
  node->scale = torch::autograd::SavedVariable(scale, false);
  node->shift = torch::autograd::SavedVariable(shift, false);
  node->weight = torch::autograd::SavedVariable(weight, false);
  node->norm = norm;
  node->eps = eps;
  recomputed::record(y, node, input, scale, shift, weight);
  return y;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("conv2d_winograd(Tensor input, Tensor weight) -> Tensor", conv2dWinograd);
  library.def(
      "conv2d_winograd_after_norm(Tensor input, Tensor scale, Tensor shift, Tensor running_mean, Tensor running_var, Tensor weight, float momentum, float eps) -> Tensor",
      conv2dWinogradAfterNorm);
}

}  // namespace tandem::winograd
