#include "engine.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace palimpsest::fuzz {
namespace {

struct Info {
  const std::vector<Value*>& args;
  void* data;
};

struct Function {
  std::string name;
  Export to;
};

std::deque<Value> values;
std::deque<Function> functions;
std::map<std::string, Export> table;

napi_value out(const Value& value) { return reinterpret_cast<napi_value>(make(value)); }
Value& in(napi_value value) { return *reinterpret_cast<Value*>(value); }

[[noreturn]] void unexpected(const char* name) {
  std::fprintf(stderr, "the bindings called %s\n", name);
  std::abort();
}

}  // namespace

Value* make(const Value& value) { return &values.emplace_back(value); }
void forget() { values.clear(); }

const Value& call(const Export& called, const std::vector<Value*>& args) {
  Info info{args, called.data};
  const napi_value result = called.call(nullptr, reinterpret_cast<napi_callback_info>(&info));
  if (result == nullptr) unexpected("napi_throw");
  return in(result);
}

}  // namespace palimpsest::fuzz

extern "C" {

using namespace palimpsest::fuzz;

napi_value napi_register_module_v1(napi_env, napi_value exports);

napi_status napi_get_cb_info(napi_env, napi_callback_info info, size_t* count, napi_value* args, napi_value*,
                             void** data) {
  const auto& given = *reinterpret_cast<Info*>(info);
  for (size_t i = 0; args && i < *count; ++i)
    args[i] = i < given.args.size() ? reinterpret_cast<napi_value>(given.args[i]) : out({});
  *count = given.args.size();
  if (data) *data = given.data;
  return napi_ok;
}

napi_status napi_create_function(napi_env, const char* name, size_t, napi_callback call, void* data,
                                 napi_value* result) {
  functions.push_back({name, {call, data}});
  Value value{};
  value.type = napi_function;
  *result = out(value);
  return napi_ok;
}

// exports are functions alone, each set right after it was made
napi_status napi_set_named_property(napi_env, napi_value, const char* name, napi_value) {
  table[name] = functions.back().to;
  return napi_ok;
}

napi_status napi_typeof(napi_env, napi_value value, napi_valuetype* type) {
  *type = in(value).type;
  return napi_ok;
}
napi_status napi_is_array(napi_env, napi_value value, bool* is) {
  *is = in(value).array;
  return napi_ok;
}
napi_status napi_is_typedarray(napi_env, napi_value value, bool* is) {
  *is = in(value).typed;
  return napi_ok;
}
napi_status napi_get_typedarray_info(napi_env, napi_value array, napi_typedarray_type* type, size_t* length,
                                     void** data, napi_value* buffer, size_t* offset) {
  const Value& value = in(array);
  if (!value.typed) return napi_invalid_arg;
  if (type) *type = value.element;
  if (length) *length = value.detached ? 0 : value.length;
  if (data) *data = value.detached ? nullptr : value.data;
  if (buffer) *buffer = array;
  if (offset) *offset = 0;
  return napi_ok;
}
napi_status napi_is_detached_arraybuffer(napi_env, napi_value buffer, bool* is) {
  *is = in(buffer).detached;
  return napi_ok;
}
napi_status napi_get_value_double(napi_env, napi_value value, double* number) {
  if (in(value).type != napi_number) return napi_number_expected;
  *number = in(value).number;
  return napi_ok;
}
napi_status napi_get_value_bool(napi_env, napi_value value, bool* flag) {
  if (in(value).type != napi_boolean) return napi_boolean_expected;
  *flag = in(value).flag;
  return napi_ok;
}
napi_status napi_get_value_string_utf8(napi_env, napi_value value, char* text, size_t size, size_t* length) {
  const std::string& found = in(value).text;
  if (in(value).type != napi_string) return napi_string_expected;
  if (text && size > 0) {
    const size_t count = std::min(size - 1, found.size());
    std::memcpy(text, found.data(), count);
    text[count] = 0;
    if (length) *length = count;
  } else if (length) {
    *length = found.size();
  }
  return napi_ok;
}
napi_status napi_get_array_length(napi_env, napi_value array, uint32_t* length) {
  *length = in(array).length_of_array;
  return napi_ok;
}
napi_status napi_set_element(napi_env, napi_value array, uint32_t index, napi_value) {
  in(array).length_of_array = std::max(in(array).length_of_array, index + 1);
  return napi_ok;
}

napi_status napi_create_array(napi_env, napi_value* result) {
  Value value{};
  value.type = napi_object;
  value.array = true;
  *result = out(value);
  return napi_ok;
}
napi_status napi_create_double(napi_env, double number, napi_value* result) {
  Value value{};
  value.type = napi_number;
  value.number = number;
  *result = out(value);
  return napi_ok;
}
napi_status napi_create_string_utf8(napi_env, const char* text, size_t length, napi_value* result) {
  Value value{};
  value.type = napi_string;
  value.text = length == NAPI_AUTO_LENGTH ? text : std::string(text, length);
  *result = out(value);
  return napi_ok;
}
napi_status napi_get_boolean(napi_env, bool flag, napi_value* result) {
  Value value{};
  value.type = napi_boolean;
  value.flag = flag;
  *result = out(value);
  return napi_ok;
}
napi_status napi_get_undefined(napi_env, napi_value* result) {
  *result = out({});
  return napi_ok;
}
napi_status napi_is_exception_pending(napi_env, bool* is) {
  *is = false;
  return napi_ok;
}
}

namespace palimpsest::fuzz {

const std::map<std::string, Export>& exports() {
  if (table.empty()) {
    napi_register_module_v1(nullptr, out({}));
    forget();
  }
  return table;
}

}  // namespace palimpsest::fuzz
