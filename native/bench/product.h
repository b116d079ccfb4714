// Products to time and to compare: one set of operands a product, shared by all who multiply them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "libraries.h"

namespace palimpsest::bench {

struct Difference {
  double difference, allowed;
};

// seconds a call, after one that is not counted: others have emptied the caches
template <class Call>
double seconds_of(std::size_t calls, const Call& call) {
  call();
  const auto started = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < calls; ++i) call();
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started;
  return spent.count() / static_cast<double>(calls);
}

class Product {
 public:
  // "<M>x<N>x<K>", "nt", "nn" or "tn"; nothing when it is neither
  static std::optional<Product> parse(const std::string& sizes, const std::string& form);

  double time(Multiply multiply, std::size_t calls);

  // the largest difference of any element from what `ours` yields, and, in some rows, from a sum in float64;
  // allowed is k times the epsilon of float32, for numbers within 1/2
  Difference compare(Multiply theirs, Multiply ours);

 private:
  Product(Form form, std::size_t m, std::size_t n, std::size_t k);
  Matmul matmul(std::vector<float>& c) const;
  double exact(std::size_t i, std::size_t j) const;

  Form form_;
  std::size_t m_, n_, k_;
  std::vector<float> a_, b_, c_;
};

}  // namespace palimpsest::bench
