// Runs of one plan in both engines with their journals, and several at once: what a live run
// mostly does is wait.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "harness/journal.hpp"
#include "harness/live/live_run.hpp"
#include "harness/recorder.hpp"
#include "harness/sim/sim_run.hpp"
#include "reports/measures.hpp"
#include "scenarios/loader.hpp"

namespace stampede::test {

// Its files are gone with it.
class scratch {
 public:
  scratch() {
    std::string name = testing::TempDir() + "stampede.XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

inline measures run_in_sim(const run_plan& plan, const std::filesystem::path& file) {
  journal to(file, plan, {.engine = "sim"});
  measure_fold fold(fold_options::of(info_of(plan, "sim", 1)));
  const sim_result result = run_sim(plan, {.journal = &to}, fold);
  to.keep();
  return fold.finish(result.measured);
}

struct socket_run {
  measures numbers;
  duration lateness{0};  // of wake-ups, in scenario time, 99th percentile
};

inline socket_run run_on_sockets(const run_plan& plan, const std::filesystem::path& file,
                                 double speed) {
  journal to(file, plan, {.engine = "live", .speed = speed});
  live_result result = run_live(plan, {.speed = speed, .journal = &to});
  to.keep();
  measure_fold fold(fold_options::of(info_of(plan, "live", speed)));
  fold_records(std::move(result.client), std::move(result.server), fold);
  return {fold.finish(result.measured), result.lateness};
}

// Runs task(0) ... task(count - 1), `most` of them at once. What one throws is a failure.
inline void all_at_once(std::size_t count, const std::function<void(std::size_t)>& task,
                        std::size_t most = 8) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < count;) try {
        task(i);
      } catch (const std::exception& error) {
        ADD_FAILURE() << "run " << i << ": " << error.what();
      }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(most, count); ++i) threads.emplace_back(work);
  for (std::thread& t : threads) t.join();
}

}  // namespace stampede::test
