#include "../exports.h"

namespace palimpsest {
namespace {

template <Form form>
Napi::Value matmul(Args& args) {
  Matmul p{};
  p.form = form;
  p.m = args.size("m");
  p.n = args.size("n");
  p.k = args.size("k");
  const auto a = args.array<const float>("a", product(p.m, p.k));
  const auto b = args.array<const float>("b", product(p.k, p.n));
  const auto bias = args.optional<const float>("bias", p.n);
  const auto c = args.array<float>("c", product(p.m, p.n));
  p.accumulate = args.flag("accumulate");
  p.relu = args.flag("relu");
  args.distinct(c, {a, b, bias});
  if (p.accumulate && bias) args.refuse("INVALID_ARGUMENT", "accumulate and bias exclude each other");
  p.dot = adds_in_lanes(form, p.n, p.k);
  p.a = a;
  p.a_stride = form == Form::tn ? p.m : p.k;
  p.b = b;
  p.b_stride = form == Form::nt ? p.k : p.n;
  p.bias = bias;
  p.c = c;
  p.c_stride = p.n;
  split_matmul(*current_table(), p);
  return args.env().Undefined();
}

}  // namespace

void provide_gemm(Napi::Object& exports) {
  provide<matmul<Form::nt>>(exports, "matmulNT");
  provide<matmul<Form::nn>>(exports, "matmulNN");
  provide<matmul<Form::tn>>(exports, "matmulTN");
}

}  // namespace palimpsest
