#include "dispatch.h"

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

struct Supported {
  const KernelTable* tables[4] = {&portable::table};

  Supported() {
#ifdef PALIMPSEST_X86
    // these ask the operating system too, whether it saves the wide registers
    std::size_t n = 1;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables[n++] = &avx2::table;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
      tables[n++] = &avx512::table;
    }
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
