// Tensors that JavaScript holds live in numbered slots, one table for each JavaScript environment.
// A slot's generation changes when it is freed; JavaScript sees the generations and so knows a
// stale reference at no cost.
#pragma once

#include "napi.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/SmallVector.h>

#include <memory>
#include <mutex>
#include <vector>

namespace tandem {

struct Slot {
  at::Tensor tensor;
  int32_t maker = -1;                 // the operator that made it, an index into State::operators
  bool owned = false;                 // adopted: no scope frees it
  bool kept = false;                  // scratch mark of endScope
  c10::SmallVector<int64_t, 5> lastShape;  // of the tensor freed last, for messages
  c10::ScalarType lastDtype = c10::ScalarType::Undefined;
};

/// How one argument of an operator is read from JavaScript; worked out once from its schema.
struct Parameter {
  enum class Kind : uint8_t { Tensor, Integer, Float, Bool, Scalar, Text, Device, Dtype, MemoryFormat, Layout, Other };
  Kind kind = Kind::Other;
  bool optional = false;
  bool list = false;
  bool optionalElement = false;
  int32_t length = 0;  // of a fixed-size list, where one number stands for all
  bool hasDefault = false;
  c10::IValue fallback;
  std::string name;
};

struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<Parameter> parameters;
  std::vector<bool> writesArgument;  // of each result: it is an argument changed in place
};

/// Buffers shared with JavaScript whose tensors have died. Deleters run on any thread, even after
/// the environment is gone, so they only leave a note here; the JavaScript thread lets go at its
/// next visit.
class Returns {
 public:
  void add(napi_ref reference);
  void drain(napi_env env);
  void close();

 private:
  std::mutex mutex_;
  std::vector<napi_ref> waiting_;
  bool closed_ = false;
};

class State {
 public:
  static constexpr uint32_t kCapacity = 1 << 20;

  void attach(uint32_t* generations) { generations_ = generations; }

  int32_t add(at::Tensor tensor, int32_t maker);
  const at::Tensor& tensor(int32_t slot) const;
  void keep(int32_t slot);
  void dispose(int32_t slot);
  void beginScope();
  void endScope(const std::vector<int64_t>& kept);
  void clear();

  const std::vector<Slot>& slots() const { return slots_; }
  uint32_t generation(int32_t slot) const { return generations_[slot]; }
  size_t live() const { return live_; }

  std::vector<Operator> operators;
  std::shared_ptr<Returns> returns = std::make_shared<Returns>();
  std::vector<std::unique_ptr<c10::InferenceMode>> inference;

 private:
  struct Entry {
    int32_t slot;
    uint32_t generation;
  };

  Slot& at(int32_t slot);
  void release(int32_t slot);

  uint32_t* generations_ = nullptr;
  std::vector<Slot> slots_;
  std::vector<int32_t> free_;
  std::vector<Entry> created_;   // by the open scopes, in order
  std::vector<size_t> marks_;    // where each open scope begins in created_
  size_t live_ = 0;
};

}  // namespace tandem
