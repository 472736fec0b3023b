// What the files of process groups share: a group, a collective under way, and waiting for it.
#pragma once

#include "compat.h"

#if defined(TANDEM_DIST)
#include <ATen/ATen.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tandem::dist {

/// Connections of their own among all processes.
struct Engines {
  /// For tensors in the host's memory.
  c10::intrusive_ptr<c10d::ProcessGroupGloo> cpu;
  /// For those on GPUs; none where these go through the host's memory.
  c10::intrusive_ptr<compat::Engine> gpu;
};

struct Group {
  /// For what a step waits for at once.
  Engines now;
  /// For gradients, which go while others of these wait.
  Engines behind;
  /// For engines that connect later.
  c10::intrusive_ptr<c10d::Store> store;
  /// Whether it has been decided which way tensors on GPUs go.
  bool knowsGpus = false;
  int64_t rank;
  int64_t size;
  std::chrono::milliseconds limit;
  /// Not 0 once another process is gone.
  std::atomic<int32_t>* verdict;
  /// When whoever could not go on without the others began to wait, and went on: nanoseconds of
  /// the host's clock, by turns. Only where somebody has asked for them.
  std::vector<int64_t> waits;
  bool recordsWaits = false;
  std::mutex recording;

  void record(int64_t begun, int64_t ended) {
    std::lock_guard<std::mutex> lock(recording);
    if (recordsWaits) waits.insert(waits.end(), {begun, ended});
  }
};

/// A collective under way, with the tensors that it reads and writes.
struct Collective {
  c10::intrusive_ptr<c10d::Work> work;
  std::shared_ptr<Group> group;
  std::string name;
  /// Whether it is the GPU that waits for it, and the host goes on.
  bool isOnGpu;
};

using Started = std::shared_ptr<Collective>;

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

extern Registry<std::shared_ptr<Group>>& groups;

/// Waits for its end; of one on a GPU, this thread's stream does. Throws where it fails, another
/// process is gone, or the group's limit is over.
void waitFor(Collective& pending);

/// From where tensors of a device are sent: from there, or from the host's memory. The first call
/// with a GPU connects them, and is one that all processes make.
at::Device wireOf(const std::shared_ptr<Group>& group, at::Device device);

/// Ends what `wireOf` connected.
void closeGpus(Group& group);

/// Called when the environment ends, which owns the groups' verdicts.
void forgetVerdicts(void*);

/// The sum of all processes, in place. Tensors lie where `wireOf` says, as in all that follow.
Started startAllReduce(const std::shared_ptr<Group>& group, const Engines& way, at::Tensor x, c10d::ReduceOp op = c10d::ReduceOp::SUM);

/// `all` is [size, ...], each part of the shape of x.
Started startAllGather(const std::shared_ptr<Group>& group, const Engines& way, const at::Tensor& x, const at::Tensor& all);

/// `theirs` and `own` are [size, ...]: part r of `own` goes to process r, whose part comes back.
Started startExchange(const std::shared_ptr<Group>& group, const Engines& way, const at::Tensor& own, const at::Tensor& theirs);

/// The parts of all processes: [size, ...], where x is.
at::Tensor allGathered(const std::shared_ptr<Group>& group, const at::Tensor& x);

/// The sum of all processes, where x is, which may be overwritten.
at::Tensor summed(const std::shared_ptr<Group>& group, const at::Tensor& x);

std::string shownSeconds(std::chrono::milliseconds time);

/// What `work` gives, or an error once the time is over; it is left to itself then.
template <typename F>
auto limited(std::chrono::milliseconds limit, const std::string& what, F work) {
  auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
  auto result = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (result.wait_for(limit) != std::future_status::ready) throw std::runtime_error("dist: " + what + " has no end within " + shownSeconds(limit));
  return result.get();
}

}  // namespace tandem::dist
#endif
