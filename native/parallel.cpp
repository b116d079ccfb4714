#include "parallel.h"

namespace palimpsest {

namespace {

// divides into the tiles of every table
constexpr std::size_t tile_columns = 48, tile_rows = 8, dot_columns = 12;
constexpr std::size_t smallest_product = 1 << 18;

// how many rows or columns make a part, when each costs this many multiplications
std::size_t smallest(std::size_t cost) { return (smallest_product - 1) / std::max<std::size_t>(cost, 1) + 1; }

void split_columns(const KernelTable& table, const Matmul& product, std::size_t grain) {
  split(product.n, std::max(grain, smallest(product.m * product.k)), grain, [&](std::size_t begin, std::size_t end) {
    Matmul part = product;
    part.n = end - begin;
    part.b += product.form == Form::nt ? begin * product.b_stride : begin;
    if (product.bias != nullptr) part.bias += begin;
    part.c += begin;
    table.matmul(part);
  });
}

void split_rows(const KernelTable& table, const Matmul& product) {
  // every part packs all of B: no more of them than threads
  const std::size_t least = std::max({tile_rows, smallest(product.n * product.k), product.m / threads()});
  split(product.m, least, tile_rows, [&](std::size_t begin, std::size_t end) {
    Matmul part = product;
    part.m = end - begin;
    part.a += product.form == Form::tn ? begin : begin * product.a_stride;
    part.c += begin * product.c_stride;
    table.matmul(part);
  });
}

}  // namespace

void split_matmul(const KernelTable& table, const Matmul& product) {
  const std::size_t grain = product.dot ? dot_columns : tile_columns;
  const bool many_columns = product.n >= 2 * grain * threads();
  // a layer's outputs are columns of NT and rows of TN. each thread keeps to its own of them, forward, backward and in
  // the optimizer's pass, so that weights and gradients stay in its cache
  const bool many_rows = product.m >= 2 * tile_rows * threads();
  const bool by_rows = !many_columns || (product.form == Form::tn && many_rows);
  by_rows ? split_rows(table, product) : split_columns(table, product, grain);
}

std::int64_t split_cholesky(const KernelTable& table, double* a, std::size_t n, const double* least) {
  for (std::size_t from = 0; from < n; from += cholesky_columns) {
    const std::size_t to = std::min(from + cholesky_columns, n);
    const std::int64_t refused = table.cholesky_diagonal(a, n, least, from, to);
    if (refused >= 0) return refused;
    split(n - to, smallest(cholesky_columns * cholesky_columns / 2), 1,
          [&](std::size_t begin, std::size_t end) { table.cholesky_panel(a, n, from, to, to + begin, to + end); });
    split(n - to, smallest(cholesky_columns * (n - to) / 2), tile_rows,
          [&](std::size_t begin, std::size_t end) { table.cholesky_update(a, n, from, to, to + begin, to + end); });
  }
  for (std::size_t row = 0; row < n; ++row) std::fill(a + row * n + row + 1, a + (row + 1) * n, 0.0);
  return -1;
}

}  // namespace palimpsest
