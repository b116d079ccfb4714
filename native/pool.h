// A fork-join pool of threads: one for the process, whichever thread calls. It knows nothing of kernels.
#pragma once

#include <cstddef>
#include <cstdint>

namespace palimpsest {

constexpr std::size_t most_threads = 256, most_parts = 4096;

// how many threads work on one call, the caller included; 1 until somebody asks for more. process-wide, at any time
std::size_t threads();
// from 1 to most_threads
void set_threads(std::size_t count);
// the same, unless the number has been set before
void set_default_threads(std::size_t count);

// how many jobs have been shared since the process began
std::uint64_t fork_joins();

using Part = void (*)(const void* context, std::size_t part);

// calls part(context, i) once for each i below parts, from several threads, and returns when all are done.
// false, and nothing has happened: there is nobody to share with, the pool serves another caller (or this one, further
// up), or the machine is too busy for it to be worth while. the helpers live from the first call until the process
// ends, with every signal blocked; a child of fork() has none of them and must not call this
bool fork_join(std::size_t parts, Part part, const void* context);

}  // namespace palimpsest
