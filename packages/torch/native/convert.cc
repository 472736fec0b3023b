#include "convert.h"

#include "compat.h"
#include "dtype.h"
#include "errors.h"

#include <cmath>

namespace tandem {

using Kind = Parameter::Kind;

namespace {

constexpr double kInteger64 = 9223372036854775808.0;

Kind kindOf(const c10::Type& type, const std::string& realName) {
  if (realName == "ScalarType") return Kind::Dtype;
  if (realName == "MemoryFormat") return Kind::MemoryFormat;
  if (realName == "Layout") return Kind::Layout;
  switch (type.kind()) {
    case c10::TypeKind::TensorType: return Kind::Tensor;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType: return Kind::Integer;
    case c10::TypeKind::FloatType: return Kind::Float;
    case c10::TypeKind::BoolType: return Kind::Bool;
    case c10::TypeKind::NumberType: return Kind::Scalar;
    case c10::TypeKind::StringType: return Kind::Text;
    case c10::TypeKind::DeviceObjType: return Kind::Device;
    default: return Kind::Other;
  }
}

[[noreturn]] void wrong(const Parameter& parameter, const char* expected) {
  throw std::invalid_argument("'" + parameter.name + "' must be " + expected);
}

double numberOf(napi_env env, napi_value value, const Parameter& parameter, const char* expected) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) wrong(parameter, expected);
  return number;
}

int64_t integerOf(napi_env env, napi_value value, const Parameter& parameter) {
  double number = numberOf(env, value, parameter, "an integer");
  if (!isSafeInteger(number)) wrong(parameter, "a safe integer");
  return static_cast<int64_t>(number);
}

bool boolOf(napi_env env, napi_value value, const Parameter& parameter) {
  bool flag = false;
  if (napi_get_value_bool(env, value, &flag) != napi_ok) wrong(parameter, "true or false");
  return flag;
}

std::string wordOf(napi_env env, napi_value value, const Parameter& parameter) {
  if (typeOf(env, value) != napi_string) wrong(parameter, "a string");
  return textOf(env, value);
}

const at::Tensor& tensorOf(const Call& call, napi_value value, const Parameter& parameter) {
  int32_t slot = -1;
  if (napi_get_value_int32(call.env, value, &slot) != napi_ok) wrong(parameter, "a Tensor");
  return call.state->tensor(slot);
}

c10::IValue scalarOf(napi_env env, napi_value value, const Parameter& parameter) {
  switch (typeOf(env, value)) {
    case napi_number: {
      double number = numberOf(env, value, parameter, "a number");
      if (isSafeInteger(number)) return static_cast<int64_t>(number);
      if (number == std::floor(number) && std::abs(number) < kInteger64) wrong(parameter, "a safe integer; give a BigInt for an exact larger one");
      return number;
    }
    case napi_boolean: return boolOf(env, value, parameter);
    case napi_bigint: {
      int64_t number = 0;
      bool lossless = false;
      check(env, napi_get_value_bigint_int64(env, value, &number, &lossless));
      if (!lossless) wrong(parameter, "within 64 bits");
      return number;
    }
    default: wrong(parameter, "a number");
  }
}

int64_t memoryFormatOf(const std::string& name, const Parameter& parameter) {
  if (name == "contiguous") return static_cast<int64_t>(c10::MemoryFormat::Contiguous);
  if (name == "preserve") return static_cast<int64_t>(c10::MemoryFormat::Preserve);
  if (name == "channelsLast") return static_cast<int64_t>(c10::MemoryFormat::ChannelsLast);
  wrong(parameter, "'contiguous', 'channelsLast' or 'preserve'");
}

c10::IValue oneFromJs(const Call& call, napi_value value, const Parameter& parameter) {
  switch (parameter.kind) {
    case Kind::Tensor: return tensorOf(call, value, parameter);
    case Kind::Integer: return integerOf(call.env, value, parameter);
    case Kind::Float: return numberOf(call.env, value, parameter, "a number");
    case Kind::Bool: return boolOf(call.env, value, parameter);
    case Kind::Scalar: return scalarOf(call.env, value, parameter);
    case Kind::Text: return wordOf(call.env, value, parameter);
    case Kind::Device: return deviceOf(wordOf(call.env, value, parameter));
    case Kind::Dtype: return static_cast<int64_t>(dtypeOf(wordOf(call.env, value, parameter)));
    case Kind::MemoryFormat: return memoryFormatOf(wordOf(call.env, value, parameter), parameter);
    default: throw std::invalid_argument("'" + parameter.name + "' cannot be given from JavaScript");
  }
}

template <typename T, typename Read>
c10::IValue listOf(const std::vector<napi_value>& elements, Read read) {
  c10::List<T> list;
  list.reserve(elements.size());
  for (napi_value element : elements) list.push_back(read(element));
  return list;
}

c10::IValue listFromJs(const Call& call, napi_value value, const Parameter& parameter) {
  napi_env env = call.env;
  bool isArray = false;
  check(env, napi_is_array(env, value, &isArray));
  std::vector<napi_value> elements;
  if (isArray) {
    elements = elementsOf(env, value);
  } else if (parameter.length > 0) {
    elements.assign(parameter.length, value);
  } else {
    wrong(parameter, parameter.kind == Kind::Tensor ? "an array of Tensors" : "an array");
  }
  switch (parameter.kind) {
    case Kind::Tensor:
      if (parameter.optionalElement) {
        return listOf<c10::optional<at::Tensor>>(elements, [&](napi_value e) -> c10::optional<at::Tensor> {
          if (typeOf(env, e) == napi_null) return c10::nullopt;
          return tensorOf(call, e, parameter);
        });
      }
      return listOf<at::Tensor>(elements, [&](napi_value e) { return tensorOf(call, e, parameter); });
    case Kind::Integer: return listOf<int64_t>(elements, [&](napi_value e) { return integerOf(env, e, parameter); });
    case Kind::Float: return listOf<double>(elements, [&](napi_value e) { return numberOf(env, e, parameter, "numbers"); });
    case Kind::Bool: return listOf<bool>(elements, [&](napi_value e) { return boolOf(env, e, parameter); });
    case Kind::Scalar: {
      c10::List<c10::Scalar> list;
      for (napi_value e : elements) list.push_back(scalarOf(env, e, parameter).toScalar());
      return list;
    }
    default: throw std::invalid_argument("'" + parameter.name + "' cannot be given from JavaScript");
  }
}

}  // namespace

Parameter parameterOf(const c10::Argument& argument) {
  Parameter parameter;
  parameter.name = argument.name();
  const c10::Type* type = argument.type().get();
  const c10::Type* real = argument.real_type().get();
  auto unwrap = [&](c10::TypeKind kind) {
    if (type->kind() != kind) return false;
    type = type->containedTypes()[0].get();
    if (real->kind() == kind) real = real->containedTypes()[0].get();
    return true;
  };
  parameter.optional = unwrap(c10::TypeKind::OptionalType);
  parameter.list = unwrap(c10::TypeKind::ListType);
  if (parameter.list) parameter.optionalElement = unwrap(c10::TypeKind::OptionalType);
  parameter.kind = kindOf(*type, real->str());
  parameter.length = argument.N().value_or(0);
  parameter.hasDefault = argument.default_value().has_value();
  if (parameter.hasDefault) parameter.fallback = *argument.default_value();
  return parameter;
}

c10::IValue fromJs(const Call& call, napi_value value, const Parameter& parameter) {
  // The common case, without asking for the type first.
  if (parameter.kind == Kind::Tensor && !parameter.list) {
    int32_t slot;
    if (napi_get_value_int32(call.env, value, &slot) == napi_ok) return call.state->tensor(slot);
  }
  napi_valuetype type = typeOf(call.env, value);
  if (type == napi_undefined) {
    if (parameter.hasDefault) return parameter.fallback;
    if (parameter.optional) return {};
    throw std::invalid_argument("'" + parameter.name + "' is missing");
  }
  if (type == napi_null) {
    if (parameter.optional) return {};
    throw std::invalid_argument("'" + parameter.name + "' must not be null");
  }
  return parameter.list ? listFromJs(call, value, parameter) : oneFromJs(call, value, parameter);
}

napi_value toJs(const Call& call, const c10::IValue& value, int32_t maker) {
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    return tensor.defined() ? call.slot(tensor, maker) : call.integer(-1);
  }
  if (value.isNone()) return call.undefined();
  if (value.isInt()) return call.number(static_cast<double>(value.toInt()));
  if (value.isDouble()) return call.number(value.toDouble());
  if (value.isBool()) return call.boolean(value.toBool());
  if (value.isString()) return call.text(value.toStringRef());
  if (value.isScalar()) return call.number(value.toScalar().toDouble());
  std::vector<napi_value> elements;
  if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) elements.push_back(toJs(call, element, maker));
  } else if (value.isTensorList()) {
    for (const at::Tensor& element : value.toTensorVector()) elements.push_back(toJs(call, element, maker));
  } else if (value.isList()) {
    for (const auto& element : value.toListRef()) elements.push_back(toJs(call, element, maker));
  } else {
    throw std::invalid_argument("a result of type " + value.tagKind() + " cannot be given to JavaScript");
  }
  return call.array(elements);
}

at::Device deviceOf(const std::string& name) {
  try {
    return at::Device(name);
  } catch (const c10::Error&) {
    throw std::invalid_argument("unknown device '" + name + "'; for example cpu, cuda, cuda:1 or mps");
  }
}

}  // namespace tandem
