// Golden cases of training: batch normalization, optimizers with and without a penalty, what a consolidation computes.
#include "golden.h"

namespace palimpsest::test {

namespace {

void add_normalization(Cases& cases, std::size_t rows, std::size_t features) {
  const std::string of = sized({rows, features});
  const std::size_t n = rows * features;
  cases.add("batch_norm_training" + of, &KernelTable::batch_norm_training,
            [=](auto training, Inputs& inputs, Digest& digest) {
              auto x = inputs.floats(n), gamma = inputs.floats(features), beta = inputs.floats(features);
              auto running_mean = inputs.floats(features), running_variance = inputs.magnitudes(features);
              auto mean = inputs.floats(features), inverse = inputs.floats(features), y = inputs.floats(n);
              training({rows, features, x.data(), gamma.data(), beta.data(), 1e-5f}, 0.1f, running_mean.data(),
                       running_variance.data(), mean.data(), inverse.data(), y.data());
              for (const auto* out : {&running_mean, &running_variance, &mean, &inverse, &y}) digest.add(*out);
            });
  const auto evaluation = [=](auto kernel, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(n), gamma = inputs.floats(features), beta = inputs.floats(features);
    auto mean = inputs.floats(features), variance = inputs.magnitudes(features), out = inputs.floats(n);
    kernel({rows, features, x.data(), gamma.data(), beta.data(), 1e-5f}, mean.data(), variance.data(), out.data());
    digest.add(out);
  };
  cases.add("batch_norm_evaluation" + of, &KernelTable::batch_norm_evaluation, evaluation);
  cases.add("batch_norm_normalize" + of, &KernelTable::batch_norm_normalize, evaluation);
  const auto gradient = [=](auto kernel, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(n), gamma = inputs.floats(features), beta = inputs.floats(features);
    auto mean = inputs.floats(features), spread = inputs.magnitudes(features), d_y = inputs.floats(n);
    auto d_x = inputs.floats(n), d_gamma = inputs.floats(features), d_beta = inputs.floats(features);
    kernel({rows, features, x.data(), gamma.data(), beta.data(), 1e-5f}, mean.data(), spread.data(), d_y.data(),
           d_x.data(), d_gamma.data(), d_beta.data());
    for (const auto* out : {&d_x, &d_gamma, &d_beta}) digest.add(*out);
  };
  cases.add("batch_norm_training_gradient" + of, &KernelTable::batch_norm_training_gradient, gradient);
  cases.add("batch_norm_evaluation_gradient" + of, &KernelTable::batch_norm_evaluation_gradient, gradient);
}

void add_optimizers(Cases& cases, std::size_t n, float lambda) {
  const std::string of = sized({n}) + (lambda == 0 ? "" : " penalised");
  for (const float momentum : {0.0f, 0.9f}) {
    cases.add("sgd" + of + (momentum == 0 ? "" : " momentum"), &KernelTable::sgd,
              [=](auto sgd, Inputs& inputs, Digest& digest) {
                auto theta = inputs.floats(n), velocity = inputs.floats(n);
                auto precision = inputs.magnitudes(n), anchor = inputs.floats(n);
                for (int step = 0; step < 3; ++step) {
                  auto d_theta = inputs.floats(n);
                  digest.add(sgd({0.1f, momentum, 0.01f}, {lambda, precision.data(), anchor.data()}, theta.data(),
                                 d_theta.data(), velocity.data(), n));
                }
                digest.add(theta);
                digest.add(velocity);
              });
  }
  cases.add("adam" + of, &KernelTable::adam, [=](auto adam, Inputs& inputs, Digest& digest) {
    auto theta = inputs.floats(n), first = inputs.floats(n), second = inputs.magnitudes(n);
    auto precision = inputs.magnitudes(n), anchor = inputs.floats(n);
    float power1 = 1, power2 = 1;
    for (int step = 0; step < 3; ++step) {
      auto d_theta = inputs.floats(n);
      power1 *= 0.9f, power2 *= 0.999f;
      digest.add(adam({1e-2f, 0.9f, 0.999f, 1e-8f, 1 - power1, 1 - power2}, {lambda, precision.data(), anchor.data()},
                      theta.data(), d_theta.data(), first.data(), second.data(), n));
    }
    for (const auto* out : {&theta, &first, &second}) digest.add(*out);
  });
}

void add_consolidation(Cases& cases, std::size_t n) {
  const std::string of = sized({n});
  cases.add("accumulate_square" + of, &KernelTable::accumulate_square,
            [=](auto kernel, Inputs& inputs, Digest& digest) {
              auto x = inputs.floats(n), out = inputs.floats(n);
              kernel(x.data(), out.data(), n);
              digest.add(out);
            });
  cases.add("accumulate" + of, &KernelTable::accumulate, [=](auto accumulate, Inputs& inputs, Digest& digest) {
    auto start = inputs.floats(n), x = inputs.floats(n);
    const float* at = start.data();
    PageEnd<double> total(n, [&] { return static_cast<double>(*at++); });
    accumulate(x.data(), total.data(), n);
    digest.add(total);
  });
  cases.add("quadratic_sum" + of, &KernelTable::quadratic_sum, [=](auto kernel, Inputs& inputs, Digest& digest) {
    auto theta = inputs.floats(n), anchor = inputs.floats(n), precision = inputs.magnitudes(n);
    digest.add(kernel(theta.data(), anchor.data(), precision.data(), n));
  });
  cases.add("merge_quadratic" + of, &KernelTable::merge_quadratic, [=](auto merge, Inputs& inputs, Digest& digest) {
    auto theta = inputs.floats(n), f = inputs.magnitudes(n), anchor = inputs.floats(n);
    auto precision = inputs.magnitudes(n);
    digest.add(merge(theta.data(), f.data(), anchor.data(), precision.data(), n));
    digest.add(anchor);
    digest.add(precision);
  });
}

void add_seeds(Cases& cases, std::size_t rows, std::size_t classes) {
  cases.add("class_seed" + sized({rows, classes}), &KernelTable::class_seed,
            [=](auto class_seed, Inputs& inputs, Digest& digest) {
              auto p = inputs.magnitudes(rows * classes), out = inputs.floats(rows * classes);
              class_seed(p.data(), rows, classes, classes / 2, out.data());
              digest.add(out);
            });
}

}  // namespace

void add_training_cases(Cases& cases) {
  add_normalization(cases, 8, 37);
  add_normalization(cases, 4099, 3);
  for (const std::size_t n : {5, 16, 4115}) {
    for (const float lambda : {0.0f, 0.7f}) add_optimizers(cases, n, lambda);
    add_consolidation(cases, n);
  }
  add_seeds(cases, 7, 10);
  add_seeds(cases, 2, 40);
}

}  // namespace palimpsest::test
