// What every test stands on: counting, random numbers, guarded memory, and the comparison of tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../kernels.h"

namespace palimpsest::test {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

void check(bool passed, const std::string& what);
// prints the count, returns the exit code
int finish();

// the same numbers on every run
std::uint32_t random_bits();
std::size_t random_size(std::size_t low, std::size_t high);
Floats random_floats(std::size_t n, float low = -2, float high = 2);
// with infinities, NaN, denormals, signed zeros, the largest and the smallest numbers among them
Floats special_floats(std::size_t n);

// n numbers with guards on both sides, which nobody may write
class Guarded {
 public:
  explicit Guarded(std::size_t n);
  explicit Guarded(const Floats& values);
  ~Guarded();
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  float* data() { return memory_.data() + guard; }
  operator Floats() const { return Floats(memory_.begin() + guard, memory_.end() - guard); }

 private:
  static constexpr std::ptrdiff_t guard = 32;
  Floats memory_;
};

// equal bits, or both NaN
bool same(float a, float b);

// what a kernel wrote, its outputs one after the other
using Run = std::function<Floats(const KernelTable&)>;

// every table gives the bits of the portable one
void check_bits(const std::string& what, const Run& run);
// every table gives exactly these bits
void check_exact(const std::string& what, const Run& run, const Floats& expected);
// every table gives the bits of the portable one, which stays within tolerance * (1 + |expected|) of a naive oracle in
// float64
void check_close(const std::string& what, const Run& run, const Doubles& expected, double tolerance);

template <class T>
std::vector<T> joined(std::initializer_list<std::vector<T>> parts) {
  std::vector<T> all;
  for (const std::vector<T>& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace palimpsest::test
