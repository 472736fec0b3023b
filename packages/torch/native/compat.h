// All that differs between libtorch 1.13 and 2.x stands here.
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include <optional>
#include <stdexcept>

#define TANDEM_TORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

#if TANDEM_TORCH_AT_LEAST(2, 4)
namespace c10 {
// libtorch dropped its own optional for the standard one.
template <typename T>
using optional = std::optional<T>;
using std::nullopt;
}  // namespace c10
#endif

namespace tandem::compat {

struct Autocast {
  bool enabled;
  at::ScalarType dtype;
};

inline Autocast autocast(at::DeviceType device) {
#if TANDEM_TORCH_AT_LEAST(2, 4)
  return {at::autocast::is_autocast_enabled(device), at::autocast::get_autocast_dtype(device)};
#else
  if (device == at::kCPU) return {at::autocast::is_cpu_enabled(), at::autocast::get_autocast_cpu_dtype()};
  if (device == at::kCUDA) return {at::autocast::is_enabled(), at::autocast::get_autocast_gpu_dtype()};
  throw std::invalid_argument("this libtorch has no autocast for that device; use cpu or cuda, or libtorch 2.4 or newer");
#endif
}

inline void setAutocast(at::DeviceType device, Autocast value) {
#if TANDEM_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_enabled(device, value.enabled);
  at::autocast::set_autocast_dtype(device, value.dtype);
#else
  if (device == at::kCPU) {
    at::autocast::set_cpu_enabled(value.enabled);
    at::autocast::set_autocast_cpu_dtype(value.dtype);
  } else {
    at::autocast::set_enabled(value.enabled);
    at::autocast::set_autocast_gpu_dtype(value.dtype);
  }
#endif
}

}  // namespace tandem::compat
