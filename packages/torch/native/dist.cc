// Process groups: c10d's Gloo and its TCPStore, as far as training over several processes needs
// them. TANDEM_DIST is set where Gloo's headers are at hand.
//
// Nothing here waits without a limit. Calls of the store run on a thread of their own, since its
// own limits do not hold while its host is silent; waiting for a collective looks at the verdict, a
// number in memory that src/dist's monitor shares, which says that another process is gone.
#include "functions.h"

#include "dist.h"
#include "errors.h"

#if defined(TANDEM_DIST)
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <future>
#include <thread>

namespace tandem::dist {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

Registry<std::shared_ptr<Group>>& groups = *new Registry<std::shared_ptr<Group>>();

namespace {

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

void requireContiguous(const at::Tensor& x) {
  if (!x.device().is_cpu() || !x.is_contiguous()) throw std::invalid_argument("dist: expected a contiguous tensor on the CPU, got " + describe(x));
}

/// As bytes, so that every dtype can be sent.
at::Tensor bytesOf(const at::Tensor& x) {
  requireContiguous(x);
  return x.reshape({-1}).view(at::kByte);
}

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

}  // namespace

void waitFor(Collective& pending) {
  const milliseconds limit = pending.group->limit;
  const auto begun = Clock::now();
  const bool isDone = waitUntil(pending, begun + limit);
  pending.group->nanosecondsWaited += std::chrono::nanoseconds(Clock::now() - begun).count();
  if (!isDone) throw std::runtime_error("dist: " + pending.name + " has no end within " + seconds(limit));
}

Started startAllReduce(const std::shared_ptr<Group>& group, const Gloo& way, at::Tensor x, c10d::ReduceOp op) {
  requireContiguous(x);
  c10d::AllreduceOptions options;
  options.reduceOp = op;
  std::vector<at::Tensor> tensors{std::move(x)};
  return std::make_shared<Collective>(Collective{way->allreduce(tensors, options), group, "allReduce"});
}

Started startAllGather(const std::shared_ptr<Group>& group, const Gloo& way, const at::Tensor& x, const at::Tensor& all) {
  requireContiguous(all);
  std::vector<at::Tensor> inputs{bytesOf(x)};
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (const auto& part : all.unbind(0)) outputs[0].push_back(bytesOf(part));
  return std::make_shared<Collective>(Collective{way->allgather(outputs, inputs), group, "allGather"});
}

Started startExchange(const std::shared_ptr<Group>& group, const Gloo& way, const at::Tensor& own, const at::Tensor& theirs) {
  at::Tensor input = bytesOf(own), output = bytesOf(theirs);
  std::vector<int64_t> even;
  return std::make_shared<Collective>(Collective{way->alltoall_base(output, input, even, even), group, "exchange"});
}

at::Tensor allGathered(const std::shared_ptr<Group>& group, const at::Tensor& x) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape.insert(shape.begin(), group->size);
  at::Tensor all = at::empty(shape, x.options());
  waitFor(*startAllGather(group, group->gloo, x, all));
  return all;
}

}  // namespace tandem::dist
#endif

namespace tandem::functions {

#if defined(TANDEM_DIST)

namespace {

using namespace tandem::dist;

auto& stores = *new Registry<c10::intrusive_ptr<c10d::Store>>();
auto& works = *new Registry<Started>();

milliseconds timeAt(const Call& call, size_t i) { return milliseconds(call.integerAt(i)); }

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
    using Engine = c10d::ProcessGroupGloo;
    // Gloo waits five times this for others to join, which is limited from outside; a call's own
    // limit is that of the wait.
    auto options = Engine::Options::create(group->limit + milliseconds(60'000));
    options->devices.push_back(isInterface ? Engine::createDeviceForInterface(address) : Engine::createDeviceForHostname(address));
    const auto connect = [&](const std::string& name) {
      auto store = c10::make_intrusive<c10d::PrefixStore>(name, prefixed);
      return c10::make_intrusive<Engine>(store, static_cast<int>(group->rank), static_cast<int>(group->size), options);
    };
    group->gloo = connect("now");
    options->threads = 1;
    group->behind = connect("behind");
  };
  limited(timeAt(call, 6), "connecting the processes", open);
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
  auto group = groups.at(call.integerAt(0));
  return call.integer(works.add(startAllReduce(group, group->gloo, call.tensorAt(1), kOperations.at(call.textAt(2)))));
}

/// allGather(group, x, all): all [size, ...]
napi_value allGather(Call& call) {
  auto group = groups.at(call.integerAt(0));
  return call.integer(works.add(startAllGather(group, group->gloo, call.tensorAt(1), call.tensorAt(2))));
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

#else

napi_value hasDist(Call& call) { return call.boolean(false); }

#define TANDEM_WITHOUT(Result, name, argumentCount) \
  Result name(Call&) { throw std::runtime_error("dist: this engine was built without Gloo's headers"); }
TANDEM_DIST_FUNCTIONS(TANDEM_WITHOUT)
#undef TANDEM_WITHOUT

#endif

}  // namespace tandem::functions
