#include "product.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace palimpsest::bench {

namespace {

// rows of the product that are compared with float64: enough to meet every tile, few enough for 60,000 rows
constexpr std::size_t compared_rows = 40;

Floats numbers(std::size_t count, std::uint32_t seed) {
  Floats all(count);
  for (float& number : all) {
    seed = seed * 1664525 + 1013904223;
    number = static_cast<float>(seed >> 8) / static_cast<float>(1 << 24) - 0.5f;
  }
  return all;
}

}  // namespace

std::optional<Product> Product::parse(const std::string& sizes, const std::string& form) {
  constexpr unsigned long long most = 1 << 20;
  unsigned long long m = 0, n = 0, k = 0;
  int read = 0;
  if (std::sscanf(sizes.c_str(), "%llux%llux%llu%n", &m, &n, &k, &read) != 3) return std::nullopt;
  if (static_cast<std::size_t>(read) != sizes.size()) return std::nullopt;
  if (std::min({m, n, k}) == 0 || std::max({m, n, k}) > most) return std::nullopt;
  if (form == "nt") return Product(Form::nt, m, n, k);
  if (form == "nn") return Product(Form::nn, m, n, k);
  if (form == "tn") return Product(Form::tn, m, n, k);
  return std::nullopt;
}

Product::Product(Form form, std::size_t m, std::size_t n, std::size_t k)
    : form_(form), m_(m), n_(n), k_(k), a_(numbers(m * k, 1)), b_(numbers(k * n, 2)), c_(m * n) {}

Matmul Product::matmul(Floats& c) const {
  return {.form = form_,
          .m = m_,
          .n = n_,
          .k = k_,
          .a = a_.data(),
          .a_stride = form_ == Form::tn ? m_ : k_,
          .b = b_.data(),
          .b_stride = form_ == Form::nt ? k_ : n_,
          .bias = nullptr,
          .c = c.data(),
          .c_stride = n_,
          .dot = adds_in_lanes(form_, n_, k_),
          .accumulate = false,
          .relu = false};
}

double Product::time(Multiply multiply, std::size_t calls) {
  const Matmul product = matmul(c_);
  return seconds_of(calls, [&] { multiply(product); });
}

double Product::exact(std::size_t i, std::size_t j) const {
  double sum = 0;
  for (std::size_t k = 0; k < k_; ++k) {
    const double a = form_ == Form::tn ? a_[k * m_ + i] : a_[i * k_ + k];
    sum += a * (form_ == Form::nt ? b_[j * k_ + k] : b_[k * n_ + j]);
  }
  return sum;
}

Difference Product::compare(Multiply theirs, Multiply ours) {
  // what nobody writes is not a number, and differs from everything
  Floats expected(c_.size(), std::numeric_limits<float>::quiet_NaN()), found(expected);
  ours(matmul(expected));
  theirs(matmul(found));
  double most = 0;
  const auto differ = [&most](double one, double other) {
    const double difference = std::abs(one - other);
    most = difference >= 0 ? std::max(most, difference) : std::numeric_limits<double>::infinity();
  };
  for (std::size_t i = 0; i < found.size(); ++i) differ(found[i], expected[i]);
  for (std::size_t row = 0; row < std::min(m_, compared_rows); ++row) {
    const std::size_t i = m_ <= compared_rows ? row : row * (m_ - 1) / (compared_rows - 1);
    for (std::size_t j = 0; j < n_; ++j) differ(found[i * n_ + j], exact(i, j));
  }
  return {most, static_cast<double>(k_) * std::numeric_limits<float>::epsilon()};
}

}  // namespace palimpsest::bench
