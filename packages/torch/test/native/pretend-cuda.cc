// A GPU that is none: gives libtorch builds without CUDA a device `cuda` whose memory is the
// machine's own and whose operators are those of the CPU. What it checks is what a GPU would: that
// no operator mixes devices, and that nothing reads what a stream of its own is still to bring. It
// also counts how often the host waits for a number, how often and how many bytes it sends, and the
// tensors that a second stream was told of.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <node_api.h>
#include <torch/library.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <utility>

#include "../../native/compat.h"

namespace {

const at::Device kDevice(at::kCUDA, 0);
std::atomic<int64_t> reads{0};
std::atomic<int64_t> sends{0};
std::atomic<int64_t> sent{0};
std::atomic<int64_t> shared{0};

void freeStorage(void* storage) { delete static_cast<c10::Storage*>(storage); }

/// libtorch 2.x gives it for reading alone.
void* memoryOf(const c10::Storage& storage) { return const_cast<void*>(storage.unsafeGetStorageImpl()->data()); }

/// Memory of the host that passes for the device's, and stays as long as either needs it.
at::DataPtr pretended(const c10::Storage& host) {
  auto* kept = new c10::Storage(host);
  return {memoryOf(*kept), kept, freeStorage, kDevice};
}

/// For one call: the tensors of the device that go in, and the host's over the same memory that the
/// CPU's operator sees.
class Twins {
 public:
  at::Tensor hostOf(const at::Tensor& x) {
    if (!x.defined() || !x.is_cuda()) return x;
    for (auto& [device, host] : pairs_) if (device.is_same(x)) return host;
    at::Tensor host = over(hostStorage(x.storage()), x, c10::DispatchKey::CPU);
    pairs_.emplace_back(x, host);
    return host;
  }

  at::Tensor deviceOf(const at::Tensor& x) {
    if (!x.defined()) return x;
    for (auto& [device, host] : pairs_) if (host.is_same(x)) return device;
    for (auto& [device, host] : storages_) {
      if (host.unsafeGetStorageImpl() != x.storage().unsafeGetStorageImpl()) continue;
      // A view is what its base is, also in inference mode.
      bool inference = c10::InferenceMode::is_enabled();
      for (auto& pair : pairs_) if (pair.first.storage().is_alias_of(device)) inference = pair.first.is_inference();
      c10::InferenceMode like(inference);
      return over(device, x, c10::DispatchKey::CUDA);
    }
    c10::Storage storage(c10::Storage::use_byte_size_t(), x.storage().nbytes(), pretended(x.storage()), nullptr, false);
    storages_.emplace_back(storage, x.storage());
    return over(storage, x, c10::DispatchKey::CUDA);
  }

  /// What an operator resized.
  void takeOver() {
    for (auto& [device, host] : storages_) {
      if (memoryOf(device) == memoryOf(host)) continue;
      device.set_data_ptr_noswap(pretended(host));
      device.set_nbytes(host.nbytes());
    }
    for (auto& [device, host] : pairs_) {
      if (device.sizes() == host.sizes() && device.strides() == host.strides()) continue;
      device.unsafeGetTensorImpl()->set_sizes_and_strides(host.sizes(), host.strides(), host.storage_offset());
    }
  }

 private:
  static at::Tensor over(c10::Storage storage, const at::Tensor& like, c10::DispatchKey key) {
    at::Tensor x = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key), like.dtype());
    x.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
    return x;
  }

  c10::Storage hostStorage(const c10::Storage& storage) {
    for (auto& [device, host] : storages_) if (device.unsafeGetStorageImpl() == storage.unsafeGetStorageImpl()) return host;
    // Holds the device's storage, since a result may outlive the tensor it is a view of.
    auto* kept = new c10::Storage(storage);
    at::DataPtr data(memoryOf(*kept), kept, freeStorage, at::kCPU);
    c10::Storage host(c10::Storage::use_byte_size_t(), storage.nbytes(), std::move(data), c10::GetCPUAllocator(), true);
    storages_.emplace_back(storage, host);
    return host;
  }

  std::vector<std::pair<at::Tensor, at::Tensor>> pairs_;
  std::vector<std::pair<c10::Storage, c10::Storage>> storages_;
};

/// A single number may come from the host: it travels with the call.
void refuse(const at::Tensor& x, const char* op) {
  if (!x.defined() || x.is_cuda() || x.dim() == 0) return;
  TORCH_CHECK(false, op, ": expected all tensors to be on the same device, but one is on the CPU and another on cuda:0");
}

/// Every operator for which libtorch has kernels of its own for CUDA.
void onCpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto& schema = op.schema();
  const std::string& name = schema.name();
  if (name == "aten::_local_scalar_dense" || name == "aten::equal" || name == "aten::nonzero") ++reads;
  Twins twins;
  // The CPU's version of this one wants its weights in order.
  bool inOrder = name.rfind("aten::_slow_conv2d", 0) == 0;
  auto tensorOf = [&](const at::Tensor& x) {
    refuse(x, name.c_str());
    return inOrder && x.defined() ? twins.hostOf(x).clone(at::MemoryFormat::Contiguous) : twins.hostOf(x);
  };
  auto arguments = torch::jit::last(*stack, schema.arguments().size());
  torch::jit::Stack inner;
  for (const c10::IValue& value : arguments) {
    if (value.isTensor()) {
      inner.emplace_back(tensorOf(value.toTensor()));
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& x : value.toTensorVector()) list.push_back(tensorOf(x));
      inner.emplace_back(list);
    } else if (value.isOptionalTensorList()) {
      c10::List<c10::optional<at::Tensor>> list;
      for (c10::optional<at::Tensor> x : value.toOptionalTensorVector()) list.push_back(x ? c10::make_optional(tensorOf(*x)) : x);
      inner.emplace_back(list);
    } else if (value.isDevice()) {
      inner.emplace_back(at::Device(at::kCPU));
    } else {
      inner.push_back(value);
    }
  }
  torch::jit::drop(*stack, schema.arguments().size());
  {
    at::AutoDispatchBelowADInplaceOrView below;
    op.callBoxed(inner);
  }
  twins.takeOver();
  for (const c10::IValue& value : inner) {
    if (value.isTensor()) {
      stack->emplace_back(twins.deviceOf(value.toTensor()));
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& x : value.toTensorVector()) list.push_back(twins.deviceOf(x));
      stack->emplace_back(list);
    } else {
      stack->push_back(value);
    }
  }
}

at::Tensor emptyOnDevice(at::IntArrayRef size, c10::optional<at::ScalarType> dtype, c10::optional<at::Layout>, c10::optional<at::Device>,
                         c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
  return Twins().deviceOf(at::empty(size, at::TensorOptions().dtype(dtype).device(at::kCPU), format));
}

at::Tensor stridedOnDevice(at::IntArrayRef size, at::IntArrayRef stride, c10::optional<at::ScalarType> dtype, c10::optional<at::Layout>,
                           c10::optional<at::Device>, c10::optional<bool>) {
  return Twins().deviceOf(at::empty_strided(size, stride, at::TensorOptions().dtype(dtype).device(at::kCPU)));
}

thread_local c10::StreamId currentStream = 0;

/// What a stream beside the default one is still to copy.
struct Waiting {
  at::Tensor to, from;
};
thread_local std::deque<Waiting> waiting;
thread_local int64_t queued = 0;

/// Copies are made as late as may be: when another stream waits for them.
void copyUpTo(int64_t end) {
  for (; queued - static_cast<int64_t>(waiting.size()) < end; waiting.pop_front()) {
    auto& [to, from] = waiting.front();
    std::memcpy(to.data_ptr(), from.data_ptr(), from.nbytes());
  }
}

/// Devices, streams and events, as libtorch asks for them.
struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return at::kCUDA; }
  at::Device exchangeDevice(at::Device) const override { return kDevice; }
  at::Device getDevice() const override { return kDevice; }
  void setDevice(at::Device) const override {}
  void uncheckedSetDevice(at::Device) const noexcept override {}
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  static c10::Stream streamOf(c10::StreamId id) { return c10::Stream(c10::Stream::UNSAFE, kDevice, id); }
  c10::Stream getStream(at::Device) const noexcept override { return streamOf(currentStream); }
  c10::Stream getDefaultStream(at::Device) const override { return streamOf(0); }
  c10::Stream getStreamFromGlobalPool(at::Device, bool isHighPriority) const override { return streamOf(isHighPriority ? 2 : 1); }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return streamOf(std::exchange(currentStream, stream.id())); }
  void record(void** event, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {
    if (!*event) *event = new int64_t;
    *static_cast<int64_t*>(*event) = queued;
  }
  void block(void* event, const c10::Stream&) const override { copyUpTo(*static_cast<int64_t*>(event)); }
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void* event, const c10::DeviceIndex) const noexcept override { delete static_cast<int64_t*>(event); }
};

/// The only operator that may meet both devices.
at::Tensor& copyAcross(at::Tensor& self, const at::Tensor& source, bool nonBlocking) {
  if (self.is_cpu()) ++reads;
  if (source.is_cpu()) ++sends, sent += static_cast<int64_t>(source.nbytes());
  Twins twins;
  at::Tensor to = twins.hostOf(self);
  if (source.is_cpu() && nonBlocking && currentStream != 0) {
    TORCH_CHECK(to.is_contiguous() && source.is_contiguous() && to.dtype() == source.dtype(), "pretended streams copy bytes only");
    std::memset(to.data_ptr(), 0xA5, to.nbytes());  // rubbish, until it has arrived
    waiting.push_back({to, source});
    ++queued;
    return self;
  }
  to.copy_(twins.hostOf(source));
  return self;
}

void tellOfStream(at::Tensor&, at::Stream) { ++shared; }

at::Tensor pinned(const at::Tensor& self, c10::optional<at::Device>) { return self.clone(); }
bool isPinned(const at::Tensor&, c10::optional<at::Device>) { return false; }

/// libtorch 2.x gave some of these other names and narrower numbers: a function without `override`
/// is of older or newer versions alone.
struct Hooks : at::CUDAHooksInterface {
  using Index = decltype(std::declval<at::CUDAHooksInterface>().current_device());
  Hooks(at::CUDAHooksArgs) {}
  void initCUDA() const {}
  void init() const {}
  bool isBuilt() const { return true; }
  bool isAvailable() const { return true; }
  bool hasCUDA() const override { return true; }
  int getNumGPUs() const override { return 1; }
  Index current_device() const override { return 0; }
  bool hasPrimaryContext(Index) const override { return true; }
  void deviceSynchronize(Index) const override {}
  at::Allocator* getPinnedMemoryAllocator() const override { return c10::GetCPUAllocator(); }
  std::string showConfig() const override { return "a pretended GPU"; }
  const at::Generator& getDefaultCUDAGenerator(at::DeviceIndex) const { return at::detail::getDefaultCPUGenerator(); }
  const at::Generator& getDefaultGenerator(at::DeviceIndex) const { return at::detail::getDefaultCPUGenerator(); }
};

C10_REGISTER_GUARD_IMPL(CUDA, Guard);

TORCH_LIBRARY_IMPL(_, CUDA, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&onCpu>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("empty.memory_format", emptyOnDevice);
  library.impl("empty_strided", stridedOnDevice);
  library.impl("copy_", copyAcross);
  library.impl("_pin_memory", pinned);
  library.impl("is_pinned", isPinned);
  library.impl("record_stream", tellOfStream);
}

template <std::atomic<int64_t>& counter>
napi_value count(napi_env env, napi_callback_info) {
  napi_value result;
  napi_create_int64(env, counter, &result);
  return result;
}

void show(napi_env env, napi_value exports, const char* name, napi_callback counter) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, counter, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

namespace at {
using CUDAHooks = Hooks;  // the name that libtorch asks for
REGISTER_CUDA_HOOKS(CUDAHooks);
}  // namespace at

NAPI_MODULE_INIT() {
  show(env, exports, "reads", count<reads>);
  show(env, exports, "sends", count<sends>);
  show(env, exports, "sent", count<sent>);
  show(env, exports, "shared", count<shared>);
  return exports;
}
