#include "pool.h"

#include <pthread.h>
#include <sched.h>
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

// the parts of a job that one thread takes first, so that the same memory meets the same processor's cache job after
// job; when they are gone it takes those of others. in one word: the job's number, where the parts end, and the next
// that nobody has claimed. a helper that wakes late can claim nothing of a job that is over
struct Share {
  std::uint64_t word;

  static constexpr std::uint64_t bits = 13, mask = (1u << bits) - 1;
  static_assert(most_parts <= mask);

  static Share of(std::uint64_t job, std::size_t begin, std::size_t end) {
    return {job << 2 * bits | end << bits | begin};
  }
  std::size_t next() const { return word & mask; }
  bool open() const { return next() < (word >> bits & mask); }
};

struct alignas(64) Helper {
  std::atomic<std::uint32_t> asleep{0};
  pthread_t thread{};
};

struct alignas(64) Slot {
  std::atomic<std::uint64_t> share{0};
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

  std::atomic<std::uint64_t> jobs{0};
  alignas(64) std::atomic<std::uint32_t> done{0};  // parts that helpers have finished
  std::atomic<std::size_t> sharers{0};             // threads that have a share of the job
  Helper helpers[most_threads - 1];
  Slot slots[most_threads];  // the caller's, then one a helper
};

constinit Pool pool;

// calls part for what this thread can claim, its own share first; returns how many
std::uint32_t work(std::size_t self) {
  std::uint32_t count = 0;
  const std::size_t sharers = pool.sharers.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < sharers; ++i) {
    std::atomic<std::uint64_t>& slot = pool.slots[(self + i) % sharers].share;
    Share share{slot.load(std::memory_order_acquire)};
    while (share.open()) {
      if (!slot.compare_exchange_weak(share.word, share.word + 1, std::memory_order_acquire)) continue;
      pool.part(pool.context, share.next());
      ++count;
      share.word = slot.load(std::memory_order_acquire);
    }
  }
  return count;
}

// its own share tells a helper of a new job
bool has_work(std::size_t thread) {
  return thread < pool.threads.load(std::memory_order_relaxed) && Share{pool.slots[thread].share.load()}.open();
}

void* help(void* self) {
#ifdef __APPLE__
  pthread_setname_np("palimpsest");
#else
  pthread_setname_np(pthread_self(), "palimpsest");
#endif
  Helper& helper = *static_cast<Helper*>(self);
  const std::size_t thread = 1 + static_cast<std::size_t>(&helper - pool.helpers);
  for (;;) {
    if (watch(spin, [=] { return has_work(thread); })) {
      if (const std::uint32_t count = work(thread); count > 0) {
        pool.done.fetch_add(count);
        pool.done.notify_one();
      }
      continue;
    }
    // either this sees the job, or the caller sees that somebody sleeps
    helper.asleep.store(1);
    if (!has_work(thread)) helper.asleep.wait(1);
    helper.asleep.store(0);
  }
}

// sends a helper that is about to wake to another processor than the caller's. schedulers like to wake a thread beside
// the one that wakes it, even where another processor is free or does less urgent work; there it would only wait
void send_away(const Helper& helper) {
#ifdef __linux__
  cpu_set_t allowed;
  const int here = sched_getcpu();
  if (here < 0 || pthread_getaffinity_np(pthread_self(), sizeof allowed, &allowed) != 0) return;
  CPU_CLR(static_cast<std::size_t>(here), &allowed);
  if (CPU_COUNT(&allowed) > 0) pthread_setaffinity_np(helper.thread, sizeof allowed, &allowed);
#endif
}

bool start(Helper& helper) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool started = pthread_create(&helper.thread, &attributes, help, &helper) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return started;
}

// has this many helpers awake, or as many as the system allows
void wake(std::size_t count) {
  for (; pool.started < count && start(pool.helpers[pool.started]); ++pool.started)
    send_away(pool.helpers[pool.started]);
  for (std::size_t i = 0; i < count && i < pool.started; ++i) {
    std::atomic<std::uint32_t>& asleep = pool.helpers[i].asleep;
    if (asleep.load() == 0) continue;
    send_away(pool.helpers[i]);
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
  if (!watch(patience, finished)) {
    for (std::size_t i = 0; i < pool.started; ++i) send_away(pool.helpers[i]);
    // asleep, since a helper may have been put on this very processor, with nowhere else to go
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

std::uint64_t fork_joins() { return pool.jobs.load(std::memory_order_relaxed); }

namespace {

// all shares are closed here; the caller's lacks the first part, which he has already
void publish(std::size_t parts, std::size_t sharers) {
  const std::uint64_t job = pool.jobs.load(std::memory_order_relaxed) + 1;
  pool.jobs.store(job, std::memory_order_relaxed);
  pool.sharers.store(sharers, std::memory_order_release);
  for (std::size_t i = 0; i < sharers; ++i) {
    const std::size_t begin = parts * i / sharers, end = parts * (i + 1) / sharers;
    pool.slots[i].share.store(Share::of(job, i == 0 ? 1 : begin, end).word);
  }
}

}  // namespace

bool fork_join(std::size_t parts, Part part, const void* context) {
  const std::size_t count = std::min(threads(), parts);
  if (count < 2 || pool.busy.exchange(true, std::memory_order_acquire)) return false;
  const Clock::time_point before = Clock::now();
  const bool share = before >= pool.alone_until;
  if (share) {
    pool.part = part;
    pool.context = context;
    pool.done.store(0, std::memory_order_relaxed);
    publish(parts, count);
    wake(count - 1);
    part(context, 0);
    const std::uint32_t own = 1 + work(0);
    join(static_cast<std::uint32_t>(parts) - own, Clock::now() - before);
  }
  pool.busy.store(false, std::memory_order_release);
  return share;
}

}  // namespace palimpsest
