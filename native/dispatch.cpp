#include "dispatch.h"

#ifdef PALIMPSEST_X86
#include <cpuid.h>
#endif

#include <atomic>
#include <cstdlib>
#include <string_view>

namespace palimpsest {

namespace portable {
extern const KernelTable table;
}
#ifdef PALIMPSEST_X86
namespace avx2 {
extern const KernelTable table;
}
namespace avx512 {
extern const KernelTable table;
}
#endif
#ifdef PALIMPSEST_ARM
namespace neon {
extern const KernelTable table;
}
#endif
#ifdef __wasm__
namespace wasm {
extern const KernelTable table;
}
#endif

namespace {

#ifdef PALIMPSEST_X86
// asked by hand, since a compiler's runtime library may answer __builtin_cpu_supports with no to everything: Zig's does
struct Processor {
  bool avx2 = false, avx512 = false;

  Processor() {
    constexpr unsigned fma = 1u << 12, os_saves = 1u << 27, avx = 1u << 28;
    constexpr unsigned avx2_bit = 1u << 5, f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
    const auto has = [](unsigned bits, unsigned wanted) { return (bits & wanted) == wanted; };
    unsigned a = 0, b = 0, c = 0, d = 0, saved = 0, high = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !has(c, fma | os_saves | avx)) return;
    // which registers the operating system saves: those of AVX, and with masks and the upper halves those of AVX-512
    __asm__("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    if (!has(saved, 0x06) || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    avx2 = has(b, avx2_bit);
    avx512 = has(saved, 0xe6) && has(b, avx2_bit | f | dq | bw | vl);
  }
};
#endif

struct Supported {
  const KernelTable* tables[4] = {&portable::table};

  Supported() {
#ifdef PALIMPSEST_X86
    const Processor processor;
    std::size_t n = 1;
    if (processor.avx2) tables[n++] = &avx2::table;
    if (processor.avx512) tables[n++] = &avx512::table;
#endif
#ifdef PALIMPSEST_ARM
    // no question to ask: every AArch64 processor that runs an operating system has Advanced SIMD, whose registers pass
    // floats between functions
    tables[1] = &neon::table;
#endif
#ifdef __wasm__
    // a module with vectors is refused as a whole where there are none
    tables[1] = &wasm::table;
#endif
  }
};

const KernelTable* first_choice() {
  if (const char* forced = std::getenv("PALIMPSEST_ISA"); forced != nullptr && *forced != '\0') {
    return find_table(forced);
  }
  const KernelTable* const* table = supported_tables();
  while (table[1] != nullptr) ++table;
  return *table;
}

std::atomic<const KernelTable*> selected{nullptr};

}  // namespace

const KernelTable* const* supported_tables() {
  static const Supported supported;
  return supported.tables;
}

const KernelTable* find_table(const char* name) {
  for (const KernelTable* const* table = supported_tables(); *table != nullptr; ++table) {
    if (std::string_view((*table)->name) == name) return *table;
  }
  return nullptr;
}

const KernelTable* current_table() {
  if (const KernelTable* table = selected.load(std::memory_order_relaxed); table != nullptr) return table;
  static const KernelTable* const choice = first_choice();
  return choice;
}

void select_table(const KernelTable* table) { selected.store(table, std::memory_order_relaxed); }

}  // namespace palimpsest
