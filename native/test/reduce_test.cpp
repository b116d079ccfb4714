// Sums over everything, along rows, along columns; the largest of a row; how many agree.
#include <limits>

#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

void check_sums(std::size_t rows, std::size_t columns) {
  const auto whole = [=](const Floats& x) {
    return [=](const KernelTable& table) { return Floats{static_cast<float>(table.sum(x.data(), x.size()))}; };
  };
  const auto by_row = [=](const Floats& x) {
    return [=](const KernelTable& table) {
      Guarded out(rows);
      table.row_sums(x.data(), rows, columns, out.data());
      return Floats(out);
    };
  };
  const auto by_column = [=](const Floats& x) {
    return [=](const KernelTable& table) {
      Guarded out(columns);
      table.column_sums(x.data(), rows, columns, out.data());
      return Floats(out);
    };
  };

  const Floats x = random_floats(rows * columns);
  double total = 0;
  Doubles of_rows(rows), of_columns(columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      total += static_cast<double>(x[i * columns + j]);
      of_rows[i] += static_cast<double>(x[i * columns + j]);
      of_columns[j] += static_cast<double>(x[i * columns + j]);
    }
  }
  check_close("sum", whole(x), {total}, 1e-4);
  check_close("row_sums", by_row(x), of_rows, 1e-4);
  check_close("column_sums", by_column(x), of_columns, 1e-4);

  const Floats special = special_floats(rows * columns);
  check_bits("sum special", whole(special));
  check_bits("row_sums special", by_row(special));
  check_bits("column_sums special", by_column(special));
}

// the definition of a sum: lane i mod 16, a tree, blocks of 4,096, float64 across
void check_sum_definition(std::size_t n) {
  const Floats x = random_floats(n);
  double total = 0;
  for (std::size_t begin = 0; begin < n; begin += 4096) {
    float lanes[16] = {};
    for (std::size_t i = begin; i < n && i < begin + 4096; ++i) lanes[i % 16] += x[i];
    for (std::size_t width = 8; width > 0; width /= 2) {
      for (std::size_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
    }
    total += static_cast<double>(lanes[0]);
  }
  // as two floats, so that the comparison sees all bits of the float64
  const auto split = [](double value) {
    const float high = static_cast<float>(value);
    return Floats{high, static_cast<float>(value - static_cast<double>(high))};
  };
  const auto run = [&](const KernelTable& table) { return split(table.sum(x.data(), n)); };
  check_exact("sum by its definition", run, split(total));
}

void check_argmax(std::size_t rows, std::size_t columns) {
  Floats x = random_floats(rows * columns), expected;
  // few distinct values, so that ties are common
  for (float& v : x) v = static_cast<float>(static_cast<int>(4 * v));
  for (std::size_t i = 0; i < rows; ++i) {
    std::size_t best = 0;
    for (std::size_t j = 1; j < columns; ++j) {
      if (x[i * columns + j] > x[i * columns + best]) best = j;
    }
    expected.push_back(static_cast<float>(best));
  }
  const auto run = [&](const KernelTable& table) {
    std::vector<std::uint32_t> out(rows);
    check(table.argmax(x.data(), rows, columns, out.data()) == -1, "argmax without a NaN returns -1");
    return Floats(out.begin(), out.end());
  };
  check_exact("argmax", run, expected);

  const std::size_t row = random_size(0, rows - 1);
  x[row * columns + random_size(0, columns - 1)] = std::numeric_limits<float>::quiet_NaN();
  x[(rows - 1) * columns] = std::numeric_limits<float>::quiet_NaN();
  const auto first_nan = [&](const KernelTable& table) {
    std::vector<std::uint32_t> out(rows);
    return Floats{static_cast<float>(table.argmax(x.data(), rows, columns, out.data()))};
  };
  check_exact("argmax names the first row with a NaN", first_nan, {static_cast<float>(row)});
}

void check_count(std::size_t n) {
  std::vector<std::uint32_t> predicted(n);
  std::vector<std::uint8_t> labels(n);
  float expected = 0;
  for (std::size_t i = 0; i < n; ++i) {
    predicted[i] = random_bits() % 3 == 0 ? 256 : random_bits() % 3;
    labels[i] = static_cast<std::uint8_t>(random_bits() % 3);
    expected += predicted[i] == labels[i] ? 1.0f : 0.0f;
  }
  const auto run = [&](const KernelTable& table) {
    return Floats{static_cast<float>(table.count_equal(predicted.data(), labels.data(), n))};
  };
  check_exact("count_equal", run, {expected});
}

}  // namespace

void check_finite(std::size_t n) {
  const Run run = [=](const KernelTable& table) {
    Floats answers;
    const float inf = std::numeric_limits<float>::infinity(), largest = std::numeric_limits<float>::max();
    for (const float odd : {largest, -largest, 1e-42f, -0.0f, inf, -inf, std::numeric_limits<float>::quiet_NaN()}) {
      for (std::size_t i = 0; i < n; ++i) {
        Floats x(n, largest);
        x[i] = odd;
        answers.push_back(table.all_finite(x.data(), n) ? 1 : 0);
      }
    }
    return answers;
  };
  Floats expected(7 * n, 0);
  for (std::size_t i = 0; i < 4 * n; ++i) expected[i] = 1;
  check_exact("all finite of " + std::to_string(n), run, expected);
}

void test_reduce() {
  for (const std::size_t n : {0, 1, 15, 16, 17, 63, 64, 65, 150}) check_finite(n);
  for (int i = 0; i < 60; ++i) check_sums(random_size(0, 40), random_size(0, 70));
  for (const std::size_t rows : {4095, 4096, 4097, 8200}) check_sums(rows, 17);
  check_sums(2, 4100);
  for (const std::size_t n : {0, 1, 15, 17, 4095, 4096, 4097, 20001}) check_sum_definition(n);
  for (int i = 0; i < 60; ++i) check_argmax(random_size(1, 9), random_size(1, 40));
  const auto infinities = [](const KernelTable& table) {
    const float inf = std::numeric_limits<float>::infinity();
    const Floats x = {-inf, -inf, -inf, 1, inf, inf, -0.0f, 0.0f, 0.0f};
    std::vector<std::uint32_t> out(3);
    table.argmax(x.data(), 3, 3, out.data());
    return Floats(out.begin(), out.end());
  };
  check_exact("argmax takes the lowest index", infinities, {0, 1, 0});
  for (std::size_t n = 0; n < 70; ++n) check_count(n);
}

}  // namespace palimpsest::test
