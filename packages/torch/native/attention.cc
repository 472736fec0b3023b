// tandem::self_attention: softmax(q k' / sqrt(size)) v of every head, of queries, keys and values
// that lie side by side as a transformer's linear layer leaves them.
//
// In float32 on CPUs, and in bfloat16 where there are tiles, a thread takes one head of one image
// through all passes, whose shares then stay in its core's cache; for the gradient they are made
// again. Operator by operator they would be kept, and go to memory and back six times. Elsewhere
// libtorch's own fused kernel does the same, and in 1.13, which has none, operators do.
#include "clones.h"
#include "compat.h"
#include "lanes.h"
#include "tiles.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace tandem::attention {

namespace {

/// Rows of scores, `stride` long of which `count` are there, to shares that sum to 1; the rest to
/// nothing. `logs` gets the logarithm of each row's sum.
TANDEM_CLONES void softmax(float* scores, int64_t rows, int64_t count, int64_t stride, float scale, float* logs) {
  for (int64_t row = 0; row < rows; row++) {
    float* s = scores + row * stride;
    for (int64_t i = count; i < stride; i++) s[i] = -std::numeric_limits<float>::infinity();
    Lanes most = lanesAt(s), sums = {};
    for (int64_t i = lanes; i < stride; i += lanes) most = most > lanesAt(s + i) ? most : lanesAt(s + i);
    float top = most[0], sum = 0;
    for (int64_t l = 1; l < lanes; l++) top = most[l] > top ? most[l] : top;
    for (int64_t i = 0; i < stride; i += lanes) {
      exponentials((lanesAt(s + i) - top) * scale, lanesAt(s + i));
      sums += lanesAt(s + i);
    }
    for (int64_t l = 0; l < lanes; l++) sum += sums[l];
    const float part = 1 / sum;
    for (int64_t i = 0; i < stride; i += lanes) lanesAt(s + i) *= part;
    logs[row] = top * scale + std::log(sum);
  }
}

/// The same shares from the logarithms of the sums.
TANDEM_CLONES void sharesAgain(float* scores, int64_t rows, int64_t stride, float scale, const float* logs) {
  for (int64_t row = 0; row < rows; row++) {
    float* s = scores + row * stride;
    for (int64_t i = 0; i < stride; i += lanes) exponentials(lanesAt(s + i) * scale - logs[row], lanesAt(s + i));
  }
}

/// From gradients of shares to those of scores: scale p (dp - their mean by p), which is o . do.
TANDEM_CLONES void throughSoftmax(float* gradients, const float* shares, int64_t rows, int64_t stride, float scale, const float* means) {
  for (int64_t row = 0; row < rows; row++) {
    float* g = gradients + row * stride;
    const float* p = shares + row * stride;
    for (int64_t i = 0; i < stride; i += lanes) lanesAt(g + i) = lanesAt(p + i) * (lanesAt(g + i) - means[row]) * scale;
  }
}

/// Where the parts of each head of each image lie, in float32 or bfloat16.
struct Heads {
  int64_t images, tokens, width, count, size, stride;
  float scale;
  tiles::Accuracy accuracy;

  Heads(const at::Tensor& qkv, int64_t heads)
      : images(qkv.size(0)), tokens(qkv.size(1)), width(qkv.size(2) / 3), count(heads), size(width / heads), stride((tokens + lanes - 1) / lanes * lanes),
        scale(static_cast<float>(1 / std::sqrt(static_cast<double>(size)))), accuracy(qkv.scalar_type() == at::kFloat ? tiles::Accuracy::float32 : tiles::Accuracy::bfloat16) {}

  int64_t all() const { return images * count; }
  /// Of head `which`: queries, keys or values (0, 1, 2), [tokens, size].
  at::Tensor of(const at::Tensor& qkv, int64_t part, int64_t which) const { return rows(qkv, which / count * tokens * 3 * width + (part * count + which % count) * size, 3 * width); }
  /// Of head `which` in what comes out, [tokens, size].
  at::Tensor out(const at::Tensor& y, int64_t which) const { return rows(y, which / count * tokens * width + which % count * size, width); }
  /// Room for scores, its rows filled up to whole vectors.
  at::Tensor room() const { return at::empty({tokens, stride}); }
  void multiply(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c) const { tiles::multiply(a, b, c, accuracy); }

 private:
  at::Tensor rows(const at::Tensor& x, int64_t from, int64_t each) const {
    return at::from_blob(static_cast<char*>(x.data_ptr()) + from * x.element_size(), {tokens, size}, {each, 1}, x.scalar_type());
  }
};

/// Runs `work` on every head, each on one thread.
template <typename Work>
void eachHead(const Heads& heads, const Work& work) {
  at::parallel_for(0, heads.all(), 1, [&](int64_t from, int64_t to) {
    const at::AutoDispatchBelowADInplaceOrView plain;
    const c10::impl::ExcludeDispatchKeyGuard inFloat32(c10::autocast_dispatch_keyset);
    work(from, to);
  });
}

/// What comes out, [n, tokens, width], and the logarithms of the sums, [n, heads, tokens].
std::pair<at::Tensor, at::Tensor> attend(const at::Tensor& qkv, const Heads& heads) {
  const at::Tensor y = at::empty({heads.images, heads.tokens, heads.width}, qkv.options());
  const at::Tensor logs = at::empty({heads.images, heads.count, heads.tokens}, at::kFloat);
  float* sums = logs.data_ptr<float>();
  eachHead(heads, [&](int64_t from, int64_t to) {
    const at::Tensor room = heads.room();
    at::Tensor shares = room.narrow(1, 0, heads.tokens);
    for (int64_t which = from; which < to; which++) {
      heads.multiply(heads.of(qkv, 0, which), heads.of(qkv, 1, which).t(), shares);
      softmax(room.data_ptr<float>(), heads.tokens, heads.tokens, heads.stride, heads.scale, sums + which * heads.tokens);
      at::Tensor own = heads.out(y, which);
      heads.multiply(shares, heads.of(qkv, 2, which), own);
    }
  });
  return {y, logs};
}

/// q, k, v [n, heads, tokens, size] to [n, heads, tokens, size], by its definition.
at::Tensor defined(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  return at::matmul(at::softmax(at::matmul(q * std::pow(static_cast<double>(q.size(-1)), -0.5), k.transpose(-2, -1)), -1), v);
}

/// The same by libtorch's own kernel, if it has one.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
#if TANDEM_TORCH_AT_LEAST(2, 1)
  return at::scaled_dot_product_attention(q, k, v);
#else
  return defined(q, k, v);
#endif
}

/// `attend` on the parts of qkv, [n, tokens, 3 width].
template <typename Attend>
at::Tensor onParts(const at::Tensor& qkv, int64_t heads, const Attend& attend) {
  const int64_t n = qkv.size(0), tokens = qkv.size(1), width = qkv.size(2) / 3;
  const auto parts = qkv.reshape({n, tokens, 3, heads, width / heads}).permute({2, 0, 3, 1, 4}).unbind();
  return attend(parts[0], parts[1], parts[2]).transpose(1, 2).reshape({n, tokens, width});
}

struct SelfAttention : torch::autograd::Function<SelfAttention> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& given, int64_t count) {
    const at::Tensor qkv = given.contiguous();
    const auto [y, logs] = attend(qkv, Heads(qkv, count));
    context->save_for_backward({qkv, y, logs});
    context->saved_data["heads"] = count;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const int64_t count = context->saved_data["heads"].toInt();
    if (at::GradMode::is_enabled()) return {torch::autograd::grad({onParts(saved[0], count, defined)}, {saved[0]}, {gradients[0]}, true, true)[0], {}};
    const at::Tensor &qkv = saved[0], &y = saved[1], &logs = saved[2], dy = gradients[0].contiguous();
    const Heads heads(qkv, count);
    const at::Tensor dqkv = at::empty_like(qkv);
    const at::Tensor means = (dy.to(at::kFloat) * y).view({heads.images, heads.tokens, heads.count, heads.size}).sum({3}, false, at::kFloat).transpose(1, 2).contiguous();
    const float *sums = logs.data_ptr<float>(), *mean = means.data_ptr<float>();
    eachHead(heads, [&](int64_t from, int64_t to) {
      const at::Tensor room = heads.room().zero_(), other = heads.room().zero_();
      at::Tensor shares = room.narrow(1, 0, heads.tokens), passed = other.narrow(1, 0, heads.tokens);
      float *s = room.data_ptr<float>(), *d = other.data_ptr<float>();
      for (int64_t which = from; which < to; which++) {
        const at::Tensor q = heads.of(qkv, 0, which), k = heads.of(qkv, 1, which), v = heads.of(qkv, 2, which), own = heads.out(dy, which);
        at::Tensor dq = heads.of(dqkv, 0, which), dk = heads.of(dqkv, 1, which), dv = heads.of(dqkv, 2, which);
        heads.multiply(q, k.t(), shares);
        sharesAgain(s, heads.tokens, heads.stride, heads.scale, sums + which * heads.tokens);
        heads.multiply(shares.t(), own, dv);
        heads.multiply(own, v.t(), passed);
        throughSoftmax(d, s, heads.tokens, heads.stride, heads.scale, mean + which * heads.tokens);
        heads.multiply(passed, k, dq);
        heads.multiply(passed.t(), q, dk);
      }
    });
    return {dqkv, {}};
  }
};

/// qkv [n, tokens, 3 width], of each token the queries of all heads, their keys, and their values,
/// to [n, tokens, width].
at::Tensor selfAttention(const at::Tensor& qkv, int64_t heads) {
  TORCH_CHECK(qkv.dim() == 3 && heads > 0 && qkv.size(2) % (3 * heads) == 0, "expected [n, tokens, 3 width] with a width that ", heads, " heads divide, got ", qkv.sizes());
  const bool isOfKind = qkv.scalar_type() == at::kFloat || (qkv.scalar_type() == at::kBFloat16 && tiles::areThere());
  if (qkv.device().is_cpu() && isOfKind && qkv.numel() > 0) return SelfAttention::apply(qkv, heads);
  return onParts(qkv, heads, attention);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("attention(Tensor q, Tensor k, Tensor v) -> Tensor", attention);
  library.def("self_attention(Tensor qkv, int heads) -> Tensor", selfAttention);
}

}  // namespace tandem::attention
