#include <cstdlib>

#include "../exports.h"

namespace palimpsest {
namespace {

std::string supported_names() {
  std::string names;
  for (auto table = supported_tables(); *table; ++table)
    names += (names.empty() ? "" : ", ") + std::string((*table)->name);
  return names;
}

Napi::Value tables(Args& args) {
  Napi::Array names = Napi::Array::New(args.env());
  for (auto table = supported_tables(); *table; ++table) names.Set(names.Length(), (*table)->name);
  return names;
}

// an index into tables(): a string would read as a failure
Napi::Value current(Args& args) {
  const KernelTable* now = current_table();
  if (!now) {
    const char* forced = std::getenv("PALIMPSEST_ISA");
    args.refuse("ISA_UNSUPPORTED", "PALIMPSEST_ISA is '" + std::string(forced ? forced : "") +
                                       "', and this processor runs: " + supported_names());
  }
  std::uint32_t index = 0;
  for (auto table = supported_tables(); *table != now; ++table) ++index;
  return Napi::Number::New(args.env(), index);
}

Napi::Value select(Args& args) {
  const std::string name = args.text("name");
  const KernelTable* table = find_table(name.c_str());
  if (!table) args.refuse("ISA_UNSUPPORTED", "name is '" + name + "', and this processor runs: " + supported_names());
  select_table(table);
  return args.env().Undefined();
}

Napi::Value thread_count(Args& args) { return Napi::Number::New(args.env(), static_cast<double>(threads())); }

Napi::Value fork_join_count(Args& args) { return Napi::Number::New(args.env(), static_cast<double>(fork_joins())); }

template <void (*set)(std::size_t)>
Napi::Value choose_threads(Args& args) {
  const std::size_t count = args.size("count");
  if (count > most_threads)
    args.refuse("INVALID_ARGUMENT", "count is " + std::to_string(count) + ", expected a whole number from 1 to " +
                                        std::to_string(most_threads));
  set(count);
  return args.env().Undefined();
}

Napi::Value fma_peak(Args& args) {
  const std::size_t iterations = args.size("iterations");
  const auto sink = args.array<float>("sink", 1);
  return Napi::Number::New(args.env(), current_table()->fma_peak(iterations, sink));
}

}  // namespace

void provide_tables(Napi::Object& exports) {
  provide<tables>(exports, "tables");
  provide<current>(exports, "currentTable");
  provide<select>(exports, "selectTable");
  provide<thread_count>(exports, "threads");
  provide<fork_join_count>(exports, "forkJoins");
  provide<choose_threads<set_threads>>(exports, "setThreads");
  provide<choose_threads<set_default_threads>>(exports, "setDefaultThreads");
  provide<fma_peak>(exports, "fmaPeak");
}

}  // namespace palimpsest
