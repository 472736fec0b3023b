// Sixteen numbers at a time: those of bfloat16 too, and exponentials.
#pragma once

#include "float-lanes.h"

#include <c10/util/BFloat16.h>

namespace tandem {

typedef uint32_t BitLanes __attribute__((vector_size(lanes * sizeof(uint32_t)), aligned(4)));
typedef uint16_t HalfLanes __attribute__((vector_size(lanes * sizeof(uint16_t)), aligned(2)));

#define TANDEM_LANES inline __attribute__((always_inline))

TANDEM_LANES void load(const c10::BFloat16* from, Lanes& x) {
  x = reinterpret_cast<Lanes>(__builtin_convertvector(*reinterpret_cast<const HalfLanes*>(from), BitLanes) << 16);
}
/// Rounded to the nearest, to the even one of two.
TANDEM_LANES void store(const Lanes& x, c10::BFloat16* to) {
  const BitLanes bits = reinterpret_cast<BitLanes>(x), rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  *reinterpret_cast<HalfLanes*>(to) = __builtin_convertvector(x == x ? rounded : BitLanes{} + 0x7fc0, HalfLanes);
}

/// e^x of numbers of at most 88; below -87 it is 0 (Cephes' expf: ln 2 in two parts, and a
/// polynomial of degree 7). What is not a number stays none.
TANDEM_LANES void exponentials(const Lanes& x, Lanes& y) {
  const Lanes bounded = x < -87.0f ? Lanes{} - 87.0f : x;
  const Lanes shifted = bounded * 1.44269504f + 12582912.0f;  // adding this rounds
  const Lanes n = shifted - 12582912.0f;
  const Lanes r = bounded - n * 0.693359375f + n * 2.12194440e-4f;
  const Lanes p = ((((1.9875691500e-4f * r + 1.3981999507e-3f) * r + 8.3334519073e-3f) * r + 4.1665795894e-2f) * r + 1.6666665459e-1f) * r + 5.0000001201e-1f;
  const WholeLanes power = (reinterpret_cast<WholeLanes>(shifted) - 0x4b400000 + 127) << 23;
  y = x < -87.0f ? Lanes{} : (p * r * r + r + 1.0f) * reinterpret_cast<Lanes>(power);
}

#undef TANDEM_LANES

}  // namespace tandem
