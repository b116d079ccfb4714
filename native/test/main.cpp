// Every table against naive oracles and, bit by bit, against the portable table.
#include <cstring>

#include "check.h"
#include "golden.h"
#include "tests.h"

// native_test [--write-golden FILE]
int main(int count, char** arguments) {
  using namespace palimpsest::test;
  if (count == 3 && std::strcmp(arguments[1], "--write-golden") == 0) return write_golden(arguments[2]);
  test_dispatch();
  test_elementwise();
  test_gather();
  test_reduce();
  test_math();
  test_softmax();
  test_normalization();
  test_optimizer();
  test_consolidation();
  test_cholesky();
  test_gemm();
#ifndef __wasm__  // no threads there
  test_pool();
#endif
  test_golden();
  return finish();
}
