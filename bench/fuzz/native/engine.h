// As much of Node-API as the bindings use, without an engine behind it: the fuzzer hands them any value, in memory
// that the address sanitizer watches to the byte.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace palimpsest::fuzz {

// a value of JavaScript
struct Value {
  napi_valuetype type = napi_undefined;
  double number = 0;
  bool flag = false;
  std::string text;
  bool array = false;
  std::uint32_t length_of_array = 0;
  // a typed array, when it has elements
  bool typed = false, detached = false;
  napi_typedarray_type element = napi_uint8_array;
  std::size_t length = 0;
  void* data = nullptr;
};

// what the addon exports, by name
struct Export {
  napi_callback call;
  void* data;
};
const std::map<std::string, Export>& exports();

// a value that lives until `forget`
Value* make(const Value& value);
void forget();

// what an export answers
const Value& call(const Export& called, const std::vector<Value*>& args);

}  // namespace palimpsest::fuzz
