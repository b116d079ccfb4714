// The pool where there are no threads: every call works alone.
#include "../pool.h"

namespace palimpsest {

std::size_t threads() { return 1; }
void set_threads(std::size_t) {}
void set_default_threads(std::size_t) {}
std::uint64_t fork_joins() { return 0; }
bool fork_join(std::size_t, Part, const void*) { return false; }

}  // namespace palimpsest
