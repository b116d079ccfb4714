#include "../vec/avx512.h"

#include "../kernels.h"
#include "../scratch.h"

namespace palimpsest::avx512 {
namespace {
constexpr std::size_t tile_rows = 8, tile_vectors = 3, peak_chains = 12, in_place_rows = 128;
constexpr std::size_t dot_rows = 4, dot_columns = 6;
constexpr std::size_t double_lanes = 8, double_rows = 8, double_vectors = 3;
#include "../kernels/table.inc"
}  // namespace

extern const KernelTable table;
constinit const KernelTable table = kernel_table;
}  // namespace palimpsest::avx512
