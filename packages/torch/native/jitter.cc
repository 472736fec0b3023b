// The colour jitter on the CPU, an operator of our own: libtorch's operators go over an image some thirty times for what takes two passes.
#include "clones.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

namespace tandem {

namespace {

/// As numbered in the order of operations.
enum Operation : int32_t { kBrightness, kContrast, kSaturation, kHue };

struct Step {
  int32_t operation;
  float amount;
};

/// What is done to one image. The contrast needs the mean gray of the whole image before it: it and what follows are another pass.
struct Plan {
  std::vector<Step> before, after;
};

constexpr int64_t kPixels = 512;  // at a time: three channels of them stay in the nearest cache
constexpr int64_t kLanes = 16;    // sums side by side, so that they are vectors

inline float gray(float red, float green, float blue) { return 0.299f * red + 0.587f * green + 0.114f * blue; }
inline float least(float a, float b) { return b < a ? b : a; }
inline float most(float a, float b) { return a < b ? b : a; }
inline float cut(float x, float low = 0, float high = 1) { return least(most(x, low), high); }

/// To the nearest whole number: among numbers of this size float32 has no others.
inline float whole(float x) { return (x + 12582912.0f) - 12582912.0f; }

/// color.ts says what each operation is, and why the hue can be turned without cases.
TANDEM_CLONES void change(float (&x)[3][kPixels], const std::vector<Step>& steps, float mean) {
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

std::vector<Plan> plansOf(int64_t n, const at::Tensor& order, const at::Tensor& amounts) {
  std::vector<Plan> plans(n);
  const int32_t* operations = order.data_ptr<int32_t>();
  for (int64_t i = 0; i < 4 * n; ++i) {
    const int32_t operation = operations[i];
    TORCH_CHECK(operation >= kBrightness && operation <= kHue, "there is no operation ", operation);
    const float amount = amounts.data_ptr<float>()[i / 4 * 4 + operation];
    Plan& plan = plans[i / 4];
    if (amount == (operation == kHue ? 0 : 1)) continue;
    (operation == kContrast || !plan.after.empty() ? plan.after : plan.before).push_back({operation, amount});
  }
  return plans;
}

/// self [n, 3, h, w] in [0, 1]; for each image the four operations' numbers in its order [n, 4], and how strong each one is [n, 4].
at::Tensor& jitter_(at::Tensor& self, const at::Tensor& order, const at::Tensor& amounts) {
  TORCH_CHECK(self.dim() == 4 && self.size(1) == 3 && self.scalar_type() == at::kFloat && self.is_contiguous(), "expected contiguous float32 images [n, 3, h, w]");
  TORCH_CHECK(!(at::GradMode::is_enabled() && self.requires_grad()), "there is no gradient");
  const int64_t n = self.size(0), pixels = self.size(2) * self.size(3), blocks = (pixels + kPixels - 1) / kPixels;
  const std::array<int64_t, 2> shape{n, 4};
  TORCH_CHECK(order.sizes() == at::IntArrayRef(shape) && order.scalar_type() == at::kInt && order.is_contiguous(), "'order' must be int32 [", n, ", 4]");
  TORCH_CHECK(amounts.sizes() == at::IntArrayRef(shape) && amounts.scalar_type() == at::kFloat && amounts.is_contiguous(), "'amounts' must be float32 [", n, ", 4]");
  const std::vector<Plan> plans = plansOf(n, order, amounts);
  std::vector<float> sums(n * blocks);
  const auto pass = [&](bool isSecond) {
    at::parallel_for(0, n * blocks, 8, [&](int64_t start, int64_t end) {
      float x[3][kPixels] = {};
      for (int64_t part = start; part < end; ++part) {
        const int64_t image = part / blocks, from = part % blocks * kPixels, count = std::min(kPixels, pixels - from);
        const Plan& plan = plans[image];
        if (isSecond ? plan.after.empty() : plan.before.empty() && plan.after.empty()) continue;
        float* channels = self.data_ptr<float>() + image * 3 * pixels + from;
        // What is not of the image is black, and stays so before the contrast: it adds nothing to the sum.
        if (count < kPixels) std::memset(x, 0, sizeof x);
        for (int64_t c = 0; c < 3; ++c) std::memcpy(x[c], channels + c * pixels, count * sizeof(float));
        if (isSecond) {
          double sum = 0;
          for (int64_t block = 0; block < blocks; ++block) sum += sums[image * blocks + block];
          change(x, plan.after, static_cast<float>(sum / pixels));
        } else {
          change(x, plan.before, 0);
          if (!plan.after.empty()) sums[part] = graySum(x);
        }
        for (int64_t c = 0; c < 3; ++c) std::memcpy(channels + c * pixels, x[c], count * sizeof(float));
      }
    });
  };
  pass(false);
  pass(true);
  return self;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(tandem, library) {
  library.def("jitter_(Tensor(a!) self, Tensor order, Tensor amounts) -> Tensor(a!)");
}

TORCH_LIBRARY_IMPL(tandem, CPU, library) {
  library.impl("jitter_", jitter_);
}

}  // namespace tandem
