// Bytes to numbers, rows in any order, some twice.
#include "check.h"
#include "tests.h"

namespace palimpsest::test {

void test_gather() {
  for (std::size_t features = 1; features < 70; ++features) {
    const std::size_t images = random_size(1, 9), rows = random_size(0, 20);
    std::vector<std::uint8_t> pixels(images * features);
    for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random_bits() >> 13);
    std::vector<std::uint32_t> indices(rows);
    Floats expected;
    for (std::uint32_t& index : indices) {
      index = static_cast<std::uint32_t>(random_size(0, images - 1));
      for (std::size_t i = 0; i < features; ++i) {
        expected.push_back(static_cast<float>(pixels[index * features + i]) * static_cast<float>(1.0 / 255));
      }
    }
    const auto run = [&](const KernelTable& table) {
      Guarded out(rows * features);
      table.gather(pixels.data(), indices.data(), rows, features, out.data());
      return Floats(out);
    };
    check_exact("gather", run, expected);
  }
}

}  // namespace palimpsest::test
