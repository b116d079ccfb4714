// Batch normalization against its formulas in float64, and its gradient.
#include <cmath>

#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

constexpr float epsilon = 1e-5f, momentum = 0.1f;

struct Case {
  std::size_t rows, features;
  Floats x, gamma, beta, mean, variance, d_y;

  BatchNorm view() const { return {rows, features, x.data(), gamma.data(), beta.data(), epsilon}; }
};

Case random_case(std::size_t rows, std::size_t features, bool special) {
  const auto numbers = [=](std::size_t n) { return special ? special_floats(n) : random_floats(n); };
  return {rows,
          features,
          numbers(rows * features),
          numbers(features),
          numbers(features),
          numbers(features),
          special ? special_floats(features) : random_floats(features, 0.1f, 3),
          numbers(rows * features)};
}

Run training(const Case& c) {
  return [=](const KernelTable& table) {
    Guarded running_mean(c.mean), running_variance(c.variance), mean(c.features), inverse(c.features), y(c.x.size());
    table.batch_norm_training(c.view(), momentum, running_mean.data(), running_variance.data(), mean.data(),
                              inverse.data(), y.data());
    return joined<float>({running_mean, running_variance, mean, inverse, y});
  };
}
Run training_gradient(const Case& c, const Floats& mean, const Floats& inverse) {
  return [=](const KernelTable& table) {
    Guarded d_x(c.x.size()), d_gamma(c.features), d_beta(c.features);
    table.batch_norm_training_gradient(c.view(), mean.data(), inverse.data(), c.d_y.data(), d_x.data(), d_gamma.data(),
                                       d_beta.data());
    return joined<float>({d_x, d_gamma, d_beta});
  };
}
Run evaluation(const Case& c) {
  return [=](const KernelTable& table) {
    Guarded y(c.x.size()), x_hat(c.x.size()), d_x(c.x.size()), d_gamma(c.features), d_beta(c.features);
    const float *mean = c.mean.data(), *variance = c.variance.data();
    table.batch_norm_evaluation(c.view(), mean, variance, y.data());
    table.batch_norm_normalize(c.view(), mean, variance, x_hat.data());
    table.batch_norm_evaluation_gradient(c.view(), mean, variance, c.d_y.data(), d_x.data(), d_gamma.data(),
                                         d_beta.data());
    return joined<float>({y, x_hat, d_x, d_gamma, d_beta});
  };
}

double at(const Floats& v, std::size_t i) { return static_cast<double>(v[i]); }

void check_case(const Case& c) {
  const std::size_t columns = c.features, size = c.x.size();
  const double rows = static_cast<double>(c.rows), small = static_cast<double>(epsilon), fresh = 0.1;
  Doubles running_mean(columns), running_variance(columns), mean(columns), inverse(columns), y(size);
  Doubles d_x(size), d_gamma(columns), d_beta(columns);
  Doubles eval_y(size), eval_hat(size), eval_d_x(size), eval_d_gamma(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    double variance = 0;
    for (std::size_t i = j; i < size; i += columns) mean[j] += at(c.x, i) / rows;
    for (std::size_t i = j; i < size; i += columns) variance += std::pow(at(c.x, i) - mean[j], 2) / rows;
    inverse[j] = 1 / std::sqrt(variance + small);
    running_mean[j] = (1 - fresh) * at(c.mean, j) + fresh * mean[j];
    running_variance[j] = (1 - fresh) * at(c.variance, j) + fresh * variance * rows / (rows - 1);
    const double eval_inverse = 1 / std::sqrt(at(c.variance, j) + small);
    for (std::size_t i = j; i < size; i += columns) {
      const double x_hat = (at(c.x, i) - mean[j]) * inverse[j];
      y[i] = x_hat * at(c.gamma, j) + at(c.beta, j);
      eval_hat[i] = (at(c.x, i) - at(c.mean, j)) * eval_inverse;
      eval_y[i] = eval_hat[i] * at(c.gamma, j) + at(c.beta, j);
      eval_d_x[i] = at(c.d_y, i) * at(c.gamma, j) * eval_inverse;
      d_beta[j] += at(c.d_y, i);
      d_gamma[j] += at(c.d_y, i) * x_hat;
      eval_d_gamma[j] += at(c.d_y, i) * eval_hat[i];
    }
    for (std::size_t i = j; i < size; i += columns) {
      const double x_hat = (at(c.x, i) - mean[j]) * inverse[j];
      d_x[i] = at(c.gamma, j) * inverse[j] * (at(c.d_y, i) - d_beta[j] / rows - x_hat * d_gamma[j] / rows);
    }
  }
  const double tolerance = 2e-5;
  check_close("batch_norm_training", training(c), joined<double>({running_mean, running_variance, mean, inverse, y}),
              tolerance);
  const Floats mean_f(mean.begin(), mean.end()), inverse_f(inverse.begin(), inverse.end());
  check_close("batch_norm_training_gradient", training_gradient(c, mean_f, inverse_f),
              joined<double>({d_x, d_gamma, d_beta}), tolerance * rows);
  check_close("batch_norm_evaluation", evaluation(c),
              joined<double>({eval_y, eval_hat, eval_d_x, eval_d_gamma, d_beta}), tolerance * rows);
}

}  // namespace

void test_normalization() {
  for (int i = 0; i < 60; ++i) {
    // from 8 rows on: two may lie so close that the oracle's own rounding shows
    check_case(random_case(random_size(8, 50), random_size(1, 50), false));
    const Case special = random_case(random_size(2, 50), random_size(1, 50), true);
    check_bits("batch_norm_training special", training(special));
    check_bits("batch_norm_training_gradient special", training_gradient(special, special.mean, special.variance));
    check_bits("batch_norm_evaluation special", evaluation(special));
  }
  // chains end at 4,096 rows
  for (const std::size_t rows : {4096, 4097, 8193}) check_case(random_case(rows, 3, false));
}

}  // namespace palimpsest::test
