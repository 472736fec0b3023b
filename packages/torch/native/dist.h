// What the files of process groups share: a group, a collective under way, and waiting for it.
#pragma once

#include "compat.h"

#if defined(TANDEM_DIST)
#include <ATen/ATen.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>

namespace tandem::dist {

using Gloo = c10::intrusive_ptr<c10d::ProcessGroupGloo>;

struct Group {
  /// For what a step waits for at once.
  Gloo gloo;
  /// For gradients, which go while others of these wait: connections and a thread of its own.
  Gloo behind;
  int64_t rank;
  int64_t size;
  std::chrono::milliseconds limit;
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

/// Waits for its end. Throws where it fails, another process is gone, or the group's limit is over.
void waitFor(Collective& pending);

/// The sum of all processes, in place.
Started startAllReduce(const std::shared_ptr<Group>& group, const Gloo& way, at::Tensor x, c10d::ReduceOp op = c10d::ReduceOp::SUM);

/// `all` is [size, ...], each part of the shape of x.
Started startAllGather(const std::shared_ptr<Group>& group, const Gloo& way, const at::Tensor& x, const at::Tensor& all);

/// `theirs` and `own` are [size, ...]: part r of `own` goes to process r, whose part comes back.
Started startExchange(const std::shared_ptr<Group>& group, const Gloo& way, const at::Tensor& own, const at::Tensor& theirs);

/// The parts of all processes: [size, ...].
at::Tensor allGathered(const std::shared_ptr<Group>& group, const at::Tensor& x);

}  // namespace tandem::dist
#endif
