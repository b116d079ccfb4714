// Calls one export of the addon with what the fuzzer makes up. A call may be refused, and has then written nothing, or
// it gives the same bits under every table; it touches no byte outside of its views, says the address sanitizer.
#include <fuzzer/FuzzedDataProvider.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <set>
#include <sstream>

#include "../../../native/dispatch.h"
#include "../../../native/pool.h"
#include "calls.h"
#include "memory.h"

namespace palimpsest::fuzz {
namespace {

const std::set<std::string> codes = {"ALIASED",         "DETACHED_BUFFER",    "DTYPE",  "INVALID_ARGUMENT",
                                     "ISA_UNSUPPORTED", "LABEL_OUT_OF_RANGE", "LENGTH", "NON_FINITE"};
constexpr std::size_t most_elements = 1 << 17, most_products = 1 << 22;
// a size of this makes fmaPeak run for seconds
constexpr double most_iterations = 1000;

struct Maker {
  FuzzedDataProvider& from;
  Memory memory{};
  std::size_t sizes[128]{};
  std::size_t elements = 0;

  std::uint8_t byte() { return from.ConsumeIntegral<std::uint8_t>(); }

  // small as a rule; sometimes large enough for several threads
  std::size_t size(char letter) {
    std::size_t& size = sizes[static_cast<std::size_t>(letter)];
    if (size == 0) {
      const std::size_t drawn = byte();
      size = drawn < 240 ? 1 + drawn % 56 : 1 + (drawn - 239) * 2200;
    }
    return size;
  }

  std::size_t product(const std::string& letters) {
    std::size_t length = 1;
    for (const char letter : letters)
      length *= letter >= '1' && letter <= '9' ? static_cast<std::size_t>(letter - '0') : size(letter);
    return length;
  }

  // what the dearest call, a product, does with these sizes
  std::size_t products() const { return sizes[std::size_t{'m'}] * sizes[std::size_t{'n'}] * sizes[std::size_t{'k'}]; }

  double number() {
    constexpr double odd[] = {0.0,          -0.0, 1.0,    0.5,    -1.0,  0.9,          1e-8,
                              2147483647.0, 1e39, -1e300, 5e-324, 1e-30, 2147483648.0, 9007199254740992.0};
    const std::uint8_t drawn = byte();
    if (drawn == 255) return std::numeric_limits<double>::quiet_NaN();
    if (drawn == 254) return std::numeric_limits<double>::infinity();
    if (drawn < std::size(odd)) return odd[drawn];
    return drawn < 128 ? drawn / 128.0 : from.ConsumeFloatingPoint<double>();
  }

  void fill(Block& block) {
    constexpr float odd[] = {NAN,      INFINITY, -INFINITY, 1e-40f, -1e-45f, 3.4e38f,
                             -3.4e38f, 0.0f,     -0.0f,     1.0f,   88.8f,   -104.0f};
    const std::uint8_t kind = byte();
    std::uint32_t state = from.ConsumeIntegral<std::uint32_t>() | 1;
    const std::uint32_t limit = 1 + byte() % 64u;
    for (std::size_t i = 0; i < block.size / width(block.element); ++i) {
      state ^= state << 13, state ^= state >> 17, state ^= state << 5;
      const float uniform = static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-31f;
      const float value = kind < 160 ? uniform : kind < 200 ? std::abs(uniform) : odd[state % std::size(odd)];
      std::uint8_t* at = block.bytes.get() + i * width(block.element);
      const std::uint32_t whole = kind < 220 ? state % limit : state;
      const double wide = static_cast<double>(value);
      if (block.element == napi_float32_array)
        std::memcpy(at, &value, sizeof value);
      else if (block.element == napi_float64_array)
        std::memcpy(at, &wide, sizeof wide);
      else
        std::memcpy(at, &whole, width(block.element));
    }
  }

  Value* array(napi_typedarray_type element, std::size_t length) {
    Value value{};
    value.type = napi_object;
    value.typed = true;
    value.element = element;
    value.length = length;
    auto& blocks = memory.blocks();
    const std::uint8_t place = byte();
    if (place >= 236 && !blocks.empty()) {
      // somewhere in memory that another view has, where it fits
      Block& other = blocks[place % blocks.size()];
      const std::size_t bytes = length * width(element);
      if (bytes <= other.size) {
        const std::size_t room = (other.size - bytes) / width(element);
        value.data = other.bytes.get() + from.ConsumeIntegralInRange<std::size_t>(0, room) * width(element);
        return make(value);
      }
    }
    elements += length;
    if (elements > most_elements) return nullptr;
    // an offset puts the view behind the start of its memory
    const std::size_t offset = place < 64 ? place % 17u : 0;
    Block& own = memory.block(element, length + offset);
    fill(own);
    value.data = own.bytes.get() + offset * width(element);
    return make(value);
  }

  Value* wrong(std::uint8_t how) {
    Value value{};
    switch (how % 6) {
      case 0:
        value.type = napi_null;
        break;
      case 1:
        value.type = napi_string;
        value.text = from.ConsumeRandomLengthString(12);
        break;
      case 2:
        value.type = napi_boolean;
        break;
      case 3:
        value.type = napi_object;
        value.array = byte() % 2;
        break;
      case 4:
        value.type = napi_number;
        value.number = number();
        break;
      default:
        break;  // undefined
    }
    return make(value);
  }

  Value* view(const std::string& token) {
    constexpr napi_typedarray_type others[] = {napi_float32_array, napi_float64_array, napi_uint32_array,
                                               napi_uint8_array, napi_int8_array};
    napi_typedarray_type element = token[0] == 'd'   ? napi_float64_array
                                   : token[0] == 'u' ? napi_uint32_array
                                   : token[0] == 'c' ? napi_uint8_array
                                                     : napi_float32_array;
    std::size_t length = product(token.substr(2));
    if (length > most_elements) return nullptr;
    const std::uint8_t how = byte();
    if (token[0] == 'F' && how % 3 == 0) return wrong(0);
    switch (how) {
      case 255:
        element = others[byte() % std::size(others)];
        break;
      case 254:
        ++length;
        break;
      case 253:
        --length;
        break;
      case 252:
        length = 0;
        break;
      case 251:
        return wrong(byte());
      default:
        break;
    }
    Value* made = array(element, length);
    if (made && how == 250) made->detached = true;
    return made;
  }

  Value* plain(const std::string& token) {
    if (byte() > 248) return wrong(byte());
    Value value{};
    switch (token[0]) {
      case '#':
        value.type = napi_number;
        value.number = byte() > 248 ? number() : static_cast<double>(size(token[1]));
        break;
      case 'n':
        value.type = napi_number;
        value.number = number();
        break;
      case 't': {
        value.type = napi_string;
        std::vector<std::string> names{from.ConsumeRandomLengthString(12)};
        for (auto table = supported_tables(); *table; ++table) names.push_back((*table)->name);
        value.text = names[byte() % names.size()];
        break;
      }
      default:
        value.type = napi_boolean;
        value.flag = token[0] == 'T' || (token[0] == 'b' && byte() % 2);
    }
    return make(value);
  }
};

[[noreturn]] void wrong(const Signature& signature, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", signature.name, what.c_str());
  std::abort();
}

bool same(const Value& a, const Value& b) {
  const bool both = a.type == b.type && a.text == b.text && a.flag == b.flag;
  return both && (a.number == b.number || (a.number != a.number && b.number != b.number));
}

// what no table decides
bool comparable(const std::string& name) {
  static const std::set<std::string> others = {"fmaPeak", "forkJoins", "currentTable", "selectTable", "threads"};
  return !others.contains(name);
}

void check(const Signature& signature, Maker& maker, const std::vector<Value*>& args) {
  const Export& called = exports().at(signature.name);
  const auto before = maker.memory.copy();
  const Value first = call(called, args);
  if (first.type == napi_string) {
    const std::string code = first.text.substr(0, first.text.find('\n'));
    if (!codes.contains(code)) wrong(signature, "refused with " + first.text);
    // predict learns only at its end that the logits are not finite
    const bool late = code == "NON_FINITE" && std::string(signature.name) == "predict";
    if (!late && !maker.memory.equals(before)) wrong(signature, "refused, and changed memory: " + first.text);
    return;
  }
  if (!comparable(signature.name)) return;
  const auto after = maker.memory.copy();
  const KernelTable* now = current_table();
  for (auto table = supported_tables(); *table; ++table) {
    if (*table == now) continue;
    maker.memory.restore(before);
    select_table(*table);
    const Value again = call(called, args);
    if (!same(first, again) || !maker.memory.equals(after))
      wrong(signature, std::string("other bits under ") + (*table)->name + " than under " + now->name);
  }
  select_table(now);
}

}  // namespace
}  // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace palimpsest;
  using namespace palimpsest::fuzz;
  exports();
  FuzzedDataProvider from(data, size);
  const Signature& signature = signatures[from.ConsumeIntegral<std::uint8_t>() % std::size(signatures)];
  set_threads(1 + from.ConsumeIntegral<std::uint8_t>() % 3u);
  Maker maker{from};
  std::vector<Value*> args;
  std::istringstream takes(signature.takes);
  const std::size_t missing = from.ConsumeIntegral<std::uint8_t>();
  for (std::string token; takes >> token && (missing < 240 || args.size() < missing - 240);) {
    args.push_back(token.size() > 1 && token[1] == ':' ? maker.view(token) : maker.plain(token));
    if (args.back() == nullptr) {
      forget();
      return -1;
    }
  }
  const bool peak = std::string(signature.name) == "fmaPeak" && !args.empty() && args[0]->number > most_iterations;
  if (!peak && maker.products() <= most_products) check(signature, maker, args);
  forget();
  return 0;
}
