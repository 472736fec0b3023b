// Batch norm of a map in channels-last by its own statistics, as our operators share it.
#pragma once

#include "norm-kernels.h"

#include <ATen/ATen.h>

#include <functional>
#include <initializer_list>
#include <vector>

namespace tandem::norm {

constexpr auto channelsLast = at::MemoryFormat::ChannelsLast;

/// Adds numbers up over all processes that hold parts of a batch.
using SumUp = std::function<void(std::vector<double>&)>;

/// From here on maps that this thread measures are parts of larger ones, of which other processes
/// measure the rest; with none, whole ones.
void measureBy(SumUp sumUp);

/// What a channel of a map is normalised by.
class Norm {
 public:
  Norm() = default;

  /// Measures x [n, c, h, w], which is in channels-last, and moves the running statistics.
  /// `scale`, `shift` and they are [c], of x's dtype.
  Norm(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift, const at::Tensor& runningMean, const at::Tensor& runningVar, double momentum, double eps);

  /// x normalised, and what follows: with a sum, that with `carried`, in channels-last as well.
  at::Tensor apply(const at::Tensor& x, Then then, const at::Tensor& carried = {}) const;

  struct Gradients {
    at::Tensor x, scale, shift;
    /// What the ReLU passed, the gradient of `carried`; with a sum only.
    at::Tensor passed;
  };
  /// From the gradient of the result, in channels-last. @param y the result, with a sum only
  Gradients backward(at::Tensor dy, const at::Tensor& x, Then then, const at::Tensor& y = {}) const;

  /// Of each channel, float64 [c].
  at::Tensor mean() const { return at::tensor(mean_, at::kDouble); }
  /// 1 / sqrt(variance + eps) of each channel, float64 [c].
  at::Tensor inverse() const { return at::tensor(inverse_, at::kDouble); }
  /// The norm is factor x + summand: [c] and more, which begin anew.
  const float* factor() const { return columns_.data_ptr<float>(); }
  const float* summand() const { return factor() + columns_.size(1); }
  /// Throws where gradients are to have gradients, and other processes hold parts of the map.
  void checkWhole() const;

 private:
  std::vector<double> mean_, inverse_;
  /// Values of a channel, in all parts of the map.
  double count_ = 0;
  SumUp sumUp_;
  at::Tensor columns_;  // [factor, summand, mean], of x's dtype
};

/// Throws where x is not such a map, or a part of the norm not such a part.
void check(const at::Tensor& x, std::initializer_list<at::Tensor> parts);

}  // namespace tandem::norm
