// Pictures made smaller as libvips does, bit for bit: vips_reduce with its Lanczos kernel.
#pragma once

#include <cstdint>

namespace tandem::jpeg {

/// Whether a picture of this size can be brought to a square of a side; else libvips does more to
/// it than is done here.
bool canReduce(int64_t width, int64_t height, int64_t side);

/// Pixels r g b r g b ..., reduced until the shorter side is `side`, and the centre of that.
void reduce(const uint8_t* pixels, int64_t width, int64_t height, int64_t side, uint8_t* planes);

/// Pixels r g b r g b ... as planes.
void toPlanes(const uint8_t* pixels, int64_t area, uint8_t* planes);

}  // namespace tandem::jpeg
