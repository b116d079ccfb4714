// Golden bits: written inputs, every kernel on them, and a digest of what each gives, which holds on every processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "../dispatch.h"
#include "math_table.h"
#include "page_end.h"

namespace palimpsest::test {

using Words = std::vector<std::uint32_t>;

// FNV-1a of 64 bits, over little-endian bytes; every NaN counts as the same NaN
class Digest {
 public:
  void add(std::uint64_t bits, int bytes);
  void add(float);
  void add(double);
  template <class T>
  void add(const PageEnd<T>& values) {
    for (const T& value : values) {
      if constexpr (std::is_floating_point_v<T>) {
        add(value);
      } else {
        add(value, sizeof value);
      }
    }
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

// what a case is fed: words one after the other, from the start again at their end. only integer arithmetic and exact
// products lie between the file and a kernel
class Inputs {
 public:
  explicit Inputs(const Words& words) : words_(words) {}

  std::size_t size() const { return words_.size(); }
  // scale is a power of two
  PageEnd<float> floats(std::size_t n, float scale = 1);
  // without their signs
  PageEnd<float> magnitudes(std::size_t n);
  // below limit
  template <class T>
  PageEnd<T> integers(std::size_t n, std::uint32_t limit) {
    return {n, [&] { return static_cast<T>(next() * 2654435761u % limit); }};
  }

 private:
  const Words& words_;
  std::size_t at_ = 0;

  std::uint32_t next() { return words_[at_++ % words_.size()]; }
};

// run(kernel or table, inputs, digest), once on plain words, once on those with NaN, infinities and denormals
struct Case {
  std::string name;
  std::size_t slot;  // of the kernel in KernelTable; 0, where the table's name is, for exp and log
  std::function<void(std::size_t table, Inputs&, Digest&)> run;
};

class Cases {
 public:
  template <class F, class Run>
  void add(const std::string& name, F* KernelTable::*kernel, Run run) {
    const KernelTable& any = *supported_tables()[0];
    const auto offset = reinterpret_cast<const char*>(&(any.*kernel)) - reinterpret_cast<const char*>(&any);
    all_.push_back(
        {name, static_cast<std::size_t>(offset) / sizeof(F*),
         [=](std::size_t i, Inputs& inputs, Digest& digest) { run(supported_tables()[i]->*kernel, inputs, digest); }});
  }
  template <class F, class Run>
  void add(const std::string& name, F* MathTable::*function, Run run) {
    all_.push_back({name, 0, [=](std::size_t i, Inputs& inputs, Digest& digest) {
                      run(math_tables()[i]->*function, inputs, digest);
                    }});
  }
  const std::vector<Case>& all() const { return all_; }

 private:
  std::vector<Case> all_;
};

// " 784x100"
std::string sized(std::initializer_list<std::size_t>);

void add_product_cases(Cases&);
void add_row_cases(Cases&);
void add_training_cases(Cases&);
void add_cholesky_cases(Cases&);

// writes inputs and digests; returns the exit code
int write_golden(const char* path);

}  // namespace palimpsest::test
