// exp and log of one ISA, which no table exports, for the tests.
#pragma once

#include <cstddef>

namespace palimpsest::test {

struct MathTable {
  const char* name;
  void (*exp)(const float* x, float* out, std::size_t n);
  void (*log)(const float* x, float* out, std::size_t n);
};

// of the same instruction sets as supported_tables(), in that order, ends with null
const MathTable* const* math_tables();

}  // namespace palimpsest::test
