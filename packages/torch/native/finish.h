// What follows a convolution while its result is still in registers.
#pragma once

#include <cstdint>

namespace tandem {

struct Finish {
  const float* bias = nullptr;     // of each channel; without one nothing follows
  const float* carried = nullptr;  // a map like the result, in the same order
  bool relu = false;

  /// Of a vector of the result, which begins at `channel` and lies at `place` of the map.
  template <typename Kind>
  inline __attribute__((always_inline)) void follow(typename Kind::Vector& value, int64_t channel, int64_t place) const {
    using Vector = typename Kind::Vector;
    value += *reinterpret_cast<const Vector*>(bias + channel);
    if (carried != nullptr) value += *reinterpret_cast<const Vector*>(carried + place);
    if (relu) value = value < 0 ? Vector{} : value;
  }
};

}  // namespace tandem
