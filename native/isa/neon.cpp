#include "../vec/neon.h"

#include "../kernels.h"
#include "../scratch.h"

namespace palimpsest::neon {
namespace {
// 5 rows of 4 registers leave 12 of the 32 for a row of B and numbers of A. with 6, GCC spills sums in the loop over k
constexpr std::size_t tile_rows = 5, tile_vectors = 1, peak_chains = 6, in_place_rows = 16;
// 9 sums, 3 parts of A and one of B, of 2 registers each: enough chains for 4 units, and fewer loads a sum than 2 x 4
constexpr std::size_t dot_rows = 3, dot_columns = 3;
constexpr std::size_t double_lanes = 2, double_rows = 6, double_vectors = 3;
#include "../kernels/table.inc"
}  // namespace

extern const KernelTable table;
constinit const KernelTable table = kernel_table;
}  // namespace palimpsest::neon
