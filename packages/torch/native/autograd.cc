// Gradients, and the modes that switch recording off or change precision.
#include "functions.h"

#include "compat.h"
#include "convert.h"
#include "dtype.h"
#include "errors.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

namespace tandem::functions {

namespace {

using torch::autograd::variable_list;

variable_list tensorsOf(const Call& call, size_t i) {
  variable_list tensors;
  if (call.absent(i)) return tensors;
  for (int64_t slot : call.integersAt(i)) tensors.push_back(slot < 0 ? at::Tensor() : call.state->tensor(static_cast<int32_t>(slot)));
  return tensors;
}

}  // namespace

/// backward(outputs, gradients or null, retainGraph, createGraph)
void backward(Call& call) {
  variable_list outputs = tensorsOf(call, 0);
  variable_list gradients = tensorsOf(call, 1);
  bool retain = call.booleanAt(2), create = call.booleanAt(3);
  try {
    torch::autograd::backward(outputs, gradients, retain, create);
  } catch (...) {
    rethrowAs(spelled("backward", outputs));
  }
}

/// gradients(outputs, inputs, gradients or null, retainGraph, createGraph, allowUnused): slots, -1
/// where unused
napi_value gradients(Call& call) {
  variable_list outputs = tensorsOf(call, 0);
  variable_list inputs = tensorsOf(call, 1);
  variable_list given = tensorsOf(call, 2);
  bool retain = call.booleanAt(3), create = call.booleanAt(4), allowUnused = call.booleanAt(5);
  variable_list results;
  try {
    results = torch::autograd::grad(outputs, inputs, given, retain, create, allowUnused);
  } catch (...) {
    rethrowAs("grad([" + joined(outputs) + "], [" + joined(inputs) + "])");
  }
  std::vector<napi_value> slots;
  for (auto& result : results) slots.push_back(call.number(result.defined() ? call.state->add(result, -1) : -1));
  return call.array(slots);
}

napi_value requiresGrad(Call& call) { return call.boolean(call.tensorAt(0).requires_grad()); }

void setRequiresGrad(Call& call) {
  at::Tensor tensor = call.tensorAt(0);
  bool wanted = call.booleanAt(1);
  try {
    if (!tensor.is_leaf() && !wanted) throw std::invalid_argument("it can only be switched off on a leaf; use detach()");
    tensor.set_requires_grad(wanted);
  } catch (...) {
    rethrowAs(spelled("requiresGrad", {tensor}));
  }
}

napi_value isLeaf(Call& call) { return call.boolean(call.tensorAt(0).is_leaf()); }

/// gradient(slot, known): the slot of its gradient; `known` again when that slot already holds it,
/// -1 when there is none
napi_value gradient(Call& call) {
  const at::Tensor& gradient = call.tensorAt(0).grad();
  if (!gradient.defined()) return call.number(-1);
  int32_t known = call.slotAt(1);
  if (known >= 0 && call.state->slots()[known].tensor.is_same(gradient)) return call.number(known);
  return call.slot(gradient);
}

/// setGradient(slot, gradient slot or -1)
void setGradient(Call& call) {
  at::Tensor tensor = call.tensorAt(0);
  int32_t slot = call.slotAt(1);
  at::Tensor gradient = slot < 0 ? at::Tensor() : call.state->tensor(slot);
  if (gradient.defined() && (gradient.sizes() != tensor.sizes() || gradient.scalar_type() != tensor.scalar_type())) {
    throw std::invalid_argument(spelled("grad", {tensor}) + ": a gradient must have its tensor's shape and dtype, got " + describe(gradient));
  }
  tensor.mutable_grad() = gradient;
}

/// setGradMode(on): what it was before
napi_value setGradMode(Call& call) {
  bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(call.booleanAt(0));
  return call.boolean(before);
}

napi_value gradMode(Call& call) { return call.boolean(at::GradMode::is_enabled()); }

void beginInference(Call& call) {
  call.state->inference.push_back(std::make_unique<c10::InferenceMode>());
}

void endInference(Call& call) {
  if (call.state->inference.empty()) throw std::logic_error("inference mode is not on");
  call.state->inference.pop_back();
}

/// autocastEnabled(device)
napi_value autocastEnabled(Call& call) { return call.boolean(compat::autocast(deviceOf(call.textAt(0)).type()).enabled); }

/// beginAutocast(device, dtype, on): [dtype, on] of before, for endAutocast
napi_value beginAutocast(Call& call) {
  auto device = deviceOf(call.textAt(0)).type();
  auto before = compat::autocast(device);
  compat::setAutocast(device, {call.booleanAt(2), dtypeOf(call.textAt(1))});
  at::autocast::increment_nesting();
  return call.array({call.text(dtypeName(before.dtype)), call.boolean(before.enabled)});
}

/// endAutocast(device, dtype, on): puts back what beginAutocast returned
void endAutocast(Call& call) {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  compat::setAutocast(deviceOf(call.textAt(0)).type(), {call.booleanAt(2), dtypeOf(call.textAt(1))});
}

}  // namespace tandem::functions
