// Throttles and the concurrency limit against naive ones: everything that ever happened is kept in
// a list, and each answer is worked out from the whole of it, by the makers' rules.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "client/concurrency_limit.hpp"
#include "client/throttle.hpp"
#include "tests/unit/client/naive.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
__extension__ using u128 = unsigned __int128;

// Refused with probability max(0, (requests - K accepts) / (requests + padding)).
struct naive_sre {
  std::vector<instant> requests, accepts;

  bool refuses(const throttle_policy& p, instant now, std::uint64_t bits) {
    const std::int64_t n = within(requests, now, p.window, 100);
    const std::int64_t k_accepts = within(accepts, now, p.window, 100) * p.k_milli;
    requests.push_back(now);
    if (1000 * n <= k_accepts) return false;
    // bits / 2^64 < (1000 n - k accepts) / (1000 (n + padding)), without a division.
    return static_cast<u128>(bits) * static_cast<u128>(1000 * (n + p.padding)) <
           static_cast<u128>(1000 * n - k_accepts) << 64;
  }
  void ended(outcome result, instant now) {
    switch (result) {
      case outcome::success:
      case outcome::unauthorized:
      case outcome::truncated_json: return accepts.push_back(now);
      default: return;  // 429, 5xx, timeouts and broken connections
    }
  }
};

TEST(NaiveThrottle, GoogleSre) {
  const throttle_policy policies[] = {
      {.kind = throttle_kind::google_sre},
      {.kind = throttle_kind::google_sre, .k_milli = 1100, .padding = 8, .window = 30s},
      {.kind = throttle_kind::google_sre, .k_milli = 1500, .padding = 1, .window = 700ms}};
  for (const throttle_policy& p : policies) {
    dice d(static_cast<std::uint64_t>(p.k_milli));
    throttle real;
    naive_sre naive;
    instant now = run_start;
    int refused = 0, forwarded = 0;
    for (int i = 0; i < 6000; ++i) {
      now += d.gap(p.window / 50);
      if (d.one_in(3)) {
        const outcome result = d.ending();
        real.on_answer(p, result, now);
        naive.ended(result, now);
        continue;
      }
      const std::uint64_t bits = d.bits();
      const bool expected = naive.refuses(p, now, bits);
      const throttle::pass got = real.ask(p, d.one_in(2), now, bits);
      ASSERT_EQ(got.refused, expected) << i;
      ASSERT_EQ(got.from, now);
      expected ? ++refused : ++forwarded;
    }
    EXPECT_GT(refused, 100);
    EXPECT_GT(forwarded, 100);
  }
}

// botocore's client rate limiter, replayed from its beginning for every question.
struct naive_aws {
  enum class what { ask, give_back, throttled, answered };
  struct event {
    what kind;
    instant at;
  };
  std::vector<event> all;

  struct state {
    bool on = false;
    double rate = 0, tokens = 0, from = 0;  // from: of the last that asked, in seconds
  };

  // The rate measured up to answer number n: half-second buckets, 0.8 of the newest and 0.2 of what
  // was before; the answer that opens a bucket counts to the last.
  static double measured(const std::vector<double>& answers) {
    double rate = 0, bucket = 0, count = 0;
    for (const double t : answers) {
      ++count;
      const double now = std::floor(t * 2) / 2;
      if (now <= bucket) continue;
      rate = 0.8 * count / (now - bucket) + 0.2 * rate;
      count = 0;
      bucket = now;
    }
    return rate;
  }

  state replay() const {
    state s;
    std::vector<double> answers;
    double filled = 0, w_max = 0, throttled_at = 0;
    const auto fill = [&](double t) {
      s.tokens = std::min(std::max(s.rate, 1.0), s.tokens + (t - filled) * std::max(s.rate, 0.5));
      filled = t;
    };
    for (const event& e : all) {
      const double t = to_seconds(e.at - run_start);
      if (e.kind == what::give_back) s.tokens += 1;
      if (e.kind == what::ask) {
        s.from = t;
        if (!s.on) continue;
        fill(t);
        s.tokens -= 1;
        if (s.tokens < 0) s.from = t - s.tokens / std::max(s.rate, 0.5);
      }
      if (e.kind != what::throttled && e.kind != what::answered) continue;
      answers.push_back(t);
      const double seen = measured(answers);
      double rate = 0;
      if (e.kind == what::throttled) {
        w_max = s.on ? std::min(seen, s.rate) : seen;
        throttled_at = t;
        rate = 0.7 * w_max;
        s.on = true;
      } else {
        rate = 0.4 * std::pow(t - throttled_at - std::cbrt(w_max * 0.3 / 0.4), 3) + w_max;
      }
      fill(t);
      s.rate = std::min(rate, 2 * seen);
      s.tokens = std::min(s.tokens, std::max(s.rate, 1.0));
    }
    return s;
  }
};

TEST(NaiveThrottle, AwsAdaptive) {
  const throttle_policy p{.kind = throttle_kind::aws_adaptive};
  using what = naive_aws::what;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    dice d(seed);
    throttle real;
    naive_aws naive;
    instant now = run_start;
    int waited = 0;
    for (int i = 0; i < 700; ++i) {
      now += d.gap(seed % 2 ? 300ms : 2s);
      const std::int64_t dice = d.below(8);
      if (dice < 3) {
        const throttle::pass got = real.ask(p, d.one_in(2), now, d.bits());
        naive.all.push_back({what::ask, now});
        const double expected = naive.replay().from;
        ASSERT_FALSE(got.refused);
        ASSERT_NEAR(to_seconds(got.from - run_start), expected, 1e-6) << seed << " " << i;
        waited += got.from > now;
      } else if (dice == 3 && waited > 0) {
        real.give_back(p);
        naive.all.push_back({what::give_back, now});
      } else {
        const outcome result = d.ending();
        const bool throttling = result == outcome::rate_limited || result == outcome::overloaded;
        real.on_answer(p, result, now);
        naive.all.push_back({throttling ? what::throttled : what::answered, now});
      }
      const naive_aws::state expected = naive.replay();
      ASSERT_EQ(real.on(), expected.on);
      ASSERT_NEAR(real.rate(), expected.rate, 1e-9 * std::abs(expected.rate)) << seed << " " << i;
    }
    EXPECT_GT(waited, 50);
  }
}

// A first attempt may leave one gap after the last that did: the bucket of one token with its
// debts, as the instant at which the next is due (virtual scheduling).
struct naive_line {
  std::vector<instant> retries;
  bool on = false;
  instant above = run_start;
  double due = std::numeric_limits<double>::lowest();  // seconds

  double from(const throttle_policy& p, bool first, instant now) {
    const double t = to_seconds(now - run_start), gap = 1e6 / static_cast<double>(p.rate_micro);
    if (due < 0) due = gap;  // the bucket is empty at first
    if (on && now - above >= p.hold) on = false;
    if (!on || !first) return t;
    const double leaves = std::max(t, due);
    due = leaves + gap;
    return leaves;
  }
  void retried(const throttle_policy& p, instant now) {
    retries.push_back(now);
    if (within(retries, now, 1min, 60) <= p.line) return;
    on = true;
    above = now;
  }
};

TEST(NaiveThrottle, RetryLine) {
  const throttle_policy policies[] = {
      {.kind = throttle_kind::retry_line, .rate_micro = 500'000},
      {.kind = throttle_kind::retry_line, .line = 7, .rate_micro = 3'300'000, .hold = 11s},
      {.kind = throttle_kind::retry_line, .line = 0, .rate_micro = 40'000, .hold = 1ms}};
  for (const throttle_policy& p : policies) {
    dice d(static_cast<std::uint64_t>(p.line));
    throttle real;
    naive_line naive;
    instant now = run_start;
    int waited = 0, switched = 0;
    for (int i = 0; i < 6000; ++i) {
      // Now and then a pause, so that it is switched off again.
      now += d.one_in(200) ? 90s : d.gap(p.line > 20 ? 900ms : 4s);
      const bool was_on = naive.on;
      if (d.one_in(2)) {
        real.on_retry(p, now);
        naive.retried(p, now);
      } else {
        const bool first = d.one_in(3);
        const throttle::pass got = real.ask(p, first, now, d.bits());
        const double expected = naive.from(p, first, now);
        ASSERT_NEAR(to_seconds(got.from - run_start), expected, 2e-6) << i;
        waited += got.from > now;
        if (got.from > now && d.one_in(2)) {
          real.give_back(p);
          naive.due -= 1e6 / static_cast<double>(p.rate_micro);
        }
      }
      ASSERT_EQ(real.on(), naive.on) << i;
      switched += was_on != naive.on;
    }
    EXPECT_GT(waited, 10);
    EXPECT_GT(switched, 10);
  }
}

// floor(limit * backoff) by counting up, and one more by counting.
TEST(NaiveThrottle, Aimd) {
  const concurrency_policy policies[] = {
      {.kind = concurrency_kind::aimd, .limit = 20, .least = 20, .most = 200, .slow_after = 5s},
      {.kind = concurrency_kind::aimd, .limit = 3, .backoff_milli = 500},
      {.kind = concurrency_kind::aimd, .limit = 9, .least = 2, .most = 31, .backoff_milli = 333}};
  for (const concurrency_policy& p : policies) {
    dice d(p.limit);
    concurrency_limit real(p);
    std::uint32_t naive = p.limit;
    std::map<std::uint32_t, int> met;
    for (int i = 0; i < 20'000; ++i) {
      const outcome result = d.one_in(4) ? d.ending() : outcome::success;
      const duration took{d.below((6s).count() / 1'000'000) * 1'000'000};
      const auto under_way = static_cast<std::uint32_t>(1 + d.below(naive));
      bool drop = p.slow_after > 0s && took > p.slow_after;
      for (const outcome o :
           {outcome::rate_limited, outcome::overloaded, outcome::timed_out, outcome::connect_failed,
            outcome::connection_reset, outcome::connection_closed})
        drop = drop || result == o;
      std::uint32_t next = 0;
      if (drop)
        while ((next + 1) * 1000 <= naive * static_cast<std::uint32_t>(p.backoff_milli)) ++next;
      else
        next = naive + (under_way >= naive - under_way ? 1 : 0);
      while (next < p.least) ++next;
      while (next > p.most) --next;
      naive = next;
      real.on_end(p, result, took, under_way);
      ASSERT_EQ(real.limit(), naive) << i;
      ASSERT_EQ(real.has_room(naive - 1), true);
      ASSERT_EQ(real.has_room(naive), false);
      ++met[naive];
    }
    EXPECT_GT(met.size(), 5u);
  }
}

}  // namespace
}  // namespace stampede
