#include "parallel.h"

namespace palimpsest {

namespace {

// the widest tile of any table, and a number of rows that divides into tiles
constexpr std::size_t tile_columns = 48, tile_rows = 8;
constexpr std::size_t smallest_product = 1 << 18;

}  // namespace

void split_matmul(const KernelTable& table, const Matmul& product) {
  // how many rows or columns make a part, when each costs this much
  const auto smallest = [](std::size_t line) { return (smallest_product - 1) / std::max<std::size_t>(line, 1) + 1; };
  if (product.n >= 4 * tile_columns * threads()) {
    split(product.n, std::max(tile_columns, smallest(product.m * product.k)), tile_columns,
          [&](std::size_t begin, std::size_t end) {
            Matmul part = product;
            part.n = end - begin;
            part.b += product.form == Form::nt ? begin * product.b_stride : begin;
            if (product.bias != nullptr) part.bias += begin;
            part.c += begin;
            table.matmul(part);
          });
  } else {
    split(product.m,
          // every part packs all of B: no more of them than threads
          std::max({tile_rows, smallest(product.n * product.k), product.m / threads()}), tile_rows,
          [&](std::size_t begin, std::size_t end) {
            Matmul part = product;
            part.m = end - begin;
            part.a += product.form == Form::tn ? begin : begin * product.a_stride;
            part.c += begin * product.c_stride;
            table.matmul(part);
          });
  }
}

}  // namespace palimpsest
