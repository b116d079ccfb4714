// exp and log: every so-manieth float against float64, the corners one by one, the same bits in every table.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "check.h"
#include "math_table.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

using Function = void (*MathTable::*)(const float*, float*, std::size_t);

float from_bits(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// how far got is from the truth, in units of the last place of a float32 of that size
double ulps(float got, double truth) {
  const int exponent = std::max(std::ilogb(truth), -126);
  return std::fabs(static_cast<double>(got) - truth) / std::ldexp(1.0, exponent - 23);
}

// of the floats with bits in [first, last], every stride-th
double largest_error(const char* what, Function f, double (*truth)(double), std::uint32_t first, std::uint32_t last,
                     std::uint32_t stride) {
  const MathTable& portable = *math_tables()[0];
  double largest = 0;
  Floats x(4000), y(x.size()), z(x.size());
  for (std::uint64_t bits = first; bits <= last;) {
    std::size_t n = 0;
    for (; n < x.size() && bits <= last; bits += stride) x[n++] = from_bits(static_cast<std::uint32_t>(bits));
    (portable.*f)(x.data(), y.data(), n);
    for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, ulps(y[i], truth(static_cast<double>(x[i]))));
    for (const MathTable* const* other = math_tables() + 1; *other != nullptr; ++other) {
      ((*other)->*f)(x.data(), z.data(), n);
      check(std::memcmp(y.data(), z.data(), n * sizeof(float)) == 0, std::string(what) + ": bits of " + (*other)->name);
    }
  }
  return largest;
}

void check_value(const char* what, Function f, float x, float expected) {
  for (const MathTable* const* table = math_tables(); *table != nullptr; ++table) {
    float y;
    ((*table)->*f)(&x, &y, 1);
    const std::string text = std::string(what) + "(" + std::to_string(x) + ") in " + (*table)->name;
    check(same(y, expected), text + " is " + std::to_string(y));
  }
}

}  // namespace

void test_math() {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  // the bits of 0, 88.722832, -0 and -87.336540; of the smallest normal, infinity's predecessor and the first denormal
  const double positive = largest_error("exp", &MathTable::exp, std::exp, 0, 0x42b17217, 487);
  const double negative = largest_error("exp", &MathTable::exp, std::exp, 0x80000000, 0xc2aeac4f, 487);
  const double normal = largest_error("log", &MathTable::log, std::log, 0x00800000, 0x7f7fffff, 991);
  const double near_one = largest_error("log", &MathTable::log, std::log, 0x3f000000, 0x40000000, 23);
  const double denormal = largest_error("log", &MathTable::log, std::log, 1, 0x007fffff, 97);
  std::printf("exp: %.3f ulp below 0, %.3f above; log: %.3f ulp, %.3f in [1/2, 2], %.3f denormal\n", negative, positive,
              normal, near_one, denormal);
  for (const double error : {positive, negative, normal, near_one, denormal}) check(error <= 1.1, "within 1.1 ulp");

  check_value("exp", &MathTable::exp, 0.0f, 1);
  check_value("exp", &MathTable::exp, -0.0f, 1);
  check_value("exp", &MathTable::exp, 1e-45f, 1);
  check_value("exp", &MathTable::exp, inf, inf);
  check_value("exp", &MathTable::exp, -inf, 0);
  check_value("exp", &MathTable::exp, nan, nan);
  check_value("exp", &MathTable::exp, -nan, nan);
  for (const float x : {88.72284f, 89.0f, 1000.0f, 1e30f, 3.4e38f}) check_value("exp", &MathTable::exp, x, inf);
  for (const float x : {-87.33655f, -88.0f, -1000.0f, -1e30f, -3.4e38f}) check_value("exp", &MathTable::exp, x, 0);
  check_value("log", &MathTable::log, 1, 0);
  check_value("log", &MathTable::log, 0.0f, -inf);
  check_value("log", &MathTable::log, -0.0f, -inf);
  check_value("log", &MathTable::log, inf, inf);
  for (const float x : {nan, -nan, -1.0f, -1e-45f, -inf}) check_value("log", &MathTable::log, x, nan);
}

}  // namespace palimpsest::test
