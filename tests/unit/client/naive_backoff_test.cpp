// Backoffs and Retry-After against naive ones: the formulas written down, in the C library's
// functions and long doubles, and header texts made from what they mean.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <string>

#include "client/backoff.hpp"
#include "client/decoding.hpp"
#include "client/retry_after_rule.hpp"
#include "tests/unit/client/naive.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using real = long double;

real ns(duration d) { return static_cast<real>(d.count()); }
real share_of(std::uint64_t bits) { return static_cast<real>(bits) / 0x1p64L; }

struct naive_wait {
  real wait = 0;
  real slack = 0;  // what integers and doubles may lose
};

// Nanoseconds. `before`: the wait before this one; `before_bits`: its bits.
naive_wait naive_backoff(const backoff_policy& p, std::uint32_t k, duration before,
                         std::uint64_t before_bits, std::uint64_t bits) {
  if (p.first_at_once && k == 0) return {};
  const real base = ns(p.base), cap = ns(p.cap), u = share_of(bits);
  const real power = std::pow(p.factor_milli / 1000.0L, static_cast<real>(k));
  const real v = std::min(cap, base * power);
  // Each multiplication rounds down to a nanosecond, and the next one multiplies that loss.
  real slack = 2 + v * 1e-15L;
  for (std::uint32_t i = 0; i < k && p.factor_milli % 1000; ++i)
    slack += std::pow(p.factor_milli / 1000.0L, static_cast<real>(i));
  const auto n = [&](real x, std::uint64_t at) {  // Polly's
    const real t = x + static_cast<real>(at >> 11) / 0x1p53L;
    return std::pow(2.0L, t) * std::tanh(std::sqrt(4 * t)) * base / 1.4L;
  };
  switch (p.kind) {
    case backoff_kind::fixed: return {std::max(base, ns(p.least)), 0};
    case backoff_kind::exponential: return {std::max(v, ns(p.least)), slack};
    case backoff_kind::full_jitter:
      return {ns(p.least) + u * std::max(0.0L, v - ns(p.least)), slack};
    case backoff_kind::equal_jitter: return {v / 2 + u * v / 2, slack};
    case backoff_kind::decorrelated_jitter: {
      const real top = 3 * std::max(base, ns(before));
      return {std::min(cap, base + u * (top - base)), 2 + top * 1e-15L};
    }
    case backoff_kind::additive_jitter: return {v + u * ns(p.jitter), slack};
    case backoff_kind::proportional_jitter: {
      const real down = 1 - p.ratio_down_milli / 1000.0L, up = 1 + p.ratio_up_milli / 1000.0L;
      return {v * (down + u * (up - down)), 2 * slack};
    }
    // The logarithm is that of the middle of one of 2^52 cells.
    case backoff_kind::memoryless: {
      const real wait = -std::log((std::floor(u * 0x1p52L) + 0.5L) / 0x1p52L) * base;
      return {std::min(cap, wait), 2 + wait * 1e-14L};
    }
    case backoff_kind::polly_jitter: {
      const real now = n(k, bits), last = k == 0 ? 0 : n(k - 1.0L, before_bits);
      return {std::clamp(now - last, 0.0L, cap), 2 + now * 1e-14L};
    }
    case backoff_kind::envoy_jitter: {
      const real grown = (power * p.factor_milli / 1000.0L - 1) * base;
      return {u * std::min(cap, grown), slack * p.factor_milli / 1000.0L};
    }
  }
  return {};
}

backoff_policy random_backoff(dice& d, backoff_kind kind) {
  backoff_policy p{.kind = kind};
  p.base = duration{d.below(d.one_in(2) ? 1'000'000'000 : 20'000'000'000)};
  p.cap = d.one_in(5) ? duration{1h * 24 * 365} : p.base + duration{d.below(60'000'000'000)};
  p.factor_milli = d.one_in(2) ? 2000 : static_cast<std::int32_t>(1000 + d.below(3000));
  p.jitter = duration{d.below(5'000'000'000)};
  p.ratio_down_milli = static_cast<std::int32_t>(d.below(1001));
  p.ratio_up_milli = static_cast<std::int32_t>(d.below(1001));
  if (d.one_in(3)) p.least = duration{d.below(10'000'000'000)};
  p.first_at_once = d.one_in(6);
  if (d.one_in(8)) p.throttled_base = duration{d.below(1'000'000'000)};
  return p;
}

TEST(NaiveBackoff, EveryKind) {
  dice d(11);
  for (int kind = 0; kind <= static_cast<int>(backoff_kind::envoy_jitter); ++kind)
    for (int run = 0; run < 3000; ++run) {
      backoff_policy p = random_backoff(d, static_cast<backoff_kind>(kind));
      if (p.throttled_base > 0s) {  // after a 429 that is the base
        const duration base = p.throttled_base;
        p = throttled(p);
        ASSERT_EQ(p.base, base);
        p.cap = std::max(p.cap, base);
      }
      duration memory{0}, before{0};
      std::uint64_t before_bits = 0;
      for (std::uint32_t k = 0; k < 12; ++k) {
        const std::uint64_t bits = d.one_in(20) ? (d.one_in(2) ? 0 : ~0ULL) : d.bits();
        const duration got = backoff_delay(p, k, memory, bits);
        const naive_wait expected = naive_backoff(p, k, before, before_bits, bits);
        ASSERT_NEAR(static_cast<double>(ns(got) - expected.wait), 0,
                    static_cast<double>(expected.slack))
            << "kind " << kind << ", k " << k << ", base " << p.base.count() << ", factor "
            << p.factor_milli << ", cap " << p.cap.count() << ", got " << got.count();
        memory = backoff_memory(p, k, got, bits);
        before = got;
        before_bits = bits;
      }
    }
}

// The table of docs/scenarios.md, as questions asked in its order.
chosen_wait naive_heed(const retry_after_rule& r, duration own, duration asked, duration spread) {
  using enum retry_after_use;
  using enum retry_after_beyond;
  const chosen_wait its_own{.wait = own};
  const chosen_wait no_retry{.wait = own, .stop = true};
  const auto header = [](duration w) {
    return chosen_wait{.wait = w, .reason = wait_reason::retry_after};
  };
  const bool there = asked != no_duration, negative = asked < 0s;
  switch (r.use) {
    case ignore: return its_own;
    case pushback: {
      if (!there) return its_own;
      if (negative) return no_retry;
      chosen_wait w = header(asked);
      w.begin_anew = true;
      return w;
    }
    case clamp: {
      if (!there || negative || asked <= own) return its_own;
      return asked >= own + r.limit ? header(own + r.limit) : header(asked);
    }
    case floor:
    case exact: break;
  }
  const bool means_nothing = r.use == exact && asked == 0s && !r.zero;
  if (!there || negative || means_nothing) return its_own;
  const bool too_long = r.limit != 0s && asked > r.limit;
  if (too_long && r.beyond == backoff) return its_own;
  if (too_long && r.beyond == stop) return no_retry;
  const duration wait = (too_long ? r.limit : asked) + spread;
  return r.use == floor && own >= wait ? its_own : header(wait);
}

TEST(NaiveRetryAfter, EveryRule) {
  dice d(12);
  const auto time = [&] { return duration{d.below(4) * (d.one_in(2) ? 1s : 1'000'000'000ns / 3)}; };
  for (int i = 0; i < 200'000; ++i) {
    const retry_after_rule rule{.use = static_cast<retry_after_use>(d.below(5)),
                                .spread = time(),
                                .limit = time(),
                                .beyond = static_cast<retry_after_beyond>(d.below(3)),
                                .zero = d.one_in(2)};
    const duration own = time();
    const duration asked = d.one_in(6) ? no_duration : d.one_in(6) ? -time() - 2ns : time();
    const std::uint64_t bits = d.bits();
    const real spread = std::floor(share_of(bits) * ns(rule.spread));
    const chosen_wait expected =
        naive_heed(rule, own, asked, duration{static_cast<std::int64_t>(spread)});
    const chosen_wait got = heed(rule, own, asked, bits);
    ASSERT_EQ(got.wait, expected.wait) << i << " " << static_cast<int>(rule.use);
    ASSERT_EQ(got.reason, expected.reason) << i;
    ASSERT_EQ(got.stop, expected.stop) << i;
    ASSERT_EQ(got.begin_anew, expected.begin_anew) << i;
  }
}

std::string blanks(dice& d) { return std::string(static_cast<std::size_t>(d.below(3)), ' '); }

// A number of milliseconds, written as seconds in some way.
std::string as_seconds(dice& d, std::int64_t milliseconds) {
  const std::int64_t size = std::abs(milliseconds);
  std::string digits = std::to_string(1000 + size % 1000).substr(1);
  if (digits == "000" && d.one_in(2))
    digits.clear();
  else if (digits.back() == '0' && d.one_in(2))
    digits.pop_back();
  return blanks(d) + (milliseconds < 0 ? "-" : "") +
         std::string(static_cast<std::size_t>(d.below(3)), '0') + std::to_string(size / 1000) +
         (digits.empty() ? "" : "." + digits) + blanks(d);
}

std::string as_date(std::time_t when) {
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[64];
  const std::size_t n = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, n};
}

TEST(NaiveRetryAfter, EveryTextIsReadAsWhatItWasMadeOf) {
  dice d(13);
  for (int i = 0; i < 50'000; ++i) {
    const std::int64_t date = 1'700'000'000 + d.below(300'000'000);  // 2023 to 2033
    ASSERT_EQ(parse_http_date(as_date(date)), date);
    const std::int64_t n = d.below(2'000'000) - 500'000;
    const std::int64_t seconds = d.below(d.one_in(2) ? 100 : 40'000'000) - 30;
    const std::string number = as_seconds(d, n), when = as_date(date + seconds);
    // A time in milliseconds goes before either, if it is one.
    const bool other = d.one_in(3);
    const std::string ms = other ? blanks(d) + std::to_string(n) + blanks(d) : "";
    const auto is = [&](const std::string& text, duration expected) {
      const duration got = read_retry_after(ms, text, date);
      const duration wanted = other ? n * 1ms : expected;
      EXPECT_LE(std::abs((got - wanted).count()), 1) << "'" << text << "' '" << ms << "'";
    };
    is(number, n * 1ms);
    is(when, seconds * 1s);
    // One letter of it put out of place, it is no date; a number with a letter is no number.
    std::string broken = when;
    broken[static_cast<std::size_t>(d.below(29))] = '#';
    const bool weekday = broken.find('#') < 3;  // says nothing that the date does not
    if (other) continue;
    EXPECT_EQ(read_retry_after("", std::to_string(n) + "s", date), no_duration);
    if (weekday) continue;
    EXPECT_EQ(read_retry_after("", broken, date), no_duration) << broken;
  }
}

}  // namespace
}  // namespace stampede
