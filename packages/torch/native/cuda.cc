// What only CUDA builds have: the size of the device's memory, a stream apart from the default one,
// and graphs of recorded work. TANDEM_CUDA is set where libtorch has CUDA and its headers are at
// hand.
#include "doors.h"

#include "convert.h"
#include "errors.h"

#if defined(TANDEM_CUDA)
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <map>
#endif

namespace tandem {

namespace {

#if defined(TANDEM_CUDA)

/// Of the process: a graph holds device memory, whichever environment recorded it.
std::map<int32_t, std::unique_ptr<at::cuda::CUDAGraph>> graphs;
int32_t nextGraph = 0;
std::unique_ptr<at::cuda::CUDAGraph> recording;

at::cuda::CUDAGraph& graphAt(int32_t id) {
  auto found = graphs.find(id);
  if (found == graphs.end()) throw std::invalid_argument("this graph has been freed");
  return *found->second;
}

napi_value hasCudaGraphs(Call& call) { return call.boolean(true); }

/// cudaMemory(device): bytes that are free, and all
napi_value cudaMemory(Call& call) {
  c10::OptionalDeviceGuard guard(deviceOf(call.textAt(0)));
  size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) throw std::runtime_error("the GPU does not tell its memory");
  return call.array({call.number(static_cast<double>(free)), call.number(static_cast<double>(total))});
}

/// leaveDefaultStream(device): this thread's work goes to a stream of the device that can be
/// recorded, from now on
napi_value leaveDefaultStream(Call& call) {
  at::Device device = deviceOf(call.textAt(0));
  // Graphs are recorded on the thread's current device.
  if (device.has_index()) c10::cuda::set_device(device.index());
  auto index = device.has_index() ? device.index() : static_cast<c10::DeviceIndex>(-1);
  if (c10::cuda::getCurrentCUDAStream(index) != c10::cuda::getDefaultCUDAStream(index)) return call.undefined();
  auto stream = c10::cuda::getStreamFromPool(false, index);
  // What the default stream still does comes first.
  c10::cuda::getDefaultCUDAStream(index).synchronize();
  c10::cuda::setCurrentCUDAStream(stream);
  return call.undefined();
}

/// beginGraph(beside): with the memory of that graph, or with its own at -1
napi_value beginGraph(Call& call) {
  if (recording) throw std::logic_error("a graph is being recorded already");
  at::cuda::CUDAGraph* beside = call.slotAt(0) < 0 ? nullptr : &graphAt(call.slotAt(0));
  recording = std::make_unique<at::cuda::CUDAGraph>();
  try {
    if (beside) recording->capture_begin(beside->pool());
    else recording->capture_begin();
  } catch (...) {
    recording.reset();
    rethrowAs("Graph.record");
  }
  return call.undefined();
}

/// endGraph(keep): its number; -1 where it is not kept because what was recorded failed
napi_value endGraph(Call& call) {
  if (!recording) throw std::logic_error("no graph is being recorded");
  auto graph = std::move(recording);
  bool keep = call.booleanAt(0);
  try {
    graph->capture_end();
  } catch (...) {
    if (keep) rethrowAs("Graph.record");
    keep = false;
  }
  if (!keep) return call.number(-1);
  graphs.emplace(nextGraph, std::move(graph));
  return call.number(nextGraph++);
}

napi_value replayGraph(Call& call) {
  try {
    graphAt(call.slotAt(0)).replay();
  } catch (...) {
    rethrowAs("Graph.replay");
  }
  return call.undefined();
}

napi_value freeGraph(Call& call) {
  graphs.erase(call.slotAt(0));
  return call.undefined();
}

#else

[[noreturn]] napi_value absent(Call&) { throw std::invalid_argument("this engine was built without CUDA's headers; see docs/reference/compatibility.md"); }

napi_value hasCudaGraphs(Call& call) { return call.boolean(false); }
constexpr Door cudaMemory = absent, leaveDefaultStream = absent, beginGraph = absent, endGraph = absent, replayGraph = absent, freeGraph = absent;

#endif

}  // namespace

void addCudaDoors(std::vector<DoorEntry>& doors) {
  doors.insert(doors.end(), {{"hasCudaGraphs", guarded<hasCudaGraphs>},
                             {"cudaMemory", guarded<cudaMemory>},
                             {"leaveDefaultStream", guarded<leaveDefaultStream>},
                             {"beginGraph", guarded<beginGraph>},
                             {"endGraph", guarded<endGraph>},
                             {"replayGraph", guarded<replayGraph>},
                             {"freeGraph", guarded<freeGraph>}});
}

}  // namespace tandem
