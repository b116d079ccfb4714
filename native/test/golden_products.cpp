// Golden cases of products: every form, around the borders of vectors, tiles and blocks.
#include "golden.h"

namespace palimpsest::test {

namespace {

struct Shape {
  std::size_t m, n, k;
};

void add_product(Cases& cases, Form form, Shape s, std::size_t apart, bool bias, bool accumulate, bool relu) {
  const char* forms[] = {"nt", "nn", "tn"};
  const std::string name = "matmul" + sized({s.m, s.n, s.k}) + " " + forms[static_cast<int>(form)] +
                           (apart > 0 ? " strided" : "") + (bias ? " bias" : "") + (accumulate ? " accumulate" : "") +
                           (relu ? " relu" : "");
  cases.add(name, &KernelTable::matmul, [=](auto matmul, Inputs& inputs, Digest& digest) {
    Matmul p = {};
    p.form = form;
    p.m = s.m, p.n = s.n, p.k = s.k;
    p.a_stride = (form == Form::tn ? s.m : s.k) + apart;
    p.b_stride = (form == Form::nt ? s.k : s.n) + apart;
    p.c_stride = s.n + apart;
    p.dot = adds_in_lanes(form, s.n, s.k);
    auto a = inputs.floats((form == Form::tn ? s.k : s.m) * p.a_stride);
    auto b = inputs.floats((form == Form::nt ? s.n : s.k) * p.b_stride);
    auto start = inputs.floats(s.n);
    auto c = inputs.floats(s.m * p.c_stride);
    p.a = a.data(), p.b = b.data(), p.c = c.data();
    p.bias = bias ? start.data() : nullptr;
    p.accumulate = accumulate;
    p.relu = relu;
    matmul(p);
    digest.add(c);
  });
}

}  // namespace

void add_product_cases(Cases& cases) {
  constexpr Shape shapes[] = {
      {100, 10, 100}, {100, 12, 784}, {1, 100, 784}, {1, 10, 100},  {3, 5, 0},     {1, 1, 1},
      {2, 7, 15},     {4, 16, 16},    {5, 17, 33},   {7, 48, 100},  {9, 8, 129},   {13, 50, 31},
      {6, 19, 515},   {3, 33, 1025},  {147, 9, 20},  {2, 390, 512}, {19, 64, 784},
  };
  std::size_t i = 0;
  for (const Form form : {Form::nt, Form::nn, Form::tn}) {
    for (const Shape& shape : shapes) {
      ++i;
      add_product(cases, form, shape, i % 4 == 0 ? 3 : 0, i % 2 == 0, i % 5 == 0, i % 3 == 0);
    }
  }
}

}  // namespace palimpsest::test
