// Softmax, its logarithm and the cross-entropy, against the formulas in float64.
#include <cmath>
#include <limits>

#include "../dispatch.h"
#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

using Bytes = std::vector<std::uint8_t>;

Doubles naive_softmax(const Floats& logits, std::size_t rows, std::size_t classes) {
  Doubles p;
  for (std::size_t i = 0; i < rows; ++i) {
    double total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += std::exp(static_cast<double>(logits[i * classes + j]));
    for (std::size_t j = 0; j < classes; ++j)
      p.push_back(std::exp(static_cast<double>(logits[i * classes + j])) / total);
  }
  return p;
}

// kernels of the form f(logits, B, C, out), apart and in place
Run forward(decltype(KernelTable::softmax) KernelTable::*kernel, const Floats& logits, std::size_t rows,
            std::size_t classes) {
  return [=](const KernelTable& table) {
    Guarded out(logits.size()), in_place(logits);
    (table.*kernel)(logits.data(), rows, classes, out.data());
    (table.*kernel)(in_place.data(), rows, classes, in_place.data());
    return joined<float>({out, in_place});
  };
}

Run gradient(const Floats& log_p, const Floats& d_log_p, std::size_t rows, std::size_t classes) {
  return [=](const KernelTable& table) {
    Guarded out(log_p.size());
    table.log_softmax_gradient(log_p.data(), d_log_p.data(), rows, classes, out.data());
    return Floats(out);
  };
}

Run cross_entropy(const Floats& logits, const Bytes& labels, std::size_t classes) {
  return [=](const KernelTable& table) {
    Guarded losses(labels.size()), d_logits(logits.size());
    const double mean = table.softmax_cross_entropy(logits.data(), labels.data(), labels.size(), classes, losses.data(),
                                                    d_logits.data());
    return joined<float>({{static_cast<float>(mean)}, losses, d_logits});
  };
}

void check_shape(std::size_t rows, std::size_t classes, float spread) {
  const Floats logits = random_floats(rows * classes, -spread, spread), d_log_p = random_floats(rows * classes);
  Bytes labels(rows);
  for (std::uint8_t& label : labels)
    label = static_cast<std::uint8_t>(random_size(0, std::min<std::size_t>(classes, 256) - 1));

  const Doubles p = naive_softmax(logits, rows, classes);
  Doubles log_p, d_logits, losses = {0}, d_mean;
  for (std::size_t i = 0; i < rows; ++i) {
    double total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += static_cast<double>(d_log_p[i * classes + j]);
    for (std::size_t j = 0; j < classes; ++j) {
      const double p_ij = p[i * classes + j];
      log_p.push_back(std::log(p_ij));
      d_logits.push_back(static_cast<double>(d_log_p[i * classes + j]) - p_ij * total);
      d_mean.push_back((p_ij - (j == labels[i] ? 1 : 0)) / static_cast<double>(rows));
    }
    losses.push_back(-std::log(p[i * classes + labels[i]]));
    losses[0] += losses.back() / static_cast<double>(rows);
  }
  check_close("softmax", forward(&KernelTable::softmax, logits, rows, classes), joined<double>({p, p}), 1e-6);
  check_close("log_softmax", forward(&KernelTable::log_softmax, logits, rows, classes), joined<double>({log_p, log_p}),
              1e-6);
  const Floats rounded(log_p.begin(), log_p.end());
  check_close("log_softmax_gradient", gradient(rounded, d_log_p, rows, classes), d_logits, 1e-4);
  check_close("softmax_cross_entropy", cross_entropy(logits, labels, classes), joined<double>({losses, d_mean}), 1e-6);

  const Floats special = special_floats(rows * classes);
  check_bits("softmax special", forward(&KernelTable::softmax, special, rows, classes));
  check_bits("log_softmax special", forward(&KernelTable::log_softmax, special, rows, classes));
  check_bits("log_softmax_gradient special", gradient(special, special_floats(rows * classes), rows, classes));
  check_bits("softmax_cross_entropy special", cross_entropy(special, labels, classes));
}

}  // namespace

void test_softmax() {
  for (int i = 0; i < 80; ++i) check_shape(random_size(1, 9), random_size(1, 50), i % 2 == 0 ? 3 : 40);
  check_shape(100, 10, 5);
  check_shape(2, 4099, 3);

  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  // a row with a NaN or an infinity is NaN, loss and gradient; the row beside it does not notice
  const Floats row = {1, 2, 3}, clean = cross_entropy(joined({row, row}), {2, 2}, 3)(*find_table("portable"));
  for (const float bad : {nan, inf}) {
    const Floats logits = {1, bad, 3, 1, 2, 3};
    const Floats expected = {nan, nan, clean[2], nan, nan, nan, clean[6], clean[7], clean[8]};
    check_exact("a bad row alone is NaN", cross_entropy(logits, {2, 2}, 3), expected);
  }
  // probability 0 costs an infinity, not a NaN
  check_exact("an impossible label", cross_entropy({-inf, 0}, {0}, 2), {inf, inf, -1, 1});
  check_exact("far apart", cross_entropy({-200, 200}, {0}, 2), {400, 400, -1, 1});
  check_exact("equal logits", forward(&KernelTable::softmax, {1e30f, 1e30f}, 1, 2), {0.5f, 0.5f, 0.5f, 0.5f});
}

}  // namespace palimpsest::test
