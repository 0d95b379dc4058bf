#include "reports/measures.hpp"

#include <algorithm>
#include <array>

namespace stampede {
std::string scope_text(const scope& s) {
  std::string text = s.group.empty() ? s.model : s.group;
  if (!s.phase.empty()) text += (text.empty() ? "" : ", ") + s.phase;
  return text;
}

fold_options fold_options::of(const run_info& info) {
  fold_options options;
  options.length = info.length;
  options.faults = info.faults;
  options.slots = info.slots;
  options.scopes = info.scopes;
  options.service_date = info.service_date;
  options.groups = info.groups;
  return options;
}

const population* measures::find(const scope& s) const {
  if (s == scope{}) return &whole;
  for (const group_measures& g : groups)
    if (s == scope{.group = g.info.name, .model = {}, .phase = {}}) return &g.numbers;
  for (const scoped_measures& m : scopes)
    if (m.of == s) return &m.numbers;
  return nullptr;
}

void measures::forget_samples() {
  const auto forget = [](population& p) {
    p.calls.latency.forget_samples();
    p.calls.success_latency.forget_samples();
    p.calls.first_token.forget_samples();
  };
  forget(whole);
  for (group_measures& g : groups) forget(g.numbers);
  for (scoped_measures& s : scopes) forget(s.numbers);
  server.queue_wait.forget_samples();
}

void measure_fold::cell::merge(const cell& other) {
  calls.merge(other.calls);
  retries.merge(other.retries);
  cost.merge(other.cost);
}

population measure_fold::cell::finish() const {
  return {calls.finish(), retries.finish(), cost.finish()};
}

measure_fold::cell measure_fold::new_cell(std::size_t group) const {
  const bool known = group < options_.groups.size();
  return {call_fold(known ? options_.groups[group].most_attempts() : 0),
          retry_fold(options_.alert_line), cost_fold(options_.service_date, options_.groups)};
}

measure_fold::measure_fold(fold_options options)
    : options_(std::move(options)),
      phases_(options_.faults),
      herd_(measure_bin, options_.faults),
      recovery_(options_.length, options_.faults),
      jitter_(options_.groups.size()),
      server_(measure_bin),
      ledger_(options_.service_date),
      successes_(measure_bin),
      rate_limited_(measure_bin),
      overloaded_(measure_bin),
      other_failures_(measure_bin) {
  for (std::size_t g = 0; g <= options_.groups.size(); ++g)
    cells_.emplace_back(phases_.pieces(), new_cell(g));
}

measure_fold::cell& measure_fold::at(std::uint16_t group, instant t) {
  return cells_[std::min<std::size_t>(group, cells_.size() - 1)][phases_.piece_at(t)];
}

void measure_fold::on_attempt(const attempt_record& r) {
  cell& c = at(r.group, r.sent == never ? run_start : r.sent);
  c.retries.add(r);
  c.cost.add(r);
  herd_.add(r);
  jitter_.add(r);
  if (r.ended == never || r.decided == decision::ignore) return;
  switch (r.result) {
    case outcome::success: successes_.add(r.ended); break;
    case outcome::rate_limited: rate_limited_.add(r.ended); break;
    case outcome::overloaded: overloaded_.add(r.ended); break;
    default: other_failures_.add(r.ended); break;
  }
}

void measure_fold::on_call(const call_record& r) {
  cell& c = at(r.group, r.intended == never ? run_start : r.intended);
  c.calls.add(r);
  c.cost.add(r);
  herd_.add(r);
  recovery_.add(r);
}

void measure_fold::on_exchange(const exchange_record& r) {
  herd_.add(r);
  recovery_.add(r);
  server_.add(r);
  ledger_.add(r);
}

measure_fold::cell measure_fold::sum_of(const scope& s) const {
  std::vector<std::size_t> pieces = phases_.pieces_of(s.phase);
  if (s.phase.empty())
    for (std::size_t i = 0; i < phases_.pieces(); ++i) pieces.push_back(i);
  cell sum = new_cell(options_.groups.size());
  for (std::size_t g = 0; g < cells_.size(); ++g) {
    const group_info none;
    const group_info& info = g < options_.groups.size() ? options_.groups[g] : none;
    if (!s.group.empty() && info.name != s.group) continue;
    if (!s.model.empty() && info.model != s.model) continue;
    for (const std::size_t i : pieces) sum.merge(cells_[g][i]);
  }
  return sum;
}

std::vector<scope> measure_fold::scopes() const {
  std::vector<scope> all;
  const auto add = [&all](scope s) {
    if (std::ranges::count(all, s) == 0) all.push_back(std::move(s));
  };
  for (std::size_t i = 0; i < std::min<std::size_t>(3, phases_.names().size()); ++i)
    add({.group = {}, .model = {}, .phase = phases_.names()[i]});
  std::vector<std::string> models;
  for (const group_info& g : options_.groups)
    if (std::ranges::count(models, g.model) == 0) models.push_back(g.model);
  if (models.size() > 1)
    for (const std::string& model : models) add({.group = {}, .model = model, .phase = {}});
  for (const scope& s : options_.scopes)
    if (s != scope{} && !(s.model.empty() && s.phase.empty())) add(s);
  return all;
}

load_series measure_fold::load(const series& retries, duration measured) const {
  // All at the width of the widest, so that one axis serves them.
  std::array<series, 7> all{herd_.arrivals(), herd_.sent(), retries,        successes_,
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
  // What was sent and was no retry was a first try.
  for (std::size_t i = 0; i < result.retries.size(); ++i)
    result.first_tries[i] -= result.retries[i];
  return result;
}

measures measure_fold::finish(duration measured) const {
  measures m;
  m.measured = measured;
  const cell all = sum_of({});
  const series& retries = all.retries.by_second();
  m.whole = all.finish();
  // A single group is the whole fleet: nothing is added up twice for it.
  for (std::size_t i = 0; i < options_.groups.size(); ++i)
    m.groups.push_back(
        {options_.groups[i],
         options_.groups.size() == 1
             ? m.whole
             : sum_of({.group = options_.groups[i].name, .model = {}, .phase = {}}).finish(),
         jitter_.of(i)});
  for (scope& s : scopes()) {
    population numbers = sum_of(s).finish();
    m.scopes.push_back({std::move(s), std::move(numbers)});
  }
  m.herd = herd_.finish(measured);
  m.recovery = recovery_.finish(
      measured, {all.calls.wanted(), successes_, herd_.sent(), retries, herd_.arrivals()});
  m.server = server_.finish(measured, options_.slots, m.whole.calls.successes);
  m.ledger = ledger_.finish();
  m.load = load(retries, measured);
  return m;
}

}  // namespace stampede
