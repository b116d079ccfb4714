#include "../exports.h"

namespace palimpsest {
namespace {

Napi::Value accumulate_square(Args& args) {
  const auto x = args.array<const float>("x", 0);
  const auto out = args.array<float>("out", x.length);
  args.distinct(out, {x});
  current_table()->accumulate_square(x, out, x.length);
  return args.env().Undefined();
}

Napi::Value accumulate(Args& args) {
  const auto x = args.array<const float>("x", 0);
  const auto total = args.array<double>("total", x.length);
  args.distinct(total, {x});
  current_table()->accumulate(x, total, x.length);
  return args.env().Undefined();
}

Napi::Value class_seed(Args& args) {
  const std::size_t rows = args.size("rows"), classes = args.size("classes"), chosen = args.size("chosen", 0);
  const auto probabilities = args.array<const float>("probabilities", rows * classes);
  const auto out = args.array<float>("out", rows * classes);
  if (chosen >= classes) args.refuse("LABEL_OUT_OF_RANGE", "chosen must be below classes");
  args.distinct(out, {probabilities});
  current_table()->class_seed(probabilities, rows, classes, chosen, out);
  return args.env().Undefined();
}

Napi::Value quadratic_sum(Args& args) {
  const auto theta = args.array<const float>("theta", 0);
  const auto anchor = args.array<const float>("anchor", theta.length);
  const auto precision = args.array<const float>("precision", theta.length);
  return Napi::Number::New(args.env(), current_table()->quadratic_sum(theta, anchor, precision, theta.length));
}

Napi::Value merge_quadratic(Args& args) {
  const auto theta = args.array<const float>("theta", 0);
  const auto f = args.array<const float>("f", theta.length);
  const auto anchor = args.array<float>("anchor", theta.length);
  const auto precision = args.array<float>("precision", theta.length);
  args.distinct(anchor, {theta, f, precision});
  args.distinct(precision, {theta, f});
  return Napi::Number::New(args.env(), current_table()->merge_quadratic(theta, f, anchor, precision, theta.length));
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
