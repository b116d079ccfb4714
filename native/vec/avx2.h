// The vector of the AVX2 table: two registers of 8 lanes, so that the 16 lanes mean the same as everywhere.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace palimpsest::avx2 {
namespace {

constexpr char isa_name[] = "avx2";

__m256i low_lanes(std::size_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// also for the last columns of a product
struct Half {
  static constexpr std::size_t lanes = 8;
  __m256 x;

  static Half set(float a) { return {_mm256_set1_ps(a)}; }
  static Half load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Half load(const float* p, std::size_t n) { return {_mm256_maskload_ps(p, low_lanes(n))}; }
  void store(float* p) const { _mm256_storeu_ps(p, x); }
  // in pieces: a masked store is microcode on AMD
  void store(float* p, std::size_t n) const {
    if (n >= 8) return store(p);
    __m128 rest = _mm256_castps256_ps128(x);
    if (n & 4) {
      _mm_storeu_ps(p, rest);
      rest = _mm256_extractf128_ps(x, 1);
      p += 4;
    }
    if (n & 2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), rest);
      rest = _mm_movehl_ps(rest, rest);
      p += 2;
    }
    if (n & 1) _mm_store_ss(p, rest);
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
// what a tile of dot products keeps in registers
using Dot = Half;
struct Mask {
  __m256 low, high;
};
struct Ints {
  __m256i low, high;

  static Ints set(std::uint32_t a) {
    return {_mm256_set1_epi32(static_cast<int>(a)), _mm256_set1_epi32(static_cast<int>(a))};
  }
};

Vec vec(__m256 low, __m256 high) { return {{low}, {high}}; }

Vec operator+(Vec a, Vec b) { return vec(_mm256_add_ps(a.low.x, b.low.x), _mm256_add_ps(a.high.x, b.high.x)); }
Vec operator-(Vec a, Vec b) { return vec(_mm256_sub_ps(a.low.x, b.low.x), _mm256_sub_ps(a.high.x, b.high.x)); }
Vec operator*(Vec a, Vec b) { return vec(_mm256_mul_ps(a.low.x, b.low.x), _mm256_mul_ps(a.high.x, b.high.x)); }
Vec operator/(Vec a, Vec b) { return vec(_mm256_div_ps(a.low.x, b.low.x), _mm256_div_ps(a.high.x, b.high.x)); }
Vec sqrt(Vec a) { return vec(_mm256_sqrt_ps(a.low.x), _mm256_sqrt_ps(a.high.x)); }
Half fma(Half a, Half b, Half c) { return {_mm256_fmadd_ps(a.x, b.x, c.x)}; }
Vec fma(Vec a, Vec b, Vec c) { return {fma(a.low, b.low, c.low), fma(a.high, b.high, c.high)}; }

// x <= 0 ? 0 : x, so a NaN stays and -0 becomes +0
Half positive(Half a) { return {_mm256_and_ps(_mm256_cmp_ps(a.x, _mm256_setzero_ps(), _CMP_NLE_UQ), a.x)}; }
Vec positive(Vec a) { return {positive(a.low), positive(a.high)}; }

template <int relation>
Mask compare(Vec a, Vec b) {
  return {_mm256_cmp_ps(a.low.x, b.low.x, relation), _mm256_cmp_ps(a.high.x, b.high.x, relation)};
}
Mask operator<(Vec a, Vec b) { return compare<_CMP_LT_OQ>(a, b); }
Mask operator<=(Vec a, Vec b) { return compare<_CMP_LE_OQ>(a, b); }
Mask operator==(Vec a, Vec b) { return compare<_CMP_EQ_OQ>(a, b); }
Mask first_lanes(std::size_t n) {
  return {_mm256_castsi256_ps(low_lanes(n)), _mm256_castsi256_ps(low_lanes(n > 8 ? n - 8 : 0))};
}
Vec select(Mask m, Vec a, Vec b) {
  return vec(_mm256_blendv_ps(b.low.x, a.low.x, m.low), _mm256_blendv_ps(b.high.x, a.high.x, m.high));
}

Ints bits(Vec a) { return {_mm256_castps_si256(a.low.x), _mm256_castps_si256(a.high.x)}; }
Vec from_bits(Ints a) { return vec(_mm256_castsi256_ps(a.low), _mm256_castsi256_ps(a.high)); }
Ints operator+(Ints a, Ints b) { return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)}; }
Ints operator&(Ints a, Ints b) { return {_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)}; }
// by the 23 bits of a mantissa
Ints shift_left_23(Ints a) { return {_mm256_slli_epi32(a.low, 23), _mm256_slli_epi32(a.high, 23)}; }
Ints shift_right_23(Ints a) { return {_mm256_srai_epi32(a.low, 23), _mm256_srai_epi32(a.high, 23)}; }
Vec to_float(Ints a) { return vec(_mm256_cvtepi32_ps(a.low), _mm256_cvtepi32_ps(a.high)); }

// lane i of the result is lane i + width, for the lanes that a fold still needs
template <std::size_t width>
Vec upper(Vec a) {
  if constexpr (width == 8) return {a.high, a.high};
  if constexpr (width == 4) return {{_mm256_permute2f128_ps(a.low.x, a.low.x, 0x11)}, a.high};
  if constexpr (width == 2) return {{_mm256_permute_ps(a.low.x, 0x4e)}, a.high};
  if constexpr (width == 1) return {{_mm256_permute_ps(a.low.x, 0x39)}, a.high};
}
float first(Vec a) { return _mm256_cvtss_f32(a.low.x); }

// the sums over the lanes of 8 vectors, by the tree of a fold: two vectors become one, three times over
Half fold_eight(const Dot (*v)[2]) {
  __m256 four[4], two[2];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m256 a = _mm256_add_ps(v[i][0].x, v[i][1].x), b = _mm256_add_ps(v[i + 4][0].x, v[i + 4][1].x);
    four[i] = _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    const __m256 a = four[2 * i], b = four[2 * i + 1];
    two[i] = _mm256_add_ps(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xee));
  }
  return {_mm256_add_ps(_mm256_shuffle_ps(two[0], two[1], 0x88), _mm256_shuffle_ps(two[0], two[1], 0xdd))};
}
// lane i of the result is the sum over the lanes of v[i]
Vec fold_each(const Dot (*v)[2]) { return {fold_eight(v), fold_eight(v + 8)}; }

__m256 widen(__m128i bytes) { return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)); }
Vec load_bytes(const std::uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return vec(widen(bytes), widen(_mm_srli_si128(bytes, 8)));
}
Vec load_bytes(const std::uint8_t* p, std::size_t n) {
  alignas(16) std::uint8_t bytes[16] = {};
  for (std::size_t i = 0; i < n; ++i) bytes[i] = p[i];
  return load_bytes(bytes);
}

// rows i and i + 4 side by side, four columns each
__m256 two_rows(const float* const* rows, std::size_t offset) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows[0] + offset)), _mm_loadu_ps(rows[4] + offset),
                              1);
}
void transpose_8x4(const float* const* rows, std::size_t offset, float* out, std::size_t stride) {
  const __m256 a = two_rows(rows, offset), b = two_rows(rows + 1, offset);
  const __m256 c = two_rows(rows + 2, offset), d = two_rows(rows + 3, offset);
  const __m256 ab_low = _mm256_unpacklo_ps(a, b), ab_high = _mm256_unpackhi_ps(a, b);
  const __m256 cd_low = _mm256_unpacklo_ps(c, d), cd_high = _mm256_unpackhi_ps(c, d);
  _mm256_storeu_ps(out, _mm256_shuffle_ps(ab_low, cd_low, 0x44));
  _mm256_storeu_ps(out + stride, _mm256_shuffle_ps(ab_low, cd_low, 0xee));
  _mm256_storeu_ps(out + 2 * stride, _mm256_shuffle_ps(ab_high, cd_high, 0x44));
  _mm256_storeu_ps(out + 3 * stride, _mm256_shuffle_ps(ab_high, cd_high, 0xee));
}
// out[j * stride + i] = rows[i][offset + j] for 16 rows and 4 columns
void transpose_16x4(const float* const* rows, std::size_t offset, float* out, std::size_t stride) {
  transpose_8x4(rows, offset, out, stride);
  transpose_8x4(rows + 8, offset, out + 8, stride);
}

}  // namespace
}  // namespace palimpsest::avx2
