// What only CUDA builds have: the size of the device's memory, a stream apart from the default one,
// and graphs of captured work. TANDEM_CUDA is set where libtorch has CUDA and its headers are at
// hand.
#include "functions.h"

#include "convert.h"
#include "errors.h"

#if defined(TANDEM_CUDA)
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <map>
#endif

namespace tandem::functions {

#if defined(TANDEM_CUDA)

namespace {

/// Of the process: a graph holds device memory, whichever environment captured it.
std::map<int32_t, std::unique_ptr<at::cuda::CUDAGraph>> graphs;
int32_t nextGraph = 0;
std::unique_ptr<at::cuda::CUDAGraph> capturing;

at::cuda::CUDAGraph& graphAt(int32_t id) {
  auto found = graphs.find(id);
  if (found == graphs.end()) throw std::invalid_argument("this graph has been freed");
  return *found->second;
}

}  // namespace

napi_value hasCudaGraphs(Call& call) { return call.boolean(true); }

/// cudaMemory(device): bytes that are free, and all
napi_value cudaMemory(Call& call) {
  c10::OptionalDeviceGuard guard(deviceOf(call.textAt(0)));
  size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) throw std::runtime_error("the GPU does not tell its memory");
  return call.array({call.number(static_cast<double>(free)), call.number(static_cast<double>(total))});
}

/// leaveDefaultStream(device): from now on this thread's work goes to a stream of the device that
/// can be captured
void leaveDefaultStream(Call& call) {
  at::Device device = deviceOf(call.textAt(0));
  // Graphs are captured on the thread's current device.
  if (device.has_index()) c10::cuda::set_device(device.index());
  auto index = device.has_index() ? device.index() : static_cast<c10::DeviceIndex>(-1);
  if (c10::cuda::getCurrentCUDAStream(index) != c10::cuda::getDefaultCUDAStream(index)) return;
  auto stream = c10::cuda::getStreamFromPool(false, index);
  // What the default stream still does comes first.
  c10::cuda::getDefaultCUDAStream(index).synchronize();
  c10::cuda::setCurrentCUDAStream(stream);
}

/// beginCapture(sharing): with the memory of that graph, or with its own at -1
void beginCapture(Call& call) {
  if (capturing) throw std::logic_error("a graph is being captured already");
  at::cuda::CUDAGraph* sharing = call.slotAt(0) < 0 ? nullptr : &graphAt(call.slotAt(0));
  capturing = std::make_unique<at::cuda::CUDAGraph>();
  try {
    if (sharing) capturing->capture_begin(sharing->pool());
    else capturing->capture_begin();
  } catch (...) {
    capturing.reset();
    rethrowAs("CudaGraph.capture");
  }
}

/// endCapture(keep): the graph's number; -1 where it is not kept because the captured work failed
napi_value endCapture(Call& call) {
  if (!capturing) throw std::logic_error("no graph is being captured");
  auto graph = std::move(capturing);
  bool keep = call.booleanAt(0);
  try {
    graph->capture_end();
  } catch (...) {
    if (keep) rethrowAs("CudaGraph.capture");
    keep = false;
  }
  if (!keep) return call.number(-1);
  graphs.emplace(nextGraph, std::move(graph));
  return call.number(nextGraph++);
}

void replayGraph(Call& call) {
  try {
    graphAt(call.slotAt(0)).replay();
  } catch (...) {
    rethrowAs("CudaGraph.replay");
  }
}

void freeGraph(Call& call) { graphs.erase(call.slotAt(0)); }

#else

napi_value hasCudaGraphs(Call& call) { return call.boolean(false); }

#define TANDEM_ABSENT(Result, name, argumentCount) \
  Result name(Call&) { throw std::invalid_argument("this engine was built without CUDA's headers; see docs/reference/compatibility.md"); }
TANDEM_CUDA_FUNCTIONS(TANDEM_ABSENT)
#undef TANDEM_ABSENT

#endif

}  // namespace tandem::functions
