// Which tables there are, how one is chosen, and that the arena is where it should be.
#include "../dispatch.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "../scratch.h"
#include "check.h"
#include "tests.h"

namespace palimpsest::test {

void test_dispatch() {
  const KernelTable* const* tables = supported_tables();
  check(std::strcmp(tables[0]->name, "portable") == 0, "the portable table is the first");
  const KernelTable* last = nullptr;
  for (; *tables != nullptr; ++tables) {
    last = *tables;
    check(find_table(last->name) == last, "a table is found by its name");
    float sink = 0;
    check(last->fma_peak(10, &sink) > 0 && std::isfinite(sink), "the peak counts its flops");
  }
#if defined(PALIMPSEST_X86) && !defined(__clang__)
  // what the compiler's library says of the processor
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  check((find_table("avx2") != nullptr) == avx2, "there is a table for AVX2 where the processor has it");
  check((find_table("avx512") != nullptr) == avx512, "there is a table for AVX-512 where the processor has it");
#endif
  check(find_table("none") == nullptr, "an unknown name finds no table");
  const char* forced = std::getenv("PALIMPSEST_ISA");
  const KernelTable* choice = forced == nullptr ? last : find_table(forced);
  check(current_table() == choice, "the fastest table is the default, unless the environment names one");
  select_table(find_table("portable"));
  check(current_table() == find_table("portable"), "a selected table is the current one");
  select_table(choice);
  check(reinterpret_cast<std::uintptr_t>(scratch()) % 64 == 0, "the arena is aligned to a cache line");
}

}  // namespace palimpsest::test
