#include "reports/jitter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/text.hpp"

namespace stampede {
namespace {

constexpr std::int64_t least_waits = 10;
constexpr double constant_below = 0.01;
constexpr double narrow_below = 0.25;

void note(wait_spread& s, duration compared, duration wait) {
  ++s.count;
  s.least = std::min(s.least, compared);
  s.most = std::max(s.most, compared);
  s.total += wait;
}

}  // namespace

std::string_view name_of(jitter_quality q) {
  static constexpr std::array<std::string_view, 4> names{"unknown", "constant", "narrow", "wide"};
  return names[static_cast<std::size_t>(q)];
}

std::optional<double> jitter_measures::backoff_spread() const {
  double ranges = 0;
  double waits = 0;
  for (const wait_spread& s : backoff) {
    if (s.count < least_waits) continue;
    ranges += static_cast<double>((s.most - s.least).count()) * static_cast<double>(s.count);
    waits += static_cast<double>(s.total.count());
  }
  return waits > 0 ? std::optional(ranges / waits) : std::nullopt;
}

std::optional<double> jitter_measures::retry_after_spread() const {
  const wait_spread& s = retry_after;
  if (s.count < least_waits || s.total <= duration::zero()) return std::nullopt;
  return static_cast<double>((s.most - s.least).count()) * static_cast<double>(s.count) /
         static_cast<double>(s.total.count());
}

jitter_quality jitter_measures::judged(std::optional<double> spread) {
  if (!spread) return jitter_quality::unknown;
  if (*spread < constant_below) return jitter_quality::constant;
  return *spread < narrow_below ? jitter_quality::narrow : jitter_quality::wide;
}

std::string jitter_text(const jitter_measures& m) {
  std::string text;
  const auto add = [&text](const char* what, std::optional<double> spread) {
    if (!spread) return;
    text += fmt::format("{}{} {} ({})", text.empty() ? "" : ", ", what,
                        name_of(jitter_measures::judged(spread)), percent_text(*spread));
  };
  add("backoff", m.backoff_spread());
  add("beyond Retry-After", m.retry_after_spread());
  return text;
}

void jitter_fold::add(const attempt_record& r) {
  if (r.decided != decision::retry || r.fallback) return;  // a chain begins anew with each model
  jitter_measures& m = by_group_[std::min<std::size_t>(r.group, by_group_.size() - 1)];
  if (r.waits_for == wait_reason::backoff) {
    const std::size_t index = std::max<std::size_t>(1, r.attempt) - 1;
    note(m.backoff[std::min(index, jitter_measures::indices - 1)], r.wait, r.wait);
  } else if (r.waits_for == wait_reason::retry_after && r.retry_after != no_duration) {
    note(m.retry_after, r.wait - r.retry_after, r.wait);
  }
}

}  // namespace stampede
