// Gradients of all processes, added up during the backward pass by c10d's Reducer: each bucket
// goes as soon as its gradients are there, while those of earlier layers are still computed.
//
// The Reducer would wait for a bucket without a limit, so it is handed results that are there at
// once; the waiting is done where it asks for their value, by `waitFor`, which knows who is gone.
#include "functions.h"

#include "dist.h"
#include "errors.h"

#if defined(TANDEM_DIST)
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <unordered_set>

namespace tandem::functions {

namespace {

using namespace tandem::dist;

/// One bucket on its way.
struct Sent {
  at::Tensor bucket;
  /// What is sent of it: the bucket itself, a copy from a GPU, or bfloat16 by parts.
  at::Tensor sent;
  at::Tensor received;
  Started pending;
};

/// Sums without dividing, as they are or with half the bytes on the wire.
class SumHook : public c10d::CommHookInterface {
 public:
  SumHook(std::shared_ptr<Group> group, bool isHalf) : group_(std::move(group)), isHalf_(isHalf) {}

  c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket& bucket) override {
    const size_t index = bucket.getIndex();
    if (index == 0) sent_.clear();
    sent_.push_back(isHalf_ ? sendHalf(bucket.getBuffer()) : sendWhole(bucket.getBuffer()));
    // In the same order on all processes, and not before its first half has had some time.
    if (isHalf_ && index > 0) returnHalf(sent_[index - 1]);
    auto future = c10::make_intrusive<c10::ivalue::Future>(c10::IntType::get());
    future->markCompleted(c10::IValue(static_cast<int64_t>(index)));
    return future;
  }

  at::Tensor parseHookResult(const c10::IValue& result) override {
    const auto index = static_cast<size_t>(result.toInt());
    if (isHalf_ && index == 0) returnHalf(sent_.back());
    Sent& one = sent_[index];
    waitFor(*one.pending);
    if (isHalf_) one.bucket.copy_(one.received.view(-1).narrow(0, 0, one.bucket.numel()));
    else if (!one.sent.is_same(one.bucket)) one.bucket.copy_(one.sent);
    at::Tensor bucket = one.bucket;
    one = Sent();
    return bucket;
  }

 private:
  Sent sendWhole(const at::Tensor& bucket) {
    at::Tensor sent = bucket.to(wireOf(group_, bucket.device()));
    return {bucket, sent, {}, startAllReduce(group_, group_->behind, sent)};
  }

  /// Part r of the bucket goes to process r.
  Sent sendHalf(const at::Tensor& bucket) {
    const int64_t size = group_->size, part = (bucket.numel() + size - 1) / size;
    at::Tensor own = at::zeros({size, part}, at::TensorOptions(at::kBFloat16).device(wireOf(group_, bucket.device())));
    own.view(-1).narrow(0, 0, bucket.numel()).copy_(bucket);
    at::Tensor received = at::empty_like(own);
    return {bucket, own, received, startExchange(group_, group_->behind, own, received)};
  }

  /// This process adds up its part in the bucket's own precision, and all get the sums of all.
  void returnHalf(Sent& one) {
    waitFor(*one.pending);
    one.sent = one.received.to(one.bucket.scalar_type()).sum(0).to(at::kBFloat16);
    one.pending = startAllGather(group_, group_->behind, one.sent, one.received);
  }

  std::shared_ptr<Group> group_;
  bool isHalf_;
  std::vector<Sent> sent_;
};

/// Which parameters get a gradient of this loss.
std::vector<size_t> reached(const at::Tensor& loss, const std::vector<at::Tensor>& parameters) {
  using torch::autograd::Node;
  std::unordered_set<Node*> seen;
  std::vector<Node*> rest{torch::autograd::impl::gradient_edge(loss).function.get()};
  while (!rest.empty()) {
    Node* node = rest.back();
    rest.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    for (const auto& edge : node->next_edges()) rest.push_back(edge.function.get());
  }
  std::vector<size_t> found;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (seen.count(torch::autograd::impl::grad_accumulator(parameters[i]).get()) > 0) found.push_back(i);
  }
  return found;
}

struct Sums {
  std::shared_ptr<Group> group;
  std::vector<at::Tensor> parameters;
  bool isHalf;
  /// Those that have had gradients, and the Reducer for these.
  std::vector<size_t> used;
  std::unique_ptr<compat::Reducer> reducer;

  /// Buckets follow from the parameters alone, so a resumed run sums in the same order.
  void layOut(std::vector<size_t> now) {
    wireOf(group, parameters[now[0]].device());  // connected here, not within a backward pass
    constexpr size_t kFirst = 1 << 20, kOthers = 8 << 20;
    std::vector<at::Tensor> some;
    for (size_t i : now) some.push_back(parameters[i]);
    checkAlike(now, some);
    reducer.reset();  // its hooks go before there are others
    used = std::move(now);
    auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(some, {kFirst, kOthers});
    // Gradients of the last layers come first. What comes last, and cannot hide, is small.
    std::reverse(buckets.begin(), buckets.end());
    std::reverse(limits.begin(), limits.end());
    reducer = std::make_unique<compat::Reducer>(some, buckets, limits, group->behind.cpu);
    reducer->register_comm_hook(std::make_unique<SumHook>(group, isHalf));
  }

  /// A bucket is summed as it lies in memory, whatever its strides mean on each process.
  void checkAlike(const std::vector<size_t>& now, const std::vector<at::Tensor>& some) {
    uint64_t digest = 14695981039346656037u;
    const auto add = [&](int64_t value) { digest = (digest ^ static_cast<uint64_t>(value)) * 1099511628211u; };
    for (size_t i = 0; i < some.size(); ++i) {
      add(static_cast<int64_t>(now[i]));
      add(static_cast<int64_t>(some[i].scalar_type()));
      for (int64_t n : some[i].sizes()) add(n);
      for (int64_t n : some[i].strides()) add(n);
    }
    at::Tensor all = allGathered(group, at::full({1}, static_cast<int64_t>(digest), at::kLong));
    for (int64_t r = 1; r < group->size; ++r) {
      if (all[r].item<int64_t>() == all[0].item<int64_t>()) continue;
      throw std::runtime_error("process " + std::to_string(r) + " has other parameters with gradients than process 0, or they lie otherwise in memory");
    }
  }
};

auto& allSums = *new Registry<std::shared_ptr<Sums>>();

}  // namespace

/// openSums(group, parameters, isHalf): their number
napi_value openSums(Call& call) {
  auto sums = std::make_shared<Sums>();
  sums->group = groups.at(call.integerAt(0));
  for (int64_t slot : call.integersAt(1)) sums->parameters.push_back(call.state->tensor(static_cast<int32_t>(slot)));
  sums->isHalf = call.booleanAt(2);
  return call.integer(allSums.add(sums));
}

/// backwardAndSum(sums, loss): all processes call it
void backwardAndSum(Call& call) {
  auto sums = allSums.at(call.integerAt(0));
  at::Tensor loss = call.tensorAt(1);
  // Of a weight of 1x1 the Reducer says that its gradient's strides are others: along an axis with
  // one step they mean nothing.
  compat::WithoutWarning quiet("Grad strides do not match");
  try {
    if (loss.requires_grad()) {
      std::vector<size_t> now = reached(loss, sums->parameters);
      if (!now.empty() && (now != sums->used || sums->reducer == nullptr)) sums->layOut(std::move(now));
      if (sums->reducer != nullptr) sums->reducer->prepare_for_backward({loss});
    }
    torch::autograd::backward({loss}, {});
  } catch (...) {
    rethrowAs(spelled("backward", {loss}));
  }
}

/// closeSums(sums)
void closeSums(Call& call) { allSums.remove(call.integerAt(0)); }

}  // namespace tandem::functions
#endif
