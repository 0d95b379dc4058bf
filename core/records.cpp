#include "core/records.hpp"

#include <array>

namespace stampede {

std::string_view name_of(outcome o) {
  static constexpr std::array<std::string_view, outcome_count> names{"success",
                                                                     "invalid_format",
                                                                     "unauthorized",
                                                                     "insufficient_balance",
                                                                     "forbidden",
                                                                     "not_found",
                                                                     "request_timeout",
                                                                     "conflict",
                                                                     "too_large",
                                                                     "invalid_parameters",
                                                                     "context_overflow",
                                                                     "rate_limited",
                                                                     "server_error",
                                                                     "overloaded",
                                                                     "unexpected_status",
                                                                     "connect_failed",
                                                                     "connection_reset",
                                                                     "connection_closed",
                                                                     "tls_failed",
                                                                     "timed_out",
                                                                     "malformed_json",
                                                                     "truncated_json",
                                                                     "empty_content",
                                                                     "missing_finish",
                                                                     "error_event",
                                                                     "length_limit",
                                                                     "insufficient_resource",
                                                                     "breaker_open",
                                                                     "budget_spent",
                                                                     "cancelled",
                                                                     "unfinished",
                                                                     "missing_done",
                                                                     "content_filtered",
                                                                     "throttled"};
  return names[static_cast<std::size_t>(o)];
}

std::string_view name_of(classification c) {
  static constexpr std::array<std::string_view, 3> names{"success", "transient", "persistent"};
  return names[static_cast<std::size_t>(c)];
}

std::string_view name_of(decision d) {
  static constexpr std::array<std::string_view, 5> names{"deliver", "retry", "fall_back", "give_up",
                                                         "ignore"};
  return names[static_cast<std::size_t>(d)];
}

std::string_view name_of(wait_reason w) {
  static constexpr std::array<std::string_view, wait_reason_count> names{
      "none", "backoff", "retry_after", "pacing", "breaker", "layer"};
  return names[static_cast<std::size_t>(w)];
}

std::string_view name_of(stop_reason s) {
  static constexpr std::array<std::string_view, stop_reason_count> names{
      "success",  "persistent", "attempts_used", "code_limit",  "time_budget",
      "breaker",  "cancelled",  "run_ended",     "retry_after", "retry_budget",
      "throttle", "queue",      "deadline"};
  return names[static_cast<std::size_t>(s)];
}

}  // namespace stampede
