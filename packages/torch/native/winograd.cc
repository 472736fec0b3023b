// tandem::conv2d_winograd: 3x3 convolutions by Winograd's F(4x4, 3x3), after Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks" (arXiv 1509.09308). A 4x4 piece of the output takes
// 36 multiplications for each pair of channels, where the definition takes 144.
//
//   y = A'((G w G') . (B' x B)) A for each 6x6 piece of x, two pixels shared with the next; "."
//   multiplies channels, one matrix for each of 36 places
//
// Its gradients are the same maps transposed. The six of them are two loops: `unfold` takes pieces
// of an image, `fold` adds pieces to one.
#include "clones.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace tandem::winograd {

namespace {

/// Channels that are worked on together.
constexpr int64_t lanes = 16;
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float)), aligned(4)));

template <int rows, int columns>
struct Matrix {
  static constexpr int height = rows, width = columns;
  float at[rows][columns];

  constexpr Matrix<columns, rows> transposed() const {
    Matrix<columns, rows> result{};
    for (int i = 0; i < rows; ++i) {
      for (int k = 0; k < columns; ++k) result.at[k][i] = at[i][k];
    }
    return result;
  }
};

// The polynomials are compared at 0, 1, -1, 2, -2 and infinity.
constexpr Matrix<6, 6> Bt = {{
    {4, 0, -5, 0, 1, 0},
    {0, -4, -4, 1, 1, 0},
    {0, 4, -4, -1, 1, 0},
    {0, -2, -1, 2, 1, 0},
    {0, 2, -1, -2, 1, 0},
    {0, 4, 0, -5, 0, 1},
}};
constexpr Matrix<6, 3> G = {{
    {1.f / 4, 0, 0},
    {-1.f / 6, -1.f / 6, -1.f / 6},
    {-1.f / 6, 1.f / 6, -1.f / 6},
    {1.f / 24, 1.f / 12, 1.f / 6},
    {1.f / 24, -1.f / 12, 1.f / 6},
    {0, 0, 1},
}};
constexpr Matrix<4, 6> At = {{
    {1, 1, 1, 1, 1, 0},
    {0, 1, -1, 2, -2, 0},
    {0, 1, 1, 4, 4, 0},
    {0, 1, -1, 8, -8, 1},
}};
constexpr auto B = Bt.transposed();
constexpr auto Gt = G.transposed();
constexpr auto A = At.transposed();

/// P x P' of a square of lanes.
template <const auto& P>
inline __attribute__((always_inline)) void sandwich(const Lanes (&x)[P.width][P.width], Lanes (&result)[P.height][P.height]) {
  Lanes half[P.height][P.width];
#pragma GCC unroll 8
  for (int i = 0; i < P.height; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < P.width; ++j) {
      Lanes sum = {};
#pragma GCC unroll 8
      for (int k = 0; k < P.width; ++k) {
        if (P.at[i][k] != 0) sum += P.at[i][k] * x[k][j];
      }
      half[i][j] = sum;
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < P.height; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < P.height; ++j) {
      Lanes sum = {};
#pragma GCC unroll 8
      for (int k = 0; k < P.width; ++k) {
        if (P.at[j][k] != 0) sum += P.at[j][k] * half[i][k];
      }
      result[i][j] = sum;
    }
  }
}

/// Images [n, height, width, channels] and the squares that cover them: `step` pixels from one to
/// the next, the first `before` pixels outside.
struct Cover {
  int64_t n, height, width, channels, step, before;

  int64_t down() const { return (height + step - 1) / step; }
  int64_t across() const { return (width + step - 1) / step; }
  int64_t pieces() const { return n * down() * across(); }
};

/// pieces [places, pieces, channels] = P square P' of each square of images `from` to `to`, zero
/// outside.
template <const auto& P>
inline __attribute__((always_inline)) void unfoldImages(const Cover& cover, const float* images, float* pieces, int64_t from, int64_t to) {
  const auto [n, height, width, channels, step, before] = cover;
  const int64_t down = cover.down(), across = cover.across(), place = cover.pieces() * channels;
  for (int64_t piece = from * down * across; piece < to * down * across; ++piece) {
    const float* image = images + piece / (down * across) * height * width * channels;
    const int64_t top = piece / across % down * step - before, left = piece % across * step - before;
    for (int64_t c = 0; c < channels; c += lanes) {
      Lanes square[P.width][P.width], result[P.height][P.height];
      for (int i = 0; i < P.width; ++i) {
        for (int j = 0; j < P.width; ++j) {
          const int64_t y = top + i, x = left + j;
          const bool inside = y >= 0 && y < height && x >= 0 && x < width;
          square[i][j] = inside ? *reinterpret_cast<const Lanes*>(image + (y * width + x) * channels + c) : Lanes{};
        }
      }
      sandwich<P>(square, result);
      float* target = pieces + piece * channels + c;
      for (int i = 0; i < P.height * P.height; ++i) *reinterpret_cast<Lanes*>(target + i * place) = result[i / P.height][i % P.height];
    }
  }
}

/// Images `from` to `to`, zero at first, of which each square gets P piece P' of its piece added;
/// what lies outside is dropped.
template <const auto& P>
inline __attribute__((always_inline)) void foldImages(const Cover& cover, const float* pieces, float* images, int64_t from, int64_t to) {
  const auto [n, height, width, channels, step, before] = cover;
  const int64_t down = cover.down(), across = cover.across(), place = cover.pieces() * channels;
  for (int64_t piece = from * down * across; piece < to * down * across; ++piece) {
    float* image = images + piece / (down * across) * height * width * channels;
    const int64_t top = piece / across % down * step - before, left = piece % across * step - before;
    for (int64_t c = 0; c < channels; c += lanes) {
      Lanes square[P.width][P.width], result[P.height][P.height];
      const float* source = pieces + piece * channels + c;
      for (int i = 0; i < P.width * P.width; ++i) square[i / P.width][i % P.width] = *reinterpret_cast<const Lanes*>(source + i * place);
      sandwich<P>(square, result);
      for (int i = 0; i < P.height; ++i) {
        for (int j = 0; j < P.height; ++j) {
          const int64_t y = top + i, x = left + j;
          if (y >= 0 && y < height && x >= 0 && x < width) *reinterpret_cast<Lanes*>(image + (y * width + x) * channels + c) += result[i][j];
        }
      }
    }
  }
}

#define TANDEM_LOOP(name, loop, P) \
  TANDEM_CLONES void name(const Cover& cover, const float* source, float* target, int64_t from, int64_t to) { loop<P>(cover, source, target, from, to); }

TANDEM_LOOP(unfoldInput, unfoldImages, Bt)
TANDEM_LOOP(unfoldWeight, unfoldImages, G)
TANDEM_LOOP(unfoldGradient, unfoldImages, A)
TANDEM_LOOP(foldOutput, foldImages, At)
TANDEM_LOOP(foldInputGradient, foldImages, B)
TANDEM_LOOP(foldWeightGradient, foldImages, Gt)

using Loop = void (*)(const Cover&, const float*, float*, int64_t, int64_t);

/// An image's pieces are one thread's work, since they overlap.
at::Tensor run(Loop loop, const Cover& cover, const at::Tensor& source, at::Tensor target) {
  const float* read = source.data_ptr<float>();
  float* write = target.data_ptr<float>();
  at::parallel_for(0, cover.n, 1, [&](int64_t from, int64_t to) { loop(cover, read, write, from, to); });
  return target;
}

constexpr auto channelsLast = at::MemoryFormat::ChannelsLast;

at::Tensor unfold(Loop loop, const Cover& cover, const at::Tensor& images) {
  return run(loop, cover, images.contiguous(channelsLast), at::empty({36, cover.pieces(), cover.channels}, images.options()));
}

at::Tensor fold(Loop loop, const Cover& cover, const at::Tensor& pieces) {
  return run(loop, cover, pieces, at::empty({cover.n, cover.channels, cover.height, cover.width}, pieces.options().memory_format(channelsLast)).zero_());
}

/// How the 6x6 pieces of the input, the 4x4 ones of the output, and the kernels, which are one
/// piece each, are laid out.
Cover inputCover(const at::Tensor& x) { return {x.size(0), x.size(2), x.size(3), x.size(1), 4, 1}; }
Cover outputCover(const at::Tensor& x, int64_t channels) { return {x.size(0), x.size(2), x.size(3), channels, 4, 0}; }
Cover weightCover(const at::Tensor& weight) { return {weight.size(0), 3, 3, weight.size(1), 3, 0}; }

/// The product at each of the 36 places is one thread's work: faster than all threads for one after
/// the other.
at::Tensor products(const at::Tensor& a, const at::Tensor& b) {
  at::Tensor result = at::empty({36, a.size(1), b.size(2)}, a.options());
  at::parallel_for(0, 36, 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      at::Tensor place = result.select(0, i);
      at::mm_out(place, a.select(0, i), b.select(0, i));
    }
  });
  return result;
}

struct Winograd : torch::autograd::Function<Winograd> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight) {
    const c10::impl::ExcludeDispatchKeyGuard inFloat32(c10::autocast_dispatch_keyset);
    context->save_for_backward({x, weight});
    at::Tensor v = unfold(unfoldInput, inputCover(x), x);
    at::Tensor u = unfold(unfoldWeight, weightCover(weight), weight);
    return fold(foldOutput, outputCover(x, weight.size(0)), products(v, u.transpose(1, 2)));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "conv2d_winograd has no second derivative");
    const c10::impl::ExcludeDispatchKeyGuard inFloat32(c10::autocast_dispatch_keyset);
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    at::Tensor dm = unfold(unfoldGradient, outputCover(x, weight.size(0)), gradients[0]);
    at::Tensor dx, dw;
    if (context->needs_input_grad(0)) {
      at::Tensor u = unfold(unfoldWeight, weightCover(weight), weight);
      dx = fold(foldInputGradient, inputCover(x), products(dm, u));
    }
    if (context->needs_input_grad(1)) {
      at::Tensor v = unfold(unfoldInput, inputCover(x), x);
      dw = fold(foldWeightGradient, weightCover(weight), products(dm.transpose(1, 2), v));
    }
    return {dx, dw};
  }
};

at::Tensor conv2dWinograd(const at::Tensor& input, const at::Tensor& weight) {
  const auto whole = [](const at::Tensor& x) {
    return x.dim() == 4 && x.device().is_cpu() && x.scalar_type() == at::kFloat && x.size(1) % lanes == 0;
  };
  TORCH_CHECK(whole(input) && whole(weight) && weight.size(0) % lanes == 0 && weight.size(1) == input.size(1) && weight.size(2) == 3 && weight.size(3) == 3,
              "expected float32 images [n, in, h, w] and kernels [out, in, 3, 3] on the CPU, in and out multiples of ", lanes, ", got ", input.sizes(), " and ", weight.sizes());
  return Winograd::apply(input, weight);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("conv2d_winograd(Tensor input, Tensor weight) -> Tensor", conv2dWinograd);
}

}  // namespace tandem::winograd
