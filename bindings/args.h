// Reads the arguments of one call, in order, and refuses what a kernel must not see.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace palimpsest {

// thrown by Args, turned into a return value by the caller of every export: it never reaches JavaScript as it is
struct Failure {
  const char* code;
  std::string message;
};

// memory of one typed array, owned by JavaScript, valid until the call returns
template <typename T>
struct View {
  T* data;
  std::size_t length;
  const char* name;

  operator T*() const { return data; }
};

// a length, or one that no array has where the product does not fit: std::size_t has 32 bits in WebAssembly
inline std::size_t product(std::size_t a, std::size_t b) {
  std::size_t length = 0;
  return __builtin_mul_overflow(a, b, &length) ? SIZE_MAX : length;
}

struct Range {
  const void* begin;
  const void* end;
  const char* name;

  template <typename T>
  Range(const View<T>& view) : begin(view.data), end(view.data + view.length), name(view.name) {}
};

class Args {
 public:
  Args(napi_env env, napi_callback_info info);

  // a whole number from least to 2^31 - 1
  std::size_t size(const char* name, std::size_t least = 1);
  // any number, NaN and infinity included
  double number(const char* name);
  // a number that is finite as a float32
  float real(const char* name);
  bool flag(const char* name);
  std::string text(const char* name);

  // a typed array of exactly this element type and length; length 0: any but empty
  template <typename T>
  View<T> array(const char* name, std::size_t length);
  // the same, or null where JavaScript passes null
  template <typename T>
  View<T> optional(const char* name, std::size_t length);

  // refuses an output that overlaps an input; with in_place, the very same range is welcome
  void distinct(Range output, std::initializer_list<Range> inputs, bool in_place = false) const;
  // every value below the limit
  void below(const View<const std::uint8_t>& values, std::size_t limit) const;
  void below(const View<const std::uint32_t>& values, std::size_t limit) const;

  // how many arguments have not been read
  std::size_t left() const { return count_ > next_ ? count_ - next_ : 0; }

  [[noreturn]] void refuse(const char* code, const std::string& message) const;
  Napi::Env env() const { return env_; }

 private:
  Napi::Value peek() const { return next_ < count_ ? Napi::Value(env_, values_[next_]) : env().Undefined(); }
  Napi::Value next() {
    const Napi::Value value = peek();
    ++next_;
    return value;
  }

  // as many as most calls have, without an allocation
  static constexpr std::size_t few = 16;

  napi_env env_;
  const char* function_;
  std::size_t count_ = few;
  napi_value few_[few];
  std::vector<napi_value> many_;
  const napi_value* values_ = few_;
  std::size_t next_ = 0;
};

}  // namespace palimpsest
