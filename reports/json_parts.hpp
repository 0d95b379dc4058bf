// Pieces of JSON that run.json and the page's data share. Private to the renderers, which
// are the only ones to include nlohmann/json.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "reports/measures.hpp"
#include "reports/run_info.hpp"

namespace stampede {

using json = nlohmann::ordered_json;  // keys stay in the order written

inline json in_ms(duration d) { return to_milliseconds(d); }
inline json in_ms(instant t) {
  return t == never ? json(nullptr) : json(to_milliseconds(t.time_since_epoch()));
}
inline json in_ms(std::optional<duration> d) { return d ? in_ms(*d) : json(nullptr); }
inline json in_usd(pico_usd amount) { return to_usd(amount); }
inline json or_null(std::optional<double> value) { return value ? json(*value) : json(nullptr); }

}  // namespace stampede
