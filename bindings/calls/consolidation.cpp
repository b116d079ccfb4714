#include "../exports.h"

namespace palimpsest {
namespace {

Napi::Value accumulate_square(Args& args) {
  const auto x = args.array<const float>("x", 0);
  const auto out = args.array<float>("out", x.length);
  args.distinct(out, {x});
  split(x.length, smallest_range, 16, [&](std::size_t begin, std::size_t end) {
    current_table()->accumulate_square(x + begin, out + begin, end - begin);
  });
  return args.env().Undefined();
}

Napi::Value accumulate(Args& args) {
  const auto x = args.array<const float>("x", 0);
  const auto total = args.array<double>("total", x.length);
  args.distinct(total, {x});
  split(x.length, smallest_range, 16, [&](std::size_t begin, std::size_t end) {
    current_table()->accumulate(x + begin, total + begin, end - begin);
  });
  return args.env().Undefined();
}

Napi::Value class_seed(Args& args) {
  const std::size_t rows = args.size("rows"), classes = args.size("classes"), chosen = args.size("chosen", 0);
  const auto probabilities = args.array<const float>("probabilities", product(rows, classes));
  const auto out = args.array<float>("out", product(rows, classes));
  if (chosen >= classes) args.refuse("LABEL_OUT_OF_RANGE", "chosen must be below classes");
  args.distinct(out, {probabilities});
  split(rows, smallest_range / classes, 1, [&](std::size_t begin, std::size_t end) {
    current_table()->class_seed(probabilities + begin * classes, end - begin, classes, chosen, out + begin * classes);
  });
  return args.env().Undefined();
}

Napi::Value quadratic_sum(Args& args) {
  const auto theta = args.array<const float>("theta", 0);
  const auto anchor = args.array<const float>("anchor", theta.length);
  const auto precision = args.array<const float>("precision", theta.length);
  const double sum = split_sum(theta.length, smallest_range, [&](std::size_t begin, std::size_t end) {
    return current_table()->quadratic_sum(theta + begin, anchor + begin, precision + begin, end - begin);
  });
  return Napi::Number::New(args.env(), sum);
}

Napi::Value merge_quadratic(Args& args) {
  const auto theta = args.array<const float>("theta", 0);
  const auto f = args.array<const float>("f", theta.length);
  const auto anchor = args.array<float>("anchor", theta.length);
  const auto precision = args.array<float>("precision", theta.length);
  args.distinct(anchor, {theta, f, precision});
  args.distinct(precision, {theta, f});
  const double constant = split_sum(theta.length, smallest_range, [&](std::size_t begin, std::size_t end) {
    return current_table()->merge_quadratic(theta + begin, f + begin, anchor + begin, precision + begin, end - begin);
  });
  return Napi::Number::New(args.env(), constant);
}

}  // namespace

void provide_consolidation(Napi::Object& exports) {
  provide<accumulate_square>(exports, "accumulateSquare");
  provide<accumulate>(exports, "accumulate");
  provide<class_seed>(exports, "classSeed");
  provide<quadratic_sum>(exports, "quadraticSum");
  provide<merge_quadratic>(exports, "mergeQuadratic");
}

}  // namespace palimpsest
