// What runs under the thread sanitizer: the pool alone, for all else has one thread.
#include "../check.h"
#include "../tests.h"

int main() {
  palimpsest::test::test_pool();
  return palimpsest::test::finish();
}
