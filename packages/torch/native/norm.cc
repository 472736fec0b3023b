// Batch norm in the fewest passes over memory: two forward, two backward.
#include "norm.h"

#include "clones.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace tandem::norm {

namespace {

thread_local SumUp everywhere;

#define TANDEM_PASSES(T)                                                                                                                                                          \
  TANDEM_CLONES void moments(const T* x, int64_t rows, int64_t period, double* sums, double* squares) { addMoments(x, rows, period, sums, squares); }                             \
  TANDEM_CLONES void activate(Then then, const T* x, const T* carried, const Columns<T>& columns, int64_t rows, int64_t period, T* y) {                                           \
    if (then == Then::sum) normalise<T, Then::sum>(x, carried, columns, rows, period, y);                                                                                         \
    else if (then == Then::relu) normalise<T, Then::relu>(x, carried, columns, rows, period, y);                                                                                  \
    else normalise<T, Then::nothing>(x, carried, columns, rows, period, y);                                                                                                       \
  }                                                                                                                                                                               \
  TANDEM_CLONES void gradients(Then then, const T* dy, const T* x, const T* y, const Columns<T>& columns, int64_t rows, int64_t period, T* passed, double* sums, double* products) { \
    if (then == Then::sum) addGradients<T, Then::sum>(dy, x, y, columns, rows, period, passed, sums, products);                                                                   \
    else if (then == Then::relu) addGradients<T, Then::relu>(dy, x, y, columns, rows, period, passed, sums, products);                                                            \
    else addGradients<T, Then::nothing>(dy, x, y, columns, rows, period, passed, sums, products);                                                                                 \
  }                                                                                                                                                                               \
  TANDEM_CLONES void back(Then then, const T* dy, const T* x, const Columns<T>& columns, int64_t rows, int64_t period, T* dx) {                                                   \
    if (then == Then::relu) passBack<T, Then::relu>(dy, x, columns, rows, period, dx);                                                                                            \
    else passBack<T, Then::nothing>(dy, x, columns, rows, period, dx);                                                                                                            \
  }
TANDEM_PASSES(float)
TANDEM_PASSES(double)
#undef TANDEM_PASSES

/// A map as rows, in parts of a size that does not depend on the number of threads: so do no bits.
struct Rows {
  int64_t channels, period, count, rest, each;

  explicit Rows(const at::Tensor& x)
      : channels(x.size(1)), period(std::lcm(channels, block)), count(x.numel() / period), rest(x.numel() % period), each(std::max<int64_t>((1 << 15) / period, 1)) {}

  int64_t whole() const { return (count + each - 1) / each; }
  int64_t parts() const { return whole() + (rest > 0); }

  /// Calls work(part, inputs, output, rows) for each part, where its numbers begin in the maps that
  /// there are. What is left beyond whole rows is copied to a row that ends in zeros.
  template <typename T, typename Work>
  void forEach(std::array<const T*, 3> inputs, T* output, const Work& work) const {
    at::parallel_for(0, parts(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        const int64_t first = std::min(part * each, count) * period;
        std::array<const T*, 3> from = inputs;
        for (const T*& input : from) input = input ? input + first : nullptr;
        T* to = output ? output + first : nullptr;
        if (part < whole()) {
          work(part, from, to, std::min(each, count - part * each));
          continue;
        }
        std::array<std::vector<T>, 3> padded;
        for (size_t i = 0; i < from.size(); ++i) {
          if (!from[i]) continue;
          padded[i].resize(period);
          std::copy(from[i], from[i] + rest, padded[i].begin());
          from[i] = padded[i].data();
        }
        std::vector<T> result(period);
        work(part, from, to ? result.data() : nullptr, 1);
        if (to) std::copy(result.begin(), result.begin() + rest, to);
      }
    });
  }

  /// Two numbers for each column of each part, to be summed up.
  at::Tensor sums() const { return at::empty({parts(), 2, period}, at::kDouble); }

  /// Both sums of each channel: [2, channels].
  std::vector<double> perChannel(const at::Tensor& sums) const {
    std::vector<double> result(2 * channels);
    const double* from = sums.data_ptr<double>();
    for (int64_t row = 0; row < 2 * parts(); ++row) {
      double* to = result.data() + row % 2 * channels;
      for (int64_t j = 0; j < period; ++j) to[j % channels] += *from++;
    }
    return result;
  }

  /// Three numbers for each column, [3, period], of those for each channel.
  template <typename T, typename Numbers>
  at::Tensor inColumns(const at::TensorOptions& options, const Numbers& numbers) const {
    const at::Tensor table = at::empty({3, period}, options.memory_format(at::MemoryFormat::Contiguous));
    T* to = table.data_ptr<T>();
    for (int64_t channel = 0; channel < channels; ++channel) {
      const std::array<double, 3> three = numbers(channel);
      for (int64_t j = channel; j < period; j += channels) {
        for (int i = 0; i < 3; ++i) to[i * period + j] = static_cast<T>(three[i]);
      }
    }
    return table;
  }
};

template <typename T>
const T* dataOf(const at::Tensor& x) {
  return x.defined() ? x.data_ptr<T>() : nullptr;
}

template <typename T>
Columns<T> columnsOf(const at::Tensor& forward, const at::Tensor& backward = {}) {
  const T *first = dataOf<T>(forward), *second = dataOf<T>(backward);
  const int64_t period = forward.size(1);
  return {first, first + period, first + 2 * period, second, second + period, second + 2 * period};
}

}  // namespace

void measureBy(SumUp sumUp) { everywhere = std::move(sumUp); }

Norm::Norm(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift, const at::Tensor& runningMean, const at::Tensor& runningVar, double momentum, double eps)
    : sumUp_(everywhere) {
  const Rows rows(x);
  const at::Tensor parts = rows.sums();
  double* sums = parts.data_ptr<double>();
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_norm_relu", [&] {
    rows.forEach<scalar_t>({dataOf<scalar_t>(x)}, nullptr, [&](int64_t part, const auto& from, scalar_t*, int64_t of) {
      double* own = sums + 2 * part * rows.period;
      moments(from[0], of, rows.period, own, own + rows.period);
    });
    std::vector<double> moment = rows.perChannel(parts);
    moment.push_back(static_cast<double>(x.numel() / rows.channels));
    if (sumUp_) sumUp_(moment);
    const double count = count_ = moment.back();
    const at::Tensor scales = scale.contiguous(), shifts = shift.contiguous();
    const scalar_t *gain = dataOf<scalar_t>(scales), *level = dataOf<scalar_t>(shifts);
    const auto follow = [&](const at::Tensor& running, int64_t channel, double value) {
      scalar_t& old = running.data_ptr<scalar_t>()[channel * running.stride(0)];
      old = static_cast<scalar_t>((1 - momentum) * old + momentum * value);
    };
    columns_ = rows.inColumns<scalar_t>(x.options(), [&](int64_t channel) {
      const double mean = moment[channel] / count, difference = moment[rows.channels + channel] / count - mean * mean;
      const double variance = difference < 0 ? 0 : difference;  // what is not a number stays none
      const double inverse = 1 / std::sqrt(variance + eps), factor = gain[channel] * inverse;
      mean_.push_back(mean);
      inverse_.push_back(inverse);
      follow(runningMean, channel, mean);
      follow(runningVar, channel, variance * count / (count - 1));
      return std::array{factor, level[channel] - mean * factor, mean};
    });
  });
}

at::Tensor Norm::apply(const at::Tensor& x, Then then, const at::Tensor& carried) const {
  const Rows rows(x);
  const at::Tensor y = at::empty(x.sizes(), x.options().memory_format(channelsLast));
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_norm_relu", [&] {
    const Columns<scalar_t> columns = columnsOf<scalar_t>(columns_);
    rows.forEach<scalar_t>({dataOf<scalar_t>(x), dataOf<scalar_t>(carried)}, y.data_ptr<scalar_t>(), [&](int64_t, const auto& from, scalar_t* to, int64_t of) {
      activate(then, from[0], from[1], columns, of, rows.period, to);
    });
  });
  return y;
}

Norm::Gradients Norm::backward(at::Tensor dy, const at::Tensor& x, Then then, const at::Tensor& y) const {
  const Rows rows(x);
  const at::Tensor parts = rows.sums();
  double* sums = parts.data_ptr<double>();
  Gradients result;
  result.scale = at::empty({rows.channels}, x.options().memory_format(at::MemoryFormat::Contiguous));
  result.shift = at::empty_like(result.scale);
  if (then == Then::sum) result.passed = at::empty(x.sizes(), x.options().memory_format(channelsLast));
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_norm_relu", [&] {
    const Columns<scalar_t> forward = columnsOf<scalar_t>(columns_);
    scalar_t* passed = result.passed.defined() ? result.passed.data_ptr<scalar_t>() : nullptr;
    rows.forEach<scalar_t>({dataOf<scalar_t>(dy), dataOf<scalar_t>(x), dataOf<scalar_t>(y)}, passed, [&](int64_t part, const auto& from, scalar_t* to, int64_t of) {
      double* own = sums + 2 * part * rows.period;
      gradients(then, from[0], from[1], from[2], forward, of, rows.period, to, own, own + rows.period);
    });
    if (passed) dy = result.passed;
    const std::vector<double> own = rows.perChannel(parts);
    std::vector<double> all = own;
    if (sumUp_) sumUp_(all);
    const auto product = [&](const std::vector<double>& sum, int64_t channel) { return sum[rows.channels + channel] - mean_[channel] * sum[channel]; };
    const at::Tensor more = rows.inColumns<scalar_t>(x.options(), [&](int64_t channel) {
      const double inverse = inverse_[channel];
      result.scale.data_ptr<scalar_t>()[channel] = static_cast<scalar_t>(product(own, channel) * inverse);
      result.shift.data_ptr<scalar_t>()[channel] = static_cast<scalar_t>(own[channel]);
      return std::array{product(all, channel) * inverse * inverse / count_, all[channel] / count_, static_cast<double>(forward.factor[channel])};
    });
    const Columns<scalar_t> columns = columnsOf<scalar_t>(columns_, more);
    result.x = at::empty(x.sizes(), x.options().memory_format(channelsLast));
    rows.forEach<scalar_t>({dataOf<scalar_t>(dy), dataOf<scalar_t>(x)}, result.x.data_ptr<scalar_t>(), [&](int64_t, const auto& from, scalar_t* to, int64_t of) {
      back(then, from[0], from[1], columns, of, rows.period, to);
    });
  });
  return result;
}

void Norm::checkWhole() const { TORCH_CHECK(!sumUp_, "gradients of the gradients of a norm over several processes are not known here"); }

void check(const at::Tensor& x, std::initializer_list<at::Tensor> parts) {
  const auto isFloating = [&](const at::Tensor& each) { return each.device().is_cpu() && each.scalar_type() == x.scalar_type(); };
  TORCH_CHECK(x.dim() == 4 && x.device().is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble) && (everywhere || x.numel() > x.size(1)),
              "expected float32 or float64 maps [n, c, h, w] on the CPU with more than one value per channel, got ", x.sizes());
  for (const at::Tensor& each : parts) {
    TORCH_CHECK(each.dim() == 1 && each.size(0) == x.size(1) && isFloating(each), "expected [", x.size(1), "] of the map's dtype on the CPU of each part of the norm, got ", each.sizes());
  }
}

}  // namespace tandem::norm
