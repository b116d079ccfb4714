// Memory for packed panels: one arena a thread, sized here, so that no kernel allocates.
#pragma once

#include <cstddef>

namespace palimpsest {

constexpr std::size_t scratch_floats = 256 * 1024;

// the calling thread's arena, aligned to a cache line; its contents do not outlive a kernel
float* scratch();

}  // namespace palimpsest
