// What SDKs and frameworks for language models do by default, read in their source at the commit
// named; the delays and limits are those of retries nobody has configured.
#include "client/presets.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

// min(0.5 * 2^k, 8) * U(0.75, 1), two retries, 408, 409, 429 and every 5xx, broken connections and
// timeouts; 600 s, which httpx and undici count between bytes, so that keep-alive bytes hold them
// off. x-should-retry goes before the status. A 200 is taken as it is.
client_policy stainless() {
  client_policy p;
  p.max_attempts = 3;
  p.backoff = {.kind = backoff_kind::proportional_jitter,
               .base = 500ms,
               .cap = 8s,
               .ratio_down_milli = 250,
               .ratio_up_milli = 0};
  p.silence_timeout = 600s;
  p.heed_should_retry = true;
  p.content = unchecked_content();
  return p;
}

// openai-python e43b422: Retry-After exactly where 0 < RA <= 120 s; a longer one is not retried.
client_policy openai_python() {
  client_policy p = stainless();
  p.retry_after = {.use = retry_after_use::exact,
                   .limit = 120s,
                   .beyond = retry_after_beyond::stop,
                   .zero = false};
  return p;
}

// openai-node 7b7d6ca: exactly where 0 <= RA <= 60 s; a longer one is answered with its own
// backoff, far earlier than asked.
client_policy openai_node() {
  client_policy p = stainless();
  p.retry_after = {.use = retry_after_use::exact, .limit = 60s};
  return p;
}

// openai-go 4e5a07a: exactly, but no longer than 8 s.
client_policy openai_go() {
  client_policy p = stainless();
  p.retry_after = {.use = retry_after_use::exact, .limit = 8s, .beyond = retry_after_beyond::cap};
  return p;
}

// anthropic-python 009b035: exactly where 0 < RA <= 60 s, else its own backoff.
client_policy anthropic_python() {
  client_policy p = stainless();
  p.retry_after = {.use = retry_after_use::exact, .limit = 60s, .zero = false};
  return p;
}

// anthropic-ts bfa9197: exactly, however long.
client_policy anthropic_ts() {
  client_policy p = stainless();
  p.retry_after.use = retry_after_use::exact;
  return p;
}

// Vercel AI SDK ed857f5: 2 s * 2^k without jitter or cap; Retry-After instead where it is below 60
// s.
client_policy vercel_ai() {
  client_policy p;
  p.max_attempts = 3;
  p.backoff = {.kind = backoff_kind::exponential, .base = 2s, .cap = forever};
  p.retry_after = {.use = retry_after_use::exact, .limit = 60s};
  p.content = unchecked_content();
  return p;
}

// litellm, _calculate_retry_after: min(0.5 * 2^k, 8) + U(0, 0.75); Retry-After where 0 < RA <= 60
// s, and the same jitter above it; timeout 6000 s.
client_policy litellm() {
  client_policy p;
  p.max_attempts = 3;
  p.backoff = {.kind = backoff_kind::additive_jitter, .base = 500ms, .cap = 8s, .jitter = 750ms};
  p.retry_after = {.use = retry_after_use::exact, .spread = 750ms, .limit = 60s, .zero = false};
  p.silence_timeout = 6000s;
  p.content = unchecked_content();
  return p;
}

// langchain, Runnable.with_retry: tenacity's 1 s * 2^k + U(0, 1 s), three attempts, on every
// exception; it sees no header.
client_policy langchain() {
  client_policy p;
  p.max_attempts = 3;
  p.backoff = {.kind = backoff_kind::additive_jitter, .base = 1s, .cap = forever, .jitter = 1s};
  p.retry_after.use = retry_after_use::ignore;
  p.retry_persistent = true;
  p.content = unchecked_content();
  return p;
}

// langchain v1 019bd7c, ModelRetryMiddleware with _retry.py 05beb71: two retries, 1 s * 2^k up to
// 60 s, times U(0.75, 1.25), on every exception.
client_policy langchain_v1() {
  client_policy p = langchain();
  p.backoff = {.kind = backoff_kind::proportional_jitter,
               .base = 1s,
               .cap = 60s,
               .ratio_down_milli = 250,
               .ratio_up_milli = 250};
  return p;
}

// llama_index 01509f9, OpenAI utilities: wait_exponential(multiplier=1, min=4, max=60), three
// attempts; connections, timeouts, 429 and 5xx; it sees no header.
client_policy llama_index() {
  client_policy p;
  p.max_attempts = 3;
  p.backoff = {.kind = backoff_kind::exponential, .base = 1s, .cap = 60s, .least = 4s};
  p.retry_after.use = retry_after_use::ignore;
  p.silence_timeout = 60s;
  p.content = unchecked_content();
  return p;
}

// deepseek-harness b150a551 (August 2026): five retries, 500 ms doubling to 10 s, +-10 %;
// Retry-After exactly up to 10 s; an idle watchdog of 300 s that keep-alive bytes re-arm; empty
// answers and streams without [DONE] are errors, and so is insufficient_system_resource.
client_policy deepseek_harness() {
  client_policy p;
  p.max_attempts = 6;
  p.backoff = {.kind = backoff_kind::proportional_jitter,
               .base = 500ms,
               .cap = 10s,
               .ratio_down_milli = 100,
               .ratio_up_milli = 100};
  p.retry_after = {.use = retry_after_use::exact, .limit = 10s};
  p.silence_timeout = 300s;
  p.content = unchecked_content();
  p.content.set(outcome::empty_content, content_use::retry);
  p.content.set(outcome::missing_done, content_use::retry);
  p.content.set(outcome::missing_finish, content_use::retry);
  p.content.set(outcome::insufficient_resource, content_use::fail);
  p.content.set(outcome::content_filtered, content_use::fail);
  return p;
}

constexpr std::array presets{
    preset{"openai-python", openai_python},
    preset{"openai-node", openai_node},
    preset{"openai-go", openai_go},
    preset{"anthropic-python", anthropic_python},
    preset{"anthropic-ts", anthropic_ts},
    preset{"vercel-ai", vercel_ai},
    preset{"litellm", litellm},
    preset{"langchain", langchain},
    preset{"langchain-v1", langchain_v1},
    preset{"llama-index", llama_index},
    preset{"deepseek-harness", deepseek_harness},
};

}  // namespace

std::span<const preset> sdk_presets() { return presets; }

}  // namespace stampede
