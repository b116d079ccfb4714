// Times products of our tables and of BLAS libraries in one process, so that they take turns on the same memory.
//
// It first says what is here, a line each: "table <name> <flops of a call of its peak>", "library <name> <version>",
// "absent <name> <why>", then "ready <compiler>". Then it answers lines until its input ends:
//   time <subject> <calls>   ok <seconds a call>
//   check <subject>          ok <difference> <allowed>
// A subject is "peak/<table>" or "gemm/<M>x<N>x<K>/<form>/<table or library>". What it cannot do: "error <why>".

#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>

#include "../dispatch.h"
#include "libraries.h"
#include "product.h"

namespace palimpsest::bench {

namespace {

constexpr std::size_t peak_iterations = 5000;
float sink;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

class Bench {
 public:
  Bench() : libraries_(find_libraries()) {}

  void introduce() const {
    for (const KernelTable* const* table = supported_tables(); *table != nullptr; ++table) {
      std::cout << "table " << (*table)->name << " " << (*table)->fma_peak(peak_iterations, &sink) << "\n";
    }
    for (const Library& library : libraries_) {
      const bool here = library.multiply != nullptr;
      std::cout << (here ? "library " : "absent ") << library.name << " " << (here ? library.version : library.why)
                << "\n";
    }
    std::cout << "ready compiler " << __VERSION__ << std::endl;
  }

  std::string answer(const std::string& line) {
    const std::vector<std::string> words = split(line, ' ');
    if (words.size() < 2) return "error expected a verb and a subject";
    const std::size_t calls = words.size() == 3 ? std::strtoull(words[2].c_str(), nullptr, 10) : 0;
    if (words[0] == "time" && calls == 0) return "error expected a number of calls";
    if (words[0] != "time" && words[0] != "check") return "error unknown verb " + words[0];
    const std::vector<std::string> path = split(words[1], '/');
    if (path.size() == 2 && path[0] == "peak" && words[0] == "time") return time_peak(path[1], calls);
    if (path.size() != 4 || path[0] != "gemm") return "error unknown subject " + words[1];

    const Multiply multiply = find(path[3]);
    if (multiply == nullptr) return "error there is no " + path[3];
    Product* product = operands(path[1], path[2]);
    if (product == nullptr) return "error not a product: " + words[1];
    if (words[0] == "time") return say(product->time(multiply, calls));
    const auto [difference, allowed] = product->compare(multiply, current_table()->matmul);
    return say(difference, allowed);
  }

 private:
  template <class... Numbers>
  static std::string say(Numbers... numbers) {
    std::ostringstream text;
    text.precision(9);
    text << "ok";
    ((text << ' ' << numbers), ...);
    return text.str();
  }

  static std::string time_peak(const std::string& name, std::size_t calls) {
    const KernelTable* table = find_table(name.c_str());
    if (table == nullptr) return "error there is no " + name;
    return say(seconds_of(calls, [table] { table->fma_peak(peak_iterations, &sink); }));
  }

  Multiply find(const std::string& name) const {
    for (const Library& library : libraries_) {
      if (library.name == name) return library.multiply;
    }
    const KernelTable* table = find_table(name.c_str());
    return table == nullptr ? nullptr : table->matmul;
  }

  Product* operands(const std::string& sizes, const std::string& form) {
    const auto known = products_.find({sizes, form});
    if (known != products_.end()) return &known->second;
    std::optional<Product> product = Product::parse(sizes, form);
    if (!product) return nullptr;
    return &products_.emplace(std::pair(sizes, form), std::move(*product)).first->second;
  }

  std::vector<Library> libraries_;
  std::map<std::pair<std::string, std::string>, Product> products_;
};

}  // namespace

}  // namespace palimpsest::bench

int main() {
  palimpsest::bench::Bench bench;
  bench.introduce();
  for (std::string line; std::getline(std::cin, line);) std::cout << bench.answer(line) << std::endl;
}
