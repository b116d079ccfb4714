// One function a topic.
#pragma once

namespace palimpsest::test {

void test_gemm();

}  // namespace palimpsest::test
