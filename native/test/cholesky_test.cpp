// Cholesky: every table gives the bits of its definition, element by element, which also multiplies back.
#include <cmath>
#include <cstring>

#include "../dispatch.h"
#include "../parallel.h"
#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

// of equal bits, NaN aside
bool equal(const Doubles& a, const Doubles& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool bits = std::memcmp(&a[i], &b[i], sizeof(double)) == 0;
    if (!bits && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  }
  return a.size() == b.size();
}

// M M^T + I, with what nobody may read above the diagonal
Doubles positive_definite(std::size_t n) {
  const Floats m = random_floats(n * n);
  Doubles a(n * n, NAN);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = i == j;
      for (std::size_t k = 0; k < n; ++k) {
        sum += static_cast<double>(m[i * n + k]) * static_cast<double>(m[j * n + k]);
      }
      a[i * n + j] = sum;
    }
  }
  return a;
}

// what an element is: a panel's columns add up in one chain, which is then subtracted; those of its own panel one by
// one
Doubles defined(Doubles a, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const std::size_t own = j / cholesky_columns * cholesky_columns;
      double rest = a[i * n + j];
      for (std::size_t from = 0; from < own; from += cholesky_columns) {
        double sum = 0;
        for (std::size_t k = from; k < from + cholesky_columns; ++k) sum += a[i * n + k] * a[j * n + k];
        rest -= sum;
      }
      for (std::size_t k = own; k < j; ++k) rest -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? std::sqrt(rest) : rest / a[j * n + j];
    }
    for (std::size_t j = i + 1; j < n; ++j) a[i * n + j] = 0;
  }
  return a;
}

void check_factor(std::size_t n) {
  const Doubles a = positive_definite(n), least(n, 0), expected = defined(a, n);
  double worst = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k <= j; ++k) sum += expected[i * n + k] * expected[j * n + k];
      worst = std::fmax(worst, std::fabs(sum - a[i * n + j]) / std::sqrt(a[i * n + i] * a[j * n + j]));
    }
  }
  // Higham 2002, theorem 10.3
  check(worst <= static_cast<double>(n + 2) * 0x1p-52, "cholesky " + std::to_string(n) + ": multiplies back");
  for (const KernelTable* const* table = supported_tables(); *table != nullptr; ++table) {
    const std::string what = "cholesky " + std::to_string(n) + ": " + (*table)->name;
    Doubles factor = a;
    check(split_cholesky(**table, factor.data(), n, least.data()) == -1, what + " refuses none");
    check(equal(factor, expected), what + " has the bits of the definition");
    for (const std::size_t row : {std::size_t{0}, n / 2, n - 1}) {
      Doubles wrong = a;
      wrong[row * n + row] = -1;
      check(split_cholesky(**table, wrong.data(), n, least.data()) == static_cast<std::int64_t>(row) &&
                wrong[row * n + row] <= -1,
            what + " says which row it refuses, and leaves its pivot there");
    }
  }
}

void check_solution(std::size_t n, std::size_t rows) {
  const Doubles least(n, 0);
  Doubles factor = positive_definite(n), b;
  split_cholesky(*find_table("portable"), factor.data(), n, least.data());
  for (const float x : random_floats(rows * n)) b.push_back(static_cast<double>(x));
  Doubles expected = b;
  for (std::size_t row = 0; row < rows; ++row) {
    double* x = expected.data() + row * n;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < i; ++k) x[i] -= factor[i * n + k] * x[k];
      x[i] /= factor[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t k = n; --k > i;) x[i] -= factor[k * n + i] * x[k];
      x[i] /= factor[i * n + i];
    }
  }
  for (const KernelTable* const* table = supported_tables(); *table != nullptr; ++table) {
    Doubles x = b;
    (*table)->cholesky_solve(factor.data(), n, x.data(), rows);
    check(equal(x, expected), "cholesky_solve " + std::to_string(n) + " x " + std::to_string(rows) + ": " +
                                  (*table)->name + " has the bits of the definition");
  }
}

}  // namespace

void test_cholesky() {
  // around a panel, the tiles of all tables, and both kinds of lanes
  for (const std::size_t n : {1, 2, 3, 5, 7, 8, 23, 25, 63, 64, 65, 90, 129, 200}) check_factor(n);
  for (const std::size_t rows : {1, 2, 7, 8, 9, 24, 25}) check_solution(33, rows);
  check_solution(130, 3);
}

}  // namespace palimpsest::test
