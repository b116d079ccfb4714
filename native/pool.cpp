#include "pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace palimpsest {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

// how long a helper without work watches for more before it sleeps
constexpr microseconds spin{100};
// how much longer than its own share a caller waits before it concludes that a helper was preempted
constexpr microseconds patience{200};
// how long it then works alone; twice as long each time, until there has been peace for several such pauses
constexpr microseconds shortest_pause{1000}, longest_pause{1'000'000};
constexpr int peace = 8;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

// until done() or the time is over; looks at the clock now and then
template <class F>
bool watch(microseconds time, F done) {
  const Clock::time_point end = Clock::now() + time;
  do {
    for (int i = 0; i < 32; ++i, relax()) {
      if (done()) return true;
    }
  } while (Clock::now() < end);
  return done();
}

// a job in one word: its number, how many parts it has, and the next that nobody has claimed. a helper that wakes
// late can claim nothing of a job that is over
struct Job {
  std::uint64_t word;

  static constexpr std::uint64_t bits = 13, mask = (1u << bits) - 1;
  static_assert(most_parts <= mask);

  std::size_t next() const { return word & mask; }
  std::size_t parts() const { return word >> bits & mask; }
  bool open() const { return next() < parts(); }
  std::uint64_t number() const { return word >> 2 * bits; }
  Job after(std::size_t parts) const { return {(number() + 1) << 2 * bits | parts << bits | 1}; }
};

struct alignas(64) Helper {
  std::atomic<std::uint32_t> asleep{0};
};

// never destroyed, so that helpers may outlive everything else
struct Pool {
  std::atomic<std::size_t> threads{0};
  std::atomic<bool> busy{false};
  // what the caller that holds `busy` alone touches
  std::size_t started = 0;
  Clock::time_point alone_until{};
  microseconds pause{0};
  // written before a job is published, read by who has claimed a part of it
  Part part = nullptr;
  const void* context = nullptr;

  alignas(64) std::atomic<std::uint64_t> job{0};
  alignas(64) std::atomic<std::uint32_t> done{0};  // parts that helpers have finished
  Helper helpers[most_threads - 1];
};

constinit Pool pool;

// calls part for what it can claim of the job that goes on; returns how many
std::uint32_t work() {
  std::uint32_t count = 0;
  Job job{pool.job.load(std::memory_order_acquire)};
  while (job.open()) {
    if (!pool.job.compare_exchange_weak(job.word, job.word + 1, std::memory_order_acquire)) continue;
    pool.part(pool.context, job.next());
    ++count;
    job.word = pool.job.load(std::memory_order_acquire);
  }
  return count;
}

bool has_work(std::size_t index) {
  return index + 1 < pool.threads.load(std::memory_order_relaxed) && Job{pool.job.load()}.open();
}

void* help(void* self) {
#ifdef __APPLE__
  pthread_setname_np("palimpsest");
#else
  pthread_setname_np(pthread_self(), "palimpsest");
#endif
  Helper& helper = *static_cast<Helper*>(self);
  const auto index = static_cast<std::size_t>(&helper - pool.helpers);
  for (;;) {
    if (watch(spin, [=] { return has_work(index); })) {
      if (const std::uint32_t count = work(); count > 0) {
        pool.done.fetch_add(count);
        pool.done.notify_one();
      }
      continue;
    }
    // either this sees the job, or the caller sees that somebody sleeps
    helper.asleep.store(1);
    if (!has_work(index)) helper.asleep.wait(1);
    helper.asleep.store(0);
  }
}

bool start(Helper& helper) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const bool started = pthread_create(&thread, &attributes, help, &helper) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return started;
}

// has this many helpers awake, or as many as the system allows
void wake(std::size_t count) {
  while (pool.started < count && start(pool.helpers[pool.started])) ++pool.started;
  for (std::size_t i = 0; i < count && i < pool.started; ++i) {
    std::atomic<std::uint32_t>& asleep = pool.helpers[i].asleep;
    if (asleep.load() == 0) continue;
    asleep.store(0);
    asleep.notify_one();
  }
}

void back_off(Clock::time_point now) {
  const bool again = now < pool.alone_until + peace * pool.pause;
  pool.pause = again ? std::min(2 * pool.pause, longest_pause) : shortest_pause;
  pool.alone_until = now + pool.pause;
}

// waits for the parts that helpers have claimed
void join(std::uint32_t claimed, Clock::duration own_time) {
  std::uint32_t done = 0;
  const auto finished = [&] { return (done = pool.done.load()) == claimed; };
  if (finished()) return;
  const Clock::time_point before = Clock::now();
  // asleep, since the helper may need this very processor
  if (!watch(patience, finished)) {
    while (!finished()) pool.done.wait(done);
  }
  const Clock::time_point now = Clock::now();
  if (now - before > patience + own_time) back_off(now);
}

}  // namespace

std::size_t threads() {
  const std::size_t count = pool.threads.load(std::memory_order_relaxed);
  return count == 0 ? 1 : count;
}

void set_threads(std::size_t count) { pool.threads.store(count, std::memory_order_relaxed); }

void set_default_threads(std::size_t count) {
  std::size_t unset = 0;
  pool.threads.compare_exchange_strong(unset, count, std::memory_order_relaxed);
}

std::uint64_t fork_joins() { return Job{pool.job.load(std::memory_order_relaxed)}.number(); }

bool fork_join(std::size_t parts, Part part, const void* context) {
  const std::size_t count = std::min(threads(), parts);
  if (count < 2 || pool.busy.exchange(true, std::memory_order_acquire)) return false;
  const Clock::time_point before = Clock::now();
  const bool share = before >= pool.alone_until;
  if (share) {
    pool.part = part;
    pool.context = context;
    pool.done.store(0, std::memory_order_relaxed);
    // the caller has the first part already
    pool.job.store(Job{pool.job.load(std::memory_order_relaxed)}.after(parts).word);
    wake(count - 1);
    part(context, 0);
    const std::uint32_t own = 1 + work();
    join(static_cast<std::uint32_t>(parts) - own, Clock::now() - before);
  }
  pool.busy.store(false, std::memory_order_release);
  return share;
}

}  // namespace palimpsest
