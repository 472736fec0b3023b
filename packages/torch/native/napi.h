// The few things every function needs from Node-API: arguments, results, and C++ exceptions turned
// into JavaScript errors.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace at {
class Tensor;
}

namespace tandem {

class State;

/// Whether JavaScript holds this number as an exact integer.
bool isSafeInteger(double value);

/// Thrown when JavaScript has already an exception pending; the function just returns.
struct Pending {};

inline void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  if (status == napi_pending_exception) throw Pending{};
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw std::invalid_argument(info && info->error_message ? info->error_message : "Node-API call failed");
}

/// One call from JavaScript: its arguments, and makers of results.
struct Call {
  static constexpr size_t kMaxArguments = 16;

  napi_env env;
  State* state = nullptr;
  size_t count = kMaxArguments;
  napi_value args[kMaxArguments];

  Call(napi_env e, napi_callback_info info) : env(e) {
    check(env, napi_get_cb_info(env, info, &count, args, nullptr, reinterpret_cast<void**>(&state)));
    if (count > kMaxArguments) throw std::invalid_argument("too many arguments");
  }

  int64_t integerAt(size_t i) const;
  int32_t slotAt(size_t i) const;
  const at::Tensor& tensorAt(size_t i) const;
  bool booleanAt(size_t i) const;
  double numberAt(size_t i) const;
  std::string textAt(size_t i) const;
  std::vector<int64_t> integersAt(size_t i) const;
  bool absent(size_t i) const;

  napi_value undefined() const;
  napi_value number(double value) const;
  napi_value integer(int32_t value) const;
  /// A new slot that holds the tensor; `maker` is the operator that made it, -1 for none.
  napi_value slot(at::Tensor tensor, int32_t maker = -1) const;
  napi_value boolean(bool value) const;
  napi_value text(const std::string& value) const;
  napi_value integers(const int64_t* values, size_t length) const;
  napi_value array(const std::vector<napi_value>& values) const;
  napi_value object() const;
  void set(napi_value object, const char* name, napi_value value) const;
};

std::invalid_argument wrongCount(size_t expected, size_t given);

napi_valuetype typeOf(napi_env env, napi_value value);
std::string textOf(napi_env env, napi_value value);
std::vector<napi_value> elementsOf(napi_env env, napi_value array);

/// Throws the current C++ exception into JavaScript as one Error with one clear line.
void rethrowToJs(napi_env env) noexcept;

constexpr size_t kAnyNumber = static_cast<size_t>(-1);

/// A function as Node-API calls it: with so many arguments, and no C++ exception passes.
template <auto function, size_t argumentCount>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    Call call(env, info);
    if (argumentCount != kAnyNumber && call.count != argumentCount) throw wrongCount(argumentCount, call.count);
    if constexpr (std::is_void_v<decltype(function(call))>) {
      function(call);
      return nullptr;  // undefined
    } else {
      return function(call);
    }
  } catch (...) {
    rethrowToJs(env);
    return nullptr;
  }
}

}  // namespace tandem
