// Maps that the backward pass makes again, since keeping them from the forward pass takes more
// memory than anything else does. What makes such a map is a Maker; what reads it keeps an Input.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace tandem::recomputed {

/// A pointer to any node: newer libtorches count references in the node, older ones beside it.
using AnyNode = std::decay_t<decltype(std::declval<const at::Tensor&>().grad_fn())>;

template <typename Pointer>
struct Make;
template <typename Node>
struct Make<std::shared_ptr<Node>> {
  template <typename Own>
  static std::shared_ptr<Own> node() {
    return {new Own(), [](auto* node) { deleteNode(node); }};
  }
};
template <typename Node, typename Null>
struct Make<c10::intrusive_ptr<Node, Null>> {
  template <typename Own>
  static c10::intrusive_ptr<Own> node() {
    return c10::make_intrusive<Own>();
  }
};

template <typename Own>
auto makeNode() {
  return Make<AnyNode>::template node<Own>();
}

/// Records `node` as what made `result` from `inputs`.
template <typename... Inputs>
void record(at::Tensor& result, const AnyNode& node, const Inputs&... inputs) {
  node->set_next_edges(torch::autograd::collect_next_edges(inputs...));
  torch::autograd::set_history(result, node);
}

/// A node whose result can be made again from what it keeps.
class Maker : public torch::autograd::Node {
 public:
  /// The result, the same bits as in the forward pass. All that read it have it from the first of
  /// them to the maker's own turn.
  const at::Tensor& again() {
    if (!made_.defined()) made_ = make();
    return made_;
  }

  void release_variables() override { made_.reset(); }

 protected:
  virtual at::Tensor make() = 0;

  at::Tensor made_;
};

/// What a node needs of an input in the backward pass: its maker where it has one, or itself.
class Input {
 public:
  Input() = default;

  explicit Input(const at::Tensor& x) {
    // Whoever wrote into the result since made another map of it.
    if (x.defined() && x._version() == 0) maker_ = dynamic_cast<Maker*>(x.grad_fn().get());
    if (maker_) node_ = x.grad_fn();
    else kept_ = torch::autograd::SavedVariable(x, false);
  }

  bool isRecomputed() const { return maker_ != nullptr; }

  /// With its place in the graph where the gradient is to have a gradient.
  at::Tensor get() const {
    TORCH_CHECK(!isReleased_, "trying to go backward through the graph a second time");
    if (!maker_) return kept_.unpack();
    const at::Tensor& made = maker_->again();
    if (!at::GradMode::is_enabled()) return made;
    at::Tensor placed = made.detach();
    torch::autograd::impl::set_gradient_edge(placed, {node_, 0});
    return placed;
  }

  void release() {
    isReleased_ = true;
    maker_ = nullptr;
    node_.reset();
    kept_.reset_data();
  }

 private:
  Maker* maker_ = nullptr;
  AnyNode node_;  // which holds it
  bool isReleased_ = false;
  torch::autograd::SavedVariable kept_;
};

}  // namespace tandem::recomputed
