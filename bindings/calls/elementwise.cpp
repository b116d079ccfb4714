#include "../exports.h"

namespace palimpsest {
namespace {

using Binary = void (*KernelTable::*)(const float*, const float*, float*, std::size_t);

template <Binary kernel>
Napi::Value binary(Args& args) {
  const auto a = args.array<const float>("a", 0);
  const auto b = args.array<const float>("b", a.length);
  const auto out = args.array<float>("out", a.length);
  args.distinct(out, {a, b}, true);
  split(a.length, smallest_range, 16, [&](std::size_t begin, std::size_t end) {
    (current_table()->*kernel)(a + begin, b + begin, out + begin, end - begin);
  });
  return args.env().Undefined();
}

Napi::Value scale(Args& args) {
  const auto x = args.array<const float>("x", 0);
  const float factor = static_cast<float>(args.number("factor"));
  const auto out = args.array<float>("out", x.length);
  args.distinct(out, {x}, true);
  split(x.length, smallest_range, 16, [&](std::size_t begin, std::size_t end) {
    current_table()->scale(x + begin, factor, out + begin, end - begin);
  });
  return args.env().Undefined();
}

Napi::Value add_bias(Args& args) {
  const std::size_t rows = args.size("rows"), columns = args.size("columns");
  const auto x = args.array<const float>("x", product(rows, columns));
  const auto bias = args.array<const float>("bias", columns);
  const auto out = args.array<float>("out", product(rows, columns));
  args.distinct(out, {x}, true);
  args.distinct(out, {bias});
  split(rows, smallest_range / columns, 1, [&](std::size_t begin, std::size_t end) {
    current_table()->add_bias(x + begin * columns, bias, out + begin * columns, end - begin, columns);
  });
  return args.env().Undefined();
}

Napi::Value relu(Args& args) {
  const auto x = args.array<const float>("x", 0);
  const auto out = args.array<float>("out", x.length);
  args.distinct(out, {x}, true);
  split(x.length, smallest_range, 16,
        [&](std::size_t begin, std::size_t end) { current_table()->relu(x + begin, out + begin, end - begin); });
  return args.env().Undefined();
}

Napi::Value relu_gradient(Args& args) {
  const auto y = args.array<const float>("y", 0);
  const auto d_y = args.array<const float>("dY", y.length);
  const auto d_x = args.array<float>("dX", y.length);
  args.distinct(d_x, {y, d_y}, true);
  split(y.length, smallest_range, 16, [&](std::size_t begin, std::size_t end) {
    current_table()->relu_gradient(y + begin, d_y + begin, d_x + begin, end - begin);
  });
  return args.env().Undefined();
}

}  // namespace

void provide_elementwise(Napi::Object& exports) {
  provide<binary<&KernelTable::add>>(exports, "add");
  provide<binary<&KernelTable::subtract>>(exports, "subtract");
  provide<binary<&KernelTable::multiply>>(exports, "multiply");
  provide<scale>(exports, "scale");
  provide<add_bias>(exports, "addBias");
  provide<relu>(exports, "relu");
  provide<relu_gradient>(exports, "reluGradient");
}

}  // namespace palimpsest
