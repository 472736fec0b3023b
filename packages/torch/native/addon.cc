// The module: makes the state of this environment, opens the doors, and lets go of everything when
// the environment ends.
#include "doors.h"

namespace tandem {

namespace {

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
  std::vector<DoorEntry> doors;
  addCallDoors(doors);
  addSlotDoors(doors);
  addTensorDoors(doors);
  addAutogradDoors(doors);
  addRuntimeDoors(doors);
  addAsideDoors(doors);
  addCudaDoors(doors);
  for (const DoorEntry& door : doors) {
    napi_value function;
    check(env, napi_create_function(env, door.name, NAPI_AUTO_LENGTH, door.callback, state, &function));
    check(env, napi_set_named_property(env, exports, door.name, function));
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
