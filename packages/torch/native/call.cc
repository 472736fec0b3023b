// The boxed call: any operator of libtorch, its arguments converted by its schema.
#include "functions.h"

#include "convert.h"
#include "errors.h"

#include <ATen/core/stack.h>
#include <torch/version.h>

#include <sstream>

namespace tandem::functions {

namespace {

/// "conv2d(float32[2, 3, 8, 8], float32[4, 5, 3, 3]): why; cure". Reads the arguments again, since
/// a failed call has used them up.
[[noreturn]] void fail(const Call& call, const Operator& op) {
  std::ostringstream out;
  const char* separator = "";
  out << op.name << '(';
  for (size_t i = 0; i < op.parameters.size() && i + 1 < call.count; ++i) {
    const Parameter& parameter = op.parameters[i];
    if (typeOf(call.env, call.args[i + 1]) == napi_undefined) continue;
    out << separator;
    separator = ", ";
    try {
      out << describe(fromJs(call, call.args[i + 1], parameter));
    } catch (...) {
      out << '?';
    }
  }
  out << ')';
  rethrowAs(out.str());
}

}  // namespace

/// call(operator, ...arguments): a slot, a value, or an array of them; undefined for results that
/// are arguments changed in place.
napi_value call(Call& call) {
  int32_t id = call.slotAt(0);
  const Operator& op = call.state->operators.at(id);
  try {
    torch::jit::Stack stack;
    stack.reserve(op.parameters.size());
    for (size_t i = 0; i < op.parameters.size(); ++i) {
      if (i + 1 < call.count) {
        stack.push_back(fromJs(call, call.args[i + 1], op.parameters[i]));
      } else {
        const Parameter& parameter = op.parameters[i];
        if (!parameter.hasDefault) throw std::invalid_argument("'" + parameter.name + "' is missing");
        stack.push_back(parameter.fallback);
      }
    }
    op.handle.callBoxed(stack);
    if (stack.empty()) return call.undefined();
    if (stack.size() == 1) return op.writesArgument[0] ? call.undefined() : toJs(call, stack[0], id);
    std::vector<napi_value> results;
    for (const c10::IValue& value : stack) results.push_back(toJs(call, value, id));
    return call.array(results);
  } catch (const Pending&) {
    throw;
  } catch (...) {
    fail(call, op);
  }
}

/// resolve(name, overload, argumentNames, shown): the operator's number; `shown` is what messages
/// call it. Throws where this libtorch lacks it, or orders its arguments differently.
napi_value resolve(Call& call) {
  std::string name = call.textAt(0);
  std::string overload = call.textAt(1);
  auto found = c10::Dispatcher::singleton().findSchema({name, overload});
  std::string shown = call.textAt(3);
  if (!found) throw std::invalid_argument(shown + ": this libtorch (" TORCH_VERSION ") has no " + name + (overload.empty() ? "" : "." + overload));
  Operator op{*found, shown, {}, {}};
  auto expected = elementsOf(call.env, call.args[2]);
  const auto& arguments = found->schema().arguments();
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i < expected.size() && textOf(call.env, expected[i]) != arguments[i].name()) {
      throw std::invalid_argument(shown + ": this libtorch (" TORCH_VERSION ") orders its arguments differently; run npm run generate");
    }
    op.parameters.push_back(parameterOf(arguments[i]));
  }
  for (const auto& result : found->schema().returns()) {
    op.writesArgument.push_back(result.alias_info() && result.alias_info()->isWrite());
  }
  call.state->operators.push_back(std::move(op));
  return call.number(static_cast<double>(call.state->operators.size() - 1));
}

namespace {

napi_value argumentToJs(const Call& call, const c10::Argument& argument) {
  napi_value object = call.object();
  std::ostringstream type;
  type << argument.real_type()->str();
  call.set(object, "name", call.text(argument.name()));
  call.set(object, "type", call.text(type.str()));
  call.set(object, "length", argument.N() ? call.number(*argument.N()) : call.undefined());
  call.set(object, "keywordOnly", call.boolean(argument.kwarg_only()));
  call.set(object, "hasDefault", call.boolean(argument.default_value().has_value()));
  call.set(object, "writes", call.boolean(argument.alias_info() && argument.alias_info()->isWrite()));
  return object;
}

}  // namespace

/// schemas(): every operator of aten and of our own as data: name, overload, arguments, returns and
/// the schema's own spelling.
napi_value schemas(Call& call) {
  std::vector<napi_value> all;
  for (const auto& operatorName : c10::Dispatcher::singleton().getAllOpNames()) {
    if (operatorName.name.rfind("aten::", 0) != 0 && operatorName.name.rfind("tandem::", 0) != 0) continue;
    auto handle = c10::Dispatcher::singleton().findSchema(operatorName);
    if (!handle) continue;
    const c10::FunctionSchema& schema = handle->schema();
    std::vector<napi_value> arguments, returns;
    for (const auto& argument : schema.arguments()) arguments.push_back(argumentToJs(call, argument));
    for (const auto& result : schema.returns()) returns.push_back(argumentToJs(call, result));
    std::ostringstream spelled;
    spelled << schema;
    napi_value object = call.object();
    call.set(object, "name", call.text(schema.name()));
    call.set(object, "overload", call.text(schema.overload_name()));
    call.set(object, "arguments", call.array(arguments));
    call.set(object, "returns", call.array(returns));
    call.set(object, "schema", call.text(spelled.str()));
    all.push_back(object);
  }
  return call.array(all);
}

}  // namespace tandem::functions
