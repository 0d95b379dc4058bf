#include "harness/workload.hpp"

#include <algorithm>

#include "core/draw.hpp"
#include "deepseek/models.hpp"

namespace stampede {
namespace {

std::int32_t tokens(const distribution& d, const workload_key& key, std::uint32_t serial,
                    purpose why, std::int64_t least, std::int64_t most) {
  if (d.kind == distribution_kind::constant)
    return static_cast<std::int32_t>(std::clamp(sample(d, 0), least, most));
  const std::uint64_t bits =
      draw({key.seed, key.replication, call_entity(key.instance, serial), why, 0});
  return static_cast<std::int32_t>(std::clamp(sample(d, bits), least, most));
}

}  // namespace

std::int32_t prompt_tokens(const workload_plan& plan, const workload_key& key,
                           std::uint32_t serial) {
  return tokens(plan.prompt_tokens, key, serial, purpose::prompt_tokens, 1,
                deepseek::context_tokens);
}

std::int32_t output_tokens(const workload_plan& plan, const workload_key& key,
                           std::uint32_t serial) {
  return tokens(plan.output_tokens, key, serial, purpose::output_tokens, 1,
                deepseek::most_output_tokens);
}

std::int32_t cached_tokens(const workload_plan& plan, const workload_key& key,
                           std::uint32_t serial) {
  std::int64_t tokens = plan.cached_tokens;
  const std::uint32_t turn = serial % plan.turns;
  for (std::uint32_t before = serial - turn; before < serial; ++before)
    tokens += prompt_tokens(plan, key, before) + output_tokens(plan, key, before);
  return static_cast<std::int32_t>(std::min<std::int64_t>(tokens, deepseek::context_tokens));
}

duration declared_work(const workload_plan& plan, const workload_key& key, std::uint32_t serial,
                       std::uint32_t attempt) {
  if (!plan.service_time) return duration::zero();
  const std::uint64_t bits = draw({key.seed, key.replication, call_entity(key.instance, serial),
                                   purpose::service_time, attempt});
  return duration{std::max<std::int64_t>(1, sample(*plan.service_time, bits))};
}

chat_request request_of(const workload_plan& plan, const workload_key& key, std::uint32_t serial,
                        const std::string& model) {
  chat_request request;
  request.model = model;
  request.stream = plan.stream;
  request.thinking = plan.thinking;
  request.json_mode = plan.json_mode;
  request.max_tokens = declared_usage(plan, key, serial).output;
  request.messages.push_back({"system", plan.json_mode
                                            ? "You answer in json, such as {\"answer\": \"...\"}."
                                            : "You answer in one paragraph."});
  const std::uint32_t turn = serial % plan.turns;
  for (std::uint32_t before = serial - turn; before < serial; ++before) {
    request.messages.push_back({"user", "Question " + std::to_string(before) + "?"});
    request.messages.push_back({"assistant", "Answer " + std::to_string(before) + "."});
  }
  request.messages.push_back({"user", "Question " + std::to_string(serial) + " of client " +
                                          std::to_string(key.instance) + "?"});
  return request;
}

}  // namespace stampede
