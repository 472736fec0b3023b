// Process groups: c10d's Gloo and its TCPStore, as far as training over several processes needs
// them. TANDEM_DIST is set where Gloo's headers are at hand.
//
// Nothing here waits without a limit. Calls of the store run on a thread of their own, since its
// own limits do not hold while its host is silent; waiting for a collective looks at the verdict, a
// number in memory that src/dist's monitor shares, which says that another process is gone.
#include "functions.h"

#include "compat.h"
#include "errors.h"

#if defined(TANDEM_DIST)
#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <numeric>
#include <thread>
#endif

namespace tandem::functions {

#if defined(TANDEM_DIST)

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Group {
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
  int64_t rank;
  int64_t size;
  milliseconds limit;
  /// Not 0 once another process is gone.
  std::atomic<int32_t>* verdict;
  /// For others, by whoever could not go on without them.
  std::atomic<int64_t> nanosecondsWaited{0};
};

/// A collective under way, with the tensors that it reads and writes.
struct Collective {
  c10::intrusive_ptr<c10d::Work> work;
  std::shared_ptr<Group> group;
  std::string name;
};

/// Things of one kind by number. Never freed as a whole: threads of Gloo may outlive `exit`.
template <typename T>
class Registry {
 public:
  int32_t add(T value) {
    std::lock_guard<std::mutex> lock(mutex_);
    all_.emplace(++last_, std::move(value));
    return last_;
  }
  T at(int64_t id) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = all_.find(static_cast<int32_t>(id));
    if (found == all_.end()) throw std::invalid_argument("dist: this process group or collective has ended");
    return found->second;
  }
  void remove(int64_t id) {
    std::lock_guard<std::mutex> lock(mutex_);
    all_.erase(static_cast<int32_t>(id));
  }

 private:
  std::mutex mutex_;
  std::map<int32_t, T> all_;
  int32_t last_ = 0;
};

auto& stores = *new Registry<c10::intrusive_ptr<c10d::Store>>();
auto& groups = *new Registry<std::shared_ptr<Group>>();
auto& works = *new Registry<std::shared_ptr<Collective>>();

std::string seconds(milliseconds time) {
  return std::to_string(time.count() / 1000) + (time.count() % 1000 ? "." + std::to_string(time.count() % 1000 / 100) : "") + " s";
}

/// What `work` gives, or an error once the time is over; it is left to itself then.
template <typename F>
auto limited(milliseconds limit, const std::string& what, F work) {
  auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
  auto result = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (result.wait_for(limit) != std::future_status::ready) throw std::runtime_error("dist: " + what + " has no end within " + seconds(limit));
  return result.get();
}

milliseconds timeAt(const Call& call, size_t i) { return milliseconds(call.integerAt(i)); }

/// Waits for a collective until `until`; whether it is done.
bool waitUntil(Collective& pending, Clock::time_point until) {
  constexpr milliseconds slice(50);
  c10d::Work& work = *pending.work;
  try {
    while (!work.isCompleted()) {
      if (pending.group->verdict->load() != 0) throw std::runtime_error("another process is gone");
      if (Clock::now() >= until) return false;
      try {
        work.wait(slice);
      } catch (...) {
        // The slice is over, or it failed, which the last wait tells.
      }
    }
    work.wait();
    return true;
  } catch (...) {
    throw std::runtime_error("dist: " + pending.name + ": " + messageOfCurrentException());
  }
}

void waitFor(Collective& pending) {
  const milliseconds limit = pending.group->limit;
  const auto begun = Clock::now();
  const bool isDone = waitUntil(pending, begun + limit);
  pending.group->nanosecondsWaited += std::chrono::nanoseconds(Clock::now() - begun).count();
  if (!isDone) throw std::runtime_error("dist: " + pending.name + " has no end within " + seconds(limit));
}

void requireContiguous(const at::Tensor& x) {
  if (!x.device().is_cpu() || !x.is_contiguous()) throw std::invalid_argument("dist: expected a contiguous tensor on the CPU, got " + describe(x));
}

std::shared_ptr<Collective> startAllReduce(const std::shared_ptr<Group>& group, at::Tensor x, c10d::ReduceOp op = c10d::ReduceOp::SUM) {
  requireContiguous(x);
  c10d::AllreduceOptions options;
  options.reduceOp = op;
  std::vector<at::Tensor> tensors{std::move(x)};
  return std::make_shared<Collective>(Collective{group->gloo->allreduce(tensors, options), group, "allReduce"});
}

/// As bytes, so that every dtype can be sent.
at::Tensor bytesOf(const at::Tensor& x) {
  requireContiguous(x);
  return x.reshape({-1}).view(at::kByte);
}

/// `all` is [size, ...], each part of the shape of x.
std::shared_ptr<Collective> startAllGather(const std::shared_ptr<Group>& group, const at::Tensor& x, const at::Tensor& all) {
  requireContiguous(all);
  std::vector<at::Tensor> inputs{bytesOf(x)};
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (const auto& part : all.unbind(0)) outputs[0].push_back(bytesOf(part));
  return std::make_shared<Collective>(Collective{group->gloo->allgather(outputs, inputs), group, "allGather"});
}

/// The parts of all processes: [size, ...].
at::Tensor allGathered(const std::shared_ptr<Group>& group, const at::Tensor& x) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape.insert(shape.begin(), group->size);
  at::Tensor all = at::empty(shape, x.options());
  waitFor(*startAllGather(group, x, all));
  return all;
}

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
    waitFor(*startAllReduce(group, all));
    at::Tensor own = all.narrow(0, offsetOf(counts, group->rank), counts[group->rank]);
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
    const at::Tensor share = at::tensor(shares, at::kDouble).to(dtype).unsqueeze(1);
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
    at::Tensor sums = at::stack({dBias, dWeight}).to(mean.scalar_type()).contiguous();
    waitFor(*startAllReduce(group, sums));
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

napi_value hasDist(Call& call) { return call.boolean(true); }

/// openStore(host, port, isServer, ms): the number of a TCPStore
napi_value openStore(Call& call) {
  const std::string host = call.textAt(0);
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(call.integerAt(1));
  options.isServer = call.booleanAt(2);
  options.waitWorkers = false;
  options.timeout = timeAt(call, 3);
  auto open = [host, options] { return c10::intrusive_ptr<c10d::Store>(c10::make_intrusive<c10d::TCPStore>(host, options)); };
  return call.integer(stores.add(limited(options.timeout + milliseconds(1000), "the store at " + host, open)));
}

/// storeSet(store, key, text, ms)
void storeSet(Call& call) {
  auto store = stores.at(call.integerAt(0));
  const std::string key = call.textAt(1), text = call.textAt(2);
  limited(timeAt(call, 3), "the store", [=] { store->set(key, std::vector<uint8_t>(text.begin(), text.end())); });
}

/// storeGet(store, key, ms): the text, undefined where there is none yet
napi_value storeGet(Call& call) {
  auto store = stores.at(call.integerAt(0));
  const std::string key = call.textAt(1);
  auto read = [=]() -> std::pair<bool, std::vector<uint8_t>> {
    if (!store->check({key})) return {false, {}};
    return {true, store->get(key)};
  };
  auto [isThere, bytes] = limited(timeAt(call, 2), "the store", read);
  return isThere ? call.text(std::string(bytes.begin(), bytes.end())) : call.undefined();
}

/// openGroup(store, prefix, rank, size, address or interface, isInterface, ms to join, ms of a
/// call, verdict): the number of a group. All processes call it; all of them are there already.
napi_value openGroup(Call& call) {
  auto prefixed = c10::make_intrusive<c10d::PrefixStore>(call.textAt(1), stores.at(call.integerAt(0)));
  auto group = std::make_shared<Group>();
  group->rank = call.integerAt(2);
  group->size = call.integerAt(3);
  const std::string address = call.textAt(4);
  const bool isInterface = call.booleanAt(5);
  group->limit = timeAt(call, 7);
  void* data = nullptr;
  size_t length = 0;
  check(call.env, napi_get_typedarray_info(call.env, call.args[8], nullptr, &length, &data, nullptr, nullptr));
  napi_ref reference;  // its memory stays
  check(call.env, napi_create_reference(call.env, call.args[8], 1, &reference));
  group->verdict = static_cast<std::atomic<int32_t>*>(data);
  auto open = [=] {
    using Gloo = c10d::ProcessGroupGloo;
    // Gloo waits five times this for others to join, which is limited from outside; a call's own
    // limit is that of the wait.
    auto options = Gloo::Options::create(group->limit + milliseconds(60'000));
    options->devices.push_back(isInterface ? Gloo::createDeviceForInterface(address) : Gloo::createDeviceForHostname(address));
    return c10::make_intrusive<Gloo>(prefixed, static_cast<int>(group->rank), static_cast<int>(group->size), options);
  };
  group->gloo = limited(timeAt(call, 6), "connecting the processes", open);
  return call.integer(groups.add(group));
}

/// closeGroup(group): after all its collectives
void closeGroup(Call& call) { groups.remove(call.integerAt(0)); }

/// closeStore(store)
void closeStore(Call& call) { stores.remove(call.integerAt(0)); }

/// allReduce(group, x, operation): in place; the number of a collective, as all that follow
napi_value allReduce(Call& call) {
  static const std::map<std::string, c10d::ReduceOp::RedOpType> kOperations = {
      {"sum", c10d::ReduceOp::SUM}, {"min", c10d::ReduceOp::MIN}, {"max", c10d::ReduceOp::MAX}};
  return call.integer(works.add(startAllReduce(groups.at(call.integerAt(0)), call.tensorAt(1), kOperations.at(call.textAt(2)))));
}

/// allGather(group, x, all): all [size, ...]
napi_value allGather(Call& call) {
  return call.integer(works.add(startAllGather(groups.at(call.integerAt(0)), call.tensorAt(1), call.tensorAt(2))));
}

/// broadcast(group, x, root): in place
napi_value broadcast(Call& call) {
  auto group = groups.at(call.integerAt(0));
  c10d::BroadcastOptions options;
  options.rootRank = call.integerAt(2);
  std::vector<at::Tensor> tensors{bytesOf(call.tensorAt(1))};
  return call.integer(works.add(std::make_shared<Collective>(Collective{group->gloo->broadcast(tensors, options), group, "broadcast"})));
}

/// waitForWork(work): throws where it fails, or its time is over
void waitForWork(Call& call) {
  auto pending = works.at(call.integerAt(0));
  waitFor(*pending);  // one that has no end stays, and its tensors with it
  works.remove(call.integerAt(0));
}

/// secondsWaited(group): for others, since the group began
napi_value secondsWaited(Call& call) { return call.number(1e-9 * static_cast<double>(groups.at(call.integerAt(0))->nanosecondsWaited.load())); }

/// gatherRows(group, x, counts)
napi_value gatherRows(Call& call) {
  return call.slot(GatherRows::apply(call.tensorAt(1), call.integerAt(0), call.integersAt(2)));
}

/// syncBatchNorm(group, x, weight or -1, bias or -1, running mean, running variance, momentum, eps,
/// counts)
napi_value syncBatchNorm(Call& call) {
  return call.slot(SyncBatchNorm::apply(call.tensorAt(1), tensorOrNone(call, 2), tensorOrNone(call, 3), call.tensorAt(4),
                                        call.tensorAt(5), call.numberAt(6), call.numberAt(7), call.integerAt(0), call.integersAt(8)));
}

#else

napi_value hasDist(Call& call) { return call.boolean(false); }

#define TANDEM_WITHOUT(Result, name, argumentCount) \
  Result name(Call&) { throw std::runtime_error("dist: this engine was built without Gloo's headers"); }
TANDEM_DIST_FUNCTIONS(TANDEM_WITHOUT)
#undef TANDEM_WITHOUT

#endif

}  // namespace tandem::functions
