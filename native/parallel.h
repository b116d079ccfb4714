// How the work of one kernel becomes the work of several threads: by rows, by columns or by ranges, never along a
// sum. What an element comes to does not depend on who computes it, so the bits are those of one thread.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels.h"
#include "pool.h"

namespace palimpsest {

// a part of this many numbers, streamed once, takes about 2 us: twice what a fork-join costs
constexpr std::size_t smallest_range = 16 * 1024;
// adding alone is faster
constexpr std::size_t smallest_sum = 32 * 1024;
// numbers of which each costs an exponential
constexpr std::size_t smallest_exponentials = 4 * 1024;

// a float64 sum is made of the sums of blocks this long, added in order
constexpr std::size_t sum_block = 4096;

// f(begin, end) for parts that make up [0, n), none shorter than `smallest` but for rounding; all but the last begin
// and end at multiples of grain
template <class F>
void split(std::size_t n, std::size_t smallest, std::size_t grain, const F& f) {
  struct Split {
    const F& f;
    std::size_t n, grain, parts;

    std::size_t begin(std::size_t part) const {
      const std::size_t grains = (n + grain - 1) / grain;
      return std::min(n, grains * part / parts * grain);
    }
  };
  // more parts than threads, so that one who is late leaves his to the others
  const Split whole{f, n, grain, std::min({n / std::max<std::size_t>(smallest, 1), 2 * threads(), most_parts})};
  const auto part = [](const void* context, std::size_t i) {
    const Split& whole = *static_cast<const Split*>(context);
    const std::size_t begin = whole.begin(i), end = whole.begin(i + 1);
    if (begin < end) whole.f(begin, end);
  };
  if (whole.parts < 2 || !fork_join(whole.parts, part, &whole)) f(0, n);
}

// the sum that f(0, n) returns, when that is made of the sums of blocks
template <class F>
double split_sum(std::size_t n, std::size_t smallest, const F& f) {
  if (threads() == 1 || n < 2 * smallest) return f(0, n);
  constexpr std::size_t most_blocks = 1024;
  double totals[most_blocks], total = 0;
  for (std::size_t first = 0; first < n; first += most_blocks * sum_block) {
    const std::size_t blocks = std::min(most_blocks, (n - first + sum_block - 1) / sum_block);
    split(blocks, smallest / sum_block, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t start = first + i * sum_block;
        totals[i] = f(start, std::min(n, start + sum_block));
      }
    });
    for (std::size_t i = 0; i < blocks; ++i) total += totals[i];
  }
  return total;
}

// replaces the lower triangle of A[n, n] by its Cholesky factor, zeros above it: see KernelTable. the first row whose
// pivot is refused, of an A that is overwritten in part, or -1
std::int64_t split_cholesky(const KernelTable& table, double* a, std::size_t n, const double* least);

// the product, split by columns where there are enough of them, since each part packs its own B; else by rows
void split_matmul(const KernelTable& table, const Matmul& product);

}  // namespace palimpsest
