// A policy in plain words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "client/policy_parts.hpp"
#include "core/units.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

std::string row_words(const backoff_policy& b) {
  const auto cap = b.cap == forever ? std::string("no cap") : "cap " + to_text(b.cap);
  const auto growth = fmt::format("{} x {:g}^k, {}", to_text(b.base), b.factor_milli / 1000.0, cap);
  switch (b.kind) {
    case backoff_kind::fixed: return to_text(b.base) + " every time";
    case backoff_kind::exponential: return growth + ", no jitter";
    case backoff_kind::full_jitter: return "uniform from 0 to " + growth;
    case backoff_kind::equal_jitter: return "half fixed, half uniform of " + growth;
    case backoff_kind::decorrelated_jitter:
      return fmt::format("uniform from {} to three times the wait before, {}", to_text(b.base),
                         cap);
    case backoff_kind::additive_jitter: return growth + ", plus uniform 0 to " + to_text(b.jitter);
    case backoff_kind::proportional_jitter:
      return fmt::format("{}, times {:g} to {:g}", growth, 1 - b.ratio_down_milli / 1000.0,
                         1 + b.ratio_up_milli / 1000.0);
    case backoff_kind::memoryless:
      return fmt::format("exponentially distributed with mean {}, {}", to_text(b.base), cap);
    case backoff_kind::polly_jitter: return growth + ", smoothly jittered as Polly does";
    case backoff_kind::envoy_jitter:
      return fmt::format("uniform from 0 to {} x ({:g}^(k+1) - 1), {}", to_text(b.base),
                         b.factor_milli / 1000.0, cap);
  }
  return growth;
}

std::string backoff_words(const backoff_policy& b) {
  std::string text = row_words(b);
  if (b.least > 0s) text += ", at least " + to_text(b.least);
  if (b.first_at_once) text += "; the first time not at all";
  if (b.throttled_base > 0s) text += "; after a 429 with " + to_text(b.throttled_base);
  return text;
}

std::string retry_after_words(const retry_after_rule& rule) {
  std::string text;
  switch (rule.use) {
    case retry_after_use::ignore: return "ignores Retry-After";
    case retry_after_use::floor: text = "never returns before Retry-After"; break;
    case retry_after_use::exact: text = "waits exactly Retry-After where there is one"; break;
    case retry_after_use::clamp:
      return "waits for Retry-After, but no more than " + to_text(rule.limit) +
             " longer than its own wait";
    case retry_after_use::pushback:
      return "waits exactly Retry-After where there is one, and does not retry a negative one";
  }
  if (rule.spread > 0s) text += ", spread over " + to_text(rule.spread) + " above it";
  if (rule.limit == 0s) return text;
  text += ", up to " + to_text(rule.limit);
  switch (rule.beyond) {
    case retry_after_beyond::backoff: return text + "; beyond that its own wait";
    case retry_after_beyond::cap: return text + "; beyond that it comes back early";
    case retry_after_beyond::stop: return text + "; beyond that it gives up";
  }
  return text;
}

std::string content_words(const content_policy& content) {
  if (content == content_policy{}) return "checks the content of a 200";
  if (content == unchecked_content()) return "takes any 200 that parses";
  std::vector<std::string> parts[3];
  for (const outcome o : content_outcomes)
    parts[static_cast<std::size_t>(*content.of(o))].emplace_back(name_of(o));
  static constexpr const char* verbs[] = {"retries", "does not retry", "takes for an answer"};
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 3; ++i)
    if (!parts[i].empty())
      texts.push_back(fmt::format("{} {}", verbs[i], fmt::join(parts[i], ", ")));
  return fmt::format("of a 200 it {}", fmt::join(texts, "; "));
}

void add_statuses(std::vector<std::string>& lines, const client_policy& p) {
  if (p.server_error_retries >= 0)
    lines.push_back(fmt::format("retries a 500 at most {} times", p.server_error_retries));
  if (!p.retry_status_codes)
    lines.push_back("retries no error status");
  else if (!p.retry_statuses.empty())
    lines.push_back(fmt::format("retries only the statuses {}", fmt::join(p.retry_statuses, ", ")));
  if (p.retry_persistent) lines.push_back("retries what no retry mends, too");
  if (p.heed_should_retry) lines.push_back("obeys x-should-retry of an error, whatever its status");
  if (p.retry_transport == transport_retries::none)
    lines.push_back("does not retry broken connections");
  if (p.retry_transport == transport_retries::connect)
    lines.push_back("retries a connection that could not be made, none that broke");
  if (!p.retry_timeouts) lines.push_back("does not retry timeouts");
}

void add_timeouts(std::vector<std::string>& lines, const client_policy& p) {
  if (p.timeout > 0s)
    lines.push_back(fmt::format("gives an attempt up after {} without payload ({} when thinking)",
                                to_text(p.timeout), to_text(p.thinking_timeout)));
  if (p.silence_timeout > 0s)
    lines.push_back(
        fmt::format("gives an attempt up after {} without any byte", to_text(p.silence_timeout)));
}

}  // namespace

std::vector<std::string> describe(const client_policy& p) {
  std::vector<std::string> lines;
  const std::string tries = p.max_attempts == 0
                                ? "no limit of attempts"
                                : fmt::format("at most {} attempts", p.max_attempts);
  lines.push_back(fmt::format("{}{}", tries, p.fallback.empty() ? "" : " of each model"));
  lines.push_back("waits " + backoff_words(p.backoff));
  lines.push_back(retry_after_words(p.retry_after));
  lines.push_back(p.time_budget > 0s ? fmt::format("starts nothing later than {} after the call",
                                                   to_text(p.time_budget))
                                     : "no time budget");
  if (p.deadline > 0s) lines.push_back("its caller leaves after " + to_text(p.deadline));
  add_statuses(lines, p);
  add_timeouts(lines, p);
  for (std::string line : {describe(p.breaker), describe(p.retry_budget), describe(p.throttle),
                           describe(p.concurrency)})
    if (!line.empty()) lines.push_back(std::move(line));
  for (const std::string& model : p.fallback) lines.push_back("falls back to " + model);
  lines.push_back(content_words(p.content));
  for (const client_policy& layer : p.outer)
    lines.push_back(fmt::format(
        "all of which {} tries {} in all, and waits {}", layer.name,
        layer.max_attempts == 0 ? "without end" : fmt::format("up to {} times", layer.max_attempts),
        backoff_words(layer.backoff)));
  return lines;
}

}  // namespace stampede
