// The machine: versions, devices, threads, the allocator, random generators.
#include "functions.h"

#include "clones.h"
#include "compat.h"
#include "convert.h"
#include "errors.h"
#include "tiles.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Generator.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <dlfcn.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace tandem::functions {

napi_value version(Call& call) { return call.text(TORCH_VERSION); }

/// buildSettings(): libtorch's own report of how it was built
napi_value buildSettings(Call& call) { return call.text(at::show_config()); }

/// capabilities(): what the doctor and the choice of precision need to know
napi_value capabilities(Call& call) {
  napi_value object = call.object();
  const auto& context = at::globalContext();
  call.set(object, "mkldnn", call.boolean(context.hasMKLDNN()));
  call.set(object, "mkl", call.boolean(context.hasMKL()));
  call.set(object, "lapack", call.boolean(context.hasLAPACK()));
  call.set(object, "openmp", call.boolean(context.hasOpenMP()));
  call.set(object, "wideVectors", call.boolean(widestVectors() != Vectors::plain));
  call.set(object, "tiles", call.boolean(tiles::areThere()));
  call.set(object, "cudaDevices", call.number(static_cast<double>(at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0)));
#if TANDEM_TORCH_AT_LEAST(2, 0)
  call.set(object, "mps", call.boolean(context.hasMPS()));
#else
  call.set(object, "mps", call.boolean(at::hasMPS()));
#endif
  // OpenBLAS is found by name whichever of its variants the system linked behind libblas.
  using ConfigFn = char* (*)();
  auto config = reinterpret_cast<ConfigFn>(dlsym(RTLD_DEFAULT, "openblas_get_config"));
  call.set(object, "openblas", config ? call.text(config()) : call.undefined());
  return object;
}

napi_value threads(Call& call) { return call.number(at::get_num_threads()); }

/// setThreads(n): for libtorch's own loops and for OpenBLAS, which keeps a count of its own
void setThreads(Call& call) {
  int count = static_cast<int>(call.integerAt(0));
  if (count < 1) throw std::invalid_argument("setThreads: there must be at least 1");
  at::set_num_threads(count);
  using SetFn = void (*)(int);
  if (auto set = reinterpret_cast<SetFn>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(count);
}

/// allocatedBytes(): what is allocated and not freed, memory held back from the system left out;
/// undefined where the C library cannot tell
napi_value allocatedBytes(Call& call) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  auto info = mallinfo2();
  return call.number(static_cast<double>(info.uordblks + info.hblkhd));
#else
  return call.undefined();
#endif
}

namespace {

at::Generator generatorOf(const std::string& device) { return at::globalContext().defaultGenerator(deviceOf(device)); }

}  // namespace

/// seed(n): every default generator
void seed(Call& call) {
  auto value = static_cast<uint64_t>(call.integerAt(0));
  at::manual_seed(value);
}

/// generatorState(device): a uint8 tensor
napi_value generatorState(Call& call) {
  std::string device = call.textAt(0);
  try {
    auto generator = generatorOf(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    return call.slot(generator.get_state());
  } catch (...) {
    rethrowAs("generatorState('" + device + "')");
  }
}

/// setGeneratorState(device, state)
void setGeneratorState(Call& call) {
  std::string device = call.textAt(0);
  const at::Tensor& state = call.tensorAt(1);
  try {
    auto generator = generatorOf(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(state);
  } catch (...) {
    rethrowAs(spelled("setGeneratorState", {state}));
  }
}

}  // namespace tandem::functions
