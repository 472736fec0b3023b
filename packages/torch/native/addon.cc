// The module: makes the state of this environment, exports the functions, and lets go of everything
// when the environment ends.
#include "functions.h"

namespace tandem {

namespace {

struct Function {
  const char* name;
  napi_callback callback;
};

#define TANDEM_ENTRY(Result, name, argumentCount) {#name, guarded<functions::name, argumentCount>},
constexpr Function kFunctions[] = {TANDEM_FUNCTIONS(TANDEM_ENTRY)};
#undef TANDEM_ENTRY

/// Runs before Node tears the environment down, on its own thread: no tensor outlives it, and late
/// deleters find the returns closed.
void close(void* data) {
  auto* state = static_cast<State*>(data);
  state->returns->close();
  state->inference.clear();
  state->clear();
  delete state;
}

napi_value open(napi_env env, napi_value exports) {
  auto* state = new State();
  check(env, napi_add_env_cleanup_hook(env, close, state));
  for (const auto& [name, callback] : kFunctions) {
    napi_value function;
    check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, state, &function));
    check(env, napi_set_named_property(env, exports, name, function));
  }
  return exports;
}

}  // namespace

}  // namespace tandem

NAPI_MODULE_INIT() {
  try {
    return tandem::open(env, exports);
  } catch (...) {
    tandem::rethrowToJs(env);
    return nullptr;
  }
}
