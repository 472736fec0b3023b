#include "state.h"

namespace tandem {

void Returns::add(napi_ref reference) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!closed_) waiting_.push_back(reference);
}

void Returns::drain(napi_env env) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (napi_ref reference : waiting_) napi_delete_reference(env, reference);
  waiting_.clear();
}

void Returns::close() {
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  waiting_.clear();
}

int32_t State::add(at::Tensor tensor, int32_t maker) {
  int32_t slot;
  if (free_.empty()) {
    if (slots_.size() >= kCapacity) {
      throw std::runtime_error("more than 1,048,576 live tensors; free them with scope() or dispose(), see liveTensors()");
    }
    slot = static_cast<int32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Slot& entry = slots_[slot];
  entry.tensor = std::move(tensor);
  entry.maker = maker;
  ++live_;
  if (!marks_.empty()) created_.push_back({slot, generations_[slot]});
  return slot;
}

Slot& State::at(int32_t slot) {
  if (slot < 0 || static_cast<size_t>(slot) >= slots_.size() || !slots_[slot].tensor.defined()) {
    throw std::invalid_argument("no live tensor in slot " + std::to_string(slot));
  }
  return slots_[slot];
}

const at::Tensor& State::tensor(int32_t slot) const { return const_cast<State*>(this)->at(slot).tensor; }

void State::keep(int32_t slot) { at(slot).owned = true; }

void State::dispose(int32_t slot) {
  at(slot);
  release(slot);
}

void State::release(int32_t slot) {
  Slot& entry = slots_[slot];
  entry.lastShape.assign(entry.tensor.sizes().begin(), entry.tensor.sizes().end());
  entry.lastDtype = entry.tensor.scalar_type();
  entry.tensor = at::Tensor();
  entry.owned = false;
  ++generations_[slot];
  --live_;
  free_.push_back(slot);
}

void State::beginScope() { marks_.push_back(created_.size()); }

void State::endScope(const std::vector<int64_t>& kept) {
  if (marks_.empty()) throw std::logic_error("no scope is open");
  for (int64_t slot : kept) at(static_cast<int32_t>(slot)).kept = true;
  size_t mark = marks_.back();
  marks_.pop_back();
  size_t end = created_.size();
  size_t next = mark;
  for (size_t i = mark; i < end; ++i) {
    Entry entry = created_[i];
    Slot& slot = slots_[entry.slot];
    if (generations_[entry.slot] != entry.generation || slot.owned) continue;
    if (!slot.kept) {
      release(entry.slot);
    } else if (!marks_.empty()) {
      created_[next++] = entry;  // the scope around this one answers for it now
    }
  }
  created_.resize(next);
  for (int64_t slot : kept) slots_[slot].kept = false;
}

void State::clear() {
  slots_.clear();
  free_.clear();
  created_.clear();
  marks_.clear();
  operators.clear();
  live_ = 0;
}

const at::Tensor& Call::tensorAt(size_t i) const { return state->tensor(slotAt(i)); }

napi_value Call::slot(at::Tensor tensor, int32_t maker) const { return integer(state->add(std::move(tensor), maker)); }

}  // namespace tandem
