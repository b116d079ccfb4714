// The vector of the portable table: 16 lanes of plain C++. Slow, exact, and the oracle of the other tables.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace palimpsest::portable {
namespace {

constexpr char isa_name[] = "portable";

template <std::size_t n>
struct Lanes {
  static constexpr std::size_t lanes = n;
  float x[n];

  template <class F>
  static Lanes of(F f) {
    Lanes r;
    for (std::size_t i = 0; i < n; ++i) r.x[i] = f(i);
    return r;
  }
  static Lanes set(float a) {
    return of([=](std::size_t) { return a; });
  }
  static Lanes load(const float* p, std::size_t count = n) {
    return of([=](std::size_t i) { return i < count ? p[i] : 0; });
  }
  void store(float* p, std::size_t count = n) const {
    for (std::size_t i = 0; i < count; ++i) p[i] = x[i];
  }
  friend Lanes fma(Lanes a, Lanes b, Lanes c) {
    return of([&](std::size_t i) { return std::fma(a.x[i], b.x[i], c.x[i]); });
  }
  // x <= 0 ? 0 : x, so a NaN stays and -0 becomes +0
  friend Lanes positive(Lanes a) {
    return of([&](std::size_t i) { return a.x[i] <= 0 ? 0 : a.x[i]; });
  }
};
using Vec = Lanes<16>;
using Half = Lanes<8>;  // for the last columns of a product

// what a tile of dot products keeps at a time
using Dot = Vec;
struct Mask {
  bool x[16];
};
struct Ints {
  std::uint32_t x[16];

  template <class F>
  static Ints of(F f) {
    Ints r;
    for (std::size_t i = 0; i < 16; ++i) r.x[i] = f(i);
    return r;
  }
  static Ints set(std::uint32_t a) {
    return of([=](std::size_t) { return a; });
  }
};

template <class F>
Mask compare(F f) {
  Mask r;
  for (std::size_t i = 0; i < 16; ++i) r.x[i] = f(i);
  return r;
}

Vec operator+(Vec a, Vec b) {
  return Vec::of([&](std::size_t i) { return a.x[i] + b.x[i]; });
}
Vec operator-(Vec a, Vec b) {
  return Vec::of([&](std::size_t i) { return a.x[i] - b.x[i]; });
}
Vec operator*(Vec a, Vec b) {
  return Vec::of([&](std::size_t i) { return a.x[i] * b.x[i]; });
}
Vec operator/(Vec a, Vec b) {
  return Vec::of([&](std::size_t i) { return a.x[i] / b.x[i]; });
}
Vec sqrt(Vec a) {
  return Vec::of([&](std::size_t i) { return std::sqrt(a.x[i]); });
}

Mask operator<(Vec a, Vec b) {
  return compare([&](std::size_t i) { return a.x[i] < b.x[i]; });
}
Mask operator<=(Vec a, Vec b) {
  return compare([&](std::size_t i) { return a.x[i] <= b.x[i]; });
}
Mask operator==(Vec a, Vec b) {
  return compare([&](std::size_t i) { return a.x[i] == b.x[i]; });
}
Mask first_lanes(std::size_t n) {
  return compare([&](std::size_t i) { return i < n; });
}
Vec select(Mask m, Vec a, Vec b) {
  return Vec::of([&](std::size_t i) { return m.x[i] ? a.x[i] : b.x[i]; });
}

Ints bits(Vec a) {
  return Ints::of([&](std::size_t i) { return std::bit_cast<std::uint32_t>(a.x[i]); });
}
Vec from_bits(Ints a) {
  return Vec::of([&](std::size_t i) { return std::bit_cast<float>(a.x[i]); });
}
Ints operator+(Ints a, Ints b) {
  return Ints::of([&](std::size_t i) { return a.x[i] + b.x[i]; });
}
Ints operator&(Ints a, Ints b) {
  return Ints::of([&](std::size_t i) { return a.x[i] & b.x[i]; });
}
// by the 23 bits of a mantissa
Ints shift_left_23(Ints a) {
  return Ints::of([&](std::size_t i) { return a.x[i] << 23; });
}
Ints shift_right_23(Ints a) {
  return Ints::of([&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::int32_t>(a.x[i]) >> 23); });
}
Vec to_float(Ints a) {
  return Vec::of([&](std::size_t i) { return static_cast<float>(static_cast<std::int32_t>(a.x[i])); });
}

// lane i of the result is lane i + width
template <std::size_t width>
Vec upper(Vec a) {
  return Vec::of([&](std::size_t i) { return a.x[(i + width) % 16]; });
}
float first(Vec a) { return a.x[0]; }

// lane i of the result is the sum over the lanes of v[i], by the tree of a fold
Vec fold_each(const Dot (*v)[1]) {
  return Vec::of([=](std::size_t i) {
    Vec sum = v[i][0];
    sum = sum + upper<8>(sum);
    sum = sum + upper<4>(sum);
    sum = sum + upper<2>(sum);
    return first(sum + upper<1>(sum));
  });
}

Vec load_bytes(const std::uint8_t* p, std::size_t n = 16) {
  return Vec::of([&](std::size_t i) { return i < n ? static_cast<float>(p[i]) : 0; });
}

// out[j * 16 + i] = rows[i][j] for 16 rows and 4 columns
void transpose_16x4(const float* const* rows, std::size_t offset, float* out, std::size_t stride) {
  for (std::size_t j = 0; j < 4; ++j) {
    for (std::size_t i = 0; i < 16; ++i) out[j * stride + i] = rows[i][offset + j];
  }
}

}  // namespace
}  // namespace palimpsest::portable
