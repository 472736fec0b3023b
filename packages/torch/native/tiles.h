// Products of float32 matrices by the tile unit of newer x86 processors (AMX), which multiplies
// bfloat16 numbers sixteen times as fast as vectors multiply float32.
#pragma once

#include <ATen/ATen.h>

namespace tandem::tiles {

/// Whether the processor has the unit, the system lends it, and libtorch's own variable allows it.
bool areThere();

/// What a product is exact to: a number is one bfloat16 number, or the three that are a float32.
enum class Accuracy { bfloat16 = 1, float32 = 3 };

/// c = a b, [rows, sum] by [sum, columns], and `bias` (float32 [columns]) in each row if it is
/// defined; or libtorch's own where there are no tiles. All are on the CPU; a and b, float32 or
/// bfloat16, have steps of 1 along rows or columns, c, of either too, along columns. In float32 the
/// rounding errors are those of float32; infinities become NaN. The bits depend neither on the
/// threads nor on how many rows or columns there are.
void multiply(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c, Accuracy accuracy = Accuracy::float32, const at::Tensor& bias = {});

}  // namespace tandem::tiles
