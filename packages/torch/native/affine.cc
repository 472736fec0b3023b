// tandem::affine: x W' + b, libtorch's linear, with result and gradients by the tile unit where
// the processor has one. Under autocast nothing is copied to be cast: numbers are rounded where
// they are laid out for the unit.
#include "compat.h"
#include "recomputed.h"
#include "tiles.h"

#include <torch/library.h>

#include <optional>
#include <utility>
#include <vector>

namespace tandem::affine {

namespace {

/// Below it packing costs more than the products.
constexpr int64_t least = 32;

/// As rows, [rows, numbers].
at::Tensor rowsOf(const at::Tensor& x) { return x.reshape({-1, x.size(-1)}).contiguous(); }

/// c = a b in memory of its own, of a dtype and as many dimensions as wanted.
at::Tensor product(const at::Tensor& a, const at::Tensor& b, at::IntArrayRef sizes, at::ScalarType dtype, tiles::Accuracy accuracy, const at::Tensor& bias = {}) {
  const at::Tensor c = at::empty(sizes, a.options().dtype(dtype));
  tiles::multiply(a, b, c.view({-1, sizes.back()}), accuracy, bias);
  return c;
}

struct Affine : torch::autograd::Node {
  recomputed::Input x;
  torch::autograd::SavedVariable weight;
  tiles::Accuracy accuracy;
  at::ScalarType biasType = at::kFloat;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& incoming) override {
    const at::Tensor dy = incoming[0];
    incoming.clear();
    if (!dy.defined()) return {{}, {}, {}};
    const at::Tensor given = x.get(), w = weight.unpack(), passed = rowsOf(dy);
    at::Tensor dx, dw, db;
    if (at::GradMode::is_enabled()) {
      // By operators that have gradients themselves.
      if (task_should_compute_output(0)) dx = at::matmul(dy, w.to(dy.scalar_type())).to(given.scalar_type());
      if (task_should_compute_output(1)) dw = at::matmul(passed.t(), given.reshape({-1, given.size(-1)}).to(dy.scalar_type())).to(w.scalar_type());
    } else {
      if (task_should_compute_output(0)) dx = product(passed, w.contiguous(), given.sizes(), given.scalar_type(), accuracy);
      if (task_should_compute_output(1)) dw = product(passed.t(), rowsOf(given), w.sizes(), w.scalar_type(), accuracy);
    }
    if (task_should_compute_output(2)) db = passed.sum({0}, false, biasType);
    return {dx, dw, db};
  }

  void release_variables() override {
    x.release();
    weight.reset_data();
  }
};

/// To what a product is to be exact, if the tile unit can have it.
std::optional<tiles::Accuracy> accuracyOf(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto isOfKind = [](const at::Tensor& each) {
    return each.device().is_cpu() && each.layout() == at::kStrided && (each.scalar_type() == at::kFloat || each.scalar_type() == at::kBFloat16);
  };
  if (!isOfKind(x) || !isOfKind(weight) || (bias.defined() && !isOfKind(bias))) return std::nullopt;
  const bool hasShapes = weight.dim() == 2 && x.dim() >= 2 && x.size(-1) == weight.size(1) && (!bias.defined() || bias.sizes() == weight.sizes().slice(0, 1));
  if (!hasShapes || x.numel() == 0 || weight.size(0) < least || weight.size(1) < least || !tiles::areThere()) return std::nullopt;
  const auto [isCast, dtype] = compat::autocast(at::kCPU);
  if (isCast) return dtype == at::kBFloat16 ? std::make_optional(tiles::Accuracy::bfloat16) : std::nullopt;
  const auto are = [&](at::ScalarType type) { return x.scalar_type() == type && weight.scalar_type() == type && (!bias.defined() || bias.scalar_type() == type); };
  return are(at::kFloat) ? std::make_optional(tiles::Accuracy::float32) : are(at::kBFloat16) ? std::make_optional(tiles::Accuracy::bfloat16) : std::nullopt;
}

/// x [..., in], weight [out, in], bias [out] to [..., out]
at::Tensor affine(const at::Tensor& x, const at::Tensor& weight, const c10::optional<at::Tensor>& bias) {
  const at::Tensor shift = bias.value_or(at::Tensor());
  const auto accuracy = accuracyOf(x, weight, shift);
  if (!accuracy) return at::linear(x, weight, bias);
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  at::Tensor y;
  {
    const at::NoGradGuard plain;
    const auto dtype = *accuracy == tiles::Accuracy::float32 ? at::kFloat : at::kBFloat16;
    y = product(rowsOf(x), weight.contiguous().t(), sizes, dtype, *accuracy, shift.defined() ? shift.to(at::kFloat).contiguous() : shift);
  }
  if (!torch::autograd::compute_requires_grad(x, weight, shift)) return y;
  auto node = recomputed::makeNode<Affine>();
  node->x = recomputed::Input(x);
  node->weight = torch::autograd::SavedVariable(weight, false);
  node->accuracy = *accuracy;
  if (shift.defined()) node->biasType = shift.scalar_type();
  recomputed::record(y, node, x, weight, shift);
  return y;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) { library.def("affine(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", affine); }

}  // namespace tandem::affine
