// The heap where JavaScript keeps it: what a call allocates is gone when the call returns, so nothing is ever freed.
#include <cstddef>
#include <new>

extern "C" {
[[clang::import_module("palimpsest"), clang::import_name("allocate")]] void* palimpsest_allocate(std::size_t bytes);
[[clang::import_module("palimpsest"), clang::import_name("environment")]] char* palimpsest_environment(const char*);

// the library's own callers of these find them here
void* malloc(std::size_t bytes) { return palimpsest_allocate(bytes); }
void free(void*) {}
// what <cstdlib> calls getenv, by a macro
char* palimpsest_getenv(const char* name) { return palimpsest_environment(name); }
}

void* operator new(std::size_t bytes) { return palimpsest_allocate(bytes); }
void operator delete(void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}
