#include "napi.h"

#include "errors.h"

#include <cmath>

namespace tandem {

std::invalid_argument wrongCount(size_t expected, size_t given) {
  return std::invalid_argument("wrong number of arguments: expected " + std::to_string(expected) + ", got " + std::to_string(given));
}

napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type;
}

std::string textOf(napi_env env, napi_value value) {
  size_t length = 0;
  check(env, napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  check(env, napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

std::vector<napi_value> elementsOf(napi_env env, napi_value array) {
  uint32_t length = 0;
  check(env, napi_get_array_length(env, array, &length));
  std::vector<napi_value> elements(length);
  for (uint32_t i = 0; i < length; ++i) check(env, napi_get_element(env, array, i, &elements[i]));
  return elements;
}

bool isSafeInteger(double value) { return std::abs(value) <= 9007199254740991.0 && value == std::floor(value); }

namespace {

int64_t safeInteger(double value) {
  if (!isSafeInteger(value)) throw std::invalid_argument("expected a safe integer, got " + std::to_string(value));
  return static_cast<int64_t>(value);
}

}  // namespace

int64_t Call::integerAt(size_t i) const { return safeInteger(numberAt(i)); }

int32_t Call::slotAt(size_t i) const {
  int32_t value = -1;
  check(env, napi_get_value_int32(env, args[i], &value));
  return value;
}

bool Call::booleanAt(size_t i) const {
  bool value = false;
  check(env, napi_get_value_bool(env, args[i], &value));
  return value;
}

double Call::numberAt(size_t i) const {
  double value = 0;
  check(env, napi_get_value_double(env, args[i], &value));
  return value;
}

std::string Call::textAt(size_t i) const { return textOf(env, args[i]); }

std::vector<int64_t> Call::integersAt(size_t i) const {
  std::vector<int64_t> values;
  for (napi_value element : elementsOf(env, args[i])) {
    double value = 0;
    check(env, napi_get_value_double(env, element, &value));
    values.push_back(safeInteger(value));
  }
  return values;
}

bool Call::absent(size_t i) const {
  napi_valuetype type = typeOf(env, args[i]);
  return type == napi_undefined || type == napi_null;
}

napi_value Call::undefined() const {
  napi_value value;
  check(env, napi_get_undefined(env, &value));
  return value;
}

napi_value Call::number(double number) const {
  napi_value value;
  check(env, napi_create_double(env, number, &value));
  return value;
}

napi_value Call::integer(int32_t integer) const {
  napi_value value;
  check(env, napi_create_int32(env, integer, &value));
  return value;
}

napi_value Call::boolean(bool flag) const {
  napi_value value;
  check(env, napi_get_boolean(env, flag, &value));
  return value;
}

napi_value Call::text(const std::string& text) const {
  napi_value value;
  check(env, napi_create_string_utf8(env, text.data(), text.size(), &value));
  return value;
}

napi_value Call::integers(const int64_t* values, size_t length) const {
  napi_value array;
  check(env, napi_create_array_with_length(env, length, &array));
  for (size_t i = 0; i < length; ++i) check(env, napi_set_element(env, array, i, number(static_cast<double>(values[i]))));
  return array;
}

napi_value Call::array(const std::vector<napi_value>& values) const {
  napi_value array;
  check(env, napi_create_array_with_length(env, values.size(), &array));
  for (size_t i = 0; i < values.size(); ++i) check(env, napi_set_element(env, array, i, values[i]));
  return array;
}

napi_value Call::object() const {
  napi_value object;
  check(env, napi_create_object(env, &object));
  return object;
}

void Call::set(napi_value object, const char* name, napi_value value) const {
  check(env, napi_set_named_property(env, object, name, value));
}

void rethrowToJs(napi_env env) noexcept {
  std::string message;
  try {
    throw;
  } catch (const Pending&) {
    return;
  } catch (...) {
    message = messageOfCurrentException();
  }
  napi_throw_error(env, nullptr, message.c_str());
}

}  // namespace tandem
