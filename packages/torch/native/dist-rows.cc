// What looks across the rows of all processes, with gradients.
#include "functions.h"

#include "dist.h"
#include "errors.h"
#include "norm.h"

#if defined(TANDEM_DIST)
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <numeric>

namespace tandem::functions {

namespace {

using namespace tandem::dist;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

int64_t sum(const std::vector<int64_t>& counts) { return std::accumulate(counts.begin(), counts.end(), int64_t(0)); }

int64_t offsetOf(const std::vector<int64_t>& counts, int64_t rank) {
  return std::accumulate(counts.begin(), counts.begin() + rank, int64_t(0));
}

/// Rows of all processes, one after another. Every process may go on with them as it likes: the
/// gradient of a row is the sum of what all processes have for it.
struct GatherRows : torch::autograd::Function<GatherRows> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, int64_t id, const std::vector<int64_t>& counts) {
    ctx->saved_data["group"] = id;
    ctx->saved_data["counts"] = counts;
    auto group = groups.at(id);
    const int64_t most = *std::max_element(counts.begin(), counts.end());
    const int64_t own = counts[group->rank];
    at::Tensor rows = x.contiguous();
    if (own < most) {
      std::vector<int64_t> shape = x.sizes().vec();
      shape[0] = most;
      at::Tensor padded = at::zeros(shape, x.options());
      padded.narrow(0, 0, own).copy_(rows);
      rows = padded;
    }
    at::Tensor all = allGathered(group, rows);
    std::vector<at::Tensor> parts;
    for (int64_t r = 0; r < group->size; ++r) parts.push_back(all[r].narrow(0, 0, counts[r]));
    return at::cat(parts);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto group = groups.at(ctx->saved_data["group"].toInt());
    const auto counts = ctx->saved_data["counts"].toIntVector();
    const bool isHalf = gradients[0].scalar_type() == at::kBFloat16;
    at::Tensor all = (isHalf ? gradients[0].to(at::kFloat) : gradients[0]).clone(at::MemoryFormat::Contiguous);
    at::Tensor own = summed(group, all).narrow(0, offsetOf(counts, group->rank), counts[group->rank]);
    return {isHalf ? own.to(at::kBFloat16) : own, at::Tensor(), at::Tensor()};
  }
};

/// As a shape that is multiplied with [n, c, ...].
at::Tensor alongChannels(const at::Tensor& values, const at::Tensor& like) {
  std::vector<int64_t> shape(like.dim(), 1);
  shape[1] = values.numel();
  return values.view(shape);
}

/// Batch norm in training by the mean and variance of the rows of all processes. `counts` says how
/// a batch is shared out; x may hold several views of its rows.
struct SyncBatchNorm : torch::autograd::Function<SyncBatchNorm> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const c10::optional<at::Tensor>& weight, const c10::optional<at::Tensor>& bias,
                            at::Tensor runningMean, at::Tensor runningVar, double momentum, double eps, int64_t id,
                            const std::vector<int64_t>& counts) {
    auto group = groups.at(id);
    const auto dtype = runningMean.scalar_type();
    auto [ownMean, ownVar] = at::batch_norm_update_stats(x.scalar_type() == dtype ? x : x.to(dtype), {}, {}, 0.0);
    at::Tensor all = allGathered(group, at::stack({ownMean.to(dtype), ownVar.to(dtype)}));
    const int64_t batch = sum(counts);
    std::vector<double> shares;
    for (int64_t count : counts) shares.push_back(static_cast<double>(count) / batch);
    const at::Tensor share = at::tensor(shares, at::kDouble).to(x.device(), dtype).unsqueeze(1);
    const at::Tensor means = all.select(1, 0), mean = means.mul(share).sum(0);
    const at::Tensor var = all.select(1, 1).add(means.sub(mean).square()).mul(share).sum(0);
    const double values = static_cast<double>(x.numel() / x.size(1)) * batch / counts[group->rank];
    if (momentum != 0) {
      runningMean.mul_(1 - momentum).add_(mean, momentum);
      runningVar.mul_(1 - momentum).add_(var, momentum * values / (values - 1));
    }
    ctx->saved_data["group"] = id;
    ctx->saved_data["eps"] = eps;
    ctx->saved_data["values"] = values;
    ctx->save_for_backward({x, weight.value_or(at::Tensor()), mean, var});
    ctx->saved_data["hasBias"] = bias.has_value();
    return std::get<0>(at::native_batch_norm(x, weight, bias, mean, var, false, 0.0, eps));
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto group = groups.at(ctx->saved_data["group"].toInt());
    const double eps = ctx->saved_data["eps"].toDouble(), values = ctx->saved_data["values"].toDouble();
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &mean = saved[2], &var = saved[3];
    const c10::optional<at::Tensor> weight = saved[1].defined() ? c10::optional<at::Tensor>(saved[1]) : c10::nullopt;
    // As if mean and variance were constants, and with it the sums of gradients and of gradients
    // times normalised inputs.
    auto [dx, dWeight, dBias] = at::native_batch_norm_backward(gradients[0], x, weight, mean, var, {}, {}, false, eps, {true, true, true});
    const at::Tensor sums = summed(group, at::stack({dBias, dWeight}).to(mean.scalar_type()).contiguous());
    const at::Tensor deviation = var.add(eps).rsqrt();
    const at::Tensor scale = (weight ? deviation.mul(*weight) : deviation).div(values);
    const auto along = [&](const at::Tensor& values) { return alongChannels(values, x).to(dx.scalar_type()); };
    // Centred first: far from 0 the rest of a difference would be rounding.
    dx.addcmul_(x.sub(along(mean)), along(scale.mul(deviation).mul(sums[1])), -1).sub_(along(scale.mul(sums[0])));
    return {dx, weight ? dWeight : at::Tensor(), ctx->saved_data["hasBias"].toBool() ? dBias : at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

c10::optional<at::Tensor> tensorOrNone(const Call& call, size_t i) {
  const int32_t slot = call.slotAt(i);
  return slot < 0 ? c10::nullopt : c10::optional<at::Tensor>(call.state->tensor(slot));
}

}  // namespace

/// gatherRows(group, x, counts)
napi_value gatherRows(Call& call) {
  return call.slot(GatherRows::apply(call.tensorAt(1), call.integerAt(0), call.integersAt(2)));
}

/// measureAcross(group, or -1): from here on norms in our own passes take the rows of all processes
/// of the group; with -1 those that are here
void measureAcross(Call& call) {
  const int64_t id = call.integerAt(0);
  if (id < 0) return norm::measureBy({});
  norm::measureBy([id](std::vector<double>& numbers) {
    const at::Tensor all = summed(groups.at(id), at::tensor(numbers, at::kDouble));
    std::copy_n(all.data_ptr<double>(), numbers.size(), numbers.begin());
  });
}

/// syncBatchNorm(group, x, weight or -1, bias or -1, running mean, running variance, momentum, eps,
/// counts)
napi_value syncBatchNorm(Call& call) {
  return call.slot(SyncBatchNorm::apply(call.tensorAt(1), tensorOrNone(call, 2), tensorOrNone(call, 3), call.tensorAt(4),
                                        call.tensorAt(5), call.numberAt(6), call.numberAt(7), call.integerAt(0), call.integersAt(8)));
}

}  // namespace tandem::functions
#endif
