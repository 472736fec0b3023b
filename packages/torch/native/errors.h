// What went wrong, in one line: libtorch's own words without its traces, the operands given, and
// the cure where it is known.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <string>

namespace tandem {

/// The message of the exception being handled, on one line. Call inside a catch block.
std::string messageOfCurrentException();

/// "float32[2, 3]".
std::string describe(c10::ScalarType dtype, at::IntArrayRef sizes);

/// The same for a tensor, its value for a small argument.
std::string describe(const at::Tensor& tensor);
std::string describe(const c10::IValue& value);
std::string joined(const std::vector<at::Tensor>& tensors);

/// "backward(float32[2])": a call as errors show it.
std::string spelled(const std::string& name, const std::vector<at::Tensor>& operands);

/// A hint for messages that users meet often; empty when there is none.
std::string cureFor(const std::string& message);

/// Throws the exception being handled again as "name: message (cure)".
[[noreturn]] void rethrowAs(const std::string& name);

}  // namespace tandem
