// The presets of this project, and how presets are found and stacked.
#include "client/presets.hpp"

#include <algorithm>

namespace stampede {
namespace {

using namespace std::chrono_literals;

// The strategy of "Handling DeepSeek API Error Codes Without Guesswork" (2026-04-25):
// min(cap, base * 2^k) + random(), Retry-After as a floor, 90 s for the whole sequence,
// a 500 once or twice, a breaker of 5 failures and 60 s.
client_policy guide() {
  client_policy p;
  p.name = "guide";
  p.max_attempts = 5;
  p.backoff = {.kind = backoff_kind::additive_jitter, .base = 1s, .cap = 60s, .jitter = 1s};
  p.time_budget = 90s;
  p.server_error_retries = 2;
  p.timeout = 180s;
  p.thinking_timeout = 300s;
  p.silence_timeout = 0s;  // no byte is no payload either, so the timeout covers it
  p.pace_after_timeout = true;
  p.breaker = {.failures = 5, .open_for = 60s};
  return p;
}

// The guide's minimal Python pattern, literally: range(5), 2**attempt + random() or the bare
// Retry-After, a sleep even after the last try, 500 as any other, no budget and no breaker.
// requests' timeout=120 is the longest silence between bytes, so keep-alive bytes hold it
// off for ever, and what it raises is not caught: neither timeouts nor broken connections
// are retried. r.json() fails on a cut body, and whatever parses is returned.
client_policy guide_snippet() {
  client_policy p;
  p.name = "guide-snippet";
  p.max_attempts = 5;
  p.backoff = {.kind = backoff_kind::additive_jitter, .base = 1s, .cap = forever, .jitter = 1s};
  p.retry_after.use = retry_after_use::exact;
  p.retry_statuses = {429, 500, 503};
  p.retry_transport = transport_retries::none;
  p.retry_timeouts = false;
  p.silence_timeout = 120s;
  p.content = unchecked_content();
  p.sleep_after_last = true;
  return p;
}

// What the herd table and metastable failure teach (docs/validation.md), on top of the guide: full
// jitter, which spreads the herd; a spread above the Retry-After floor, which wakes everybody at
// one instant without it; a quota of retries that successes fill again, so that an outage without
// end costs each instance twenty of them and a storm of timeouts dies down; a breaker that is open
// for 10 s and whose callers wait for it, within the guide's 90 s, instead of failing. More
// attempts than the guide's five fit into that time. No pacing after a timeout: the calls it holds
// back leave together when it ends, a herd in each instance that keeps a storm up without retries.
client_policy recommended() {
  client_policy p = guide();
  p.max_attempts = 8;
  p.backoff = {.kind = backoff_kind::full_jitter, .base = 2s, .cap = 30s};
  p.retry_after.spread = 10s;
  p.pace_after_timeout = false;
  p.retry_budget = usual_budget(retry_budget_kind::aws);
  p.retry_budget.capacity = 100;
  p.breaker.open_for = 10s;
  p.breaker.wait = true;
  return p;
}

constexpr std::array own_presets{preset{"recommended", recommended}, preset{"guide", guide},
                                 preset{"guide-snippet", guide_snippet}};

}  // namespace

std::optional<client_policy> find_preset(std::string_view name) {
  for (const auto presets :
       {std::span<const preset>(own_presets), sdk_presets(), library_presets()})
    for (const preset& p : presets)
      if (p.name == name) {
        client_policy policy = p.make();
        policy.name = name;
        return policy;
      }
  return std::nullopt;
}

std::vector<std::string_view> preset_names() {
  std::vector<std::string_view> names;
  for (const auto presets :
       {std::span<const preset>(own_presets), sdk_presets(), library_presets()})
    for (const preset& p : presets) names.push_back(p.name);
  return names;
}

std::optional<client_policy> stack(const std::vector<std::string>& layers) {
  if (layers.empty() || layers.size() > most_layers) return std::nullopt;
  std::optional<client_policy> inner = find_preset(layers.back());
  std::string name;
  for (const std::string& layer : layers) {
    if (!find_preset(layer)) return std::nullopt;
    name += (name.empty() ? "" : " > ") + layer;
  }
  for (auto it = std::next(layers.rbegin()); it != layers.rend(); ++it)
    inner->outer.push_back(*find_preset(*it));
  inner->name = name;
  return inner;
}

}  // namespace stampede
