#include <algorithm>

#include "../exports.h"

namespace palimpsest {
namespace {

Napi::Value sum(Args& args) {
  const auto x = args.array<const float>("x", 0);
  const double total = split_sum(x.length, smallest_sum, [&](std::size_t begin, std::size_t end) {
    return current_table()->sum(x + begin, end - begin);
  });
  return Napi::Number::New(args.env(), total);
}

Napi::Value all_finite(Args& args) {
  const auto x = args.array<const float>("x", 0);
  return Napi::Boolean::New(args.env(), current_table()->all_finite(x, x.length));
}

Napi::Value row_sums(Args& args) {
  const std::size_t rows = args.size("rows"), columns = args.size("columns");
  const auto x = args.array<const float>("x", product(rows, columns));
  const auto out = args.array<float>("out", rows);
  args.distinct(out, {x});
  split(rows, smallest_sum / columns, 16, [&](std::size_t begin, std::size_t end) {
    current_table()->row_sums(x + begin * columns, end - begin, columns, out + begin);
  });
  return args.env().Undefined();
}

Napi::Value column_sums(Args& args) {
  const std::size_t rows = args.size("rows"), columns = args.size("columns");
  const auto x = args.array<const float>("x", product(rows, columns));
  const auto out = args.array<float>("out", columns);
  args.distinct(out, {x});
  current_table()->column_sums(x, rows, columns, out);
  return args.env().Undefined();
}

Napi::Value argmax(Args& args) {
  const std::size_t rows = args.size("rows"), columns = args.size("columns");
  const auto x = args.array<const float>("x", product(rows, columns));
  const auto out = args.array<std::uint32_t>("out", rows);
  args.distinct(out, {x});
  // the kernel finds it, too, but has written the rows before it by then
  const float* nan = std::find_if(x.data, x.data + x.length, [](float value) { return value != value; });
  const auto row = static_cast<std::size_t>(nan - x.data) / columns;
  if (row < rows)
    args.refuse("NON_FINITE", "row " + std::to_string(row) + " of x holds a NaN: it has no largest element");
  current_table()->argmax(x, rows, columns, out);
  return args.env().Undefined();
}

Napi::Value count_equal(Args& args) {
  const auto predicted = args.array<const std::uint32_t>("predicted", 0);
  const auto labels = args.array<const std::uint8_t>("labels", predicted.length);
  const std::size_t equal = current_table()->count_equal(predicted, labels, labels.length);
  return Napi::Number::New(args.env(), static_cast<double>(equal));
}

}  // namespace

void provide_reduce(Napi::Object& exports) {
  provide<sum>(exports, "sum");
  provide<all_finite>(exports, "allFinite");
  provide<row_sums>(exports, "rowSums");
  provide<column_sums>(exports, "columnSums");
  provide<argmax>(exports, "argmax");
  provide<count_equal>(exports, "countEqual");
}

}  // namespace palimpsest
