#include "../exports.h"

namespace palimpsest {
namespace {

Napi::Value cholesky(Args& args) {
  const std::size_t n = args.size("n");
  const auto least = args.array<const double>("least", n);
  const auto a = args.array<double>("a", product(n, n));
  args.distinct(a, {least});
  return Napi::Number::New(args.env(), static_cast<double>(split_cholesky(*current_table(), a, n, least)));
}

Napi::Value cholesky_solve(Args& args) {
  const std::size_t n = args.size("n"), rows = args.size("rows");
  const auto factor = args.array<const double>("factor", product(n, n));
  const auto b = args.array<double>("b", product(rows, n));
  if (n > most_unknowns) args.refuse("INVALID_ARGUMENT", "n must be at most " + std::to_string(most_unknowns));
  args.distinct(b, {factor});
  // 24 rows are the lanes of every table's
  split(rows, (smallest_range - 1) / n + 1, 24, [&](std::size_t begin, std::size_t end) {
    current_table()->cholesky_solve(factor, n, b + begin * n, end - begin);
  });
  return args.env().Undefined();
}

}  // namespace

void provide_cholesky(Napi::Object& exports) {
  provide<cholesky>(exports, "cholesky");
  provide<cholesky_solve>(exports, "choleskySolve");
}

}  // namespace palimpsest
