// What a call asks for: pure functions of the group's workload, the instance and the call's
// serial number. The service is stateless, so each turn of a conversation resends the ones
// before it; those tokens come from the prefix cache.
#pragma once

#include <cstdint>
#include <string>

#include "client/request_body.hpp"
#include "core/draw.hpp"
#include "core/instant.hpp"
#include "core/records.hpp"
#include "scenarios/scenario.hpp"

namespace stampede {

struct workload_key {
  draw_seed seed{};
  std::uint32_t replication = 0;
  std::uint32_t instance = 0;
};

// Of one call's own question and answer, at least 1.
std::int32_t prompt_tokens(const workload_plan& plan, const workload_key& key,
                           std::uint32_t serial);
std::int32_t output_tokens(const workload_plan& plan, const workload_key& key,
                           std::uint32_t serial);

// What a call finds cached: what the plan says, and the turns before it.
std::int32_t cached_tokens(const workload_plan& plan, const workload_key& key,
                           std::uint32_t serial);

// The declared size of one call: prompt tokens by cache hit and miss, and the answer's. Inline,
// so that its numbers stay in registers: to hand them back as one has the processor wait until
// all has been written that was to be before them.
[[gnu::always_inline]] inline token_usage declared_usage(const workload_plan& plan,
                                                         const workload_key& key,
                                                         std::uint32_t serial) {
  return {.hit = cached_tokens(plan, key, serial),
          .miss = prompt_tokens(plan, key, serial),
          .output = output_tokens(plan, key, serial)};
}

// The work of one attempt's answer, where the workload says it; zero: the server's own.
duration declared_work(const workload_plan& plan, const workload_key& key, std::uint32_t serial,
                       std::uint32_t attempt);

// The request of one call as the fleet sends it. Prompts are short stand-ins: their size
// travels in a header, so that a storm of long prompts does not measure loopback.
chat_request request_of(const workload_plan& plan, const workload_key& key, std::uint32_t serial,
                        const std::string& model);

}  // namespace stampede
