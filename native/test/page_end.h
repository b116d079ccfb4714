// Numbers that end where a page that nobody may touch begins: a kernel that reads or writes beyond them dies.
#pragma once

#ifndef __wasm__
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <cstddef>
#include <cstdlib>

namespace palimpsest::test {

template <class T>
class PageEnd {
 public:
  // n numbers, each what next() returns
  template <class Next>
  PageEnd(std::size_t n, Next next) : size_(n) {
#ifdef __wasm__
    // no page of its memory can be closed
    data_ = static_cast<T*>(std::malloc(n * sizeof(T) + 1));
#else
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t used = (n * sizeof(T) + page - 1) / page * page;
    bytes_ = used + page;
    memory_ = static_cast<char*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0));
    if (memory_ == MAP_FAILED || mprotect(memory_ + used, page, PROT_NONE) != 0) std::abort();
    data_ = reinterpret_cast<T*>(memory_ + used) - n;
#endif
    for (std::size_t i = 0; i < n; ++i) data_[i] = next();
  }
#ifdef __wasm__
  ~PageEnd() { std::free(data_); }
#else
  ~PageEnd() { munmap(memory_, bytes_); }
#endif
  PageEnd(const PageEnd&) = delete;
  PageEnd& operator=(const PageEnd&) = delete;

  T* data() { return data_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
#ifndef __wasm__
  std::size_t bytes_;
  char* memory_;
#endif
  T* data_;
};

}  // namespace palimpsest::test
