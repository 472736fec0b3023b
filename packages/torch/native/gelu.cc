// tandem::exact_gelu: x P(X <= x) for a standard normal X, in one pass over memory each way.
#include "clones.h"
#include "compat.h"
#include "lanes.h"
#include "recomputed.h"

#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>

namespace tandem::gelu {

namespace {

/// P(X <= x) and exp(-x^2 / 2). For z = |x| / sqrt(2) and t = 1 / (1 + .4 z) the polynomial is
/// erfc(z) exp(z^2) / 2t to 7e-8 of it for z up to 11, a minimax fit of degree 8; so the tail is
/// exact to a few digits even where it is nearly 0.
inline __attribute__((always_inline)) void below(const Lanes& x, Lanes& p, Lanes& bell) {
  const Lanes z = (x < 0.0f ? -x : x) * 0.707106781f, t = 1.0f / (1.0f + 0.4f * z);
  constexpr float parts[] = {0.0214407766f, -0.0741311292f, 0.0502230265f, 0.0345466738f, 0.0464061613f, 0.0939145456f, 0.101654904f, 0.113122155f, 0.112822921f};
  Lanes sum = t * parts[0];
  for (int i = 1; i < 8; i++) sum = (sum + parts[i]) * t;
  exponentials(-z * z, bell);
  const Lanes tail = (sum + parts[8]) * t * bell;
  p = x < 0.0f ? tail : 1.0f - tail;
}

template <typename T>
inline __attribute__((always_inline)) void give(const T* x, int64_t blocks, T* y) {
  for (int64_t i = 0; i < blocks * lanes; i += lanes) {
    Lanes given, p, bell;
    load(x + i, given);
    below(given, p, bell);
    store(given * p, y + i);
  }
}

template <typename T>
inline __attribute__((always_inline)) void giveBack(const T* x, const T* dy, int64_t blocks, T* dx) {
  for (int64_t i = 0; i < blocks * lanes; i += lanes) {
    Lanes given, passed, p, bell;
    load(x + i, given);
    load(dy + i, passed);
    below(given, p, bell);
    store(passed * (p + given * bell * 0.398942280f), dx + i);
  }
}

using Half = c10::BFloat16;
TANDEM_CLONES void forward(const float* x, const float*, int64_t blocks, float* y) { give(x, blocks, y); }
TANDEM_CLONES void forward(const Half* x, const Half*, int64_t blocks, Half* y) { give(x, blocks, y); }
TANDEM_CLONES void backward(const float* x, const float* dy, int64_t blocks, float* dx) { giveBack(x, dy, blocks, dx); }
TANDEM_CLONES void backward(const Half* x, const Half* dy, int64_t blocks, Half* dx) { giveBack(x, dy, blocks, dx); }

/// work(first, second, blocks, to) on all of two maps; the last numbers go through a block of
/// their own.
template <typename T>
at::Tensor inBlocks(const at::Tensor& first, const at::Tensor& second, void (*work)(const T*, const T*, int64_t, T*)) {
  const at::Tensor result = at::empty_like(first);
  const int64_t whole = first.numel() / lanes, rest = first.numel() % lanes;
  const T *a = first.data_ptr<T>(), *b = second.data_ptr<T>();
  T* to = result.data_ptr<T>();
  at::parallel_for(0, whole, 1 << 10, [&](int64_t begin, int64_t end) { work(a + begin * lanes, b + begin * lanes, end - begin, to + begin * lanes); });
  if (rest > 0) {
    T padded[2][lanes] = {}, found[lanes];
    std::copy_n(a + whole * lanes, rest, padded[0]);
    std::copy_n(b + whole * lanes, rest, padded[1]);
    work(padded[0], padded[1], 1, found);
    std::copy_n(found, rest, to + whole * lanes);
  }
  return result;
}

at::Tensor applied(const at::Tensor& given) {
  const at::Tensor x = given.contiguous();
  return x.scalar_type() == at::kFloat ? inBlocks<float>(x, x, forward) : inBlocks<Half>(x, x, forward);
}

at::Tensor derived(const at::Tensor& given, const at::Tensor& passed) {
  const at::Tensor x = given.contiguous(), dy = passed.contiguous();
  return x.scalar_type() == at::kFloat ? inBlocks<float>(x, dy, backward) : inBlocks<Half>(x, dy, backward);
}

/// What it gives is made again for the backward pass.
struct Gelu : recomputed::Maker {
  recomputed::Input x;

  at::Tensor make() override { return applied(x.get().detach()); }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& incoming) override {
    const at::Tensor dy = incoming[0];
    incoming.clear();
    made_.reset();
    if (!dy.defined()) return {at::Tensor()};
    const at::Tensor given = x.get();
    if (at::GradMode::is_enabled()) return {at::gelu_backward(dy, given)};
    return {derived(given, dy)};
  }

  void release_variables() override {
    Maker::release_variables();
    x.release();
  }
};

at::Tensor exactGelu(const at::Tensor& x) {
  const bool isOfKind = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  if (!x.device().is_cpu() || !isOfKind || x.layout() != at::kStrided || x.numel() == 0) return at::gelu(x);
  at::Tensor y;
  {
    const at::NoGradGuard plain;
    y = applied(x);
  }
  if (!torch::autograd::compute_requires_grad(x)) return y;
  auto node = recomputed::makeNode<Gelu>();
  node->x = recomputed::Input(x);
  recomputed::record(y, node, x);
  return y;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) { library.def("exact_gelu(Tensor input) -> Tensor", exactGelu); }

}  // namespace tandem::gelu
