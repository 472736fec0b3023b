// The colour jitter on the CPU, an operator of our own: libtorch's operators go over an image some
// forty times for what takes two passes.
#include "jitter.h"

#include "clones.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

namespace tandem::jitter {

namespace {

constexpr int64_t kPixels = 512;  // at a time: three channels of them stay in the nearest cache
constexpr int64_t kLanes = 16;    // sums side by side, so that they are vectors

inline float gray(float red, float green, float blue) { return 0.299f * red + 0.587f * green + 0.114f * blue; }
inline float least(float a, float b) { return b < a ? b : a; }
inline float most(float a, float b) { return a < b ? b : a; }
inline float cut(float x, float low = 0, float high = 1) { return least(most(x, low), high); }

/// To the nearest whole number: among numbers of this size float32 has no others.
inline float whole(float x) { return (x + 12582912.0f) - 12582912.0f; }

/// color.ts says what each operation is, and why the hue can be turned without cases.
TANDEM_CLONES void changeBlock(float (&x)[3][kPixels], const std::vector<Step>& steps, float mean) {
  for (const Step& step : steps) {
    const float f = step.amount, rest = 1 - f;
    if (step.operation == kBrightness) {
      for (auto& channel : x)
        for (int64_t k = 0; k < kPixels; ++k) channel[k] = least(f * channel[k], 1);
    } else if (step.operation == kContrast) {
      for (auto& channel : x)
        for (int64_t k = 0; k < kPixels; ++k) channel[k] = cut(f * channel[k] + rest * mean);
    } else if (step.operation == kSaturation) {
      for (int64_t k = 0; k < kPixels; ++k) {
        const float other = rest * gray(x[0][k], x[1][k], x[2][k]);
        x[0][k] = cut(f * x[0][k] + other);
        x[1][k] = cut(f * x[1][k] + other);
        x[2][k] = cut(f * x[2][k] + other);
      }
    } else {
      for (int64_t k = 0; k < kPixels; ++k) {
        const float red = x[0][k], green = x[1][k], blue = x[2][k];
        const float high = most(most(red, green), blue), low = least(least(red, green), blue);
        const float chroma = high - low, sixfold = 6 * chroma + 1e-20f;
        float turned = std::copysign((chroma - red + green + blue - low) / sixfold, green - blue) + f;
        turned -= whole(turned);
        x[0][k] = cut(high + chroma - sixfold * cut(std::abs(turned), 1.0f / 6, 2.0f / 6));
        x[1][k] = cut(low - chroma + sixfold * cut(std::abs(turned + 1.0f / 6), 1.0f / 6, 2.0f / 6));
        x[2][k] = cut(low - chroma + sixfold * cut(std::abs(turned - 1.0f / 6), 1.0f / 6, 2.0f / 6));
      }
    }
  }
}

TANDEM_CLONES float graySum(const float (&x)[3][kPixels]) {
  float sums[kLanes] = {};
  for (int64_t k = 0; k < kPixels; k += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane) sums[lane] += gray(x[0][k + lane], x[1][k + lane], x[2][k + lane]);
  float all = 0;
  for (float sum : sums) all += sum;
  return all;
}

/// One block of an image's first or second pass.
/// @param mean gray before the second pass
/// @returns the sum of its grays, after the first pass where there is a second
float passOver(float* image, int64_t pixels, int64_t from, const Plan& plan, bool isSecond, float mean) {
  float x[3][kPixels];
  const int64_t count = std::min(kPixels, pixels - from);
  // What lies beyond the image is black, and before the contrast it stays so: it adds nothing to
  // the sum.
  if (count < kPixels) std::memset(x, 0, sizeof x);
  for (int64_t c = 0; c < 3; ++c) std::memcpy(x[c], image + c * pixels + from, count * sizeof(float));
  changeBlock(x, isSecond ? plan.after : plan.before, mean);
  for (int64_t c = 0; c < 3; ++c) std::memcpy(image + c * pixels + from, x[c], count * sizeof(float));
  return isSecond || plan.after.empty() ? 0 : graySum(x);
}

/// self [n, 3, h, w] in [0, 1]; order [n, 4]: the numbers of each image's operations, each once;
/// amounts [4, n]: how strong each operation is.
at::Tensor& jitter_(at::Tensor& self, const at::Tensor& order, const at::Tensor& amounts) {
  TORCH_CHECK(self.dim() == 4 && self.size(1) == 3 && self.scalar_type() == at::kFloat && self.is_contiguous(), "expected contiguous float32 images [n, 3, h, w]");
  TORCH_CHECK(!(at::GradMode::is_enabled() && self.requires_grad()), "there is no gradient");
  const int64_t n = self.size(0), pixels = self.size(2) * self.size(3), blocks = (pixels + kPixels - 1) / kPixels;
  TORCH_CHECK(order.sizes() == at::IntArrayRef({n, 4}) && order.scalar_type() == at::kByte && order.is_contiguous(), "'order' must be uint8 [", n, ", 4]");
  TORCH_CHECK(amounts.sizes() == at::IntArrayRef({4, n}) && amounts.scalar_type() == at::kFloat && amounts.is_contiguous(), "'amounts' must be float32 [4, ", n, "]");
  const std::vector<Plan> plans = plansOf(n, order.data_ptr<uint8_t>(), amounts.data_ptr<float>());
  std::vector<float> sums(n * blocks), means(n);
  float* images = self.data_ptr<float>();
  const auto pass = [&](bool isSecond) {
    at::parallel_for(0, n * blocks, at::internal::GRAIN_SIZE / (8 * kPixels), [&](int64_t start, int64_t end) {
      for (int64_t part = start; part < end; ++part) {
        const int64_t image = part / blocks;
        const Plan& plan = plans[image];
        if (plan.after.empty() && (isSecond || plan.before.empty())) continue;
        const float sum = passOver(images + image * 3 * pixels, pixels, part % blocks * kPixels, plan, isSecond, means[image]);
        if (!isSecond) sums[part] = sum;
      }
    });
  };
  pass(false);
  for (int64_t i = 0; i < n; ++i) means[i] = std::accumulate(sums.begin() + i * blocks, sums.begin() + (i + 1) * blocks, 0.0) / pixels;
  pass(true);
  return self;
}

}  // namespace

std::vector<Plan> plansOf(int64_t n, const uint8_t* order, const float* amounts) {
  std::vector<Plan> plans(n);
  for (int64_t i = 0; i < 4 * n; ++i) {
    TORCH_CHECK(order[i] <= kHue, "there is no operation ", static_cast<int>(order[i]));
    const Step step{static_cast<Operation>(order[i]), amounts[order[i] * n + i / 4]};
    if (step.amount == (step.operation == kHue ? 0 : 1)) continue;
    Plan& plan = plans[i / 4];
    (step.operation == kContrast || !plan.after.empty() ? plan.after : plan.before).push_back(step);
  }
  return plans;
}

void change(float* image, int64_t pixels, const Plan& plan) {
  if (plan.before.empty() && plan.after.empty()) return;
  double sum = 0;
  for (int64_t from = 0; from < pixels; from += kPixels) sum += passOver(image, pixels, from, plan, false, 0);
  if (plan.after.empty()) return;
  const float mean = sum / pixels;
  for (int64_t from = 0; from < pixels; from += kPixels) passOver(image, pixels, from, plan, true, mean);
}

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("jitter_(Tensor(a!) self, Tensor order, Tensor amounts) -> Tensor(a!)");
}

TORCH_LIBRARY_IMPL(tandem, CPU, library) {
  library.impl("jitter_", jitter_);
}

}  // namespace tandem::jitter
