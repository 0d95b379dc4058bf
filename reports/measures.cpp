#include "reports/measures.hpp"

#include <algorithm>
#include <array>

namespace stampede {
namespace {

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

fold_options fold_options::of(const run_info& info) {
  fold_options options;
  options.faults = info.faults;
  options.service_date = info.service_date;
  options.groups = info.groups;
  return options;
}

std::optional<double> population::retry_rate() const { return ratio(retries.retries, calls.calls); }

std::optional<double> population::amplification() const {
  return ratio(retries.attempts, calls.calls);
}

population measure_fold::population_fold::finish() const {
  return {calls.finish(), retries.finish(), cost.finish()};
}

measure_fold::population_fold measure_fold::new_population() const {
  return {call_fold{}, retry_fold(options_.alert_line),
          cost_fold(options_.service_date, options_.groups)};
}

measure_fold::measure_fold(fold_options options)
    : options_(std::move(options)),
      whole_(new_population()),
      herd_(options_.bin, options_.faults),
      ledger_(options_.service_date),
      first_tries_(options_.bin),
      retries_(options_.bin),
      successes_(options_.bin),
      rate_limited_(options_.bin),
      overloaded_(options_.bin),
      other_failures_(options_.bin) {
  // A single group is the whole fleet: nothing is counted twice for it.
  if (options_.groups.size() == 1) return;
  for (std::size_t i = 0; i < options_.groups.size(); ++i) groups_.push_back(new_population());
}

void measure_fold::on_attempt(const attempt_record& r) {
  const auto fold = [&r](population_fold& p) {
    p.retries.add(r);
    p.cost.add(r);
  };
  fold(whole_);
  if (r.group < groups_.size()) fold(groups_[r.group]);
  herd_.add(r);
  if (r.sent != never) (r.attempt > 1 ? retries_ : first_tries_).add(r.sent);
  if (r.ended == never || r.decided == decision::ignore) return;
  switch (r.result) {
    case outcome::success: successes_.add(r.ended); break;
    case outcome::rate_limited: rate_limited_.add(r.ended); break;
    case outcome::overloaded: overloaded_.add(r.ended); break;
    default: other_failures_.add(r.ended); break;
  }
}

void measure_fold::on_call(const call_record& r) {
  const auto fold = [&r](population_fold& p) {
    p.calls.add(r);
    p.cost.add(r);
  };
  fold(whole_);
  if (r.group < groups_.size()) fold(groups_[r.group]);
  herd_.add(r);
}

void measure_fold::on_exchange(const exchange_record& r) {
  herd_.add(r);
  ledger_.add(r);
}

load_series measure_fold::load(duration measured) const {
  // All at the width of the widest, so that one axis serves them.
  std::array<series, 7> all{herd_.arrivals(), first_tries_, retries_,       successes_,
                            rate_limited_,    overloaded_,  other_failures_};
  duration width{0};
  for (const series& s : all) width = std::max(width, s.width());
  load_series result;
  result.width = width;
  const std::array<std::vector<std::int64_t>*, 7> into{
      &result.arrivals,     &result.first_tries, &result.retries,       &result.successes,
      &result.rate_limited, &result.overloaded,  &result.other_failures};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].widen_to(width);
    *into[i] = all[i].over(measured);
  }
  return result;
}

measures measure_fold::finish(duration measured) const {
  measures m;
  m.measured = measured;
  m.whole = whole_.finish();
  for (std::size_t i = 0; i < options_.groups.size(); ++i)
    m.groups.push_back({options_.groups[i], groups_.empty() ? m.whole : groups_[i].finish()});
  m.herd = herd_.finish(measured);
  m.ledger = ledger_.finish();
  m.load = load(measured);
  return m;
}

}  // namespace stampede
