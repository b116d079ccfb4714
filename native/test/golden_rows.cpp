// Golden cases of what goes number by number or row by row: arithmetic, sums, exp and log, softmax, gathered images.
#include "golden.h"

namespace palimpsest::test {

namespace {

void add_elementwise(Cases& cases, std::size_t n) {
  const std::string of = sized({n});
  const auto binary = [=](auto kernel, Inputs& inputs, Digest& digest) {
    auto a = inputs.floats(n), b = inputs.floats(n), out = inputs.floats(n);
    kernel(a.data(), b.data(), out.data(), n);
    digest.add(out);
  };
  cases.add("add" + of, &KernelTable::add, binary);
  cases.add("subtract" + of, &KernelTable::subtract, binary);
  cases.add("multiply" + of, &KernelTable::multiply, binary);
  cases.add("relu_gradient" + of, &KernelTable::relu_gradient, binary);
  cases.add("scale" + of, &KernelTable::scale, [=](auto scale, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(n), out = inputs.floats(n);
    scale(x.data(), 0.3f, out.data(), n);
    digest.add(out);
  });
  cases.add("relu" + of, &KernelTable::relu, [=](auto relu, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(n), out = inputs.floats(n);
    relu(x.data(), out.data(), n);
    digest.add(out);
  });
}

void add_reductions(Cases& cases, std::size_t rows, std::size_t columns) {
  const std::string of = sized({rows, columns});
  cases.add("add_bias" + of, &KernelTable::add_bias, [=](auto add_bias, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(rows * columns), bias = inputs.floats(columns), out = inputs.floats(rows * columns);
    add_bias(x.data(), bias.data(), out.data(), rows, columns);
    digest.add(out);
  });
  cases.add("sum" + of, &KernelTable::sum, [=](auto sum, Inputs& inputs, Digest& digest) {
    digest.add(sum(inputs.floats(rows * columns).data(), rows * columns));
  });
  cases.add("all_finite" + of, &KernelTable::all_finite, [=](auto all_finite, Inputs& inputs, Digest& digest) {
    digest.add(all_finite(inputs.floats(rows * columns).data(), rows * columns) ? 1.0 : 0.0);
  });
  cases.add("row_sums" + of, &KernelTable::row_sums, [=](auto row_sums, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(rows * columns), out = inputs.floats(rows);
    row_sums(x.data(), rows, columns, out.data());
    digest.add(out);
  });
  cases.add("column_sums" + of, &KernelTable::column_sums, [=](auto column_sums, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(rows * columns), out = inputs.floats(columns);
    column_sums(x.data(), rows, columns, out.data());
    digest.add(out);
  });
  cases.add("argmax" + of, &KernelTable::argmax, [=](auto argmax, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(rows * columns);
    auto out = inputs.integers<std::uint32_t>(rows, 1);
    const std::int64_t nan_row = argmax(x.data(), rows, columns, out.data());
    digest.add(static_cast<std::uint64_t>(nan_row), 8);
    // what a refused call leaves in out is nobody's business
    if (nan_row < 0) digest.add(out);
  });
  cases.add("count_equal" + of, &KernelTable::count_equal, [=](auto count_equal, Inputs& inputs, Digest& digest) {
    auto predicted = inputs.integers<std::uint32_t>(rows * columns, 3);
    auto labels = inputs.integers<std::uint8_t>(rows * columns, 4);
    digest.add(count_equal(predicted.data(), labels.data(), rows * columns), 8);
  });
}

// logits of scale times the inputs
void add_softmax(Cases& cases, std::size_t rows, std::size_t classes, float scale) {
  const std::string of = sized({rows, classes}) + (scale == 1 ? "" : " far apart");
  const auto forward = [=](auto kernel, Inputs& inputs, Digest& digest) {
    auto logits = inputs.floats(rows * classes, scale), out = inputs.floats(rows * classes);
    kernel(logits.data(), rows, classes, out.data());
    digest.add(out);
  };
  cases.add("softmax" + of, &KernelTable::softmax, forward);
  cases.add("log_softmax" + of, &KernelTable::log_softmax, forward);
  cases.add("log_softmax_gradient" + of, &KernelTable::log_softmax_gradient,
            [=](auto gradient, Inputs& inputs, Digest& digest) {
              auto log_p = inputs.floats(rows * classes, scale), d_log_p = inputs.floats(rows * classes);
              auto d_logits = inputs.floats(rows * classes);
              gradient(log_p.data(), d_log_p.data(), rows, classes, d_logits.data());
              digest.add(d_logits);
            });
  cases.add("softmax_cross_entropy" + of, &KernelTable::softmax_cross_entropy,
            [=](auto cross_entropy, Inputs& inputs, Digest& digest) {
              auto logits = inputs.floats(rows * classes, scale), losses = inputs.floats(rows);
              auto d_logits = inputs.floats(rows * classes);
              auto labels =
                  inputs.integers<std::uint8_t>(rows, static_cast<std::uint32_t>(classes < 256 ? classes : 256));
              digest.add(cross_entropy(logits.data(), labels.data(), rows, classes, losses.data(), d_logits.data()));
              digest.add(losses);
              digest.add(d_logits);
            });
}

// every word once, as it stands and so large that exp ends
void add_math(Cases& cases, const char* name, decltype(MathTable::exp) MathTable::*function, float scale) {
  cases.add(std::string(name) + (scale == 1 ? "" : " wide"), function, [=](auto f, Inputs& inputs, Digest& digest) {
    auto x = inputs.floats(inputs.size(), scale), out = inputs.floats(inputs.size());
    f(x.data(), out.data(), inputs.size());
    digest.add(out);
  });
}

void add_gather(Cases& cases, std::size_t rows, std::size_t features) {
  cases.add("gather" + sized({rows, features}), &KernelTable::gather, [=](auto gather, Inputs& inputs, Digest& digest) {
    auto pixels = inputs.integers<std::uint8_t>(9 * features, 256);
    auto indices = inputs.integers<std::uint32_t>(rows, 9);
    auto out = inputs.floats(rows * features);
    gather(pixels.data(), indices.data(), rows, features, out.data());
    digest.add(out);
  });
}

}  // namespace

void add_row_cases(Cases& cases) {
  for (const std::size_t n : {1, 7, 16, 401}) add_elementwise(cases, n);
  add_reductions(cases, 5, 33);
  add_reductions(cases, 2, 4101);
  add_reductions(cases, 8195, 3);
  for (const float scale : {1.0f, 64.0f}) {
    add_math(cases, "exp", &MathTable::exp, scale);
    add_math(cases, "log", &MathTable::log, scale);
    add_softmax(cases, 9, 10, scale);
    add_softmax(cases, 3, 17, scale);
    add_softmax(cases, 1, 4099, scale);
  }
  add_gather(cases, 5, 784);
  add_gather(cases, 20, 11);
}

}  // namespace palimpsest::test
