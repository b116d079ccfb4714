// SGD and Adam over several steps against PyTorch's formulas in float64, with and without a penalty.
#include <cmath>
#include <limits>

#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

constexpr int steps = 3;
constexpr float lambda = 0.7f, epsilon = 1e-8f;

struct Case {
  Floats theta, anchor, precision, first, second;
  std::vector<Floats> gradients;  // one a step
  bool penalised;

  Quadratic quadratic() const {
    return penalised ? Quadratic{lambda, precision.data(), anchor.data()} : Quadratic{lambda, nullptr, nullptr};
  }
};

Case random_case(std::size_t n, bool penalised, bool special) {
  const auto numbers = [=] { return special ? special_floats(n) : random_floats(n); };
  const Floats positive = special ? special_floats(n) : random_floats(n, 0.1f, 2);
  Case c = {numbers(), numbers(), positive, numbers(), positive, {}, penalised};
  for (int i = 0; i < steps; ++i) c.gradients.push_back(numbers());
  return c;
}

Adam adam_options(int step) {
  return {1e-2f,
          0.9f,
          0.999f,
          epsilon,
          static_cast<float>(1 - std::pow(0.9, step)),
          static_cast<float>(1 - std::pow(0.999, step))};
}

Run adam(const Case& c) {
  return [=](const KernelTable& table) {
    Guarded theta(c.theta), first(c.first), second(c.second);
    Floats penalties;
    for (int i = 0; i < steps; ++i) {
      penalties.push_back(static_cast<float>(table.adam(adam_options(i + 1), c.quadratic(), theta.data(),
                                                        c.gradients[static_cast<std::size_t>(i)].data(), first.data(),
                                                        second.data(), c.theta.size())));
    }
    return joined<float>({penalties, theta, first, second});
  };
}
Run sgd(const Case& c, float momentum) {
  return [=](const KernelTable& table) {
    Guarded theta(c.theta), velocity(c.first);
    Floats penalties;
    for (const Floats& gradient : c.gradients) {
      penalties.push_back(
          static_cast<float>(table.sgd({0.1f, momentum, 0.01f}, c.quadratic(), theta.data(), gradient.data(),
                                       momentum == 0 ? nullptr : velocity.data(), c.theta.size())));
    }
    return joined<float>({penalties, theta, velocity});
  };
}

// the penalty's part of both oracles: adds to the gradient, returns what the kernel sums up
double pull(const Case& c, std::size_t i, double theta, double& gradient) {
  if (!c.penalised) return 0;
  const double distance = theta - static_cast<double>(c.anchor[i]), f = static_cast<double>(c.precision[i]);
  gradient += static_cast<double>(lambda) * f * distance;
  return f * distance * distance;
}

Doubles naive_adam(const Case& c) {
  Doubles penalties(steps), theta(c.theta.begin(), c.theta.end());
  Doubles first(c.first.begin(), c.first.end()), second(c.second.begin(), c.second.end());
  for (std::size_t s = 0; s < steps; ++s) {
    for (std::size_t i = 0; i < theta.size(); ++i) {
      double g = static_cast<double>(c.gradients[s][i]);
      penalties[s] += pull(c, i, theta[i], g);
      first[i] = 0.9 * first[i] + 0.1 * g;
      second[i] = 0.999 * second[i] + 0.001 * g * g;
      const double root = std::sqrt(second[i]) / std::sqrt(1 - std::pow(0.999, s + 1));
      theta[i] -= 1e-2 / (1 - std::pow(0.9, s + 1)) * first[i] / (root + 1e-8);
    }
  }
  return joined({penalties, theta, first, second});
}

Doubles naive_sgd(const Case& c, double momentum) {
  Doubles penalties(steps), theta(c.theta.begin(), c.theta.end()), velocity(c.first.begin(), c.first.end());
  for (std::size_t s = 0; s < steps; ++s) {
    for (std::size_t i = 0; i < theta.size(); ++i) {
      double g = static_cast<double>(c.gradients[s][i]);
      penalties[s] += pull(c, i, theta[i], g);
      g += 0.01 * theta[i];
      if (momentum != 0) g = velocity[i] = momentum * velocity[i] + g;
      theta[i] -= 0.1 * g;
    }
  }
  return joined({penalties, theta, velocity});
}

}  // namespace

void test_optimizer() {
  for (const std::size_t n : {0, 1, 5, 15, 16, 17, 31, 64, 100, 4095, 4096, 4097, 9001}) {
    for (const bool penalised : {false, true}) {
      const Case c = random_case(n, penalised, false), special = random_case(n, penalised, true);
      check_close("adam", adam(c), naive_adam(c), 1e-5);
      check_bits("adam special", adam(special));
      for (const float momentum : {0.0f, 0.9f}) {
        check_close("sgd", sgd(c, momentum), naive_sgd(c, static_cast<double>(momentum)), 1e-5);
        check_bits("sgd special", sgd(special, momentum));
      }
    }
  }

  // moments below 2^-100 become 0, that bound itself and NaN stay
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto flushed = [=](const KernelTable& table) {
    Floats theta(5), first = {0x1.8p-100f, 0x1p-100f, -0x1p-101f, nan, 1e-40f};
    Floats second = {0x1.8p-100f, 0x1p-100f, 0x1p-101f, nan, 1e-40f};
    const Floats zero(5);
    table.adam({1e-3f, 1, 1, epsilon, 1, 1}, {0, nullptr, nullptr}, theta.data(), zero.data(), first.data(),
               second.data(), 5);
    return joined({first, second});
  };
  check_exact("adam flushes its moments", flushed,
              {0x1.8p-100f, 0x1p-100f, 0, nan, 0, 0x1.8p-100f, 0x1p-100f, 0, nan, 0});
}

}  // namespace palimpsest::test
