// The tables inside [client] that have one of their own: [client.breaker], [client.retry_budget],
// [client.throttle], [client.concurrency]. Each changes what it is given; throws config_error.
#pragma once

#include "client/policy.hpp"
#include "core/config_table.hpp"

namespace stampede {

// A number as read, in thousandths; refused where it has more digits than that.
std::int32_t to_milli(config_reader& read, std::string_view key, double value);

void parse_breaker(const config_table& table, breaker_policy& breaker);
void parse_retry_budget(const config_table& table, retry_budget_policy& budget);
void parse_throttle(const config_table& table, throttle_policy& throttle);
void parse_concurrency(const config_table& table, concurrency_policy& concurrency);

// One line each, in plain words; empty where there is none.
std::string describe(const breaker_policy& breaker);
std::string describe(const retry_budget_policy& budget);
std::string describe(const throttle_policy& throttle);
std::string describe(const concurrency_policy& concurrency);

}  // namespace stampede
