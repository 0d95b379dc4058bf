#include "harness/fuzz/fuzz_run.hpp"

#include <fmt/format.h>

#include <exception>
#include <string_view>

#include "core/config_table.hpp"
#include "core/fingerprint.hpp"
#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/random_scenario.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

std::string_view name_of(backoff_kind kind) {
  switch (kind) {
    case backoff_kind::fixed: return "fixed";
    case backoff_kind::exponential: return "exponential";
    case backoff_kind::full_jitter: return "full_jitter";
    case backoff_kind::equal_jitter: return "equal_jitter";
    case backoff_kind::decorrelated_jitter: return "decorrelated_jitter";
    case backoff_kind::additive_jitter: return "additive_jitter";
    case backoff_kind::proportional_jitter: return "proportional_jitter";
    case backoff_kind::memoryless: return "memoryless";
    case backoff_kind::polly_jitter: return "polly_jitter";
    case backoff_kind::envoy_jitter: return "envoy_jitter";
  }
  return "";
}

void count(const evidence& seen, fuzz_tally& tally) {
  ++tally.scenarios;
  if (seen.cut_short) ++tally.cut_short;
  tally.calls += seen.calls.size();
  tally.attempts += seen.attempts.size();
  const std::vector<fault_rule> faults = seen.plan->make_faults();
  for (const exchange_record& x : seen.exchanges)
    if (x.fault >= 0) ++tally.faults[std::string(faults[static_cast<std::size_t>(x.fault)].kind())];
  for (const attempt_record& a : seen.attempts) {
    if (a.waits_for != wait_reason::backoff) continue;
    const client_policy& policy = seen.group_of(a.instance.value).client.policy;
    ++tally.backoffs[std::string(name_of(policy.backoff.kind))];
  }
}

// A second run, every eighth seed: of the same kind, or with every answer's bytes.
std::optional<fuzz_failure> run_again(std::uint64_t seed, const run_plan& plan,
                                      std::uint64_t fingerprint, fuzz_tally& tally) {
  const bool twice = seed % 8 == 0;
  const bool bytes = seed % 8 == 4;
  if (!twice && !bytes) return std::nullopt;
  ++(twice ? tally.run_twice : tally.run_by_bytes);
  const std::uint64_t second = gather(plan, bytes).fingerprint;
  if (second == fingerprint) return std::nullopt;
  const std::string evidence = fmt::format("fingerprints {} and {}", fingerprint_text(fingerprint),
                                           fingerprint_text(second));
  if (twice)
    return fuzz_failure{
        seed, "determinism", "one scenario and seed, one fingerprint", evidence, {}};
  return fuzz_failure{seed, "bytes", "rendering every answer changes nothing", evidence, {}};
}

std::optional<fuzz_failure> try_one(std::uint64_t seed, const std::string& text,
                                    fuzz_tally& tally) {
  const run_plan plan = build_plan(parse_scenario(text, fmt::format("seed {}", seed)));
  const evidence seen = gather(plan);
  count(seen, tally);
  std::optional<fuzz_failure> failure;
  for (const verdict_on_law& v : judge(seen)) {
    tally.checked[std::string(v.about->name)] += v.found.checked();
    if (failure || v.found.broken() == 0) continue;
    failure = fuzz_failure{
        seed,
        std::string(v.about->name),
        std::string(v.about->promise),
        fmt::format("{} ({} of {} checked)", v.found.first(), v.found.broken(), v.found.checked()),
        {}};
  }
  return failure ? failure : run_again(seed, plan, seen.fingerprint, tally);
}

}  // namespace

std::optional<fuzz_failure> fuzz_one(std::uint64_t seed, fuzz_tally& tally) {
  const std::string text = random_scenario(seed);
  std::optional<fuzz_failure> failure;
  try {
    failure = try_one(seed, text, tally);
  } catch (const config_error& error) {
    failure = fuzz_failure{seed, "load", "a random scenario loads", error.what(), {}};
  } catch (const std::exception& error) {
    failure = fuzz_failure{seed, "run", "a run ends without an error", error.what(), {}};
  }
  if (failure) failure->scenario = text;
  return failure;
}

}  // namespace stampede
