// The memory that fuzzed views lie in: each block as long as it must be, so that the sanitizer sees the next byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "engine.h"

namespace palimpsest::fuzz {

// the bytes of an element
constexpr std::size_t width(napi_typedarray_type type) {
  switch (type) {
    case napi_float64_array:
      return 8;
    case napi_float32_array:
    case napi_uint32_array:
      return 4;
    default:
      return 1;
  }
}

struct Block {
  napi_typedarray_type element;
  std::size_t size;  // in bytes
  std::unique_ptr<std::uint8_t[]> bytes;
};

class Memory {
 public:
  Block& block(napi_typedarray_type element, std::size_t length) {
    const std::size_t size = length * width(element);
    blocks_.push_back({element, size, std::make_unique<std::uint8_t[]>(size)});
    return blocks_.back();
  }
  std::vector<Block>& blocks() { return blocks_; }

  std::vector<std::vector<std::uint8_t>> copy() const {
    std::vector<std::vector<std::uint8_t>> all;
    for (const Block& block : blocks_) all.emplace_back(block.bytes.get(), block.bytes.get() + block.size);
    return all;
  }
  void restore(const std::vector<std::vector<std::uint8_t>>& saved) {
    for (std::size_t i = 0; i < saved.size(); ++i)
      if (!saved[i].empty()) std::memcpy(blocks_[i].bytes.get(), saved[i].data(), saved[i].size());
  }
  // any NaN equals any NaN
  bool equals(const std::vector<std::vector<std::uint8_t>>& saved) const {
    for (std::size_t i = 0; i < saved.size(); ++i)
      if (!same(blocks_[i], saved[i].data())) return false;
    return true;
  }

 private:
  template <typename T>
  static bool same_numbers(const Block& block, const std::uint8_t* saved) {
    for (std::size_t i = 0; i < block.size; i += sizeof(T)) {
      T a, b;
      std::memcpy(&a, block.bytes.get() + i, sizeof a);
      std::memcpy(&b, saved + i, sizeof b);
      if (std::memcmp(&a, &b, sizeof a) != 0 && !(a != a && b != b)) return false;
    }
    return true;
  }
  static bool same(const Block& block, const std::uint8_t* saved) {
    if (block.element == napi_float32_array) return same_numbers<float>(block, saved);
    if (block.element == napi_float64_array) return same_numbers<double>(block, saved);
    return block.size == 0 || std::memcmp(block.bytes.get(), saved, block.size) == 0;
  }

  std::vector<Block> blocks_;
};

}  // namespace palimpsest::fuzz
