#include "client/throttle.hpp"

#include <algorithm>

#include "core/draw.hpp"
#include "core/portable_math.hpp"

namespace stampede {
namespace {

constexpr duration minute = std::chrono::minutes(1);
constexpr double beta = 0.7, scale = 0.4;  // of botocore's CUBIC
constexpr double least_rate = 0.5;         // its bucket's, tokens a second
constexpr double most_growth = 2;          // times the measured rate

double cube_root(double x) { return x > 0 ? portable::exp(portable::log(x) / 3) : 0; }

bool is_throttling(outcome result) {
  return result == outcome::rate_limited || result == outcome::overloaded;
}

bool is_accepted(outcome result) {
  switch (result) {
    case outcome::rate_limited:
    case outcome::overloaded:
    case outcome::server_error:
    case outcome::connect_failed:
    case outcome::connection_reset:
    case outcome::connection_closed:
    case outcome::timed_out: return false;
    default: return true;
  }
}

}  // namespace

// --- token_bucket -------------------------------------------------------------------------

void token_bucket::refill(double rate, double capacity, instant now) {
  tokens_ = std::min(capacity, tokens_ + to_seconds(now - at_) * rate);
  at_ = now;
}

void token_bucket::limit(double capacity) { tokens_ = std::min(tokens_, capacity); }

instant token_bucket::take(double rate, double capacity, instant now) {
  refill(rate, capacity, now);
  tokens_ -= 1;
  if (tokens_ >= 0) return now;
  constexpr double longest = 3.2e9;  // seconds: a century
  const double seconds = std::min(longest, -tokens_ / rate);
  return after(now, duration{static_cast<std::int64_t>(seconds * 1e9) + 1});
}

// --- cubic_rate ---------------------------------------------------------------------------

double cubic_rate::on_throttled(double rate, instant now) {
  w_max_ = rate;
  k_ = cube_root(rate * (1 - beta) / scale);
  last_throttled_ = now;
  return rate * beta;
}

double cubic_rate::at(instant now) const {
  const double t = to_seconds(now - last_throttled_) - k_;
  return scale * t * t * t + w_max_;
}

// --- measured_rate ------------------------------------------------------------------------

double measured_rate::on_answer(instant now) {
  const std::int64_t bucket = now.time_since_epoch().count() / 500'000'000;
  ++count_;
  if (bucket > bucket_) {
    const double current =
        static_cast<double>(count_) / (static_cast<double>(bucket - bucket_) / 2);
    rate_ = current * 0.8 + rate_ * (1 - 0.8);
    count_ = 0;
    bucket_ = bucket;
  }
  return rate_;
}

// --- throttle -----------------------------------------------------------------------------

throttle::pass throttle::ask(const throttle_policy& policy, bool first, instant now,
                             std::uint64_t bits) {
  switch (policy.kind) {
    case throttle_kind::none: break;
    case throttle_kind::google_sre: return ask_sre(policy, now, bits);
    case throttle_kind::aws_adaptive: {
      if (!on_) break;
      const double fill = std::max(rate_, least_rate);
      return {.refused = false, .from = bucket_.take(fill, std::max(rate_, 1.0), now)};
    }
    case throttle_kind::retry_line: {
      if (on_ && now >= after(above_line_, policy.hold)) on_ = false;
      if (!on_ || !first) break;
      const double rate = static_cast<double>(policy.rate_micro) / 1e6;
      return {.refused = false, .from = bucket_.take(rate, 1, now)};
    }
  }
  return {.refused = false, .from = now};
}

throttle::pass throttle::ask_sre(const throttle_policy& policy, instant now, std::uint64_t bits) {
  const std::int64_t requests = requests_.sum(now, policy.window);
  const std::int64_t accepts = accepts_.sum(now, policy.window);
  requests_.add(now, policy.window, 1);
  const std::int64_t excess = requests * 1000 - accepts * policy.k_milli;
  const auto of = static_cast<std::uint64_t>((requests + policy.padding) * 1000);
  const bool refused = excess > 0 && uniform_below(bits, of) < static_cast<std::uint64_t>(excess);
  return {.refused = refused, .from = now};
}

void throttle::give_back(const throttle_policy& policy) {
  if (policy.kind == throttle_kind::aws_adaptive || policy.kind == throttle_kind::retry_line)
    bucket_.put_back();
}

void throttle::on_retry(const throttle_policy& policy, instant now) {
  if (policy.kind != throttle_kind::retry_line) return;
  retries_.add(now, minute, 1);
  if (retries_.sum(now, minute) <= policy.line) return;
  on_ = true;
  above_line_ = now;
}

void throttle::on_answer(const throttle_policy& policy, outcome result, instant now) {
  if (policy.kind == throttle_kind::google_sre && is_accepted(result))
    accepts_.add(now, policy.window, 1);
  if (policy.kind != throttle_kind::aws_adaptive) return;
  const double measured = measured_.on_answer(now);
  double wanted = 0;
  if (is_throttling(result)) {
    wanted = cubic_.on_throttled(on_ ? std::min(measured, rate_) : measured, now);
    on_ = true;
  } else {
    wanted = cubic_.at(now);
  }
  bucket_.refill(std::max(rate_, least_rate), std::max(rate_, 1.0), now);
  rate_ = std::min(wanted, most_growth * measured);
  bucket_.limit(std::max(rate_, 1.0));
}

}  // namespace stampede
