// The vector of the WebAssembly table: four registers of 4 lanes. There is no fused multiply-add, so one is made of
// float64: a product of two float32 is exact there, and only its sum with the third number rounds, a second time when
// it becomes a float32 again. That is wrong when the first rounding ended halfway between two float32: see `mend`.
#pragma once

#include <wasm_simd128.h>

#include <cstddef>
#include <cstdint>

namespace palimpsest::wasm {
namespace {

constexpr char isa_name[] = "wasm";

// the first n numbers, at most 4, and 0 for the others; reads nothing beyond them
v128_t load_first(const float* p, std::size_t n) {
  if (n >= 4) return wasm_v128_load(p);
  if (n == 0) return wasm_f32x4_const_splat(0);
  if (n == 1) return wasm_v128_load32_zero(p);
  const v128_t two = wasm_v128_load64_zero(p);
  return n == 2 ? two : wasm_v128_load32_lane(p + 2, two, 2);
}
void store_first(float* p, v128_t x, std::size_t n) {
  if (n >= 4) return wasm_v128_store(p, x);
  if (n == 1) return wasm_v128_store32_lane(p, x, 0);
  if (n >= 2) wasm_v128_store64_lane(p, x, 0);
  if (n == 3) wasm_v128_store32_lane(p + 2, x, 2);
}

// also for the last columns of a product
struct Half {
  static constexpr std::size_t lanes = 8;
  v128_t low, high;

  static Half set(float a) { return {wasm_f32x4_splat(a), wasm_f32x4_splat(a)}; }
  static Half load(const float* p) { return {wasm_v128_load(p), wasm_v128_load(p + 4)}; }
  static Half load(const float* p, std::size_t n) {
    if (n <= 4) return {load_first(p, n), wasm_f32x4_const_splat(0)};
    return {wasm_v128_load(p), load_first(p + 4, n - 4)};
  }
  void store(float* p) const { wasm_v128_store(p, low), wasm_v128_store(p + 4, high); }
  void store(float* p, std::size_t n) const {
    store_first(p, low, n);
    if (n > 4) store_first(p + 4, high, n - 4);
  }
};
struct Vec {
  static constexpr std::size_t lanes = 16;
  Half low, high;

  static Vec set(float a) { return {Half::set(a), Half::set(a)}; }
  static Vec load(const float* p) { return {Half::load(p), Half::load(p + 8)}; }
  static Vec load(const float* p, std::size_t n) {
    if (n <= 8) return {Half::load(p, n), Half::set(0)};
    return {Half::load(p), Half::load(p + 8, n - 8)};
  }
  void store(float* p) const { low.store(p), high.store(p + 8); }
  void store(float* p, std::size_t n) const {
    low.store(p, n);
    if (n > 8) high.store(p + 8, n - 8);
  }
};
struct HalfBits {
  v128_t low, high;
};
// what a tile of dot products keeps at a time
using Dot = Half;
struct Mask {
  HalfBits low, high;
};
struct Ints {
  HalfBits low, high;

  static Ints set(std::uint32_t a) {
    const HalfBits half = {wasm_u32x4_splat(a), wasm_u32x4_splat(a)};
    return {half, half};
  }
};

// f on each of the four registers of its operands
template <class R, class F, class... T>
R registers(F f, T... v) {
  return {{f(v.low.low...), f(v.low.high...)}, {f(v.high.low...), f(v.high.high...)}};
}

Vec operator+(Vec a, Vec b) {
  return registers<Vec>([](v128_t x, v128_t y) { return wasm_f32x4_add(x, y); }, a, b);
}
Vec operator-(Vec a, Vec b) {
  return registers<Vec>([](v128_t x, v128_t y) { return wasm_f32x4_sub(x, y); }, a, b);
}
Vec operator*(Vec a, Vec b) {
  return registers<Vec>([](v128_t x, v128_t y) { return wasm_f32x4_mul(x, y); }, a, b);
}
Vec operator/(Vec a, Vec b) {
  return registers<Vec>([](v128_t x, v128_t y) { return wasm_f32x4_div(x, y); }, a, b);
}
Vec sqrt(Vec a) {
  return registers<Vec>([](v128_t x) { return wasm_f32x4_sqrt(x); }, a);
}

// two lanes as float64
v128_t widen_low(v128_t x) { return wasm_f64x2_promote_low_f32x4(x); }
v128_t widen_high(v128_t x) { return widen_low(wasm_i64x2_shuffle(x, x, 1, 1)); }

// a sum of float64, rounded to odd: what it lost shows in its last bit, so that rounding it once more is rounding the
// exact sum. the error of a sum is exact (Knuth's two-sum)
v128_t sum_to_odd(v128_t p, v128_t c) {
  const v128_t sum = wasm_f64x2_add(p, c), c_part = wasm_f64x2_sub(sum, p), zero = wasm_f64x2_const_splat(0);
  const v128_t error = wasm_f64x2_add(wasm_f64x2_sub(p, wasm_f64x2_sub(sum, c_part)), wasm_f64x2_sub(c, c_part));
  // not for NaN, which is what the error of an infinite sum is
  const v128_t lost = wasm_v128_or(wasm_f64x2_lt(error, zero), wasm_f64x2_gt(error, zero));
  const v128_t one = wasm_i64x2_const_splat(1);
  const v128_t even = wasm_i64x2_eq(wasm_v128_and(sum, one), wasm_i64x2_const_splat(0));
  // the neighbour on the side of the exact sum: away from 0 when the error has the sum's sign
  const v128_t towards_zero = wasm_i64x2_shr(wasm_v128_xor(sum, error), 63);
  const v128_t odd = wasm_i64x2_add(sum, wasm_v128_or(towards_zero, one));
  return wasm_v128_bitselect(odd, sum, wasm_v128_and(lost, even));
}
v128_t narrow(v128_t low, v128_t high) {
  return wasm_i64x2_shuffle(wasm_f32x4_demote_f64x2_zero(low), wasm_f32x4_demote_f64x2_zero(high), 0, 2);
}
v128_t exact_fma(v128_t a, v128_t b, v128_t c) {
  const v128_t low = sum_to_odd(wasm_f64x2_mul(widen_low(a), widen_low(b)), widen_low(c));
  const v128_t high = sum_to_odd(wasm_f64x2_mul(widen_high(a), widen_high(b)), widen_high(c));
  return narrow(low, high);
}

// what 4 lanes come to, and which of them may be wrong
struct Rounded {
  v128_t x, doubtful;
};
[[gnu::always_inline]] inline Rounded round_twice(v128_t a, v128_t b, v128_t c) {
  const v128_t low = wasm_f64x2_add(wasm_f64x2_mul(widen_low(a), widen_low(b)), widen_low(c));
  const v128_t high = wasm_f64x2_add(wasm_f64x2_mul(widen_high(a), widen_high(b)), widen_high(c));
  // halfway: of the 29 bits that a float32 lacks, the first is set and no other
  const v128_t lacking = wasm_v128_and(wasm_i32x4_shuffle(low, high, 0, 2, 4, 6), wasm_i32x4_const_splat(0x1fffffff));
  const v128_t halfway = wasm_i32x4_eq(lacking, wasm_i32x4_const_splat(0x10000000));
  const v128_t x = narrow(low, high);
  // denormals and the number above them lack more; 0 does not: a sum as small as that lost nothing
  const v128_t magnitude = wasm_i32x4_shl(x, 1);
  const v128_t small = wasm_i32x4_lt(wasm_i32x4_add(magnitude, wasm_i32x4_const_splat(0x7fffffff)),
                                     wasm_i32x4_const_splat(static_cast<std::int32_t>(0x81000000u)));
  return {x, wasm_v128_or(halfway, small)};
}

// rare: one of 2^29 sums of numbers with full mantissas
[[gnu::noinline, gnu::cold]] Half mend(Half a, Half b, Half c) {
  return {exact_fma(a.low, b.low, c.low), exact_fma(a.high, b.high, c.high)};
}
[[gnu::always_inline]] inline Half fma(Half a, Half b, Half c) {
  const Rounded low = round_twice(a.low, b.low, c.low), high = round_twice(a.high, b.high, c.high);
  if (__builtin_expect(wasm_v128_any_true(wasm_v128_or(low.doubtful, high.doubtful)), 0)) return mend(a, b, c);
  return {low.x, high.x};
}
[[gnu::always_inline]] inline Vec fma(Vec a, Vec b, Vec c) {
  return {fma(a.low, b.low, c.low), fma(a.high, b.high, c.high)};
}

// x <= 0 ? 0 : x, so a NaN stays and -0 becomes +0
v128_t positive(v128_t x) { return wasm_v128_andnot(x, wasm_f32x4_le(x, wasm_f32x4_const_splat(0))); }
Half positive(Half a) { return {positive(a.low), positive(a.high)}; }
Vec positive(Vec a) { return {positive(a.low), positive(a.high)}; }

Mask operator<(Vec a, Vec b) {
  return registers<Mask>([](v128_t x, v128_t y) { return wasm_f32x4_lt(x, y); }, a, b);
}
Mask operator<=(Vec a, Vec b) {
  return registers<Mask>([](v128_t x, v128_t y) { return wasm_f32x4_le(x, y); }, a, b);
}
Mask operator==(Vec a, Vec b) {
  return registers<Mask>([](v128_t x, v128_t y) { return wasm_f32x4_eq(x, y); }, a, b);
}
Mask first_lanes(std::size_t n) {
  const v128_t end = wasm_u32x4_splat(n);
  const Ints number = {{wasm_u32x4_const(0, 1, 2, 3), wasm_u32x4_const(4, 5, 6, 7)},
                       {wasm_u32x4_const(8, 9, 10, 11), wasm_u32x4_const(12, 13, 14, 15)}};
  return registers<Mask>([=](v128_t x) { return wasm_u32x4_lt(x, end); }, number);
}
Vec select(Mask m, Vec a, Vec b) {
  return registers<Vec>([](v128_t chosen, v128_t x, v128_t y) { return wasm_v128_bitselect(x, y, chosen); }, m, a, b);
}

Ints bits(Vec a) { return {{a.low.low, a.low.high}, {a.high.low, a.high.high}}; }
Vec from_bits(Ints a) { return {{a.low.low, a.low.high}, {a.high.low, a.high.high}}; }
Ints operator+(Ints a, Ints b) {
  return registers<Ints>([](v128_t x, v128_t y) { return wasm_i32x4_add(x, y); }, a, b);
}
Ints operator&(Ints a, Ints b) {
  return registers<Ints>([](v128_t x, v128_t y) { return wasm_v128_and(x, y); }, a, b);
}
// by the 23 bits of a mantissa
Ints shift_left_23(Ints a) {
  return registers<Ints>([](v128_t x) { return wasm_i32x4_shl(x, 23); }, a);
}
Ints shift_right_23(Ints a) {
  return registers<Ints>([](v128_t x) { return wasm_i32x4_shr(x, 23); }, a);
}
Vec to_float(Ints a) {
  return registers<Vec>([](v128_t x) { return wasm_f32x4_convert_i32x4(x); }, a);
}

// lane i of the result is lane i + width, for the lanes that a fold still needs
template <std::size_t width>
Vec upper(Vec a) {
  if constexpr (width == 8) return {a.high, a.high};
  if constexpr (width == 4) return {{a.low.high, a.low.high}, a.high};
  if constexpr (width == 2) return {{wasm_i32x4_shuffle(a.low.low, a.low.low, 2, 3, 2, 3), a.low.high}, a.high};
  if constexpr (width == 1) return {{wasm_i32x4_shuffle(a.low.low, a.low.low, 1, 1, 3, 3), a.low.high}, a.high};
}
float first(Vec a) { return wasm_f32x4_extract_lane(a.low.low, 0); }

// lanes 0 and 1 of the sum over the lanes of two vectors, side by side, once lanes 8, 4 and 2 apart have met
v128_t fold_to_pairs(const Dot (&v)[2], const Dot (&w)[2]) {
  const v128_t a = wasm_f32x4_add(wasm_f32x4_add(v[0].low, v[1].low), wasm_f32x4_add(v[0].high, v[1].high));
  const v128_t b = wasm_f32x4_add(wasm_f32x4_add(w[0].low, w[1].low), wasm_f32x4_add(w[0].high, w[1].high));
  return wasm_f32x4_add(wasm_i64x2_shuffle(a, b, 0, 2), wasm_i64x2_shuffle(a, b, 1, 3));
}
v128_t fold_four(const Dot (*v)[2]) {
  const v128_t a = fold_to_pairs(v[0], v[1]), b = fold_to_pairs(v[2], v[3]);
  return wasm_f32x4_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));
}
// lane i of the result is the sum over the lanes of v[i], by the tree of a fold
Vec fold_each(const Dot (*v)[2]) { return {{fold_four(v), fold_four(v + 4)}, {fold_four(v + 8), fold_four(v + 12)}}; }

v128_t widen(v128_t words) { return wasm_f32x4_convert_u32x4(words); }
Vec load_bytes(const std::uint8_t* p) {
  const v128_t bytes = wasm_v128_load(p), low = wasm_u16x8_extend_low_u8x16(bytes);
  const v128_t high = wasm_u16x8_extend_high_u8x16(bytes);
  return {{widen(wasm_u32x4_extend_low_u16x8(low)), widen(wasm_u32x4_extend_high_u16x8(low))},
          {widen(wasm_u32x4_extend_low_u16x8(high)), widen(wasm_u32x4_extend_high_u16x8(high))}};
}
Vec load_bytes(const std::uint8_t* p, std::size_t n) {
  std::uint8_t bytes[16] = {};
  for (std::size_t i = 0; i < n; ++i) bytes[i] = p[i];
  return load_bytes(bytes);
}

// out[j * stride + i] = rows[i][offset + j] for 16 rows and 4 columns
void transpose_16x4(const float* const* rows, std::size_t offset, float* out, std::size_t stride) {
  for (std::size_t i = 0; i < 16; i += 4) {
    const v128_t a = wasm_v128_load(rows[i] + offset), b = wasm_v128_load(rows[i + 1] + offset);
    const v128_t c = wasm_v128_load(rows[i + 2] + offset), d = wasm_v128_load(rows[i + 3] + offset);
    const v128_t ab_low = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab_high = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
    const v128_t cd_low = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd_high = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
    wasm_v128_store(out + i, wasm_i64x2_shuffle(ab_low, cd_low, 0, 2));
    wasm_v128_store(out + stride + i, wasm_i64x2_shuffle(ab_low, cd_low, 1, 3));
    wasm_v128_store(out + 2 * stride + i, wasm_i64x2_shuffle(ab_high, cd_high, 0, 2));
    wasm_v128_store(out + 3 * stride + i, wasm_i64x2_shuffle(ab_high, cd_high, 1, 3));
  }
}

}  // namespace
}  // namespace palimpsest::wasm
