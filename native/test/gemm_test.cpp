// Products: against one chain of fmaf an element, bit by bit, and against float64.
#include <cmath>
#include <type_traits>

#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

struct Shape {
  Form form;
  std::size_t m, n, k;
  bool bias, accumulate, relu;
};

std::string name_of(const Shape& s) {
  const char* forms[] = {"nt", "nn", "tn"};
  return "matmul " + std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k) + " " +
         forms[static_cast<int>(s.form)] + (s.bias ? " bias" : "") + (s.accumulate ? " accumulate" : "") +
         (s.relu ? " relu" : "");
}

// 16 lanes of a dot product, the last of them filled up with zeros, and the tree that adds them up
float add_in_lanes(const float* a, const float* b, std::size_t k) {
  float lanes[16] = {};
  for (std::size_t i = 0; i < (k + 15) / 16 * 16; ++i)
    lanes[i % 16] = std::fma(i < k ? a[i] : 0, i < k ? b[i] : 0, lanes[i % 16]);
  for (std::size_t width = 8; width > 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

bool dot(const Shape& s) { return adds_in_lanes(s.form, s.n, s.k); }

// the definition, in number type T: T(float) exact, the sum by fma
template <class T>
std::vector<T> naive(const Shape& s, const Floats& a, const Floats& b, const Floats& bias, const Floats& c) {
  std::vector<T> out(s.m * s.n);
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t j = 0; j < s.n; ++j) {
      T sum = s.accumulate ? c[i * s.n + j] : s.bias ? bias[j] : 0;
      for (std::size_t k = 0; k < s.k; ++k) {
        const T a_ik = s.form == Form::tn ? a[k * s.m + i] : a[i * s.k + k];
        const T b_kj = s.form == Form::nt ? b[j * s.k + k] : b[k * s.n + j];
        sum = std::fma(a_ik, b_kj, sum);
      }
      if (std::is_same_v<T, float> && dot(s)) {
        const float start = s.accumulate ? c[i * s.n + j] : s.bias ? bias[j] : 0;
        sum = add_in_lanes(&a[i * s.k], &b[j * s.k], s.k);
        if (s.accumulate || s.bias) sum += start;
      }
      out[i * s.n + j] = s.relu && sum <= 0 ? 0 : sum;
    }
  }
  return out;
}

void check_shape(const Shape& s, bool special) {
  const auto numbers = [=](std::size_t n) { return special ? special_floats(n) : random_floats(n); };
  const Floats a = numbers(s.m * s.k), b = numbers(s.k * s.n), bias = numbers(s.n), c = numbers(s.m * s.n);
  const Run run = [&](const KernelTable& table) {
    Guarded out(c);
    table.matmul({s.form, s.m, s.n, s.k, a.data(), s.form == Form::tn ? s.m : s.k, b.data(),
                  s.form == Form::nt ? s.k : s.n, s.bias ? bias.data() : nullptr, out.data(), s.n, dot(s), s.accumulate,
                  s.relu});
    return Floats(out);
  };
  check_exact(name_of(s), run, naive<float>(s, a, b, bias, c));
  if (!special) check_close(name_of(s), run, naive<double>(s, a, b, bias, c), 1e-6 * (1 + static_cast<double>(s.k)));
}

Shape random_shape(std::size_t largest) {
  return {static_cast<Form>(random_bits() % 3),
          random_size(0, largest),
          random_size(0, largest),
          random_size(0, largest),
          random_bits() % 2 == 0,
          random_bits() % 4 == 0,
          random_bits() % 2 == 0};
}

}  // namespace

void test_gemm() {
  for (const Form form : {Form::nt, Form::nn, Form::tn}) {
    check_shape({form, 100, 10, 100, true, false, false}, false);
    check_shape({form, 10, 100, 100, false, false, false}, false);
    check_shape({form, 100, 100, 10, false, false, true}, false);
    check_shape({form, 3, 5, 0, true, false, true}, false);
    // both sides of the border between a chain and 16 lanes
    for (const std::size_t k : {63, 64, 65, 79, 80, 100}) {
      for (const std::size_t n : {1, 10, 16, 17}) check_shape({form, 9, n, k, true, false, true}, false);
    }
    for (const std::size_t k : {511, 512, 513, 784}) {
      for (const std::size_t m : {1, 2, 3, 5, 97}) check_shape({form, m, 23, k, true, false, true}, m == 5);
      check_shape({form, 7, 13, k, false, true, false}, false);
    }
    // one row, which some forms treat by itself
    for (const std::size_t k : {0, 1, 7, 8, 9, 16, 100}) {
      check_shape({form, 1, 37, k, true, false, true}, k == 9);
      check_shape({form, 1, 50, k, false, true, true}, false);
      check_shape({form, 1, 16, k, false, false, false}, false);
    }
    check_shape({form, 2, 655, 800, true, false, true}, false);
    check_shape({form, 2, 656, 800, true, false, true}, false);
    // across the borders of the blocks: 512 steps of k, 64 rows, and as many columns as the arena holds
    for (const std::size_t k : {511, 512, 513, 1024, 1025}) {
      check_shape({form, 5, 19, k, true, false, true}, false);
      check_shape({form, 2, 33, k, true, true, false}, false);
    }
    for (const std::size_t m : {63, 64, 65, 129, 300}) check_shape({form, m, 17, 7, true, false, true}, false);
    for (const std::size_t n : {383, 384, 385, 800}) check_shape({form, 2, n, 512, true, false, true}, false);
    check_shape({form, 150, 50, 515, true, true, true}, true);
    check_shape({form, 290, 390, 600, true, false, true}, false);
  }
  for (int i = 0; i < 300; ++i) check_shape(random_shape(i < 200 ? 36 : 110), i % 2 == 0);
}

}  // namespace palimpsest::test
