// What retry libraries and RPC clients do by default, as if somebody had put one around a plain
// HTTP client; read in their source at the commit named.
#include "client/presets.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

// An HTTP client that looks at nothing but the status.
client_policy plain() {
  client_policy p;
  p.retry_after.use = retry_after_use::ignore;
  p.content = unchecked_content();
  return p;
}

// tenacity c650fb4, the bare @retry: every exception, for ever, without any wait.
client_policy tenacity() {
  client_policy p = plain();
  p.max_attempts = 0;
  p.backoff = {.kind = backoff_kind::fixed, .base = 0s};
  p.retry_persistent = true;
  return p;
}

// tenacity c650fb4, wait_exponential(): 1 s * 2^k, no jitter and no end.
client_policy tenacity_exponential() {
  client_policy p = tenacity();
  p.backoff = {.kind = backoff_kind::exponential, .base = 1s, .cap = forever};
  return p;
}

// tenacity c650fb4, wait_random_exponential(max=60): full jitter, and no end.
client_policy tenacity_random() {
  client_policy p = tenacity();
  p.backoff = {.kind = backoff_kind::full_jitter, .base = 1s, .cap = 60s};
  return p;
}

// urllib3 6a8536b, Retry(10) around a POST: no status of it is retried, and no connection that
// broke; one that could not be made, ten times and, with backoff_factor 0, without a wait.
client_policy urllib3() {
  client_policy p = plain();
  p.max_attempts = 11;
  p.backoff = {.kind = backoff_kind::fixed, .base = 0s, .first_at_once = true};
  p.retry_after = {
      .use = retry_after_use::exact, .limit = 21600s, .beyond = retry_after_beyond::cap};
  p.retry_status_codes = false;
  p.retry_transport = transport_retries::connect;
  p.retry_timeouts = false;
  return p;
}

// urllib3 6a8536b with allowed_methods=None, backoff_factor=1 and status_forcelist of 413, 429 and
// 503, as its users set it: the first retry never sleeps, then 1 s * 2^k up to 120 s, no jitter.
client_policy urllib3_forced() {
  client_policy p = urllib3();
  p.backoff = {.kind = backoff_kind::exponential, .base = 1s, .cap = 120s, .first_at_once = true};
  p.retry_status_codes = true;
  p.retry_statuses = {413, 429, 503};
  p.retry_transport = transport_retries::all;
  p.retry_timeouts = true;
  return p;
}

// botocore 0e6e240, "standard": U(0, 1) * min(2^k, 20 s), three attempts, a quota of 500.
client_policy botocore_standard() {
  client_policy p = plain();
  p.max_attempts = 3;
  p.backoff = {.kind = backoff_kind::full_jitter, .base = 1s, .cap = 20s};
  p.retry_statuses = {429, 500, 502, 503, 504};
  p.silence_timeout = 60s;
  p.retry_budget = usual_budget(retry_budget_kind::aws);
  return p;
}

// botocore 0e6e240, the rules of 2026 (AWS_NEW_RETRIES_2026): base 50 ms, after throttling 1 s; a
// retry costs 14, after throttling 5; x-amz-retry-after within 5 s above the own wait.
client_policy botocore_2026() {
  client_policy p = botocore_standard();
  p.backoff.base = 50ms;
  p.backoff.throttled_base = 1s;
  p.retry_after = {.use = retry_after_use::clamp, .limit = 5s};
  p.retry_budget.cost = 14;
  p.retry_budget.timeout_cost = 14;
  return p;
}

// botocore 0e6e240, "adaptive": standard, and a rate that follows CUBIC.
client_policy botocore_adaptive() {
  client_policy p = botocore_standard();
  p.throttle.kind = throttle_kind::aws_adaptive;
  return p;
}

// gRPC A6, the example of the proposal 1fd061a: 0.1 s * 2^k up to 1 s, +-20 %, four attempts on
// UNAVAILABLE (429, 502, 503, 504), pushback exactly, tokens 10 and 0.1.
client_policy grpc() {
  client_policy p = plain();
  p.max_attempts = 4;
  p.backoff = {.kind = backoff_kind::proportional_jitter, .base = 100ms, .cap = 1s};
  p.retry_statuses = {429, 502, 503, 504};
  p.retry_after.use = retry_after_use::pushback;
  p.retry_timeouts = false;
  p.retry_budget = usual_budget(retry_budget_kind::grpc);
  return p;
}

// google-api-core bfc6651: U(0, min(60 s, 1 s * 2^k)) until 120 s are over; 429, 500, 503 and
// connections.
client_policy google_api_core() {
  client_policy p = plain();
  p.max_attempts = 0;
  p.backoff = {.kind = backoff_kind::full_jitter, .base = 1s, .cap = 60s};
  p.time_budget = 120s;
  p.retry_statuses = {429, 500, 503};
  return p;
}

// Polly v8 173d6d1: three retries after a constant 2 s, no jitter unless asked; breaker at 10 % of
// at least 100 in 30 s, open for 5 s.
client_policy polly() {
  client_policy p = plain();
  p.max_attempts = 4;
  p.backoff = {.kind = backoff_kind::fixed, .base = 2s};
  p.breaker = {.open_for = 5s, .failure_rate_milli = 100, .window = 30s, .count_timeouts = true};
  return p;
}

// resilience4j af9e7c9: three attempts, 500 ms apart; breaker at 50 % of the last 100, or all of
// them slower than 60 s; open for 60 s, then ten calls decide.
client_policy resilience4j() {
  client_policy p = plain();
  p.max_attempts = 3;
  p.backoff = {.kind = backoff_kind::fixed, .base = 500ms};
  p.breaker = {.open_for = 60s,
               .failure_rate_milli = 500,
               .slow_rate_milli = 1000,
               .slow_after = 60s,
               .probes = 10,
               .count_timeouts = true};
  return p;
}

// Finagle 4feb34c: requeues at once, within its budget, at most a fifth of it for one request;
// failure accrual after 5 consecutive failures or below 80 % of at least 5 in 30 s. Its dead time
// grows from 5 s to 300 s; here it stays 5 s.
client_policy finagle() {
  client_policy p = plain();
  p.max_attempts = 21;
  p.backoff = {.kind = backoff_kind::fixed, .base = 0s};
  p.retry_budget = usual_budget(retry_budget_kind::finagle);
  p.breaker = {.failures = 5,
               .open_for = 5s,
               .failure_rate_milli = 200,
               .window = 30s,
               .min_calls = 5,
               .count_timeouts = true};
  return p;
}

// Envoy's router with a retry policy of retry_on "5xx,reset,connect-failure,retriable-4xx" and a
// budget: one retry after U(0, 25 ms); the route's timeout of 15 s is for all of it.
client_policy envoy() {
  client_policy p = plain();
  p.max_attempts = 2;
  p.backoff = {.kind = backoff_kind::envoy_jitter, .base = 25ms, .cap = 250ms};
  p.deadline = 15s;
  p.retry_budget = usual_budget(retry_budget_kind::envoy);
  return p;
}

constexpr std::array presets{
    preset{"tenacity", tenacity},
    preset{"tenacity-exponential", tenacity_exponential},
    preset{"tenacity-random", tenacity_random},
    preset{"urllib3", urllib3},
    preset{"urllib3-forced", urllib3_forced},
    preset{"botocore-standard", botocore_standard},
    preset{"botocore-2026", botocore_2026},
    preset{"botocore-adaptive", botocore_adaptive},
    preset{"grpc", grpc},
    preset{"google-api-core", google_api_core},
    preset{"polly", polly},
    preset{"resilience4j", resilience4j},
    preset{"finagle", finagle},
    preset{"envoy", envoy},
};

}  // namespace

std::span<const preset> library_presets() { return presets; }

}  // namespace stampede
