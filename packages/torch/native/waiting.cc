// How OpenMP's threads wait for each other. They spin, which is quickest while each has a core of
// its own. Where other work takes the cores, a thread that spins keeps the one it waits for from
// running: a step with a thousand such waits takes seconds. So they are to spin for long on a quiet
// machine and for a moment on a busy one, whenever it becomes so.
#include "functions.h"

#include <atomic>

#if defined(__linux__) && defined(_OPENMP)
#include <omp.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#endif

namespace tandem {

#if defined(__linux__) && defined(_OPENMP)

namespace {

std::atomic<bool> areShort{false};

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

/// A second team of OpenMP threads, asleep. libgomp lets threads spin for 15 ms where they are no
/// more than the cores, and for 5 us where they are more. That is the one switch it has once it is
/// loaded.
class SleepingTeam {
 public:
  explicit SleepingTeam(int size) {
    owner = std::thread([size, end = over.get_future()] {
#pragma omp parallel num_threads(size)
      {
        __asm__ volatile("");
      }
      end.wait();  // the team stays until its owner ends
    });
  }

  ~SleepingTeam() {
    over.set_value();
    owner.join();
  }

 private:
  std::promise<void> over;
  std::thread owner;
};

/// How long each thread of the calling thread's team has been ready to run and had no core.
class Team {
 public:
  explicit Team(int threads) : records(threads) {
#pragma omp parallel num_threads(threads)
    records[omp_get_thread_num()].path = "/proc/self/task/" + std::to_string(syscall(SYS_gettid)) + "/schedstat";
  }

  /// What the worst of them had since the last time it was asked.
  nanoseconds worstDelay() {
    int64_t worst = 0;
    for (Record& record : records) {
      const int64_t total = read(record.path);
      worst = std::max(worst, total - std::exchange(record.delay, total));
    }
    return nanoseconds(worst);
  }

 private:
  struct Record {
    std::string path;
    int64_t delay = 0;
  };

  /// 0 for a thread that has ended, and where the system keeps no such count.
  static int64_t read(const std::string& path) {
    long long delay = 0;
    if (FILE* file = fopen(path.c_str(), "re")) {
      if (fscanf(file, "%*d %lld", &delay) != 1) delay = 0;
      fclose(file);
    }
    return delay;
  }

  std::vector<Record> records;
};

/// Others want the cores where a thread had none for a tenth of the time. They are gone after one
/// second without.
[[noreturn]] void watch(Team team, int threads) {
  constexpr auto interval = 100ms;
  constexpr int calmIntervals = 10;
  const int size = std::max(2, omp_get_num_procs() - threads + 2);
  std::unique_ptr<SleepingTeam> asleep;
  team.worstDelay();
  for (int calm = 1;; ++calm) {
    std::this_thread::sleep_for(interval);
    if (team.worstDelay() > interval / 10) calm = 0;
    if (calm == 0 && asleep == nullptr) asleep = std::make_unique<SleepingTeam>(size);
    if (calm == calmIntervals) asleep.reset();
    areShort = asleep != nullptr;
  }
}

}  // namespace

#endif

namespace functions {

/// watchNeighbours(): from now on waits are short while other work takes the cores; where another
/// library than libgomp has the threads they stay as they are
void watchNeighbours(Call& call) {
#if defined(__linux__) && defined(_OPENMP)
  static std::atomic<bool> begun{false};
  if (begun.exchange(true)) return;
  const int threads = static_cast<int>(call.integerAt(0));
  std::thread thread(watch, Team(threads), threads);
  pthread_setname_np(thread.native_handle(), "neighbours");
  thread.detach();
#endif
}

/// waitsAreShort(): whether they are just now; undefined where that is not ours to say
napi_value waitsAreShort(Call& call) {
#if defined(__linux__) && defined(_OPENMP)
  return call.boolean(areShort);
#else
  return call.undefined();
#endif
}

}  // namespace functions

}  // namespace tandem
