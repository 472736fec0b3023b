// The passes of batch norm over a map in channels-last, with the ReLU and the sum that follow it.
// A map is rows of `period` numbers, a multiple of its channels and of a block: whatever the
// channels, the same column of each row is the same channel, and blocks are whole vectors.
#pragma once

#include <cstdint>

namespace tandem::norm {

/// Numbers of a row whose sums are kept in registers through a column.
constexpr int64_t block = 64;

// As template arguments vectors that need no alignment would lose that, their structs do not.
template <typename T>
struct Eight {
  typedef T Vector __attribute__((vector_size(8 * sizeof(T)), aligned(alignof(T))));
};
template <typename T>
struct Wide {
  typedef T Vector __attribute__((vector_size(64), aligned(alignof(T))));
};
using Doubles = Eight<double>::Vector;

#define TANDEM_INLINE inline __attribute__((always_inline))

template <typename Kind, typename T>
TANDEM_INLINE const typename Kind::Vector& in(const T* from) {
  return *reinterpret_cast<const typename Kind::Vector*>(from);
}
template <typename Kind, typename T>
TANDEM_INLINE typename Kind::Vector& in(T* from) {
  return *reinterpret_cast<typename Kind::Vector*>(from);
}

/// What follows the norm: nothing, a ReLU, or the sum with another map and then a ReLU.
enum class Then { nothing, relu, sum };

/// A number for each column, so that any row can be read along with them.
template <typename T>
struct Columns {
  /// Of the norm: y = factor x + summand.
  const T *factor, *summand;
  /// Of its gradient: dx = gain (dy - level - slope (x - mean)).
  const T *mean, *slope, *level, *gain;
};

template <typename T>
TANDEM_INLINE void addMoments(const T* x, int64_t rows, int64_t period, double* sums, double* squares) {
  for (int64_t from = 0; from < period; from += block) {
    Doubles sum[8] = {}, square[8] = {};
    const T* row = x + from;
    for (int64_t r = 0; r < rows; ++r, row += period) {
#pragma GCC unroll 8
      for (int k = 0; k < 8; ++k) {
        const Doubles value = __builtin_convertvector(in<Eight<T>>(row + 8 * k), Doubles);
        sum[k] += value;
        square[k] += value * value;
      }
    }
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      in<Eight<double>>(sums + from + 8 * k) = sum[k];
      in<Eight<double>>(squares + from + 8 * k) = square[k];
    }
  }
}

/// y = x normalised, and what follows.
template <typename T, Then then>
TANDEM_INLINE void normalise(const T* x, const T* carried, const Columns<T>& columns, int64_t rows, int64_t period, T* y) {
  using Vector = typename Wide<T>::Vector;
  constexpr int64_t width = 64 / sizeof(T);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t from = 0; from < period; from += block) {
#pragma GCC unroll 8
      for (int64_t j = from; j < from + block; j += width) {
        const int64_t i = r * period + j;
        Vector value = in<Wide<T>>(x + i) * in<Wide<T>>(columns.factor + j) + in<Wide<T>>(columns.summand + j);
        if (then == Then::sum) value += in<Wide<T>>(carried + i);
        // What is not a number stays none.
        in<Wide<T>>(y + i) = then == Then::nothing ? value : value < 0 ? Vector{} : value;
      }
    }
  }
}

/// Sums of the gradient of the norm's result, and of that times x. The ReLU passes what was above
/// zero: as x says, or with a sum the result y; the gradient that passed is written then.
template <typename T, Then then>
TANDEM_INLINE void addGradients(const T* dy, const T* x, const T* y, const Columns<T>& columns, int64_t rows, int64_t period, T* passed, double* sums, double* products) {
  using Vector = typename Eight<T>::Vector;
  for (int64_t from = 0; from < period; from += block) {
    Doubles sum[8] = {}, product[8] = {};
    int64_t i = from;
    for (int64_t r = 0; r < rows; ++r, i += period) {
#pragma GCC unroll 8
      for (int k = 0; k < 8; ++k) {
        Vector g = in<Eight<T>>(dy + i + 8 * k);
        const Vector value = in<Eight<T>>(x + i + 8 * k);
        if (then == Then::relu) {
          const int64_t j = from + 8 * k;
          g = value * in<Eight<T>>(columns.factor + j) + in<Eight<T>>(columns.summand + j) <= 0 ? Vector{} : g;
        }
        if (then == Then::sum) {
          g = in<Eight<T>>(y + i + 8 * k) <= 0 ? Vector{} : g;
          in<Eight<T>>(passed + i + 8 * k) = g;
        }
        const Doubles wide = __builtin_convertvector(g, Doubles);
        sum[k] += wide;
        product[k] += wide * __builtin_convertvector(value, Doubles);
      }
    }
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      in<Eight<double>>(sums + from + 8 * k) = sum[k];
      in<Eight<double>>(products + from + 8 * k) = product[k];
    }
  }
}

/// dx of the gradient of the norm's result, or of the ReLU's after it.
template <typename T, Then then>
TANDEM_INLINE void passBack(const T* dy, const T* x, const Columns<T>& columns, int64_t rows, int64_t period, T* dx) {
  using Vector = typename Wide<T>::Vector;
  constexpr int64_t width = 64 / sizeof(T);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t from = 0; from < period; from += block) {
#pragma GCC unroll 8
      for (int64_t j = from; j < from + block; j += width) {
        const int64_t i = r * period + j;
        Vector g = in<Wide<T>>(dy + i);
        const Vector value = in<Wide<T>>(x + i);
        if (then == Then::relu) g = value * in<Wide<T>>(columns.factor + j) + in<Wide<T>>(columns.summand + j) <= 0 ? Vector{} : g;
        const Vector distance = value - in<Wide<T>>(columns.mean + j);
        in<Wide<T>>(dx + i) = in<Wide<T>>(columns.gain + j) * (g - in<Wide<T>>(columns.level + j) - in<Wide<T>>(columns.slope + j) * distance);
      }
    }
  }
}

#undef TANDEM_INLINE

}  // namespace tandem::norm
