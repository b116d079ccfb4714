#include "../exports.h"

namespace palimpsest {
namespace {

// how many numbers of x lie before the first that starts a cache line
Napi::Value to_boundary(Args& args) {
  constexpr std::uintptr_t line = 64;
  const auto x = args.array<const float>("x", 0);
  const std::uintptr_t past = reinterpret_cast<std::uintptr_t>(x.data) % line;
  return Napi::Number::New(args.env(), static_cast<double>((line - past) % line / sizeof(float)));
}

}  // namespace

void provide_memory(Napi::Object& exports) { provide<to_boundary>(exports, "toBoundary"); }

}  // namespace palimpsest
