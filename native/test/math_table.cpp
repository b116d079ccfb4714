#include "math_table.h"

#include <iterator>

#include "../dispatch.h"

namespace palimpsest {

namespace portable {
extern const test::MathTable math;
}
#ifdef PALIMPSEST_X86
namespace avx2 {
extern const test::MathTable math;
}
namespace avx512 {
extern const test::MathTable math;
}
#endif
#ifdef PALIMPSEST_ARM
namespace neon {
extern const test::MathTable math;
}
#endif
#ifdef __wasm__
namespace wasm {
extern const test::MathTable math;
}
#endif

namespace test {

namespace {

const MathTable* const compiled[] = {
    &portable::math,
#ifdef PALIMPSEST_X86
    &avx2::math,     &avx512::math,
#endif
#ifdef PALIMPSEST_ARM
    &neon::math,
#endif
#ifdef __wasm__
    &wasm::math,
#endif
};

struct Supported {
  const MathTable* tables[std::size(compiled) + 1] = {};

  Supported() {
    std::size_t n = 0;
    for (const MathTable* table : compiled) {
      if (find_table(table->name) != nullptr) tables[n++] = table;
    }
  }
};

}  // namespace

const MathTable* const* math_tables() {
  static const Supported supported;
  return supported.tables;
}

}  // namespace test
}  // namespace palimpsest
