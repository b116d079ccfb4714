// Replays golden/kernels.txt: words that were written, then a line a case with the digest every table must give.
#include "golden.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <map>
#include <sstream>

#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

struct Golden {
  std::map<std::string, Words> words;  // plain, special
  std::map<std::string, std::uint64_t> digests;
};

float from_bits(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

std::vector<Case> all_cases() {
  Cases cases;
  add_product_cases(cases);
  add_row_cases(cases);
  add_training_cases(cases);
  add_cholesky_cases(cases);
  return cases.all();
}

// a case on plain words and on special ones: the names and digests of its two lines
std::map<std::string, std::uint64_t> digests_of(const Case& one, std::size_t table, const Golden& golden) {
  std::map<std::string, std::uint64_t> digests;
  for (const char* kind : {"plain", "special"}) {
    Inputs inputs(golden.words.at(kind));
    Digest digest;
    one.run(table, inputs, digest);
    digests[one.name + " " + kind] = digest.value();
  }
  return digests;
}

// not a stream: WebAssembly's library has none of files
std::string text_of(const char* path) {
  std::string text;
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) return text;
  for (int letter = std::fgetc(file); letter != EOF; letter = std::fgetc(file)) text += static_cast<char>(letter);
  std::fclose(file);
  return text;
}

Golden read(const char* path) {
  Golden golden;
  std::istringstream file(text_of(path));
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("#") || colon == std::string::npos) continue;
    const std::string name = line.substr(0, colon);
    std::istringstream values(line.substr(colon + 2));
    values >> std::hex;
    if (name != "plain" && name != "special") {
      values >> golden.digests[name];
      continue;
    }
    for (std::uint32_t word; values >> word;) golden.words[name].push_back(word);
  }
  return golden;
}

// lengths are primes, so that no word meets the same lane or row each time
Golden fresh_words() {
  Golden golden;
  Words plain, special;
  for (const float x : random_floats(401)) plain.push_back(bits_of(x));
  // where exp and log change their ways, and one further on either side
  for (const std::uint32_t corner :
       {0x00000001u, 0x007fffffu, 0x00800000u, 0x3f3504f3u, 0x3f800000u, 0x42b17217u, 0x7f7fffffu, 0x7f800000u,
        0x7fc00000u, 0x80000001u, 0x80800000u, 0xc2aeac4fu, 0xff7fffffu, 0xff800000u, 0x0d800000u, 0x3fb504f3u}) {
    for (const std::uint32_t bits : {corner - 1, corner, corner + 1}) special.push_back(bits);
  }
  while (special.size() < 113) special.push_back(random_bits() % 2 == 0 ? random_bits() : bits_of(random_floats(1)[0]));
  golden.words = {{"plain", plain}, {"special", special}};
  return golden;
}

void write_words(std::FILE* file, const std::string& name, const Words& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i % 12 == 0) std::fprintf(file, "%s%s:", i == 0 ? "" : "\n", name.c_str());
    std::fprintf(file, " %08" PRIx32, words[i]);
  }
  std::fprintf(file, "\n");
}

std::string hexadecimal(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, value);
  return text;
}

}  // namespace

void Digest::add(std::uint64_t bits, int bytes) {
  for (int i = 0; i < bytes; ++i) state_ = (state_ ^ (bits >> (8 * i) & 0xff)) * 0x100000001b3;
}
void Digest::add(float x) { add(x == x ? bits_of(x) : 0x7fc00000, 4); }
void Digest::add(double x) {
  std::uint64_t bits = 0x7ff8000000000000;
  if (x == x) std::memcpy(&bits, &x, sizeof x);
  add(bits, 8);
}

PageEnd<float> Inputs::floats(std::size_t n, float scale) {
  return {n, [&] { return scale == 1 ? from_bits(next()) : from_bits(next()) * scale; }};
}
PageEnd<float> Inputs::magnitudes(std::size_t n) {
  return {n, [&] { return from_bits(next() & 0x7fffffff); }};
}

std::string sized(std::initializer_list<std::size_t> sizes) {
  std::string text;
  for (const std::size_t size : sizes) {
    text += text.empty() ? " " : "x";
    text += std::to_string(size);
  }
  return text;
}

int write_golden(const char* path) {
  const Golden golden = fresh_words();
  std::FILE* file = std::fopen(path, "w");
  if (file == nullptr) return std::perror(path), 1;
  std::fprintf(file, "# written by npm run golden:kernels; see native/test/golden_test.cpp\n");
  for (const auto& [name, words] : golden.words) write_words(file, name, words);
  for (const Case& one : all_cases()) {
    for (const auto& [name, digest] : digests_of(one, 0, golden)) {
      std::fprintf(file, "%s: %s\n", name.c_str(), hexadecimal(digest).c_str());
    }
  }
  return std::fclose(file) == 0 ? 0 : 1;
}

void test_golden() {
  Golden golden = read(PALIMPSEST_GOLDEN);
  check(golden.words["plain"].size() == 401 && golden.words["special"].size() == 113, "golden: the words are there");
  if (golden.words["plain"].empty() || golden.words["special"].empty()) return;

  std::vector<bool> covered(sizeof(KernelTable) / sizeof(void (*)()));
  const KernelTable* const* tables = supported_tables();
  std::size_t lines = 0;
  for (const Case& one : all_cases()) {
    covered.at(one.slot) = true;
    lines += 2;
    for (std::size_t i = 0; tables[i] != nullptr; ++i) {
      for (const auto& [name, digest] : digests_of(one, i, golden)) {
        const auto written = golden.digests.find(name);
        const std::string found = written == golden.digests.end() ? "no line" : hexadecimal(written->second);
        check(found == hexadecimal(digest), "golden: " + name + " gives " + hexadecimal(digest) + " in " +
                                                tables[i]->name + ", the file has " + found +
                                                "; if it changed on purpose: npm run golden:kernels");
      }
    }
  }
  check(lines == golden.digests.size(), "golden: no line without a case");

  // of the pointers of a table, the name is none of a kernel, and the peak alone differs between tables
  const auto peak = reinterpret_cast<const char*>(&tables[0]->fma_peak) - reinterpret_cast<const char*>(tables[0]);
  covered.at(0) = covered.at(static_cast<std::size_t>(peak) / sizeof(void (*)())) = true;
  for (std::size_t slot = 0; slot < covered.size(); ++slot) {
    check(covered[slot], "golden: kernel " + std::to_string(slot) + " of KernelTable has a case");
  }
}

}  // namespace palimpsest::test
