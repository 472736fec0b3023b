// JavaScript values to libtorch's and back, by the schema of the operator at hand.
#pragma once

#include "state.h"

namespace tandem {

Parameter parameterOf(const c10::Argument& argument);

/// `undefined` takes the schema's default, `null` is None; tensors are slot numbers.
c10::IValue fromJs(const Call& call, napi_value value, const Parameter& parameter);

/// Tensors become slot numbers (-1 when undefined), lists and tuples arrays.
napi_value toJs(const Call& call, const c10::IValue& value, int32_t maker);

at::Device deviceOf(const std::string& name);

}  // namespace tandem
