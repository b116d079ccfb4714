// The vector of the AVX-512 table: one register of 16 lanes.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace palimpsest::avx512 {
namespace {

constexpr char isa_name[] = "avx512";

__mmask16 low_bits(std::size_t n) { return static_cast<__mmask16>(n >= 16 ? 0xffff : (1u << n) - 1); }

struct Vec {
  static constexpr std::size_t lanes = 16;
  __m512 x;

  static Vec set(float a) { return {_mm512_set1_ps(a)}; }
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Vec load(const float* p, std::size_t n) { return {_mm512_maskz_loadu_ps(low_bits(n), p)}; }
  void store(float* p) const { _mm512_storeu_ps(p, x); }
  void store(float* p, std::size_t n) const { _mm512_mask_storeu_ps(p, low_bits(n), x); }
};
// for the last columns of a product
struct Half {
  static constexpr std::size_t lanes = 8;
  __m256 x;

  static Half set(float a) { return {_mm256_set1_ps(a)}; }
  static Half load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Half load(const float* p, std::size_t n) {
    return {_mm256_maskz_loadu_ps(static_cast<__mmask8>(low_bits(n)), p)};
  }
  void store(float* p) const { _mm256_storeu_ps(p, x); }
  void store(float* p, std::size_t n) const { _mm256_mask_storeu_ps(p, static_cast<__mmask8>(low_bits(n)), x); }
};
// what a tile of dot products keeps in registers
using Dot = Vec;
struct Mask {
  __mmask16 x;
};
struct Ints {
  __m512i x;

  static Ints set(std::uint32_t a) { return {_mm512_set1_epi32(static_cast<int>(a))}; }
};

Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.x, b.x)}; }
Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.x, b.x)}; }
Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.x, b.x)}; }
Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.x, b.x)}; }
Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.x)}; }
Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.x, b.x, c.x)}; }
Half fma(Half a, Half b, Half c) { return {_mm256_fmadd_ps(a.x, b.x, c.x)}; }

// x <= 0 ? 0 : x, so a NaN stays and -0 becomes +0
Vec positive(Vec a) { return {_mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a.x, _mm512_setzero_ps(), _CMP_NLE_UQ), a.x)}; }
Half positive(Half a) { return {_mm256_maskz_mov_ps(_mm256_cmp_ps_mask(a.x, _mm256_setzero_ps(), _CMP_NLE_UQ), a.x)}; }

Mask operator<(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.x, b.x, _CMP_LT_OQ)}; }
Mask operator<=(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.x, b.x, _CMP_LE_OQ)}; }
Mask operator==(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.x, b.x, _CMP_EQ_OQ)}; }
Mask first_lanes(std::size_t n) { return {low_bits(n)}; }
Vec select(Mask m, Vec a, Vec b) { return {_mm512_mask_blend_ps(m.x, b.x, a.x)}; }

Ints bits(Vec a) { return {_mm512_castps_si512(a.x)}; }
Vec from_bits(Ints a) { return {_mm512_castsi512_ps(a.x)}; }
Ints operator+(Ints a, Ints b) { return {_mm512_add_epi32(a.x, b.x)}; }
Ints operator&(Ints a, Ints b) { return {_mm512_and_si512(a.x, b.x)}; }
// by the 23 bits of a mantissa
Ints shift_left_23(Ints a) { return {_mm512_slli_epi32(a.x, 23)}; }
Ints shift_right_23(Ints a) { return {_mm512_srai_epi32(a.x, 23)}; }
Vec to_float(Ints a) { return {_mm512_cvtepi32_ps(a.x)}; }

// lane i of the result is lane i + width
template <std::size_t width>
Vec upper(Vec a) {
  if constexpr (width == 8) return {_mm512_shuffle_f32x4(a.x, a.x, 0x4e)};
  if constexpr (width == 4) return {_mm512_shuffle_f32x4(a.x, a.x, 0x39)};
  if constexpr (width == 2) return {_mm512_permute_ps(a.x, 0x4e)};
  if constexpr (width == 1) return {_mm512_permute_ps(a.x, 0x39)};
}
float first(Vec a) { return _mm512_cvtss_f32(a.x); }

// lane i of the result is the sum over the lanes of v[i], by the tree of a fold: two vectors become one, four times
// over
[[gnu::always_inline]] inline Vec fold_each(const Dot (*v)[1]) {
  __m512 eight[8], four[4], two[2];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    // in the order that brings every sum to its lane
    const int at = i / 2 + 8 * (i % 2);
    const __m512 a = v[at][0].x, b = v[at + 4][0].x;
    eight[i] = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m512 a = eight[2 * i], b = eight[2 * i + 1];
    four[i] = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    const __m512 a = four[2 * i], b = four[2 * i + 1];
    two[i] = _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xee));
  }
  return {_mm512_add_ps(_mm512_shuffle_ps(two[0], two[1], 0x88), _mm512_shuffle_ps(two[0], two[1], 0xdd))};
}

Vec load_bytes(const std::uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))};
}
Vec load_bytes(const std::uint8_t* p, std::size_t n) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(low_bits(n), p)))};
}

// rows i, i + 4, i + 8 and i + 12 side by side, four columns each
__m512 four_rows(const float* const* rows, std::size_t offset) {
  __m512 r = _mm512_castps128_ps512(_mm_loadu_ps(rows[0] + offset));
  r = _mm512_mask_broadcast_f32x4(r, 0x00f0, _mm_loadu_ps(rows[4] + offset));
  r = _mm512_mask_broadcast_f32x4(r, 0x0f00, _mm_loadu_ps(rows[8] + offset));
  return _mm512_mask_broadcast_f32x4(r, 0xf000, _mm_loadu_ps(rows[12] + offset));
}
// out[j * stride + i] = rows[i][offset + j] for 16 rows and 4 columns
void transpose_16x4(const float* const* rows, std::size_t offset, float* out, std::size_t stride) {
  const __m512 a = four_rows(rows, offset), b = four_rows(rows + 1, offset);
  const __m512 c = four_rows(rows + 2, offset), d = four_rows(rows + 3, offset);
  const __m512 ab_low = _mm512_unpacklo_ps(a, b), ab_high = _mm512_unpackhi_ps(a, b);
  const __m512 cd_low = _mm512_unpacklo_ps(c, d), cd_high = _mm512_unpackhi_ps(c, d);
  _mm512_storeu_ps(out, _mm512_shuffle_ps(ab_low, cd_low, 0x44));
  _mm512_storeu_ps(out + stride, _mm512_shuffle_ps(ab_low, cd_low, 0xee));
  _mm512_storeu_ps(out + 2 * stride, _mm512_shuffle_ps(ab_high, cd_high, 0x44));
  _mm512_storeu_ps(out + 3 * stride, _mm512_shuffle_ps(ab_high, cd_high, 0xee));
}

}  // namespace
}  // namespace palimpsest::avx512
