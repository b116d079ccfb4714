#include "../vec/avx2.h"

#include "../kernels.h"
#include "../scratch.h"

namespace palimpsest::avx2 {
namespace {
constexpr std::size_t tile_rows = 6, tile_vectors = 1, peak_chains = 6, in_place_rows = 16;
constexpr std::size_t dot_rows = 3, dot_columns = 4;
constexpr std::size_t double_lanes = 4, double_rows = 4, double_vectors = 2;
#include "../kernels/table.inc"
}  // namespace

extern const KernelTable table;
constinit const KernelTable table = kernel_table;
}  // namespace palimpsest::avx2
