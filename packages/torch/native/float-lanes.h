// Sixteen float32 numbers at a time, in plain vectors of the compiler.
#pragma once

#include <cstdint>

namespace tandem {

constexpr int64_t lanes = 16;
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float)), aligned(4)));
typedef int32_t WholeLanes __attribute__((vector_size(lanes * sizeof(int32_t)), aligned(4)));

#define TANDEM_LANES inline __attribute__((always_inline))

TANDEM_LANES const Lanes& lanesAt(const float* from) { return *reinterpret_cast<const Lanes*>(from); }
TANDEM_LANES Lanes& lanesAt(float* to) { return *reinterpret_cast<Lanes*>(to); }

TANDEM_LANES void load(const float* from, Lanes& x) { x = lanesAt(from); }
TANDEM_LANES void store(const Lanes& x, float* to) { lanesAt(to) = x; }

#undef TANDEM_LANES

}  // namespace tandem
