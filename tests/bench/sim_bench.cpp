// How fast the sim is: attempts a second of one core, all measures on, the guide's whole
// policy. Counters: events and bytes of memory per attempt, the most calls and events pending.
// Memory is the process's at its highest, so what rows before took counts, too.
//
// Run: ./dev bench
#include <benchmark/benchmark.h>

#include <fstream>
#include <string>

#include "harness/sim/sim_run.hpp"
#include "reports/measures.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

// The flagship storm with `instances` clients, its arrivals and slots scaled alike.
run_plan storm_of(std::uint32_t instances, double calls_per_second, const std::string& preset) {
  const auto slots = static_cast<std::uint32_t>(calls_per_second * 10);
  scenario s = load_scenario("rate_limit_storm", {"client.preset = \"" + preset + "\"",
                                                  "server.slots = " + std::to_string(slots)});
  s.fleet[0].instances = instances;
  for (rate_point& r : s.fleet[0].arrivals.rates) r.per_second = calls_per_second;
  return build_plan(std::move(s));
}

// Resident memory of this process at its highest, in bytes.
double peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (word == "VmHWM:") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

void storm(benchmark::State& state, const std::string& preset) {
  const run_plan plan = storm_of(static_cast<std::uint32_t>(state.range(0)),
                                 static_cast<double>(state.range(1)), preset);
  sim_result last;
  std::uint64_t attempts = 0;
  for (auto _ : state) {
    measure_fold fold(fold_options::of(info_of(plan, "sim", 1)));
    last = run_sim(plan, {}, fold);
    attempts += last.attempts;
    benchmark::DoNotOptimize(fold.finish(last.measured));
  }
  const double n = static_cast<double>(last.attempts);
  state.counters["attempts_per_s"] =
      benchmark::Counter(static_cast<double>(attempts), benchmark::Counter::kIsRate);
  state.counters["attempts"] = n;
  state.counters["instances"] = static_cast<double>(state.range(0));
  state.counters["events_per_attempt"] = static_cast<double>(last.events) / n;
  state.counters["calls_pending"] = static_cast<double>(last.most_calls_pending);
  state.counters["events_pending"] = static_cast<double>(last.most_events_pending);
  state.counters["peak_MB"] = peak_memory() / 1e6;
  state.counters["bytes_per_attempt"] = peak_memory() / n;
}

// As many calls pending as the goals name: a hundred thousand, a million.
BENCHMARK_CAPTURE(storm, pending, "guide-snippet")
    ->Args({10'000, 710})
    ->Args({60'000, 7'100})
    ->MinTime(15)  // some runs: the first has its memory cleared by the system
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(storm, guide, "guide")
    ->Args({100, 60})
    ->Args({1'000, 600})
    ->Args({10'000, 1'200})
    ->Args({100'000, 12'000})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(storm, guide_snippet, "guide-snippet")
    ->Args({100, 60})
    ->Args({1'000, 600})
    ->Args({10'000, 1'200})
    ->Args({100'000, 12'000})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace stampede
