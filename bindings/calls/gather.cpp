#include <cstdint>

#include "../exports.h"

namespace palimpsest {
namespace {

Napi::Value gather(Args& args) {
  const auto pixels = args.array<const std::uint8_t>("pixels", 0);
  const std::size_t features = args.size("features");
  const auto indices = args.array<const std::uint32_t>("indices", 0);
  if (indices.length > SIZE_MAX / features) args.refuse("LENGTH", "indices has more rows than memory has bytes");
  const auto out = args.array<float>("out", indices.length * features);
  if (pixels.length % features != 0) args.refuse("LENGTH", "pixels must hold whole rows of features");
  args.below(indices, pixels.length / features);
  args.distinct(out, {pixels, indices});
  split(indices.length, smallest_range / features, 1, [&](std::size_t begin, std::size_t end) {
    current_table()->gather(pixels, indices + begin, end - begin, features, out + begin * features);
  });
  return args.env().Undefined();
}

}  // namespace

void provide_gather(Napi::Object& exports) { provide<gather>(exports, "gather"); }

}  // namespace palimpsest
