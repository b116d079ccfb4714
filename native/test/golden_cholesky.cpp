// Golden cases of the Cholesky decomposition.
#include "golden.h"

namespace palimpsest::test {

namespace {

// with so much on the diagonal that plain words make it positive definite
PageEnd<double> matrix(Inputs& inputs, std::size_t n) {
  auto words = inputs.floats(n * n);
  std::size_t at = 0;
  return {n * n, [&] {
            const double word = static_cast<double>(words.data()[at]);
            return at++ % (n + 1) == 0 ? word + 4 * static_cast<double>(n) : word;
          }};
}

void add_cholesky(Cases& cases, std::size_t n) {
  cases.add("cholesky_diagonal" + sized({n}), &KernelTable::cholesky_diagonal,
            [=](auto diagonal, Inputs& inputs, Digest& digest) {
              auto a = matrix(inputs, n);
              PageEnd<double> least(n, [] { return 0.0; });
              digest.add(static_cast<double>(diagonal(a.data(), n, least.data(), 0, n < 64 ? n : 64)));
              digest.add(a);
            });
  cases.add("cholesky_panel" + sized({n}), &KernelTable::cholesky_panel,
            [=](auto panel, Inputs& inputs, Digest& digest) {
              auto a = matrix(inputs, n);
              panel(a.data(), n, 1, n / 3, n / 3, n);
              digest.add(a);
            });
  cases.add("cholesky_update" + sized({n}), &KernelTable::cholesky_update,
            [=](auto update, Inputs& inputs, Digest& digest) {
              auto a = matrix(inputs, n);
              update(a.data(), n, 1, n / 3, n / 3, n);
              digest.add(a);
            });
}

void add_solve(Cases& cases, std::size_t n, std::size_t rows) {
  cases.add("cholesky_solve" + sized({n, rows}), &KernelTable::cholesky_solve,
            [=](auto solve, Inputs& inputs, Digest& digest) {
              auto l = matrix(inputs, n);
              auto words = inputs.floats(rows * n);
              const float* word = words.data();
              PageEnd<double> b(rows * n, [&] { return static_cast<double>(*word++); });
              solve(l.data(), n, b.data(), rows);
              digest.add(b);
            });
}

}  // namespace

void add_cholesky_cases(Cases& cases) {
  for (const std::size_t n : {7, 64, 131}) add_cholesky(cases, n);
  add_solve(cases, 7, 1);
  add_solve(cases, 65, 30);
}

}  // namespace palimpsest::test
