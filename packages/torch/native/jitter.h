// The colour jitter of one image: jitter.cc's, for views.cc too.
#pragma once

#include <cstdint>
#include <vector>

namespace tandem::jitter {

/// As numbered in an image's order.
enum Operation : uint8_t { kBrightness, kContrast, kSaturation, kHue };

struct Step {
  Operation operation;
  float amount;
};

/// What is done to one image. The contrast needs the mean gray of the whole image before it: it and
/// what follows are another pass.
struct Plan {
  std::vector<Step> before, after;
};

/// @param order [n, 4]: the numbers of each image's operations, each once
/// @param amounts [4, n]: how strong each operation is
std::vector<Plan> plansOf(int64_t n, const uint8_t* order, const float* amounts);

/// Changes an image [3, pixels] in [0, 1].
void change(float* image, int64_t pixels, const Plan& plan);

}  // namespace tandem::jitter
