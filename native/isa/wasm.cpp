#include "../vec/wasm.h"

#include "../kernels.h"
#include "../scratch.h"

namespace palimpsest::wasm {
namespace {
constexpr std::size_t tile_rows = 2, tile_vectors = 1, peak_chains = 2, in_place_rows = 16;
constexpr std::size_t dot_rows = 2, dot_columns = 2;
constexpr std::size_t double_lanes = 2, double_rows = 4, double_vectors = 2;
#include "../kernels/table.inc"
}  // namespace

extern const KernelTable table;
constinit const KernelTable table = kernel_table;
}  // namespace palimpsest::wasm
