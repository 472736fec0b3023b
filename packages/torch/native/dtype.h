// Names of dtypes as TypeScript spells them.
#pragma once

#include <c10/core/ScalarType.h>

#include <stdexcept>
#include <string>

namespace tandem {

struct DtypeName {
  const char* name;
  c10::ScalarType type;
};

inline constexpr DtypeName kDtypes[] = {
    {"float32", c10::ScalarType::Float}, {"float64", c10::ScalarType::Double}, {"float16", c10::ScalarType::Half},
    {"bfloat16", c10::ScalarType::BFloat16}, {"int64", c10::ScalarType::Long}, {"int32", c10::ScalarType::Int},
    {"int16", c10::ScalarType::Short}, {"int8", c10::ScalarType::Char}, {"uint8", c10::ScalarType::Byte},
    {"bool", c10::ScalarType::Bool}, {"complex64", c10::ScalarType::ComplexFloat},
    {"complex128", c10::ScalarType::ComplexDouble},
};

inline std::string dtypeName(c10::ScalarType type) {
  for (const auto& entry : kDtypes) {
    if (entry.type == type) return entry.name;
  }
  return c10::toString(type);
}

inline c10::ScalarType dtypeOf(const std::string& name) {
  for (const auto& entry : kDtypes) {
    // Complex tensors have names for messages, but no typed array to be read into.
    if (name == entry.name && !c10::isComplexType(entry.type)) return entry.type;
  }
  throw std::invalid_argument("unknown dtype '" + name + "'; one of float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, bool");
}

}  // namespace tandem
