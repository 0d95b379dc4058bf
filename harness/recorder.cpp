#include "harness/recorder.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace stampede {

void fold_records(record_log client, record_log server, record_sink& to) {
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint16_t>, pico_usd> charges;
  std::stable_sort(server.exchanges.begin(), server.exchanges.end(),
                   [](const auto& a, const auto& b) { return a.arrived < b.arrived; });
  for (const exchange_record& e : server.exchanges)
    if (e.by_header) charges[{e.instance, e.call, e.attempt}] += e.charge;
  std::stable_sort(client.attempts.begin(), client.attempts.end(),
                   [](const auto& a, const auto& b) { return a.ended < b.ended; });
  for (attempt_record& a : client.attempts) {
    const auto charge = charges.find({a.instance.value, a.call, a.attempt});
    if (charge != charges.end()) a.charge = charge->second;
    to.on_attempt(a);
  }
  for (const call_record& c : client.calls) to.on_call(c);
  for (const exchange_record& e : server.exchanges) to.on_exchange(e);
}

}  // namespace stampede
