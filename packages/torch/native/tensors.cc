// Tensors from and to typed arrays, and what a tensor says of itself.
#include "functions.h"

#include "convert.h"
#include "dtype.h"
#include "errors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>

namespace tandem::functions {

namespace {

struct Bytes {
  void* data;
  size_t size;
};

Bytes bytesOf(const Call& call, napi_value array) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  check(call.env, napi_get_typedarray_info(call.env, array, &type, &length, &data, nullptr, nullptr));
  // In the order of napi_typedarray_type.
  static constexpr size_t kWidths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  return {data, length * kWidths[type]};
}

/// What an array should become.
struct Wanted {
  std::vector<int64_t> shape;
  at::ScalarType dtype;
};

void checkSize(const Bytes& bytes, at::IntArrayRef shape, at::ScalarType dtype) {
  int64_t wanted = static_cast<int64_t>(c10::elementSize(dtype));
  for (int64_t size : shape) {
    if (size < 0) throw std::invalid_argument("sizes must not be negative");
    if (__builtin_mul_overflow(wanted, size, &wanted)) throw std::invalid_argument("the shape has too many elements");
  }
  if (static_cast<size_t>(wanted) != bytes.size) {
    throw std::invalid_argument("the shape needs " + std::to_string(wanted) + " bytes, the array has " + std::to_string(bytes.size));
  }
}

/// Reads (array, shape, dtype, user) and sees that they fit together.
Wanted wantedOf(const Call& call, const Bytes& bytes) {
  std::string user = call.textAt(3);
  try {
    Wanted wanted{call.integersAt(1), dtypeOf(call.textAt(2))};
    checkSize(bytes, wanted.shape, wanted.dtype);
    return wanted;
  } catch (const Pending&) {
    throw;
  } catch (...) {
    rethrowAs(user);
  }
}

}  // namespace

/// fromArray(typedArray, shape, dtype, user): a copy.
napi_value fromArray(Call& call) {
  Bytes bytes = bytesOf(call, call.args[0]);
  auto [shape, dtype] = wantedOf(call, bytes);
  at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(dtype));
  if (bytes.size) std::memcpy(tensor.data_ptr(), bytes.data, bytes.size);
  return call.slot(std::move(tensor));
}

/// fromBuffer(typedArray, shape, dtype, user): shares the array's memory, which stays alive as long
/// as any tensor over it.
napi_value fromBuffer(Call& call) {
  call.state->returns->drain(call.env);
  Bytes bytes = bytesOf(call, call.args[0]);
  auto [shape, dtype] = wantedOf(call, bytes);
  napi_ref reference;
  check(call.env, napi_create_reference(call.env, call.args[0], 1, &reference));
  auto returns = call.state->returns;
  at::Tensor tensor = at::from_blob(
      bytes.data, shape, [returns, reference](void*) { returns->add(reference); }, at::TensorOptions().dtype(dtype));
  return call.slot(std::move(tensor));
}

/// read(slot, typedArray): fills the array with the tensor's elements in row-major order; dtypes
/// must agree in width.
void read(Call& call) {
  Bytes bytes = bytesOf(call, call.args[1]);
  at::Tensor tensor = call.tensorAt(0).detach().cpu().contiguous();
  if (tensor.nbytes() != bytes.size) throw std::invalid_argument("the array has the wrong size");
  if (bytes.size) std::memcpy(bytes.data, tensor.data_ptr(), bytes.size);
}

napi_value item(Call& call) {
  const at::Tensor& tensor = call.tensorAt(0);
  if (tensor.numel() != 1) throw std::invalid_argument("item: " + describe(tensor) + " has more or less than one element; read it with data()");
  at::Scalar value = tensor.item();
  if (value.isBoolean()) return call.boolean(value.toBool());
  return call.number(value.toDouble());
}

napi_value shape(Call& call) {
  auto sizes = call.tensorAt(0).sizes();
  return call.integers(sizes.data(), sizes.size());
}

napi_value strides(Call& call) {
  auto strides = call.tensorAt(0).strides();
  return call.integers(strides.data(), strides.size());
}

napi_value dtype(Call& call) { return call.text(dtypeName(call.tensorAt(0).scalar_type())); }

napi_value device(Call& call) { return call.text(call.tensorAt(0).device().str()); }

napi_value isContiguous(Call& call) {
  auto format = call.booleanAt(1) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  return call.boolean(call.tensorAt(0).is_contiguous(format));
}

}  // namespace tandem::functions
