#include "errors.h"

#include "dtype.h"

#include <c10/util/Exception.h>

#include <new>
#include <sstream>
#include <utility>

namespace tandem {

namespace {

/// Some messages repeat lists of thousands of sizes.
std::string shortened(const std::string& text, size_t longest) {
  if (text.size() <= longest) return text;
  size_t end = longest;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not in the middle of a character
  return text.substr(0, end) + "...";
}

std::string oneLine(const std::string& text) {
  // libtorch appends where it raised and what its own developers may try; neither helps from
  // JavaScript.
  static const char* const kAppended[] = {"\nException raised from", " This could be because", " PyTorch splits its backend",
                                        " Hint: enable anomaly detection", " Set allow_unused=True",
                                        " Saved intermediate values of the graph", "\nSearch for `cuda", "\nCUDA kernel errors might",
                                        "\nDevice-side assertions were"};
  std::string head = text;
  for (const char* start : kAppended) head = head.substr(0, head.find(start));
  std::string line;
  for (char c : head) {
    bool space = c == '\n' || c == ' ';
    if (space && (line.empty() || line.back() == ' ')) continue;
    line.push_back(space ? ' ' : c);
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

std::string messageOfCurrentException() {
  try {
    throw;
  } catch (const c10::Error& error) {
    return shortened(oneLine(error.what_without_backtrace()), 300);
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& error) {
    return oneLine(error.what());
  } catch (...) {
    return "unknown native error";
  }
}

std::string describe(c10::ScalarType dtype, at::IntArrayRef sizes) {
  std::string text = dtypeName(dtype) + '[';
  for (size_t i = 0; i < sizes.size(); ++i) text += (i ? ", " : "") + std::to_string(sizes[i]);
  return text + ']';
}

std::string describe(const at::Tensor& tensor) {
  if (!tensor.defined()) return "null";
  std::string text = describe(tensor.scalar_type(), tensor.sizes());
  return tensor.device().is_cpu() ? text : text + '@' + tensor.device().str();
}

/// The first few; lists of parameters are long.
std::string joined(const std::vector<at::Tensor>& tensors) {
  std::string text;
  for (size_t i = 0; i < tensors.size() && i < 4; ++i) text += (i ? ", " : "") + describe(tensors[i]);
  return tensors.size() > 4 ? text + ", ..." : text;
}

std::string describe(const c10::IValue& value) {
  if (value.isTensor()) return describe(value.toTensor());
  std::ostringstream out;
  if (value.isTensorList()) {
    out << '[' << joined(value.toTensorVector()) << ']';
  } else if (value.isList()) {
    // Element by element: libtorch would print what the tensors of an optional list hold.
    auto list = value.toListRef();
    out << '[';
    for (size_t i = 0; i < list.size() && i < 8; ++i) out << (i ? ", " : "") << describe(list[i]);
    out << (list.size() > 8 ? ", ...]" : "]");
  } else if (value.isNone()) {
    out << "null";
  } else if (value.isString()) {
    out << '\'' << value.toStringRef() << '\'';
  } else {
    out << value;
  }
  return shortened(out.str(), 100);
}

std::string spelled(const std::string& name, const std::vector<at::Tensor>& operands) {
  return name + "(" + joined(operands) + ")";
}

std::string cureFor(const std::string& message) {
  static const std::pair<const char*, const char*> kCures[] = {
      {"must have the same dtype", "convert one with x.to(dtype)"},
      {"expected scalar type", "convert with x.to(dtype)"},
      {"same dtype", "convert one with x.to(dtype)"},
      {"type Float but", "convert with x.to(dtype)"},
      {"not implemented for", "convert with x.to(dtype) first"},
      {"can't be cast to", "write into a tensor of that dtype, or convert with x.to(dtype)"},
      {"Could not run", "use device cpu, or a libtorch that was built for that device; see capabilities()"},
      {"without ATen_cuda", "use device cpu, or a libtorch that was built with CUDA; see capabilities()"},
      {"not linked with support for", "use device cpu, or a libtorch that was built for that device; see capabilities()"},
      {"Found no NVIDIA driver", "use device cpu, or install the driver"},
      {"driver version is insufficient", "use device cpu, or install a driver that is new enough"},
      {"no CUDA-capable device", "use device cpu"},
      {"invalid device ordinal", "use a device that is there; see capabilities()"},
      {"index out of range", "indices count from 0 and end below the size"},
      {"Sizes of tensors must match", "only the joined dimension may differ"},
      {"RNG state", "take the state from generatorState()"},
      {"same device", "move one with x.to(device)"},
      {"must match the size of tensor", "sizes must be equal or 1 to broadcast"},
      {"cannot be multiplied", "the inner sizes must be equal; look for a missing transpose"},
      {"to have 3 channels", "the second dimension must be the layer's input channels"},
      {"channels", "the input's channel dimension must fit the weight"},
      {"is invalid for input of size", "the sizes must multiply to the number of elements"},
      {"Dimension out of range", "dimensions count from 0, or from the end with -1"},
      {"leaf Variable that requires grad", "wrap the change in noGrad(() => ...)"},
      {"backward through the graph a second time", "pass { retainGraph: true } to the first backward"},
      {"invalid gradient at index", "the gradient must have the shape of the tensor"},
      {"Mismatch in shape: grad_output", "the gradient must have the shape of the tensor"},
      {"can require gradients", "convert with x.to('float32') first"},
      {"to not have been used in the graph", "pass { allowUnused: true } to get null for it"},
      {"does not require grad", "set requiresGrad on an input, and do not compute inside noGrad"},
      {"grad can be implicitly created only for scalar", "reduce to one number first, or pass a gradient"},
      {"modified by an inplace operation", "use the operator without the trailing _ there"},
      {"can't allocate memory", "lower the batch size"},
      {"out of memory", "lower the batch size"},
      {"Inference tensors cannot be saved", "make it outside inferenceMode, or clone it"},
  };
  for (const auto& [pattern, cure] : kCures) {
    if (message.find(pattern) != std::string::npos) return cure;
  }
  return "";
}

void rethrowAs(const std::string& name) {
  std::string message = messageOfCurrentException();
  std::string cure = cureFor(message);
  throw std::invalid_argument(name + ": " + message + (cure.empty() ? "" : " (" + cure + ")"));
}

}  // namespace tandem
