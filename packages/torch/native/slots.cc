// Scopes, ownership, and what is alive.
#include "functions.h"

#include "errors.h"

#include <unordered_set>

namespace tandem::functions {

/// attach(generations): shares the table of generations, a Uint32Array that stays alive as long as
/// the environment.
void attach(Call& call) {
  void* data = nullptr;
  size_t length = 0;
  check(call.env, napi_get_typedarray_info(call.env, call.args[0], nullptr, &length, &data, nullptr, nullptr));
  if (length != State::kCapacity) throw std::invalid_argument("the table of generations has the wrong length");
  napi_ref reference;
  check(call.env, napi_create_reference(call.env, call.args[0], 1, &reference));
  call.state->attach(static_cast<uint32_t*>(data));
}

napi_value capacity(Call& call) { return call.number(State::kCapacity); }

void beginScope(Call& call) {
  call.state->returns->drain(call.env);
  call.state->beginScope();
}

void endScope(Call& call) {
  call.state->endScope(call.integersAt(0));
}

void keep(Call& call) {
  call.state->keep(call.slotAt(0));
}

void dispose(Call& call) {
  call.state->dispose(call.slotAt(0));
}

napi_value liveCount(Call& call) { return call.number(static_cast<double>(call.state->live())); }

/// live(): [slot, operator or null, bytes, owned] of each live tensor; storage shared by several is
/// counted once.
napi_value live(Call& call) {
  std::vector<napi_value> rows;
  std::unordered_set<const void*> seen;
  const auto& slots = call.state->slots();
  for (size_t i = 0; i < slots.size(); ++i) {
    const Slot& slot = slots[i];
    if (!slot.tensor.defined()) continue;
    double bytes = 0;
    if (slot.tensor.has_storage() && seen.insert(slot.tensor.storage().unsafeGetStorageImpl()).second) {
      bytes = static_cast<double>(slot.tensor.storage().nbytes());
    }
    const auto& operators = call.state->operators;
    napi_value maker = slot.maker >= 0 ? call.text(operators[slot.maker].name) : call.undefined();
    rows.push_back(call.array({call.number(static_cast<double>(i)), maker, call.number(bytes), call.boolean(slot.owned)}));
  }
  return call.array(rows);
}

/// freed(slot): what the slot held last, as "float32[2, 3]"; empty when it holds a newer tensor by
/// now.
napi_value freed(Call& call) {
  const Slot& slot = call.state->slots().at(call.slotAt(0));
  if (slot.tensor.defined() || slot.lastDtype == c10::ScalarType::Undefined) return call.text("");
  return call.text(describe(slot.lastDtype, slot.lastShape));
}

}  // namespace tandem::functions
