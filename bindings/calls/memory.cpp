#ifdef __linux__
#include <sys/mman.h>
#endif

#include <cstdint>

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

// asks for large pages where whole ones fit; returns how many bytes they cover, 0 where the system knows none
Napi::Value large_pages(Args& args) {
  [[maybe_unused]] const auto bytes = args.array<const std::uint8_t>("bytes", 0);
  std::size_t covered = 0;
#ifdef __linux__
  constexpr std::uintptr_t page = 2 << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data), end = begin + bytes.length;
  const std::uintptr_t first = (begin + page - 1) / page * page, last = end / page * page;
  if (first < last && madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE) == 0) covered = last - first;
#endif
  return Napi::Number::New(args.env(), static_cast<double>(covered));
}

}  // namespace

void provide_memory(Napi::Object& exports) {
  provide<to_boundary>(exports, "toBoundary");
  provide<large_pages>(exports, "largePages");
}

}  // namespace palimpsest
