#include "check.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "../dispatch.h"

namespace palimpsest::test {

namespace {

int passed_count = 0, failed_count = 0;
std::uint32_t random_state = 0x9e3779b9;
constexpr std::uint32_t guard_bits = 0x7fdecade;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float specials[] = {inf, -inf, nan, 0.0f, -0.0f, 1e-40f, -1e-45f, 1.17549435e-38f, 3.4e38f, -3.4e38f, 1e-30f};

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
float guard_value() {
  float x;
  std::memcpy(&x, &guard_bits, sizeof x);
  return x;
}

}  // namespace

void check(bool passed, const std::string& what) {
  ++(passed ? passed_count : failed_count);
  if (!passed && failed_count <= 50) std::printf("FAILED %s\n", what.c_str());
}

int finish() {
  std::printf("%d passed, %d failed\n", passed_count, failed_count);
  return failed_count == 0 ? 0 : 1;
}

// xorshift32 (Marsaglia 2003)
std::uint32_t random_bits() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

std::size_t random_size(std::size_t low, std::size_t high) { return low + random_bits() % (high - low + 1); }

Floats random_floats(std::size_t n, float low, float high) {
  Floats x(n);
  for (float& v : x) v = low + (high - low) * static_cast<float>(random_bits() >> 8) * 0x1p-24f;
  return x;
}

Floats special_floats(std::size_t n) {
  Floats x = random_floats(n);
  for (float& v : x) {
    if (random_bits() % 8 == 0) v = specials[random_bits() % std::size(specials)];
  }
  return x;
}

Guarded::Guarded(std::size_t n) : Guarded(Floats(n, guard_value())) {}

Guarded::Guarded(const Floats& values) : memory_(values.size() + 2 * guard, guard_value()) {
  for (std::size_t i = 0; i < values.size(); ++i) data()[i] = values[i];
}

Guarded::~Guarded() {
  bool intact = true;
  for (std::ptrdiff_t i = 0; i < guard; ++i) {
    intact &= bits_of(memory_[static_cast<std::size_t>(i)]) == guard_bits;
    intact &= bits_of(*(memory_.end() - 1 - i)) == guard_bits;
  }
  check(intact, "nothing is written beyond the ends");
}

bool same(float a, float b) { return bits_of(a) == bits_of(b) || (a != a && b != b); }

void check_exact(const std::string& what, const Run& run, const Floats& expected) {
  for (const KernelTable* const* table = supported_tables(); *table != nullptr; ++table) {
    const Floats got = run(**table);
    check(got.size() == expected.size(), what + ": as many results as expected");
    std::size_t i = 0;
    while (i < expected.size() && same(got.at(i), expected[i])) ++i;
    check(i == expected.size(), what + ": " + (*table)->name + " differs at " + std::to_string(i));
  }
}

void check_bits(const std::string& what, const Run& run) { check_exact(what, run, run(*find_table("portable"))); }

void check_close(const std::string& what, const Run& run, const Doubles& expected, double tolerance) {
  const Floats portable = run(*find_table("portable"));
  check(expected.size() == portable.size(), what + ": as many results as expected");
  std::size_t i = 0;
  const auto near = [&] {
    return std::fabs(static_cast<double>(portable.at(i)) - expected[i]) <= tolerance * (1 + std::fabs(expected[i]));
  };
  while (i < expected.size() && near()) ++i;
  check(i == expected.size(), what + ": far from the oracle at " + std::to_string(i));
  check_exact(what, run, portable);
}

}  // namespace palimpsest::test
