// The pool: every part once, whoever calls and however often; and that what is split has the bits of what is not.
#include "../pool.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

#include "../dispatch.h"
#include "../parallel.h"
#include "check.h"
#include "tests.h"

namespace palimpsest::test {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// fork_join with any function of the part
template <class F>
bool share(std::size_t parts, const F& f) {
  return fork_join(
      parts, [](const void* context, std::size_t part) { (*static_cast<const F*>(context))(part); }, &f);
}

// until it is true, or long enough to say that it never is
template <class F>
bool soon(F f) {
  for (const auto end = Clock::now() + 10s; Clock::now() < end; std::this_thread::yield()) {
    if (f()) return true;
  }
  return false;
}

// the numbers are not atomic: the thread sanitizer sees whether caller and helpers are in order
bool each_part_once(std::size_t parts) {
  std::vector<int> count(parts);
  if (!share(parts, [&](std::size_t part) { ++count[part]; })) return true;
  for (const int n : count) {
    if (n != 1) return false;
  }
  return true;
}

void test_parts() {
  bool once = true;
  for (const std::size_t n : {2, 3, 7, 1, 4}) {
    set_threads(n);
    check(threads() == n, "as many threads as asked for");
    for (std::size_t i = 0; i < 500; ++i) once &= each_part_once(2 + i % 9);
    once &= each_part_once(most_parts);
  }
  check(once, "every part is worked on once");
  set_threads(1);
  check(!share(8, [](std::size_t) {}), "one thread shares with nobody");
  set_default_threads(5);
  check(threads() == 1, "a default changes no number that was chosen");
}

// a job whose helper stays in a part for this long while its caller has nothing to do; false if no helper came
bool kept_waiting(std::chrono::microseconds time, const std::function<void()>& by_helper) {
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> helped = false;
  share(2, [&](std::size_t) {
    if (std::this_thread::get_id() == caller) {
      for (const auto end = Clock::now() + 100ms; !helped && Clock::now() < end;) std::this_thread::yield();
    } else {
      helped = true;
      by_helper();
      std::this_thread::sleep_for(time);
    }
  });
  return helped;
}

void test_helper() {
  set_threads(2);
  sigset_t blocked;
  char name[16] = "";
  check(soon([&] {
          return kept_waiting(0us, [&] {
            pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
            pthread_getname_np(pthread_self(), name, sizeof name);
          });
        }),
        "a helper helps");
  check(sigismember(&blocked, SIGINT) == 1 && sigismember(&blocked, SIGPROF) == 1, "signals are for others");
  check(std::strcmp(name, "palimpsest") == 0, "a helper has a name");

  check(soon([] { return kept_waiting(20ms, [] {}) && !share(2, [](std::size_t) {}); }),
        "a caller that was kept waiting works alone");
  check(soon([] { return share(2, [](std::size_t) {}); }), "but not for ever");
  check(soon([] {
          bool nested = true;
          return share(2, [&](std::size_t part) { nested = part == 0 ? share(2, [](std::size_t) {}) : nested; }) &&
                 !nested;
        }),
        "a part shares with nobody");
}

void test_callers() {
  set_threads(3);
  std::atomic<bool> right = true;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (std::size_t i = 0; i < 300; ++i) {
        Floats x(64 + i, 0);
        split(x.size(), 1, 16, [&](std::size_t begin, std::size_t end) {
          for (std::size_t j = begin; j < end; ++j) x[j] += static_cast<float>(j) + static_cast<float>(caller);
        });
        for (std::size_t j = 0; j < x.size(); ++j) {
          if (x[j] != static_cast<float>(j) + static_cast<float>(caller)) right = false;
        }
        if (i % 50 == 0) set_threads(2 + i / 50);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  check(right, "callers at once keep apart");
}

void test_split() {
  for (int i = 0; i < 300; ++i) {
    set_threads(random_size(1, 7));
    const std::size_t n = random_size(0, 500), smallest = random_size(0, 60), grain = random_size(1, 40);
    std::vector<int> count(n);
    std::atomic<bool> aligned = true;
    split(n, smallest, grain, [&](std::size_t begin, std::size_t end) {
      if (begin % grain != 0 || (end % grain != 0 && end != n)) aligned = false;
      for (std::size_t j = begin; j < end; ++j) ++count[j];
    });
    bool once = true;
    for (const int c : count) once &= c == 1;
    check(once && aligned, "parts make up the whole, at multiples of the grain");
  }
}

void test_split_sum(std::size_t longest) {
  const KernelTable& table = *current_table();
  for (const std::size_t n : {std::size_t{1}, 2 * sum_block, 2 * sum_block + 1, 9 * sum_block - 1, longest}) {
    // blocks of very different sizes, so that the order in which they are added shows
    Floats x = random_floats(n, -1, 1000);
    for (std::size_t i = 0; i < n; ++i) x[i] = std::ldexp(x[i], static_cast<int>(i / sum_block * 37 % 80) - 40);
    for (const std::size_t count : {1, 2, 3, 7}) {
      set_threads(count);
      const double split = split_sum(
          n, sum_block, [&](std::size_t begin, std::size_t end) { return table.sum(x.data() + begin, end - begin); });
      check(split == table.sum(x.data(), n), "a split sum of " + std::to_string(n) + " has the bits of a whole one");
    }
  }
}

// operands lie in wider matrices
void test_split_matmul(Form form, std::size_t m, std::size_t n, std::size_t k) {
  const std::size_t a_rows = form == Form::tn ? k : m, a_stride = (form == Form::tn ? m : k) + 3;
  const std::size_t b_rows = form == Form::nt ? n : k, b_stride = (form == Form::nt ? k : n) + 5, c_stride = n + 2;
  const Floats a = random_floats(a_rows * a_stride), b = random_floats(b_rows * b_stride), bias = random_floats(n);
  const Floats before = random_floats(m * c_stride);
  for (const bool accumulate : {false, true}) {
    Guarded whole(before);
    Matmul product{};
    product.form = form;
    product.m = m, product.n = n, product.k = k;
    product.a = a.data(), product.a_stride = a_stride;
    product.b = b.data(), product.b_stride = b_stride;
    product.bias = accumulate ? nullptr : bias.data();
    product.c = whole.data(), product.c_stride = c_stride;
    product.accumulate = accumulate;
    product.relu = !accumulate;
    product.dot = adds_in_lanes(form, n, k);
    const KernelTable& table = *current_table();
    table.matmul(product);
    for (const std::size_t count : {2, 3, 7}) {
      set_threads(count);
      Guarded parts(before);
      product.c = parts.data();
      split_matmul(table, product);
      check(std::memcmp(parts.data(), whole.data(), before.size() * sizeof(float)) == 0,
            "a split product has the bits of a whole one: " + std::to_string(m) + "x" + std::to_string(n) + "x" +
                std::to_string(k) + ", " + std::to_string(count) + " threads");
    }
  }
}

}  // namespace

void test_pool() {
  test_parts();
  test_helper();
  test_callers();
  test_split();
  test_split_sum(1025 * sum_block + 5);
  for (const Form form : {Form::nt, Form::nn, Form::tn}) {
    test_split_matmul(form, 100, 100, 400);
    test_split_matmul(form, 33, 401, 129);
    test_split_matmul(form, 7, 1500, 97);
    test_split_matmul(form, 9, 1500, 400);
    test_split_matmul(form, 1, 2700, 300);
    test_split_matmul(form, 700, 11, 130);
    test_split_matmul(form, 5, 3, 0);
  }
  set_threads(1);
}

}  // namespace palimpsest::test
