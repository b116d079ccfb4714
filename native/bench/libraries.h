// BLAS libraries of others, found at run time: nothing here needs their headers or links to them.
#pragma once

#include <string>
#include <vector>

#include "../kernels.h"

namespace palimpsest::bench {

// C = A B of a dense product, on one thread
using Multiply = void (*)(const Matmul&);

struct Library {
  std::string name;     // as in the names of figures
  std::string version;  // empty when it is absent
  std::string why;      // it is absent
  Multiply multiply;    // null when it is absent
};

// sets environment variables of this process: call it before any thread starts
std::vector<Library> find_libraries();

}  // namespace palimpsest::bench
