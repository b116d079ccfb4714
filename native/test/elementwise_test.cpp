// One number in, one number out: exact against plain float arithmetic.
#include <cmath>
#include <limits>

#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

using Binary = decltype(KernelTable::add);

void check_binary(const std::string& what, Binary KernelTable::*kernel, float (*oracle)(float, float), const Floats& a,
                  const Floats& b) {
  Floats expected;
  for (std::size_t i = 0; i < a.size(); ++i) expected.push_back(oracle(a[i], b[i]));
  const auto apart = [&](const KernelTable& table) {
    Guarded out(a.size());
    (table.*kernel)(a.data(), b.data(), out.data(), a.size());
    return Floats(out);
  };
  const auto onto_a = [&](const KernelTable& table) {
    Guarded out(a);
    (table.*kernel)(out.data(), b.data(), out.data(), a.size());
    return Floats(out);
  };
  const auto onto_b = [&](const KernelTable& table) {
    Guarded out(b);
    (table.*kernel)(a.data(), out.data(), out.data(), a.size());
    return Floats(out);
  };
  check_exact(what, apart, expected);
  check_exact(what + " onto a", onto_a, expected);
  check_exact(what + " onto b", onto_b, expected);
}

void check_unary(const Floats& x) {
  Floats scaled, positive;
  for (const float v : x) {
    scaled.push_back(v * 0.3f);
    positive.push_back(v <= 0 ? 0 : v);
  }
  const auto scale = [&](const KernelTable& table) {
    Guarded out(x.size());
    table.scale(x.data(), 0.3f, out.data(), x.size());
    return Floats(out);
  };
  const auto relu = [&](const KernelTable& table) {
    Guarded out(x);
    table.relu(out.data(), out.data(), x.size());
    return Floats(out);
  };
  check_exact("scale", scale, scaled);
  check_exact("relu", relu, positive);
}

void check_bias(std::size_t rows, std::size_t columns) {
  const Floats x = special_floats(rows * columns), bias = special_floats(columns);
  Floats expected;
  for (std::size_t i = 0; i < rows * columns; ++i) expected.push_back(x[i] + bias[i % columns]);
  const auto run = [&](const KernelTable& table) {
    Guarded out(x.size());
    table.add_bias(x.data(), bias.data(), out.data(), rows, columns);
    return Floats(out);
  };
  check_exact("add_bias", run, expected);
}

}  // namespace

void test_elementwise() {
  for (std::size_t n = 0; n < 70; ++n) {
    const Floats a = special_floats(n), b = special_floats(n);
    check_binary(
        "add", &KernelTable::add, [](float x, float y) { return x + y; }, a, b);
    check_binary(
        "subtract", &KernelTable::subtract, [](float x, float y) { return x - y; }, a, b);
    check_binary(
        "multiply", &KernelTable::multiply, [](float x, float y) { return x * y; }, a, b);
    check_binary(
        "relu_gradient", &KernelTable::relu_gradient, [](float y, float d) { return y <= 0 ? 0 : d; }, a, b);
    check_unary(a);
    check_bias(random_size(0, 5), n);
  }

  // the conventions: -0 becomes +0, the slope at 0 is 0, NaN stays, an infinite gradient at 0 is dropped
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const auto relu = [=](const KernelTable& table) {
    const Floats x = {-0.0f, 0.0f, nan, -1, inf, -inf, 2}, d_y = {1, 1, 1, 1, nan, inf, 3};
    Floats y(7), d_x(7);
    table.relu(x.data(), y.data(), 7);
    table.relu_gradient(x.data(), d_y.data(), d_x.data(), 7);
    return joined({y, d_x});
  };
  check_exact("relu at its corners", relu, {0, 0, nan, 0, inf, 0, 2, 0, 0, 1, 0, nan, 0, 3});
}

}  // namespace palimpsest::test
