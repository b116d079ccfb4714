// exp and log of one ISA, which no table exports, for math_test.cpp.
#pragma once

#include <cstddef>

namespace palimpsest::test {

struct MathTable {
  const char* name;
  void (*exp)(const float* x, float* out, std::size_t n);
  void (*log)(const float* x, float* out, std::size_t n);
};

}  // namespace palimpsest::test
