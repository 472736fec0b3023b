// All that differs between libtorch 1.13 and 2.x stands here.
#pragma once

#include <ATen/autocast_mode.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <optional>
#include <stdexcept>

#if defined(TANDEM_DIST)
#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#endif

#if defined(TANDEM_NCCL)
#ifndef USE_C10D_NCCL
#define USE_C10D_NCCL
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

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

#if TANDEM_TORCH_AT_LEAST(2, 0)
namespace warnings = c10::WarningUtils;
#else
namespace warnings = c10::Warning;
#endif

/// While it lives, warnings that begin so are not shown.
class WithoutWarning : c10::WarningHandler {
 public:
  explicit WithoutWarning(std::string beginning) : beginning_(std::move(beginning)) {}

 private:
#if TANDEM_TORCH_AT_LEAST(2, 0)
  void process(const c10::Warning& warning) override {
    if (warning.msg().rfind(beginning_, 0) != 0) others_->process(warning);
  }
#else
  void process(const c10::SourceLocation& where, const std::string& text, const bool verbatim) override {
    if (text.rfind(beginning_, 0) != 0) others_->process(where, text, verbatim);
  }
#endif

  std::string beginning_;
  c10::WarningHandler* others_ = warnings::get_warning_handler();
  warnings::WarningHandlerGuard guard_{this};
};

#if defined(TANDEM_DIST)
/// What c10d's engines, Gloo and NCCL, have in common.
#if TANDEM_TORCH_AT_LEAST(2, 0)
using Engine = c10d::Backend;
#else
using Engine = c10d::ProcessGroup;
#endif

/// c10d's Reducer for buckets that stay as they are laid out. By itself it lays them out anew after
/// its first step, and sums in another order from then on.
class Reducer : public c10d::Reducer {
 public:
  using Buckets = std::vector<std::vector<size_t>>;

#if TANDEM_TORCH_AT_LEAST(2, 0)
  Reducer(const std::vector<at::Tensor>& parameters, Buckets buckets, std::vector<size_t> /* limits */,
          const c10::intrusive_ptr<c10d::ProcessGroupGloo>& gloo)
      : c10d::Reducer(parameters, std::move(buckets), wrapped(gloo), {}, kCap, false, true, {}, kCap, false, false, {}) {
    has_rebuilt_bucket_ = true;
  }

 private:
  /// Groups of 2.x hold an engine for each device.
  static c10::intrusive_ptr<c10d::ProcessGroup> wrapped(const c10::intrusive_ptr<c10d::ProcessGroupGloo>& gloo) {
    auto group = c10::make_intrusive<c10d::ProcessGroup>(c10::make_intrusive<c10d::HashStore>(), gloo->getRank(), gloo->getSize());
    group->setDefaultBackend(c10d::ProcessGroup::BackendType::GLOO);
    group->setBackend(c10::kCPU, c10d::ProcessGroup::BackendType::GLOO, gloo);
    return group;
  }
#else
  Reducer(const std::vector<at::Tensor>& parameters, Buckets buckets, std::vector<size_t> limits,
          const c10::intrusive_ptr<c10d::ProcessGroupGloo>& gloo)
      : c10d::Reducer(parameters, std::move(buckets), std::move(limits), gloo, {}, kCap, false, true, {}, kCap) {
    has_rebuilt_bucket_ = true;
  }

 private:
#endif
  static constexpr int64_t kCap = 8 << 20;
};
#endif

}  // namespace tandem::compat
