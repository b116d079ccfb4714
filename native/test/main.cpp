// Every table against naive oracles and, bit by bit, against the portable table.
#include "check.h"
#include "tests.h"

int main() {
  using namespace palimpsest::test;
  test_dispatch();
  test_elementwise();
  test_gather();
  test_reduce();
  test_math();
  test_softmax();
  test_normalization();
  test_optimizer();
  test_consolidation();
  test_gemm();
  test_pool();
  return finish();
}
