// The vector of the NEON table: four registers of 4 lanes, so that the 16 lanes mean the same as everywhere.
// AArch64 only: the NEON of 32-bit ARM flushes denormals and neither divides nor takes roots.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace palimpsest::neon {
namespace {

constexpr char isa_name[] = "neon";

// the first n numbers, at most 4, and 0 for the others; reads nothing beyond them
float32x4_t load_first(const float* p, std::size_t n) {
  if (n >= 4) return vld1q_f32(p);
  const float32x4_t zero = vdupq_n_f32(0);
  if (n == 0) return zero;
  if (n == 1) return vld1q_lane_f32(p, zero, 0);
  const float32x4_t two = vcombine_f32(vld1_f32(p), vdup_n_f32(0));
  return n == 2 ? two : vld1q_lane_f32(p + 2, two, 2);
}
void store_first(float* p, float32x4_t x, std::size_t n) {
  if (n >= 4) return vst1q_f32(p, x);
  if (n == 1) return vst1q_lane_f32(p, x, 0);
  if (n >= 2) vst1_f32(p, vget_low_f32(x));
  if (n == 3) vst1q_lane_f32(p + 2, x, 2);
}

// also for the last columns of a product. members by name: Clang would keep an array of a product's sums in memory
struct Half {
  static constexpr std::size_t lanes = 8;
  float32x4_t low, high;

  static Half set(float a) { return {vdupq_n_f32(a), vdupq_n_f32(a)}; }
  static Half load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
  static Half load(const float* p, std::size_t n) {
    if (n <= 4) return {load_first(p, n), vdupq_n_f32(0)};
    return {vld1q_f32(p), load_first(p + 4, n - 4)};
  }
  void store(float* p) const { vst1q_f32(p, low), vst1q_f32(p + 4, high); }
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
  uint32x4_t low, high;
};
// what a tile of dot products keeps in registers
using Dot = Half;
struct Mask {
  HalfBits low, high;
};
struct Ints {
  HalfBits low, high;

  static Ints set(std::uint32_t a) {
    const HalfBits half = {vdupq_n_u32(a), vdupq_n_u32(a)};
    return {half, half};
  }
};

// f on each of the four registers of its operands
template <class R, class F, class... T>
R registers(F f, T... v) {
  return {{f(v.low.low...), f(v.low.high...)}, {f(v.high.low...), f(v.high.high...)}};
}

Vec operator+(Vec a, Vec b) {
  return registers<Vec>([](float32x4_t x, float32x4_t y) { return vaddq_f32(x, y); }, a, b);
}
Vec operator-(Vec a, Vec b) {
  return registers<Vec>([](float32x4_t x, float32x4_t y) { return vsubq_f32(x, y); }, a, b);
}
Vec operator*(Vec a, Vec b) {
  return registers<Vec>([](float32x4_t x, float32x4_t y) { return vmulq_f32(x, y); }, a, b);
}
Vec operator/(Vec a, Vec b) {
  return registers<Vec>([](float32x4_t x, float32x4_t y) { return vdivq_f32(x, y); }, a, b);
}
Vec sqrt(Vec a) {
  return registers<Vec>([](float32x4_t x) { return vsqrtq_f32(x); }, a);
}
Half fma(Half a, Half b, Half c) { return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)}; }
Vec fma(Vec a, Vec b, Vec c) { return {fma(a.low, b.low, c.low), fma(a.high, b.high, c.high)}; }

// x <= 0 ? 0 : x, so a NaN stays and -0 becomes +0
float32x4_t positive(float32x4_t x) {
  return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(x), vclezq_f32(x)));
}
Half positive(Half a) { return {positive(a.low), positive(a.high)}; }
Vec positive(Vec a) { return {positive(a.low), positive(a.high)}; }

Mask operator<(Vec a, Vec b) {
  return registers<Mask>([](float32x4_t x, float32x4_t y) { return vcltq_f32(x, y); }, a, b);
}
Mask operator<=(Vec a, Vec b) {
  return registers<Mask>([](float32x4_t x, float32x4_t y) { return vcleq_f32(x, y); }, a, b);
}
Mask operator==(Vec a, Vec b) {
  return registers<Mask>([](float32x4_t x, float32x4_t y) { return vceqq_f32(x, y); }, a, b);
}
Mask first_lanes(std::size_t n) {
  constexpr std::uint32_t lane[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const uint32x4_t end = vdupq_n_u32(static_cast<std::uint32_t>(n));
  const Ints number = {{vld1q_u32(lane), vld1q_u32(lane + 4)}, {vld1q_u32(lane + 8), vld1q_u32(lane + 12)}};
  return registers<Mask>([=](uint32x4_t x) { return vcltq_u32(x, end); }, number);
}
Vec select(Mask m, Vec a, Vec b) {
  return registers<Vec>([](uint32x4_t chosen, float32x4_t x, float32x4_t y) { return vbslq_f32(chosen, x, y); }, m, a,
                        b);
}

Ints bits(Vec a) {
  return registers<Ints>([](float32x4_t x) { return vreinterpretq_u32_f32(x); }, a);
}
Vec from_bits(Ints a) {
  return registers<Vec>([](uint32x4_t x) { return vreinterpretq_f32_u32(x); }, a);
}
Ints operator+(Ints a, Ints b) {
  return registers<Ints>([](uint32x4_t x, uint32x4_t y) { return vaddq_u32(x, y); }, a, b);
}
Ints operator&(Ints a, Ints b) {
  return registers<Ints>([](uint32x4_t x, uint32x4_t y) { return vandq_u32(x, y); }, a, b);
}
// by the 23 bits of a mantissa
Ints shift_left_23(Ints a) {
  return registers<Ints>([](uint32x4_t x) { return vshlq_n_u32(x, 23); }, a);
}
Ints shift_right_23(Ints a) {
  return registers<Ints>([](uint32x4_t x) { return vreinterpretq_u32_s32(vshrq_n_s32(vreinterpretq_s32_u32(x), 23)); },
                         a);
}
Vec to_float(Ints a) {
  return registers<Vec>([](uint32x4_t x) { return vcvtq_f32_s32(vreinterpretq_s32_u32(x)); }, a);
}

// lane i of the result is lane i + width, for the lanes that a fold still needs
template <std::size_t width>
Vec upper(Vec a) {
  if constexpr (width == 8) return {a.high, a.high};
  if constexpr (width == 4) return {{a.low.high, a.low.high}, a.high};
  if constexpr (width < 4) return {{vextq_f32(a.low.low, a.low.low, width), a.low.high}, a.high};
}
float first(Vec a) { return vgetq_lane_f32(a.low.low, 0); }

// lanes 0 and 1 of the sum over the lanes of v, once lanes 8, 4 and 2 apart have met
float32x2_t fold_to_pair(const Dot (&v)[2]) {
  const float32x4_t four = vaddq_f32(vaddq_f32(v[0].low, v[1].low), vaddq_f32(v[0].high, v[1].high));
  return vadd_f32(vget_low_f32(four), vget_high_f32(four));
}
float32x4_t fold_four(const Dot (*v)[2]) {
  return vcombine_f32(vpadd_f32(fold_to_pair(v[0]), fold_to_pair(v[1])),
                      vpadd_f32(fold_to_pair(v[2]), fold_to_pair(v[3])));
}
// lane i of the result is the sum over the lanes of v[i], by the tree of a fold
Vec fold_each(const Dot (*v)[2]) { return {{fold_four(v), fold_four(v + 4)}, {fold_four(v + 8), fold_four(v + 12)}}; }

Half widen(uint8x8_t bytes) {
  const uint16x8_t wide = vmovl_u8(bytes);
  return {vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(wide)))};
}
Vec load_bytes(const std::uint8_t* p) {
  const uint8x16_t bytes = vld1q_u8(p);
  return {widen(vget_low_u8(bytes)), widen(vget_high_u8(bytes))};
}
Vec load_bytes(const std::uint8_t* p, std::size_t n) {
  std::uint8_t bytes[16] = {};
  for (std::size_t i = 0; i < n; ++i) bytes[i] = p[i];
  return load_bytes(bytes);
}

// out[j * stride + i] = rows[i][offset + j] for 16 rows and 4 columns
void transpose_16x4(const float* const* rows, std::size_t offset, float* out, std::size_t stride) {
  for (std::size_t i = 0; i < 16; i += 4) {
    const float32x4_t a = vld1q_f32(rows[i] + offset), b = vld1q_f32(rows[i + 1] + offset);
    const float32x4_t c = vld1q_f32(rows[i + 2] + offset), d = vld1q_f32(rows[i + 3] + offset);
    const float32x4_t ac_low = vzip1q_f32(a, c), ac_high = vzip2q_f32(a, c);
    const float32x4_t bd_low = vzip1q_f32(b, d), bd_high = vzip2q_f32(b, d);
    vst1q_f32(out + i, vzip1q_f32(ac_low, bd_low));
    vst1q_f32(out + stride + i, vzip2q_f32(ac_low, bd_low));
    vst1q_f32(out + 2 * stride + i, vzip1q_f32(ac_high, bd_high));
    vst1q_f32(out + 3 * stride + i, vzip2q_f32(ac_high, bd_high));
  }
}

}  // namespace
}  // namespace palimpsest::neon
