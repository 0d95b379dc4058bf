#include "harness/sim/replications.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "harness/recorder.hpp"

namespace stampede {
namespace {

replication run_one(const run_plan& plan, std::uint32_t number,
                    const replication_options& options) {
  // Jitter is drawn by the replication, too, so the clients' set-ups are this one's own.
  run_plan own = plan;
  for (group_setup& g : own.groups) g.client.replication = number;
  measure_fold fold(fold_options::of(info_of(own, "sim", 1)));
  std::optional<record_tee> both;
  if (number == 0 && options.records) both.emplace(fold, *options.records);
  replication r;
  r.result = run_sim(own,
                     {.replication = number,
                      .verify_bytes = options.verify_bytes,
                      .stop = options.stop,
                      .journal = number == 0 ? options.journal : nullptr},
                     both ? static_cast<record_sink&>(*both) : fold);
  r.numbers = fold.finish(r.result.measured);
  if (number > 0) r.numbers.forget_samples();
  return r;
}

}  // namespace

std::vector<replication> run_replications(const run_plan& plan, std::uint32_t count,
                                          const replication_options& options) {
  std::vector<std::optional<replication>> done(count);
  std::atomic<std::uint32_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::uint32_t i; (i = next++) < count;) {
      if (options.stop && options.stop->load()) return;
      try {
        replication r = run_one(plan, i, options);
        // A single run cut short still shows how far it came; one of many would bias them.
        if (!r.result.interrupted || count == 1) done[i] = std::move(r);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned wanted = options.threads == 0 ? cores : options.threads;
  std::vector<std::thread> threads;
  for (unsigned t = 1; t < std::min<unsigned>(wanted, count); ++t) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  if (failure) std::rethrow_exception(failure);
  std::vector<replication> runs;
  for (auto& r : done)
    if (r) runs.push_back(std::move(*r));
  return runs;
}

}  // namespace stampede
