// Debian's libtorch-dev lacks this header, which c10d/reducer.hpp includes. Here is what that names
// of it: a type of functions, and a pointer that stays empty. Where torch's own is, it is found
// first.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>

namespace torch::distributed::autograd {

class DistAutogradContext {
 public:
  using GradCallback = std::function<bool(at::Tensor&)>;
};

using ContextPtr = std::shared_ptr<DistAutogradContext>;

}  // namespace torch::distributed::autograd
