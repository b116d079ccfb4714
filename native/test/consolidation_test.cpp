// Squares, float64 sums, seeds of the exact Fisher, and the collapse of penalties.
#include <cmath>
#include <limits>

#include "../dispatch.h"
#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

void check_accumulation(std::size_t n) {
  const Floats x = special_floats(n), start = special_floats(n);
  Floats squares, totals;
  for (std::size_t i = 0; i < n; ++i) squares.push_back(std::fma(x[i], x[i], start[i]));
  for (std::size_t i = 0; i < n; ++i) {
    totals.push_back(static_cast<float>(static_cast<double>(start[i]) + static_cast<double>(x[i])));
  }
  const auto square = [&](const KernelTable& table) {
    Guarded out(start);
    table.accumulate_square(x.data(), out.data(), n);
    return Floats(out);
  };
  const auto accumulate = [&](const KernelTable& table) {
    Doubles total(start.begin(), start.end());
    table.accumulate(x.data(), total.data(), n);
    return Floats(total.begin(), total.end());
  };
  check_exact("accumulate_square", square, squares);
  check_exact("accumulate", accumulate, totals);
}

void check_seed(std::size_t rows, std::size_t classes) {
  const Floats p = random_floats(rows * classes, 0, 1);
  const std::size_t chosen = random_size(0, classes - 1);
  Doubles expected;
  for (std::size_t i = 0; i < rows * classes; ++i) {
    const double root = std::sqrt(static_cast<double>(p[i / classes * classes + chosen]));
    expected.push_back(root * ((i % classes == chosen ? 1 : 0) - static_cast<double>(p[i])));
  }
  const auto run = [=](const Floats& probabilities) {
    return [=](const KernelTable& table) {
      Guarded out(probabilities.size());
      table.class_seed(probabilities.data(), rows, classes, chosen, out.data());
      return Floats(out);
    };
  };
  check_close("class_seed", run(p), expected, 1e-6);
  check_bits("class_seed special", run(special_floats(rows * classes)));
}

struct Penalty {
  Floats theta, f, anchor, precision;
};

Run merge(const Penalty& p) {
  return [=](const KernelTable& table) {
    Guarded anchor(p.anchor), precision(p.precision);
    const double before = table.quadratic_sum(p.theta.data(), p.anchor.data(), p.precision.data(), p.theta.size());
    const double constant =
        table.merge_quadratic(p.theta.data(), p.f.data(), anchor.data(), precision.data(), p.theta.size());
    return joined<float>({{static_cast<float>(before), static_cast<float>(constant)}, anchor, precision});
  };
}

void check_merge(std::size_t n) {
  const Penalty p = {random_floats(n), random_floats(n, 0, 2), random_floats(n), random_floats(n, 0.1f, 2)};
  Doubles sums(2), anchor, precision;
  for (std::size_t i = 0; i < n; ++i) {
    const double f = static_cast<double>(p.f[i]), old = static_cast<double>(p.precision[i]);
    const double distance = static_cast<double>(p.theta[i]) - static_cast<double>(p.anchor[i]);
    sums[0] += old * distance * distance;
    sums[1] += old * f / (old + f) * distance * distance;
    anchor.push_back(static_cast<double>(p.anchor[i]) + f / (old + f) * distance);
    precision.push_back(old + f);
  }
  check_close("merge_quadratic", merge(p), joined({sums, anchor, precision}), 2e-6);
  check_bits("merge_quadratic special",
             merge({special_floats(n), special_floats(n), special_floats(n), special_floats(n)}));
}

// what the collapse is for: the sum of two penalties is the merged one plus the constant, wherever theta is
void check_collapse() {
  constexpr std::size_t n = 1000;
  const Floats first = random_floats(n), second = random_floats(n), theta = random_floats(n);
  const Floats f_1 = random_floats(n, 0, 2), f_2 = random_floats(n, 0, 2);
  const KernelTable& table = *find_table("portable");
  const double apart = table.quadratic_sum(theta.data(), first.data(), f_1.data(), n) +
                       table.quadratic_sum(theta.data(), second.data(), f_2.data(), n);
  Floats anchor = first, precision = f_1;
  const double constant = table.merge_quadratic(second.data(), f_2.data(), anchor.data(), precision.data(), n);
  const double together = table.quadratic_sum(theta.data(), anchor.data(), precision.data(), n) + constant;
  check(std::fabs(together / apart - 1) < 1e-5, "two penalties equal the merged one plus the constant");
}

}  // namespace

void test_consolidation() {
  for (std::size_t n = 0; n < 70; ++n) check_accumulation(n);
  for (int i = 0; i < 60; ++i) check_seed(random_size(0, 9), random_size(1, 40));
  for (const std::size_t n : {0, 1, 15, 16, 17, 100, 4095, 4096, 4097, 9001}) check_merge(n);
  check_collapse();

  // without precision and without f, the anchor stays, whatever theta is
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const Penalty nothing = {{nan, inf, 5, 5}, {0, 0, 0, 2}, {1, 2, 3, 3}, {0, 0, 0, 2}};
  check_exact("merge_quadratic where nothing is known",
              [=](const KernelTable& table) {
                Guarded anchor(nothing.anchor), precision(nothing.precision);
                const double constant =
                    table.merge_quadratic(nothing.theta.data(), nothing.f.data(), anchor.data(), precision.data(), 4);
                return joined<float>({{static_cast<float>(constant)}, anchor, precision});
              },
              {4, 1, 2, 3, 4, 0, 0, 0, 4});
}

}  // namespace palimpsest::test
