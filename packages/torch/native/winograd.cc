// 3x3 convolutions by Winograd's F(4x4, 3x3), after Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks" (arXiv 1509.09308). A 4x4 piece of the output takes
// 36 multiplications for each pair of channels, where the definition takes 144.
//
//   y = A'((G w G') . (B' x B)) A for each 6x6 piece of x, two pixels shared with the next; "."
//   multiplies channels, one matrix for each of 36 places
//
// The gradient of x is the same of the gradient of y with turned kernels. That of w is the
// transpose: G'(sum of (B' x B) . (A y' A')) G. Pieces are worked on in blocks that stay in a
// core's second-level cache through all passes.
#include "winograd.h"

#include "clones.h"
#include "winograd-blocks.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <functional>

namespace tandem::winograd {

namespace {

#define TANDEM_OF_TILES const Images &images, const Buffer &buffer, int64_t first, int64_t from, int64_t to
TANDEM_CLONES void gatherInput(const Pixels& pixels, TANDEM_OF_TILES) {
  if (pixels.factor) gatherTiles<Bt, 1, true>(images, pixels, buffer, first, from, to);
  else gatherTiles<Bt, 1, false>(images, pixels, buffer, first, from, to);
}
TANDEM_CLONES void gatherGradient(const Pixels& pixels, TANDEM_OF_TILES) { gatherTiles<A, 0, false>(images, pixels, buffer, first, from, to); }
TANDEM_CLONES void scatterOutput(float* pixels, const Finish& finish, TANDEM_OF_TILES) {
  if (finish.bias) scatterTiles<true>(images, buffer, pixels, finish, first, from, to);
  else scatterTiles<false>(images, buffer, pixels, finish, first, from, to);
}
#undef TANDEM_OF_TILES
TANDEM_CLONES void gatherWeight(const float* weight, const Kernels& kernels, int64_t from, int64_t to) { gatherKernels(weight, kernels, from, to); }
TANDEM_CLONES void gatherTurnedWeight(const float* weight, const Kernels& kernels, int64_t from, int64_t to) { gatherTurned(weight, kernels, from, to); }
TANDEM_CLONES void scatterWeight(const Kernels& kernels, int64_t parts, float* weight, int64_t from, int64_t to) { scatterKernels(kernels, parts, weight, from, to); }

/// Products at places `from` to `to` of so many tiles: of inputs and kernels, and of inputs and
/// gradients.
struct Products {
  void (*multiply)(const Buffer& v, const Kernels& u, const Buffer& m, int64_t tiles, int64_t from, int64_t to);
  void (*correlate)(const Buffer& v, const Buffer& d, const Kernels& u, bool adds, int64_t tiles, int64_t from, int64_t to);
};

// 6 rows by 4 vectors of 16 take 24 of AVX-512's 32 registers, by 2 vectors of 8 12 of AVX2's 16.
#define TANDEM_PRODUCTS(kind, target, Kind, columns)                                                                                  \
  target void multiply##kind(const Buffer& v, const Kernels& u, const Buffer& m, int64_t tiles, int64_t from, int64_t to) {            \
    multiplyPlaces<Kind, columns>(v, u, m, tiles, from, to);                                                                         \
  }                                                                                                                                    \
  target void correlate##kind(const Buffer& v, const Buffer& d, const Kernels& u, bool adds, int64_t tiles, int64_t from, int64_t to) { \
    if (adds) correlatePlaces<Kind, columns, true>(v, d, u, tiles, from, to);                                                        \
    else correlatePlaces<Kind, columns, false>(v, d, u, tiles, from, to);                                                            \
  }
TANDEM_PRODUCTS(Avx512, TANDEM_AVX512, Sixteen, 4)
TANDEM_PRODUCTS(Avx2, TANDEM_AVX2, Eight, 2)
TANDEM_PRODUCTS(Plain, , Eight, 2)
#undef TANDEM_PRODUCTS

const Products& products() {
  static const Products widest = [] {
    const Vectors vectors = widestVectors();
    if (vectors == Vectors::avx512) return Products{multiplyAvx512, correlateAvx512};
    if (vectors == Vectors::avx2) return Products{multiplyAvx2, correlateAvx2};
    return Products{multiplyPlain, correlatePlain};
  }();
  return widest;
}

void parallel(int64_t count, const std::function<void(int64_t, int64_t)>& work) { at::parallel_for(0, count, 1, work); }

/// How a convolution is cut into blocks. With few channels a thread takes a block through all
/// passes, since its kernels fit beside it into the cache. With many, all threads share a larger
/// block and divide its places: each then needs its own places' kernels only.
struct Blocks {
  bool areShared;
  int64_t tiles, each;

  Blocks(const Images& images, int64_t outputs) : areShared(images.channels * outputs > 128 * 128), tiles(images.tiles()), each(areShared ? 256 : 24) {}

  int64_t count() const { return (tiles + each - 1) / each; }
  int64_t workers() const { return areShared ? 1 : std::clamp<int64_t>(at::get_num_threads(), 1, std::max<int64_t>(count(), 1)); }

  /// Tiles are multiplied by sixes, so the capacity is a multiple.
  Buffer buffer(at::Tensor& held, int64_t channels, const at::TensorOptions& options) const {
    Buffer buffer{nullptr, (std::min(each, tiles) + 5) / 6 * 6, channels};
    held = at::empty({buffer.size()}, options);
    buffer.data = held.data_ptr<float>();
    return buffer;
  }

  /// Calls work(worker, first, last) for each worker's blocks, one block after another.
  template <typename Work>
  void forEach(const Work& work) const {
    const int64_t all = workers();
    parallel(all, [&](int64_t from, int64_t to) {
      for (int64_t worker = from; worker < to; ++worker) work(worker, count() * worker / all, count() * (worker + 1) / all);
    });
  }
};

Images imagesOf(const at::Tensor& x) { return {x.size(0), x.size(2), x.size(3), x.size(1)}; }

/// Of x, or of relu(norm(x)).
Pixels pixelsOf(const at::Tensor& x, const norm::Norm* norm) {
  if (norm == nullptr) return {x.data_ptr<float>()};
  return {x.data_ptr<float>(), norm->factor(), norm->summand()};
}

}  // namespace

at::Tensor transform(const at::Tensor& weight, bool isTurned) {
  const int64_t outputs = weight.size(isTurned ? 1 : 0), inputs = weight.size(isTurned ? 0 : 1);
  const at::Tensor result = at::empty({places, inputs, outputs}, weight.options().memory_format(at::MemoryFormat::Contiguous)), inOrder = weight.contiguous(channelsLast);
  const Kernels u{result.data_ptr<float>(), inputs, outputs};
  const float* kernels = inOrder.data_ptr<float>();
  parallel(inputs / lanes, [&](int64_t from, int64_t to) { (isTurned ? gatherTurnedWeight : gatherWeight)(kernels, u, from, to); });
  return result;
}

at::Tensor multiply(const at::Tensor& x, const at::Tensor& kernels, const norm::Norm* norm, const Finish& finish) {
  const Images in = imagesOf(x), out{in.n, in.height, in.width, kernels.size(2)};
  const at::Tensor pixels = x.contiguous(channelsLast);
  const Kernels u{kernels.data_ptr<float>(), in.channels, out.channels};
  const Pixels source = pixelsOf(pixels, norm);
  at::Tensor y = at::empty({out.n, out.channels, out.height, out.width}, x.options().memory_format(channelsLast));
  float* target = y.data_ptr<float>();
  const Blocks blocks(in, out.channels);
  blocks.forEach([&](int64_t, int64_t begin, int64_t end) {
    at::Tensor held[2];
    const Buffer v = blocks.buffer(held[0], in.channels, x.options()), m = blocks.buffer(held[1], out.channels, x.options());
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * blocks.each, count = std::min(blocks.each, blocks.tiles - first);
      parallel(count, [&](int64_t from, int64_t to) { gatherInput(source, in, v, first, first + from, first + to); });
      parallel(places, [&](int64_t from, int64_t to) { products().multiply(v, u, m, count, from, to); });
      parallel(count, [&](int64_t from, int64_t to) { scatterOutput(target, finish, out, m, first, first + from, first + to); });
    }
  });
  return y;
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, bool isTurned, const norm::Norm* norm) { return multiply(x, transform(weight, isTurned), norm); }

at::Tensor correlate(const at::Tensor& x, const at::Tensor& dy, const norm::Norm* norm) {
  const Images in = imagesOf(x), out = imagesOf(dy);
  const auto options = x.options().memory_format(channelsLast);
  if (in.tiles() == 0) return at::empty({out.channels, in.channels, 3, 3}, options).zero_();
  const at::Tensor pixels = x.contiguous(channelsLast), gradients = dy.contiguous(channelsLast);
  const Pixels source = pixelsOf(pixels, norm), direction = pixelsOf(gradients, nullptr);
  const Blocks blocks(in, out.channels);
  const int64_t parts = blocks.workers();
  const at::Tensor sums = at::empty({parts, places, in.channels, out.channels}, x.options());
  const Kernels u{sums.data_ptr<float>(), in.channels, out.channels};
  blocks.forEach([&](int64_t worker, int64_t begin, int64_t end) {
    Kernels part = u;
    part.data += worker * places * u.place();
    at::Tensor held[2];
    const Buffer v = blocks.buffer(held[0], in.channels, x.options()), d = blocks.buffer(held[1], out.channels, x.options());
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * blocks.each, count = std::min(blocks.each, blocks.tiles - first);
      parallel(count, [&](int64_t from, int64_t to) {
        gatherInput(source, in, v, first, first + from, first + to);
        gatherGradient(direction, out, d, first, first + from, first + to);
      });
      parallel(places, [&](int64_t from, int64_t to) { products().correlate(v, d, part, block > begin, count, from, to); });
    }
  });
  at::Tensor dw = at::empty({out.channels, in.channels, 3, 3}, options);
  float* target = dw.data_ptr<float>();
  parallel(in.channels / lanes, [&](int64_t from, int64_t to) { scatterWeight(u, parts, target, from, to); });
  return dw;
}

}  // namespace tandem::winograd
