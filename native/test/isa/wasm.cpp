#include "../../vec/wasm.h"

#include "../math_table.h"

namespace palimpsest::wasm {
namespace {
#include "../math_table.inc"
}  // namespace

extern const test::MathTable math;
constinit const test::MathTable math = {isa_name, exp_each, log_each};
}  // namespace palimpsest::wasm
