// Views of images on the CPU, an operator of our own: an image after the other goes through all
// that is done to it while it lies in the cache of one core, and the cores do not wait for each
// other.
#include "clones.h"
#include "jitter.h"
#include "lines.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

namespace tandem::views {

namespace {

using lines::columnsToRows;
using lines::Maps;

/// f of each number.
template <typename F>
inline __attribute__((always_inline)) void each(float* x, int64_t count, const F& f) {
  constexpr int64_t block = 4 * lanes;
  for (; count >= block; count -= block, x += block)
    for (int64_t k = 0; k < block; ++k) x[k] = f(x[k]);
  for (int64_t k = 0; k < count; ++k) x[k] = f(x[k]);
}

inline float cut(float x) {
  const float above = x < 0 ? 0 : x;
  return above > 1 ? 1 : above;
}

TANDEM_CLONES void cutAll(float* x, int64_t count) { each(x, count, cut); }
TANDEM_CLONES void divideAndCut(float* x, int64_t count, float divisor) {
  each(x, count, [divisor](float a) { return cut(a / divisor); });
}
TANDEM_CLONES void solarize(float* x, int64_t count) {
  each(x, count, [](float a) { return 1 - a < a ? 1 - a : a; });
}
TANDEM_CLONES void normalise(float* x, int64_t count, float mean, float slope) {
  each(x, count, [mean, slope](float a) { return (a - mean) * slope; });
}

/// Each product is rounded by itself, as libtorch's operators do.
TANDEM_CLONES TANDEM_UNFUSED void toGray(float* x, int64_t pixels) {
  int64_t k = 0;
  for (; k + lanes <= pixels; k += lanes) {
    const Lanes red = lanesAt(x + k) * 0.299f, green = lanesAt(x + k + pixels) * 0.587f, blue = lanesAt(x + k + 2 * pixels) * 0.114f;
    lanesAt(x + k) = lanesAt(x + k + pixels) = lanesAt(x + k + 2 * pixels) = red + green + blue;
  }
  for (; k < pixels; ++k) {
    const float red = x[k] * 0.299f, green = x[k + pixels] * 0.587f, blue = x[k + 2 * pixels] * 0.114f;
    x[k] = x[k + pixels] = x[k + 2 * pixels] = red + green + blue;
  }
}

/// What a thread works in.
struct Workspace {
  std::vector<float> strip, across;
};

/// A plane through maps of its columns and of its rows, [h, w] to [rows.size, columns.size].
template <typename T>
void resample(const T* plane, int64_t step, int64_t w, const Maps& rows, const Maps& columns, Workspace& workspace, float* out) {
  if (static_cast<int64_t>(workspace.across.size()) < w * rows.size) workspace.across.resize(w * rows.size);
  float* across = workspace.across.data();
  const auto [left, right] = lines::extent(columns);
  columnsToRows(plane + left, step, right - left, rows, workspace.strip, across + left * rows.size);
  columnsToRows(across, rows.size, rows.size, columns, workspace.strip, out);
}

/// Checks maps [n, size] of so many pixels to lines of as many.
/// @returns pixels that each takes
int64_t checkMaps(const char* name, const at::Tensor& first, const at::Tensor& weights, int64_t n, int64_t size, int64_t length) {
  TORCH_CHECK(first.scalar_type() == at::kInt && first.is_contiguous() && first.sizes() == at::IntArrayRef({n, size}), "'", name, "' must be int32 [", n, ", ", size, "]");
  const int64_t each = weights.dim() == 3 ? weights.size(2) : -1;
  TORCH_CHECK(weights.scalar_type() == at::kFloat && weights.is_contiguous() && weights.sizes() == at::IntArrayRef({n, size, each}), "the weights of '", name, "' must be float32 [", n, ", ", size, ", each]");
  const int32_t* begin = first.data_ptr<int32_t>();
  TORCH_CHECK(std::all_of(begin, begin + n * size, [&](int32_t at) { return at >= 0 && at + each <= length; }), "'", name, "' leave the ", length, " pixels");
  return each;
}

/// @param self uint8 [n, 3, h, w]
/// @param rows int32 [n, size], row_weights [n, size, each]: how each image is cropped and resized,
/// as `Taps` of the views; columns likewise
/// @param divisor of what comes of it, before it is cut to [0, 1]
/// @param order uint8 [n, 4], amounts [4, n]: its colour jitter, see jitter_
/// @param gray, solarize uint8 [n]: 1 where it is done
/// @param blur_each int32 [n]: pixels that those of the blurred image take, 0 where it is not
/// blurred; blur [blurred, size] and blur_weights, one image after the other: how
/// @param mean [3], slope [3]: what is taken away at last, and what the rest is multiplied by
/// @returns float32 [n, 3, size, size]
at::Tensor renderViews(const at::Tensor& self, const at::Tensor& rows, const at::Tensor& row_weights, const at::Tensor& columns, const at::Tensor& column_weights, double divisor, const at::Tensor& order, const at::Tensor& amounts, const at::Tensor& gray, const at::Tensor& blur_each,
                       const at::Tensor& blur, const at::Tensor& blur_weights, const at::Tensor& solarized, at::ArrayRef<double> mean, at::ArrayRef<double> slope) {
  TORCH_CHECK(self.dim() == 4 && self.size(1) == 3 && self.scalar_type() == at::kByte, "expected uint8 images [n, 3, h, w]");
  const at::Tensor given = self.stride(3) == 1 ? self : self.contiguous();
  const int64_t n = self.size(0), h = self.size(2), w = self.size(3), size = rows.size(-1), pixels = size * size;
  const int64_t rowEach = checkMaps("rows", rows, row_weights, n, size, h), columnEach = checkMaps("columns", columns, column_weights, n, size, w);
  const auto isOfImages = [&](const at::Tensor& x, at::ScalarType type, at::IntArrayRef sizes) { return x.scalar_type() == type && x.sizes() == sizes && x.is_contiguous(); };
  TORCH_CHECK(isOfImages(order, at::kByte, {n, 4}), "'order' must be uint8 [", n, ", 4]");
  TORCH_CHECK(isOfImages(amounts, at::kFloat, {4, n}), "'amounts' must be float32 [4, ", n, "]");
  TORCH_CHECK(isOfImages(gray, at::kByte, {n}) && isOfImages(solarized, at::kByte, {n}), "'gray' and 'solarize' must be uint8 [", n, "]");
  TORCH_CHECK(mean.size() == 3 && slope.size() == 3, "expected three means and slopes");
  TORCH_CHECK(isOfImages(blur_each, at::kInt, {n}), "'blur_each' must be int32 [", n, "]");
  TORCH_CHECK(blur.scalar_type() == at::kInt && blur.is_contiguous() && blur_weights.scalar_type() == at::kFloat && blur_weights.is_contiguous(), "'blur' must be int32, its weights float32");

  // Maps of the blurred images, each behind that before it.
  std::vector<Maps> blurs(n);
  int64_t blurred = 0, weights = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t each = blur_each.data_ptr<int32_t>()[i];
    if (each == 0) continue;
    TORCH_CHECK(each > 0 && (blurred + 1) * size <= blur.numel() && weights + size * each <= blur_weights.numel(), "there are fewer maps than blurred images");
    blurs[i] = {size, each, blur.data_ptr<int32_t>() + blurred++ * size, blur_weights.data_ptr<float>() + weights};
    TORCH_CHECK(std::all_of(blurs[i].first, blurs[i].first + size, [&](int32_t at) { return at >= 0 && at + each <= size; }), "'blur' leaves the ", size, " pixels");
    weights += size * each;
  }
  const std::vector<jitter::Plan> plans = jitter::plansOf(n, order.data_ptr<uint8_t>(), amounts.data_ptr<float>());

  const at::Tensor out = at::empty({n, 3, size, size}, self.options().dtype(at::kFloat));
  const uint8_t* images = given.data_ptr<uint8_t>();
  float* views = out.data_ptr<float>();
  at::parallel_for(0, n, at::internal::GRAIN_SIZE / (16 * pixels) + 1, [&](int64_t start, int64_t end) {
    Workspace workspace;
    for (int64_t i = start; i < end; ++i) {
      const Maps down{size, rowEach, rows.data_ptr<int32_t>() + i * size, row_weights.data_ptr<float>() + i * size * rowEach};
      const Maps across{size, columnEach, columns.data_ptr<int32_t>() + i * size, column_weights.data_ptr<float>() + i * size * columnEach};
      float* view = views + i * 3 * pixels;
      for (int64_t c = 0; c < 3; ++c) {
        float* plane = view + c * pixels;
        resample(images + i * given.stride(0) + c * given.stride(1), given.stride(2), w, down, across, workspace, plane);
        if (divisor == 1) {
          cutAll(plane, pixels);
        } else {
          divideAndCut(plane, pixels, divisor);
        }
      }
      jitter::change(view, pixels, plans[i]);
      if (gray.data_ptr<uint8_t>()[i]) toGray(view, pixels);
      for (int64_t c = 0; c < 3; ++c) {
        float* plane = view + c * pixels;
        if (blurs[i].each > 0) {
          resample(plane, size, size, blurs[i], blurs[i], workspace, plane);
          cutAll(plane, pixels);
        }
        if (solarized.data_ptr<uint8_t>()[i]) solarize(plane, pixels);
        normalise(plane, pixels, mean[c], slope[c]);
      }
    }
  });
  return out;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def(
      "render_views(Tensor self, Tensor rows, Tensor row_weights, Tensor columns, Tensor column_weights, float divisor, Tensor order, Tensor amounts, Tensor gray, Tensor blur_each, Tensor blur, Tensor blur_weights, Tensor solarize, float[] mean, float[] slope) -> Tensor");
}

TORCH_LIBRARY_IMPL(tandem, CPU, library) {
  library.impl("render_views", renderViews);
}

}  // namespace tandem::views
