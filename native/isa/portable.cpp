#include "../vec/portable.h"

#include "../kernels.h"
#include "../scratch.h"

namespace palimpsest::portable {
namespace {
constexpr std::size_t tile_rows = 1, tile_vectors = 1, peak_chains = 1, in_place_rows = 16;
constexpr std::size_t dot_rows = 1, dot_columns = 1;
constexpr std::size_t double_lanes = 2, double_rows = 4, double_vectors = 2;
#include "../kernels/table.inc"
}  // namespace

extern const KernelTable table;
constinit const KernelTable table = kernel_table;
}  // namespace palimpsest::portable
