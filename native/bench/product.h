// Products to time and to compare: one set of operands a product, shared by all who multiply them.
#pragma once

#include <chrono>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "libraries.h"

namespace palimpsest::bench {

// operands start a cache line, as those of the library's users do, whoever multiplies them
template <class T>
struct Aligned {
  using value_type = T;
  static constexpr std::align_val_t line{64};

  Aligned() = default;
  template <class U>
  Aligned(const Aligned<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), line)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, line); }
  bool operator==(const Aligned&) const = default;
};
using Floats = std::vector<float, Aligned<float>>;

struct Difference {
  double difference, allowed;
};

// seconds a call, after 20 ms of calls that are not counted, at least one: others have emptied the caches, and a
// processor that waited for them has to come up to speed
template <class Call>
double seconds_of(std::size_t calls, const Call& call) {
  using Clock = std::chrono::steady_clock;
  const auto awake = Clock::now() + std::chrono::milliseconds(20);
  do {
    call();
  } while (Clock::now() < awake);
  const auto started = Clock::now();
  for (std::size_t i = 0; i < calls; ++i) call();
  const std::chrono::duration<double> spent = Clock::now() - started;
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
  Matmul matmul(Floats& c) const;
  double exact(std::size_t i, std::size_t j) const;

  Form form_;
  std::size_t m_, n_, k_;
  Floats a_, b_, c_;
};

}  // namespace palimpsest::bench
