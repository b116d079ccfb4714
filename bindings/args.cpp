#include "args.h"

#include <cmath>
#include <functional>

#ifdef __wasm__
// throws a JavaScript error through all frames of the module; nothing in them needs to be destroyed
[[noreturn, clang::import_module("palimpsest"), clang::import_name("refuse")]] void palimpsest_refuse(
    const char* code, const char* message);
// where a copy of a typed array lies while the call runs; goes back into it afterwards if written
[[clang::import_module("palimpsest"), clang::import_name("place")]] void* palimpsest_place(napi_value array,
                                                                                           bool written);
#endif

namespace palimpsest {
namespace {

template <typename T>
struct Element;
template <>
struct Element<float> {
  static constexpr napi_typedarray_type type = napi_float32_array;
  static constexpr const char* name = "Float32Array";
};
template <>
struct Element<double> {
  static constexpr napi_typedarray_type type = napi_float64_array;
  static constexpr const char* name = "Float64Array";
};
template <>
struct Element<std::uint8_t> {
  static constexpr napi_typedarray_type type = napi_uint8_array;
  static constexpr const char* name = "Uint8Array";
};
template <>
struct Element<std::uint32_t> {
  static constexpr napi_typedarray_type type = napi_uint32_array;
  static constexpr const char* name = "Uint32Array";
};

const char* describe(const Napi::Value& value) {
  static constexpr const char* arrays[] = {"Int8Array",    "Uint8Array",    "Uint8ClampedArray", "Int16Array",
                                           "Uint16Array",  "Int32Array",    "Uint32Array",       "Float32Array",
                                           "Float64Array", "BigInt64Array", "BigUint64Array"};
  if (value.IsTypedArray()) {
    const auto type = static_cast<std::size_t>(value.As<Napi::TypedArray>().TypedArrayType());
    return type < std::size(arrays) ? arrays[type] : "another typed array";
  }
  if (value.IsUndefined()) return "undefined";
  if (value.IsNull()) return "null";
  if (value.IsNumber()) return "a number";
  if (value.IsString()) return "a string";
  if (value.IsBoolean()) return "a boolean";
  if (value.IsArray()) return "an Array";
  return "an object";
}

bool detached(const Napi::Value& array) {
  napi_value buffer = nullptr;
  bool detached = false;
  return napi_get_typedarray_info(array.Env(), array, nullptr, nullptr, nullptr, &buffer, nullptr) == napi_ok &&
         napi_is_detached_arraybuffer(array.Env(), buffer, &detached) == napi_ok && detached;
}

template <typename T>
void check_below(const Args& args, const View<const T>& values, std::size_t limit) {
  for (std::size_t i = 0; i < values.length; ++i)
    if (values.data[i] >= limit)
      args.refuse(sizeof(T) == 1 ? "LABEL_OUT_OF_RANGE" : "INVALID_ARGUMENT",
                  std::string(values.name) + "[" + std::to_string(i) + "] is " + std::to_string(values.data[i]) +
                      ", expected less than " + std::to_string(limit));
}

}  // namespace

Args::Args(napi_env env, napi_callback_info info) : env_(env) {
  void* function = nullptr;
  napi_get_cb_info(env, info, &count_, few_, nullptr, &function);
  function_ = static_cast<const char*>(function);
  if (count_ <= few) return;
  many_.resize(count_);
  napi_get_cb_info(env, info, &count_, many_.data(), nullptr, nullptr);
  values_ = many_.data();
}

void Args::refuse(const char* code, const std::string& message) const {
#ifdef __wasm__
  palimpsest_refuse(code, (std::string(function_) + ": " + message).c_str());
#else
  throw Failure{code, std::string(function_) + ": " + message};
#endif
}

double Args::number(const char* name) {
  const Napi::Value value = next();
  double number = 0;
  if (napi_get_value_double(env(), value, &number) != napi_ok)
    refuse("INVALID_ARGUMENT", std::string(name) + " is " + describe(value) + ", expected a number");
  return number;
}

float Args::real(const char* name) {
  const double value = number(name);
  const float rounded = static_cast<float>(value);
  if (!std::isfinite(rounded))
    refuse("INVALID_ARGUMENT", std::string(name) + " is " + std::to_string(value) + ", expected a finite float32");
  return rounded;
}

std::size_t Args::size(const char* name, std::size_t least) {
  const double value = number(name);
  if (value != std::floor(value) || value < static_cast<double>(least) || value > 2147483647.0)
    refuse("INVALID_ARGUMENT", std::string(name) + " is " + std::to_string(value) + ", expected a whole number from " +
                                   std::to_string(least) + " to 2147483647");
  return static_cast<std::size_t>(value);
}

bool Args::flag(const char* name) {
  const Napi::Value value = next();
  bool flag = false;
  if (napi_get_value_bool(env(), value, &flag) != napi_ok)
    refuse("INVALID_ARGUMENT", std::string(name) + " is " + describe(value) + ", expected a boolean");
  return flag;
}

std::string Args::text(const char* name) {
  const Napi::Value value = next();
  if (!value.IsString())
    refuse("INVALID_ARGUMENT", std::string(name) + " is " + describe(value) + ", expected a string");
  return value.As<Napi::String>().Utf8Value();
}

template <typename T>
View<T> Args::array(const char* name, std::size_t length) {
  using Expected = Element<std::remove_const_t<T>>;
  const Napi::Value value = next();
  // asked for once, and without the buffer, which costs a handle: a call of a small kernel is mostly these questions
  void* data = nullptr;
  std::size_t count = 0;
  napi_typedarray_type type{};
  if (napi_get_typedarray_info(env(), value, &type, &count, &data, nullptr, nullptr) != napi_ok ||
      type != Expected::type)
    refuse("DTYPE", std::string(name) + " is " + describe(value) + ", expected a " + Expected::name);
  if (count == 0 && detached(value))
    refuse("DETACHED_BUFFER", std::string(name) + " has lost its memory: its buffer was transferred");
  if (count == 0 || (length != 0 && count != length))
    refuse("LENGTH", std::string(name) + " has " + std::to_string(count) + " elements, expected " +
                         (length == 0 ? "at least 1" : std::to_string(length)));
#ifdef __wasm__
  data = palimpsest_place(value, !std::is_const_v<T>);
#endif
  return {static_cast<T*>(data), count, name};
}

template <typename T>
View<T> Args::optional(const char* name, std::size_t length) {
  if (peek().IsNull()) {
    ++next_;
    return {nullptr, 0, name};
  }
  return array<T>(name, length);
}

void Args::distinct(Range output, std::initializer_list<Range> inputs, bool in_place) const {
  const std::less<const void*> before;
  for (const Range& input : inputs) {
    const bool apart = !before(input.begin, output.end) || !before(output.begin, input.end);
    const bool same = input.begin == output.begin && input.end == output.end;
    if (!apart && !(in_place && same))
      refuse("ALIASED", std::string(output.name) + " overlaps " + input.name + (in_place ? " in part" : ""));
  }
}

void Args::below(const View<const std::uint8_t>& values, std::size_t limit) const { check_below(*this, values, limit); }
void Args::below(const View<const std::uint32_t>& values, std::size_t limit) const {
  check_below(*this, values, limit);
}

template View<float> Args::array(const char*, std::size_t);
template View<const float> Args::array(const char*, std::size_t);
template View<double> Args::array(const char*, std::size_t);
template View<const double> Args::array(const char*, std::size_t);
template View<std::uint32_t> Args::array(const char*, std::size_t);
template View<const std::uint32_t> Args::array(const char*, std::size_t);
template View<const std::uint8_t> Args::array(const char*, std::size_t);
template View<float> Args::optional(const char*, std::size_t);
template View<const float> Args::optional(const char*, std::size_t);

}  // namespace palimpsest
