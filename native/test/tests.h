// One function a topic.
#pragma once

namespace palimpsest::test {

void test_cholesky();
void test_consolidation();
void test_dispatch();
void test_elementwise();
void test_gather();
void test_gemm();
void test_golden();
void test_math();
void test_normalization();
void test_optimizer();
void test_pool();
void test_reduce();
void test_softmax();

}  // namespace palimpsest::test
