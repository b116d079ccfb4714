// Every table against naive oracles and, bit by bit, against the portable table.
#include "check.h"
#include "tests.h"

int main() {
  using namespace palimpsest::test;
  test_gemm();
  return finish();
}
