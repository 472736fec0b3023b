// tandem::batch_norm_relu: batch norm by the statistics of the batch at hand, in channels-last on a
// CPU, with the ReLU and the residual sum that follow it. The result is not kept for the backward
// pass but made again there.
#include "compat.h"
#include "norm.h"
#include "recomputed.h"

#include <torch/library.h>

#include <utility>

namespace tandem::norm {

namespace {

struct BatchNormRelu : recomputed::Maker {
  recomputed::Input x, carried;
  torch::autograd::SavedVariable scale;
  Norm norm;
  Then then;
  double eps;

  at::Tensor make() override { return norm.apply(x.get().contiguous(channelsLast), then, then == Then::sum ? carried.get().contiguous(channelsLast) : at::Tensor()); }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& incoming) override {
    at::Tensor dy = incoming[0];
    incoming.clear();
    if (!dy.defined()) return {{}, {}, {}, {}};
    if (at::GradMode::is_enabled()) return withGradient(dy);
    const at::Tensor y = then == Then::sum ? again() : at::Tensor();
    dy = dy.contiguous(channelsLast);
    auto [dx, dScale, dShift, passed] = norm.backward(std::move(dy), x.get().contiguous(channelsLast), then, y);
    made_.reset();
    return {dx, dScale, dShift, passed};
  }

  /// By operators that have gradients themselves.
  torch::autograd::variable_list withGradient(const at::Tensor& dy) {
    norm.checkWhole();
    const at::Tensor passed = then == Then::nothing ? dy : at::threshold_backward(dy, again(), 0);
    const at::Tensor given = x.get();
    const auto dtype = given.scalar_type();
    auto [dx, dScale, dShift] = at::native_batch_norm_backward(passed, given, scale.unpack(), {}, {}, norm.mean().to(dtype), norm.inverse().to(dtype), true, eps, {true, true, true});
    return {dx, dScale, dShift, then == Then::sum ? passed : at::Tensor()};
  }

  void release_variables() override {
    Maker::release_variables();
    x.release();
    carried.release();
    scale.reset_data();
  }
};

at::Tensor batchNormRelu(const at::Tensor& input, const at::Tensor& scale, const at::Tensor& shift, const at::Tensor& runningMean, const at::Tensor& runningVar,
                         const c10::optional<at::Tensor>& carried, bool relu, double momentum, double eps) {
  check(input, {scale, shift, runningMean, runningVar});
  const at::Tensor other = carried.value_or(at::Tensor());
  if (other.defined()) TORCH_CHECK(relu && other.sizes() == input.sizes() && other.scalar_type() == input.scalar_type(), "a sum is with a map like the input, and a ReLU follows, got ", other.sizes());
  const Then then = other.defined() ? Then::sum : relu ? Then::relu : Then::nothing;
  at::Tensor y;
  Norm norm;
  {
    const at::NoGradGuard plain;
    const at::Tensor x = input.contiguous(channelsLast);
    norm = Norm(x, scale, shift, runningMean, runningVar, momentum, eps);
    y = norm.apply(x, then, other.defined() ? other.contiguous(channelsLast) : other);
  }
  if (!torch::autograd::compute_requires_grad(input, scale, shift, other)) return y;
  auto node = recomputed::makeNode<BatchNormRelu>();
  node->x = recomputed::Input(input);
  if (other.defined()) node->carried = recomputed::Input(other);
  node->scale = torch::autograd::SavedVariable(scale, false);
  node->norm = norm;
  node->then = then;
  node->eps = eps;
  recomputed::record(y, node, input, scale, shift, other);
  return y;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def(
      "batch_norm_relu(Tensor input, Tensor scale, Tensor shift, Tensor running_mean, Tensor running_var, Tensor? carried, bool relu, float momentum, float eps) -> Tensor",
      batchNormRelu);
}

}  // namespace tandem::norm
