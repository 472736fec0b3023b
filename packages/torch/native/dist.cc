// Process groups: c10d's Gloo, its NCCL (dist-nccl.cc) and its TCPStore, as far as training over
// several processes needs them. TANDEM_DIST is set where Gloo's headers are at hand.
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

namespace tandem::dist {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

Registry<std::shared_ptr<Group>>& groups = *new Registry<std::shared_ptr<Group>>();

namespace {

/// The engine for a tensor, which must lie where `wireOf` says, in row-major order.
c10::intrusive_ptr<compat::Engine> engineFor(const Engines& way, const at::Tensor& x) {
  if (!x.is_contiguous() || !(x.is_cpu() || way.gpu)) throw std::invalid_argument("dist: expected a contiguous tensor that can be sent, got " + describe(x));
  return x.is_cpu() ? c10::intrusive_ptr<compat::Engine>(way.cpu) : way.gpu;
}

/// As bytes, so that every dtype can be sent.
at::Tensor bytesOf(const at::Tensor& x) { return x.reshape({-1}).view(at::kByte); }

Started started(c10::intrusive_ptr<c10d::Work> work, const std::shared_ptr<Group>& group, const std::string& name, const at::Tensor& x) {
  return std::make_shared<Collective>(Collective{std::move(work), group, name, !x.is_cpu()});
}

void requireAll(const Collective& pending) {
  if (pending.group->verdict->load() != 0) throw std::runtime_error("another process is gone");
}

/// Waits for a collective until `until`; whether it is done.
bool waitUntil(Collective& pending, Clock::time_point until) {
  constexpr milliseconds slice(50);
  c10d::Work& work = *pending.work;
  try {
    while (!pending.isOnGpu && !work.isCompleted()) {
      requireAll(pending);
      if (Clock::now() >= until) return false;
      try {
        work.wait(slice);
      } catch (...) {
        // The slice is over, or it failed, which the last wait tells.
      }
    }
    if (pending.isOnGpu) requireAll(pending);
    work.wait();
    return true;
  } catch (...) {
    throw std::runtime_error("dist: " + pending.name + ": " + messageOfCurrentException());
  }
}

}  // namespace

std::string shownSeconds(milliseconds time) {
  return std::to_string(time.count() / 1000) + (time.count() % 1000 ? "." + std::to_string(time.count() % 1000 / 100) : "") + " s";
}

void waitFor(Collective& pending) {
  const milliseconds limit = pending.group->limit;
  const auto begun = Clock::now();
  const bool isDone = waitUntil(pending, begun + limit);
  const auto since = [](Clock::time_point time) { return std::chrono::nanoseconds(time.time_since_epoch()).count(); };
  pending.group->record(since(begun), since(Clock::now()));
  if (!isDone) throw std::runtime_error("dist: " + pending.name + " has no end within " + shownSeconds(limit));
}

Started startAllReduce(const std::shared_ptr<Group>& group, const Engines& way, at::Tensor x, c10d::ReduceOp op) {
  auto engine = engineFor(way, x);
  c10d::AllreduceOptions options;
  options.reduceOp = op;
  std::vector<at::Tensor> tensors{x};
  return started(engine->allreduce(tensors, options), group, "allReduce", x);
}

Started startAllGather(const std::shared_ptr<Group>& group, const Engines& way, const at::Tensor& x, const at::Tensor& all) {
  auto engine = engineFor(way, x);
  engineFor(way, all);
  at::Tensor input = bytesOf(x), output = bytesOf(all);
  if (!x.is_cpu()) return started(engine->_allgather_base(output, input), group, "allGather", x);
  std::vector<at::Tensor> inputs{input};
  // Gloo knows no other form.
  std::vector<std::vector<at::Tensor>> outputs{output.chunk(group->size)};
  return started(engine->allgather(outputs, inputs), group, "allGather", x);
}

Started startExchange(const std::shared_ptr<Group>& group, const Engines& way, const at::Tensor& own, const at::Tensor& theirs) {
  at::Tensor input = bytesOf(own), output = bytesOf(theirs);
  std::vector<int64_t> even;
  return started(engineFor(way, own)->alltoall_base(output, input, even, even), group, "exchange", own);
}

at::Tensor allGathered(const std::shared_ptr<Group>& group, const at::Tensor& x) {
  const at::Tensor sent = x.to(wireOf(group, x.device()));
  std::vector<int64_t> shape = x.sizes().vec();
  shape.insert(shape.begin(), group->size);
  at::Tensor all = at::empty(shape, sent.options());
  waitFor(*startAllGather(group, group->now, sent, all));
  return all.to(x.device());
}

at::Tensor summed(const std::shared_ptr<Group>& group, const at::Tensor& x) {
  at::Tensor sum = x.to(wireOf(group, x.device()));
  waitFor(*startAllReduce(group, group->now, sum));
  return sum.to(x.device());
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
  group->store = prefixed;
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
  check(call.env, napi_add_env_cleanup_hook(call.env, forgetVerdicts, reference));
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
    group->now.cpu = connect("now");
    options->threads = 1;
    group->behind.cpu = connect("behind");
  };
  limited(timeAt(call, 6), "connecting the processes", open);
  return call.integer(groups.add(group));
}

/// closeGroup(group): after all its collectives
void closeGroup(Call& call) {
  closeGpus(*groups.at(call.integerAt(0)));
  groups.remove(call.integerAt(0));
}

/// isSentFromGpu(group, x): whether x, on a GPU, is sent from there; else from the host's memory
napi_value isSentFromGpu(Call& call) { return call.boolean(wireOf(groups.at(call.integerAt(0)), call.tensorAt(1).device()) != at::Device(at::kCPU)); }

/// closeStore(store)
void closeStore(Call& call) { stores.remove(call.integerAt(0)); }

/// allReduce(group, x, operation): in place; the number of a collective, as all that follow
napi_value allReduce(Call& call) {
  static const std::map<std::string, c10d::ReduceOp::RedOpType> kOperations = {
      {"sum", c10d::ReduceOp::SUM}, {"min", c10d::ReduceOp::MIN}, {"max", c10d::ReduceOp::MAX}};
  auto group = groups.at(call.integerAt(0));
  return call.integer(works.add(startAllReduce(group, group->now, call.tensorAt(1), kOperations.at(call.textAt(2)))));
}

/// allGather(group, x, all): all [size, ...]
napi_value allGather(Call& call) {
  auto group = groups.at(call.integerAt(0));
  return call.integer(works.add(startAllGather(group, group->now, call.tensorAt(1), call.tensorAt(2))));
}

/// broadcast(group, x, root): in place
napi_value broadcast(Call& call) {
  auto group = groups.at(call.integerAt(0));
  c10d::BroadcastOptions options;
  options.rootRank = call.integerAt(2);
  const at::Tensor x = call.tensorAt(1);
  auto engine = engineFor(group->now, x);
  std::vector<at::Tensor> tensors{bytesOf(x)};
  return call.integer(works.add(started(engine->broadcast(tensors, options), group, "broadcast", x)));
}

/// waitForWork(work): throws where it fails, or its time is over
void waitForWork(Call& call) {
  auto pending = works.at(call.integerAt(0));
  waitFor(*pending);  // one that has no end stays, and its tensors with it
  works.remove(call.integerAt(0));
}

/// takeWaits(group): when waits began and ended since the last call, by turns, in nanoseconds of
/// the host's clock; they are recorded from the first call on
napi_value takeWaits(Call& call) {
  auto group = groups.at(call.integerAt(0));
  std::vector<int64_t> waits;
  {
    std::lock_guard<std::mutex> lock(group->recording);
    group->recordsWaits = true;
    waits.swap(group->waits);
  }
  return call.integers(waits.data(), waits.size());
}

#else

napi_value hasDist(Call& call) { return call.boolean(false); }

#define TANDEM_WITHOUT(Result, name, argumentCount) \
  Result name(Call&) { throw std::runtime_error("dist: this engine was built without Gloo's headers"); }
TANDEM_DIST_FUNCTIONS(TANDEM_WITHOUT)
#undef TANDEM_WITHOUT

#endif

}  // namespace tandem::functions
