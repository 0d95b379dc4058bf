#include "reports/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reports/text.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

constexpr duration recovery_window = 5s;
constexpr duration longest_tail = 100s;
constexpr duration shortest_tail = 10s;
constexpr std::int64_t least_calls = 20;  // fewer say more about one call than about the load

std::int64_t sum(const std::vector<std::int64_t>& bins, std::size_t from, std::size_t to) {
  std::int64_t n = 0;
  for (std::size_t i = from; i < std::min(to, bins.size()); ++i) n += bins[i];
  return n;
}

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

// Windows that touch, joined; those that never end left out.
std::vector<disturbance> joined(std::vector<fault_window> faults) {
  std::erase_if(faults, [](const fault_window& f) { return f.to == never; });
  std::ranges::stable_sort(faults, {}, &fault_window::from);
  std::vector<disturbance> result;
  for (const fault_window& f : faults) {
    if (result.empty() || f.from > result.back().to) {
      disturbance d;
      d.name = f.kind;
      d.from = f.from;
      d.to = f.to;
      result.push_back(std::move(d));
      continue;
    }
    disturbance& last = result.back();
    last.to = std::max(last.to, f.to);
    if (last.name.find(f.kind) == std::string::npos) last.name += " + " + f.kind;
  }
  return result;
}

}  // namespace

std::string_view name_of(metastability m) {
  static constexpr std::array<std::string_view, 3> names{"no", "yes", "undetermined"};
  return names[static_cast<std::size_t>(m)];
}

std::optional<duration> recovery_measures::slowest() const {
  std::optional<duration> most;
  for (const disturbance& d : disturbances) {
    if (!d.recovered && d.watched < recovery_window) continue;  // too short a look
    most = std::max(most.value_or(duration::zero()), d.recovered.value_or(forever));
  }
  return most;
}

std::optional<duration> recovery_measures::slowest_drain() const {
  std::optional<duration> most;
  for (const disturbance& d : disturbances)
    if (d.drained) most = std::max(most.value_or(duration::zero()), *d.drained);
  return most;
}

std::optional<double> recovery_measures::largest_overshoot() const {
  std::optional<double> most;
  for (const disturbance& d : disturbances)
    if (d.overshoot) most = std::max(most.value_or(0), *d.overshoot);
  return most;
}

duration recovery_measures::watched() const {
  duration last{0};
  for (const disturbance& d : disturbances) {
    last = d.watched;
    if (!d.recovered) break;
  }
  return last;
}

// All at one width, with the bins in which load was offered.
struct recovery_fold::bins {
  duration width{0};
  std::size_t end = 0;  // the first bin after the offered load
  std::vector<std::int64_t> offered, good, answers, sent, retries, arrivals;

  std::size_t first_whole(instant t) const {
    return static_cast<std::size_t>((t.time_since_epoch() + width - duration{1}) / width);
  }
  std::size_t at(instant t) const { return static_cast<std::size_t>(t.time_since_epoch() / width); }
};

recovery_fold::recovery_fold(duration length, const std::vector<fault_window>& faults)
    : length_(length),
      watched_(joined(faults)),
      last_outcome_(watched_.size(), run_start),
      answers_(measure_bin) {}

namespace {

std::optional<duration> recovery_of(const disturbance& d, const auto& all, instant until) {
  const auto span =
      static_cast<std::size_t>(std::max<std::int64_t>(1, recovery_window / all.width));
  const std::size_t end = std::min(all.end, all.at(until));
  for (std::size_t t = all.first_whole(d.to); t + span <= end; ++t) {
    const std::int64_t offered = sum(all.offered, t, t + span);
    if (offered == 0 || 20 * sum(all.good, t, t + span) < 19 * offered) continue;
    return std::max(duration::zero(), run_start + all.width * static_cast<std::int64_t>(t) - d.to);
  }
  return std::nullopt;
}

std::string share_text(std::optional<double> share) {
  return share ? percent_text(*share) : std::string("nothing");
}

void judge(metastable_verdict& v, const disturbance& last) {
  if (*v.tail >= 0.5) {
    v.result = metastability::no;
    v.why = fmt::format("goodput was {} of the offered load in the last {} of it",
                        share_text(v.tail), time_text(v.tail_to - v.tail_from));
    return;
  }
  const std::string state = fmt::format(
      "{} after {} was over goodput was {} of the offered load for {}, against {} before",
      time_text(v.tail_from - last.to), last.name, share_text(v.tail),
      time_text(v.tail_to - v.tail_from), share_text(v.before));
  if (!v.before) {
    v.why = state + "; without a time before the disturbance nothing says it was well then";
  } else if (*v.before < 0.5) {
    v.result = metastability::no;
    v.why = state + ": it was overloaded from the start";
  } else if (v.tail_amplification.value_or(1) <= 1) {
    v.result = metastability::no;
    v.why = state + "; but nothing was retried then, so no retry storm keeps it up";
  } else {
    v.result = metastability::yes;
    v.why = fmt::format(
        "{}; {} attempts a first try keep it up, the server wrote answers for {} "
        "of the offered calls",
        state, factor_text(*v.tail_amplification), share_text(v.tail_answers));
  }
}

metastable_verdict metastable_of(const std::vector<disturbance>& all_disturbances,
                                 const auto& all) {
  metastable_verdict v;
  if (all_disturbances.empty()) {
    v.why = "no fault ended while load was offered";
    return v;
  }
  const disturbance& first = all_disturbances.front();
  const disturbance& last = all_disturbances.back();
  const std::size_t from_end = all.first_whole(last.to);
  const std::size_t watched = all.end > from_end ? all.end - from_end : 0;
  const std::size_t tail =
      std::min(watched / 2, static_cast<std::size_t>(longest_tail / all.width));
  const std::size_t from = all.end - tail;
  v.tail_from = run_start + all.width * static_cast<std::int64_t>(from);
  v.tail_to = run_start + all.width * static_cast<std::int64_t>(all.end);
  const std::int64_t offered = sum(all.offered, from, all.end);
  if (all.width * static_cast<std::int64_t>(tail) < shortest_tail || offered < least_calls) {
    v.why = fmt::format("only {} in the last {} of the load: too few to tell",
                        plural(offered, "call", "calls"), time_text(v.tail_to - v.tail_from));
    return v;
  }
  const std::int64_t offered_before = sum(all.offered, 0, all.at(first.from));
  if (offered_before >= least_calls)
    v.before = ratio(sum(all.good, 0, all.at(first.from)), offered_before);
  v.tail = ratio(sum(all.good, from, all.end), offered);
  const std::int64_t sent = sum(all.sent, from, all.end);
  v.tail_amplification = ratio(sent, sent - sum(all.retries, from, all.end));
  v.tail_answers = ratio(sum(all.answers, from, all.end), offered);
  judge(v, last);
  return v;
}

}  // namespace

recovery_measures recovery_fold::finish(duration measured, const counted_load& load) const {
  bins all;
  std::array<series, 6> copies{load.offered, load.good,    answers_,
                               load.sent,    load.retries, load.arrivals};
  for (const series& s : copies) all.width = std::max(all.width, s.width());
  const std::array<std::vector<std::int64_t>*, 6> into{&all.offered, &all.good,    &all.answers,
                                                       &all.sent,    &all.retries, &all.arrivals};
  for (std::size_t i = 0; i < copies.size(); ++i) {
    copies[i].widen_to(all.width);
    *into[i] = copies[i].bins();
  }
  const duration offered_for = length_ > duration::zero() ? std::min(length_, measured) : measured;
  all.end = std::min(all.at(run_start + offered_for), all.offered.size());
  if (length_ > duration::zero()) all.end = all.at(run_start + offered_for);

  recovery_measures m;
  m.bin = all.width;
  const instant load_end = run_start + offered_for;
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    disturbance d = watched_[i];
    if (d.to >= load_end) continue;
    const instant until =
        i + 1 < watched_.size() ? std::min(watched_[i + 1].from, load_end) : load_end;
    d.watched = until - d.to;
    d.recovered = recovery_of(d, all, until);
    if (last_outcome_[i] > d.to) d.drained = last_outcome_[i] - d.to;
    const std::size_t before = all.at(watched_.front().from);
    const auto mean = ratio(sum(all.offered, 0, before), static_cast<std::int64_t>(before));
    std::int64_t peak = 0;
    for (std::size_t t = all.first_whole(d.to); t < std::min(all.at(until), all.arrivals.size());
         ++t)
      peak = std::max(peak, all.arrivals[t]);
    if (mean && *mean > 0) d.overshoot = static_cast<double>(peak) / *mean;
    m.disturbances.push_back(std::move(d));
  }
  m.metastable = metastable_of(m.disturbances, all);
  return m;
}

}  // namespace stampede
