// Products of matrices by the tile unit: which rows and columns meet when, so that what is packed
// stays in a core's second-level cache.
#include "tiles.h"

#include "clones.h"
#include "tiles-kernels.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#if defined(TANDEM_TILES)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tandem::tiles {

#if defined(TANDEM_TILES)

namespace {

/// Linux lends the unit's registers, which are large, to processes that ask for them.
bool lent() {
  constexpr long ask = 0x1023, tileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, ask, tileData) == 0;
}

/// Numbers of a sum in the unit's registers before they are added to the result: as many as keep a
/// block of rows in the cache, and rounding errors small.
constexpr int64_t longest(Accuracy accuracy) { return accuracy == Accuracy::float32 ? 384 : 1536; }
/// Rows of a block at most: packed, they stay in the cache while all columns pass.
constexpr int64_t tallest = 256;

int64_t parted(int64_t whole, int64_t count, int64_t multiple) { return ((whole + count - 1) / count + multiple - 1) / multiple * multiple; }
int64_t ceil(int64_t whole, int64_t each) { return (whole + each - 1) / each; }

/// Memory of a thread that is used again and again.
class Room {
 public:
  Half* of(int64_t count) {
    if (count > count_) {
      memory_.reset(static_cast<Half*>(std::aligned_alloc(64, count * sizeof(Half))));
      TORCH_CHECK(memory_ != nullptr, "no memory for ", count, " numbers");
      count_ = count;
    }
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(Half* memory) const { std::free(memory); }
  };
  std::unique_ptr<Half, Free> memory_;
  int64_t count_ = 0;
};

using Pack = void (*)(const void* from, int64_t step, int64_t count, int64_t sum, Half* to);

template <int parts, typename T, bool pairsFirst>
Pack packOf(bool alongSum) {
  return alongSum ? pack<parts, T, true, pairsFirst> : pack<parts, T, false, pairsFirst>;
}

/// One of the two factors: its lines are rows of the left one, columns of the right one.
struct Factor {
  const char* data;
  int64_t bytes;  // of a number
  int64_t each, along;  // steps, in numbers, to the next line and along the sum
  Pack pack;

  template <bool pairsFirst>
  static Factor of(const at::Tensor& x, Accuracy accuracy) {
    Factor f{static_cast<const char*>(x.data_ptr()), static_cast<int64_t>(x.element_size()), x.stride(pairsFirst), x.stride(!pairsFirst), nullptr};
    const bool alongSum = f.along == 1;
    f.pack = accuracy == Accuracy::float32 ? packOf<3, float, pairsFirst>(alongSum) : f.bytes == 4 ? packOf<1, float, pairsFirst>(alongSum) : packOf<1, Half, pairsFirst>(alongSum);
    return f;
  }

  /// `count` lines from `first` on, in sixteens from `begin` to `end`, with the numbers from `k`.
  void packLines(int64_t first, int64_t count, int64_t begin, int64_t end, int64_t k, int64_t sum, int64_t panel, Half* to) const {
    // Where lines lie side by side in memory, the next ones are taken before the sum goes on.
    const int64_t length = alongSum() ? sum : depth, cells = panel / ceil(sum, depth);
    for (int64_t done = 0; done < sum; done += length, to += cells) {
      for (int64_t line = begin; line < end; ++line) {
        // Beyond the last there is nothing to point at.
        const int64_t own = std::min(line * side, count), there = std::min(count - own, side);
        const char* from = data + ((there > 0 ? first + own : 0) * each + (k + done) * along) * bytes;
        pack(from, alongSum() ? each : along, there, std::min(length, sum - done), to + line * panel);
      }
    }
  }

 private:
  bool alongSum() const { return along == 1; }
};

void multiplyByTiles(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c, Accuracy accuracy, const float* bias) {
  thread_local Room packedLeft, packedRight;
  const bool isWhole = accuracy == Accuracy::float32;
  const Factor left = Factor::of<false>(a, accuracy), right = Factor::of<true>(b, accuracy);
  const auto block = isWhole ? multiplyBlock<3, float> : c.scalar_type() == at::kFloat ? multiplyBlock<1, float> : multiplyBlock<1, Half>;
  char* result = static_cast<char*>(c.data_ptr());
  const int64_t rows = a.size(0), sum = a.size(1), columns = b.size(1), rowOfC = c.stride(0), bytesOfRow = rowOfC * static_cast<int64_t>(c.element_size());
  const int64_t each = parted(sum, ceil(sum, longest(accuracy)), depth);
  const int64_t lines = ceil(columns, square) * 2;
  for (int64_t k = 0; k < sum; k += each) {
    const int64_t length = std::min(each, sum - k), cells = ceil(length, depth), panel = cells * tile * static_cast<int64_t>(accuracy);
    Half* packed = packedRight.of(lines * panel);
    at::parallel_for(0, lines, 1, [&](int64_t begin, int64_t end) { right.packLines(0, columns, begin, end, k, length, panel, packed); });
    at::parallel_for(0, ceil(rows, square), 1, [&](int64_t begin, int64_t end) {
      // A thread's rows, in blocks of about the same height.
      const int64_t last = std::min(end * square, rows), own = last - begin * square, tall = parted(own, ceil(own, tallest), square);
      for (int64_t first = begin * square; first < last; first += tall) {
        const int64_t count = std::min(tall, last - first), whole = ceil(count, square) * 2;
        Half* packedRows = packedLeft.of(whole * panel);
        left.packLines(first, count, 0, whole, k, length, panel, packedRows);
        block(packedRows, packed, result + first * bytesOfRow, rowOfC, count, cells, columns, bias, k > 0);
      }
    });
  }
}

}  // namespace

bool areThere() {
  static const bool there = widestVectors() == Vectors::avx512 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16") &&
                            __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") && lent();
  return there;
}

#else

bool areThere() { return false; }

#endif

void multiply(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c, Accuracy accuracy, const at::Tensor& bias) {
#if defined(TANDEM_TILES)
  const auto isDense = [](const at::Tensor& x) { return x.stride(0) == 1 || x.stride(1) == 1; };
  const bool isWhole = accuracy == Accuracy::float32, areFloats = a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat && c.scalar_type() == at::kFloat;
  if (areThere() && (!isWhole || areFloats) && isDense(a) && isDense(b) && c.stride(1) == 1 && a.numel() > 0 && b.numel() > 0) {
    const float* level = bias.defined() ? bias.data_ptr<float>() : nullptr;
    if (c.scalar_type() == at::kFloat || a.size(1) <= longest(accuracy)) return multiplyByTiles(a, b, c, accuracy, level);
    // Lest parts of the sum be rounded.
    const at::Tensor whole = at::empty(c.sizes(), c.options().dtype(at::kFloat));
    multiplyByTiles(a, b, whole, accuracy, level);
    c.copy_(whole);
    return;
  }
#endif
  at::Tensor result = c;
  at::mm_out(result, a, b);
  if (bias.defined()) result.add_(bias);
}

}  // namespace tandem::tiles
