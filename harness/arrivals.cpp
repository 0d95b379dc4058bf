#include "harness/arrivals.hpp"

#include <algorithm>
#include <cmath>

#include "core/draw.hpp"

namespace stampede {
namespace {

constexpr double billion = 1e9;

// Seconds until `calls` have passed, the rate going from r0 by `slope` a second.
double seconds_for(double calls, double r0, double slope) {
  if (slope == 0) return calls / r0;
  // r0 t + slope t^2 / 2 = calls, in the form that loses no digits for small slopes.
  return 2 * calls / (r0 + std::sqrt(r0 * r0 + 2 * slope * calls));
}

}  // namespace

instant instant_of_position(const arrival_plan& plan, std::int64_t position) {
  double left = static_cast<double>(position) / billion;  // calls still to pass
  for (std::size_t i = 0; i < plan.rates.size(); ++i) {
    const rate_point& from = plan.rates[i];
    const bool last = i + 1 == plan.rates.size();
    const double length = last ? 0 : to_seconds(plan.rates[i + 1].at - from.at);
    const double end_rate = plan.ramp && !last ? plan.rates[i + 1].per_second : from.per_second;
    const double passing = (from.per_second + end_rate) / 2 * length;
    if (!last && passing <= left) {
      left -= passing;
      continue;
    }
    if (last && from.per_second == 0) return never;
    const double slope = last ? 0 : (end_rate - from.per_second) / length;
    const double wait = left == 0 ? 0 : seconds_for(left, from.per_second, slope);
    if (!(wait < 9e9)) return never;
    return from.at + duration{static_cast<std::int64_t>(wait * billion)};
  }
  return never;
}

instant arrivals::next() {
  if (used_up()) return never;
  const std::uint32_t k = made_;
  switch (plan_->kind) {
    case arrival_kind::all_at_once: ++made_; return plan_->at;
    case arrival_kind::closed_loop: {
      if (k > 0) return never;
      ++made_;
      const std::uint64_t bits =
          draw({key_.seed, key_.replication, key_.instance, purpose::arrival, 0});
      const instant first = run_start + uniform_duration(bits, plan_->spread);
      position_ = first.time_since_epoch().count();
      return first;
    }
    case arrival_kind::constant: {
      ++made_;
      const std::int64_t calls = std::int64_t{k} * key_.instances + key_.index;
      return instant_of_position(*plan_, calls * 1'000'000'000);
    }
    case arrival_kind::poisson: {
      ++made_;
      const std::uint64_t bits =
          draw({key_.seed, key_.replication, key_.instance, purpose::arrival, k});
      const distribution gap{distribution_kind::exponential, billion * key_.instances, 0};
      position_ += sample(gap, bits);
      return instant_of_position(*plan_, position_);
    }
  }
  return never;
}

instant arrivals::after_answer(instant ended) {
  if (!closed_loop() || used_up()) return never;
  const std::uint64_t bits =
      draw({key_.seed, key_.replication, key_.instance, purpose::think_time, made_});
  ++made_;
  const duration gap{sample(plan_->think_time, bits)};
  if (!plan_->paced) return after(ended, gap);
  const instant wanted = std::max(ended, after(instant{duration{position_}}, gap));
  position_ = wanted.time_since_epoch().count();
  return wanted;
}

double peak_rate(const arrival_plan& plan) {
  double most = 0;
  for (const rate_point& p : plan.rates) most = std::max(most, p.per_second);
  return most;
}

}  // namespace stampede
