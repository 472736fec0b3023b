// NCCL, for tensors that lie on GPUs. TANDEM_NCCL is set where libtorch has it and its headers are
// at hand; elsewhere, and where processes share a GPU, tensors go through the host's memory.
#include "functions.h"

#include "dist.h"

#if defined(TANDEM_NCCL)
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <unistd.h>

#include <functional>
#include <set>
#include <thread>

namespace tandem::dist {

namespace {

using std::chrono::milliseconds;

/// Guards the groups' verdicts, whose memory the environment owns: not read once it has ended.
std::mutex& verdicts = *new std::mutex;
bool hasEnvironment = true;

/// A number of this process's GPU that other GPUs do not have, on this host or another.
int64_t numberOfGpu(at::Device device) {
  char bus[32] = "", host[256] = "";
  if (cudaDeviceGetPCIBusId(bus, sizeof bus, device.index()) != cudaSuccess) throw std::runtime_error("dist: the GPU does not tell where it is");
  gethostname(host, sizeof host - 1);
  return static_cast<int64_t>(std::hash<std::string>{}(std::string(host) + ' ' + bus));
}

/// NCCL refuses two processes on one GPU.
bool areGpusOfTheirOwn(const std::shared_ptr<Group>& group, at::Device device) {
  const at::Tensor all = allGathered(group, at::full({1}, numberOfGpu(device), at::kLong));
  std::set<int64_t> seen;
  for (int64_t r = 0; r < group->size; ++r) seen.insert(all[r].item<int64_t>());
  return static_cast<int64_t>(seen.size()) == group->size;
}

/// Kernels of NCCL wait for ever for a process that is gone, and with them the host, which waits
/// for the GPU. Once the verdict is there they are ended.
void endWhenLost(const std::shared_ptr<Group>& group) {
  std::thread([weak = std::weak_ptr<Group>(group)] {
    for (;;) {
      std::this_thread::sleep_for(milliseconds(50));
      auto group = weak.lock();
      if (!group) return;
      {
        std::lock_guard<std::mutex> lock(verdicts);
        if (!hasEnvironment) return;
        if (group->verdict->load() == 0) continue;
      }
      for (auto* engines : {&group->now, &group->behind}) engines->gpu->abort();
      return;
    }
  }).detach();
}

/// Communicators are made by a first sum, which waits for others: within a limit.
c10::intrusive_ptr<compat::Engine> connect(const std::shared_ptr<Group>& group, const std::string& name, at::Device device) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = group->limit;  // past it c10d ends this process, as nothing else can
  auto store = c10::make_intrusive<c10d::PrefixStore>(name, group->store);
  auto engine = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, static_cast<int>(group->rank), static_cast<int>(group->size), options);
  limited(std::min(group->limit, milliseconds(120'000)), "connecting the GPUs of the processes", [=] {
    c10::cuda::CUDAGuard guard(device);
    std::vector<at::Tensor> one{at::ones({1}, at::TensorOptions(device))};
    engine->allreduce(one)->wait();
    cudaStreamSynchronize(c10::cuda::getCurrentCUDAStream());
  });
  return engine;
}

}  // namespace

at::Device wireOf(const std::shared_ptr<Group>& group, at::Device device) {
  if (!device.is_cuda()) return at::kCPU;
  if (!group->knowsGpus) {
    group->knowsGpus = true;
    if (areGpusOfTheirOwn(group, device)) {
      group->now.gpu = connect(group, "nccl/now", device);
      group->behind.gpu = connect(group, "nccl/behind", device);
      endWhenLost(group);
    }
  }
  return group->now.gpu ? device : at::Device(at::kCPU);
}

void closeGpus(Group& group) {
  for (auto* engines : {&group.now, &group.behind}) {
    if (engines->gpu) engines->gpu->shutdown();
  }
}

void forgetVerdicts(void*) {
  std::lock_guard<std::mutex> lock(verdicts);
  hasEnvironment = false;
}

}  // namespace tandem::dist

#elif defined(TANDEM_DIST)

namespace tandem::dist {

at::Device wireOf(const std::shared_ptr<Group>&, at::Device) { return at::kCPU; }
void closeGpus(Group&) {}
void forgetVerdicts(void*) {}

}  // namespace tandem::dist
#endif
