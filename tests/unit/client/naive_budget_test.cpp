// Retry budgets and breakers against naive ones: everything that ever happened is kept in a list,
// and each answer is worked out from the whole of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "client/breaker.hpp"
#include "client/retry_budget.hpp"
#include "tests/unit/client/naive.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using enum retry_budget_kind;

struct naive_budget {
  enum class what { call, failure, success, retry, retry_over };
  struct event {
    what kind;
    instant at;
    std::int64_t amount = 0;  // a retry's cost, a success's refund
  };
  std::vector<event> all;

  static std::int64_t cost(const retry_budget_policy& p, outcome result) {
    if (result == outcome::timed_out) return p.timeout_cost;
    return result == outcome::rate_limited ? p.throttled_cost : p.cost;
  }
  std::vector<instant> of(what kind) const {
    std::vector<instant> at;
    for (const event& e : all)
      if (e.kind == kind) at.push_back(e.at);
    return at;
  }
  // Thousandths of a token, from a full bucket on; what overflows is lost, debts there are none.
  std::int64_t tokens(const retry_budget_policy& p) const {
    const std::int64_t full = 1000 * std::int64_t{p.capacity};
    std::int64_t t = full;
    for (const event& e : all) {
      if (p.kind == aws && e.kind == what::retry) t -= 1000 * e.amount;
      if (p.kind == aws && e.kind == what::success) t += 1000 * e.amount;
      if (p.kind == grpc && e.kind == what::failure) t -= 1000;
      if (p.kind == grpc && e.kind == what::success) t += p.ratio_milli;
      if (p.kind == token_bucket && e.kind == what::call) t += p.ratio_milli;
      if (p.kind == token_bucket && e.kind == what::retry) t -= 1000;
      t = std::clamp<std::int64_t>(t, 0, full);
    }
    return t;
  }
  bool grants(const retry_budget_policy& p, outcome result, std::uint32_t under_way,
              instant now) const {
    const auto recent = [&](what kind) { return within(of(kind), now, p.window, 10); };
    const auto n = [&](what kind) { return static_cast<std::int64_t>(of(kind).size()); };
    switch (p.kind) {
      case none: return true;
      case aws: return tokens(p) >= 1000 * cost(p, result);
      case grpc: return tokens(p) > 500 * std::int64_t{p.capacity};
      case token_bucket: return tokens(p) > 1000;
      case envoy: {
        const std::int64_t now_out = n(what::retry) - n(what::retry_over);
        return now_out < p.min_concurrent || 1000 * (now_out + 1) <= p.ratio_milli * under_way;
      }
      case finagle:
      case tower: {
        // In calls: one gives a call's worth, a retry takes 1 / ratio of them, tower's rounded down
        // (Finagle's to a thousandth); the reserve is what min_per_s retries take.
        const double unit = p.kind == tower ? 1 : 1000;
        const double per_retry = std::floor(unit * 1000 / p.ratio_milli);
        const double reserve =
            std::floor(p.min_per_s * per_retry * static_cast<double>(p.window / 1ms) / 1000);
        const double spent = per_retry * static_cast<double>(recent(what::retry));
        return reserve + unit * static_cast<double>(recent(what::call)) - spent >= per_retry;
      }
      case retry_ratio:
        return 1000 * (recent(what::retry) + 1) <= p.ratio_milli * recent(what::call);
      case failure_ratio: return 1000 * recent(what::failure) <= p.ratio_milli * recent(what::call);
    }
    return false;
  }
};

std::vector<retry_budget_policy> budgets() {
  std::vector<retry_budget_policy> all;
  for (const auto kind :
       {aws, grpc, finagle, tower, envoy, token_bucket, retry_ratio, failure_ratio}) {
    retry_budget_policy p = usual_budget(kind);
    p.capacity = std::min(p.capacity, 60);
    p.min_per_s = 1;
    all.push_back(p);
    p.ratio_milli = 300;  // no whole number of calls a retry
    p.timeout_cost = 14;
    p.refund = 2;
    p.window = 7s;
    all.push_back(p);
    if (kind != grpc) continue;
    p.capacity = 6;  // often exactly half of it
    p.ratio_milli = 1000;
    all.push_back(p);
  }
  return all;
}

TEST(NaiveBudget, EveryKind) {
  using what = naive_budget::what;
  for (const retry_budget_policy& p : budgets()) {
    dice d(static_cast<std::uint64_t>(p.kind) * 1000 + static_cast<std::uint64_t>(p.ratio_milli));
    retry_budget real(p);
    naive_budget naive;
    instant now = run_start;
    int granted = 0, refused = 0, out = 0;
    std::uint16_t taken = 0;
    for (int i = 0; i < 4000; ++i) {
      now += d.gap(p.kind == grpc ? 1ms : 300ms);
      // Good times, for budgets that bear few failures, and bad ones.
      const bool good = (p.kind == grpc || p.kind == failure_ratio) && i / 1000 % 2 == 0;
      const std::int64_t event = d.below(good ? 120 : 8);
      if (event < 3 || (event >= 8 && event % 2)) {
        real.on_call(p, now);
        naive.all.push_back({what::call, now});
      } else if (event == 3 || event >= 8) {
        const bool retried = d.one_in(2);
        real.on_success(p, retried ? taken : 0);
        naive.all.push_back({what::success, now, retried && taken > 0 ? taken : p.refund});
      } else if (event == 4 && p.kind == envoy && out > 0) {
        real.give_back();
        naive.all.push_back({what::retry_over, now});
        --out;
      } else {
        const outcome result = d.ending();
        if (!(p.kind == grpc && d.one_in(2))) {
          real.on_failure(p, now);
          naive.all.push_back({what::failure, now});
        }
        const auto under_way = static_cast<std::uint32_t>(d.below(40));
        const bool expected = naive.grants(p, result, under_way, now);
        const bool got =
            real.withdraw(p, {.result = result, .attempts_under_way = under_way}, now, taken);
        ASSERT_EQ(got, expected) << static_cast<int>(p.kind) << " " << p.ratio_milli << " " << i;
        expected ? ++granted : ++refused;
        out += expected;
        if (expected) naive.all.push_back({what::retry, now, naive_budget::cost(p, result)});
      }
      if (p.kind == aws || p.kind == grpc || p.kind == token_bucket) {
        ASSERT_EQ(real.milli_tokens(), naive.tokens(p)) << static_cast<int>(p.kind) << " " << i;
      }
    }
    EXPECT_GT(granted, 20) << static_cast<int>(p.kind);
    EXPECT_GT(refused, 20) << static_cast<int>(p.kind);
  }
}

// How attempts ended since the breaker last shut its door or opened it; and who tries now.
struct naive_breaker {
  struct seen {
    instant at;
    bool failed, slow;
  };
  std::vector<seen> all;
  std::vector<bool> tried;  // of the probes since it opened
  int trying = 0;
  breaker_state state = breaker_state::closed;
  instant until = run_start;

  bool refuses(const breaker_policy& p, instant now) const {
    if (state == breaker_state::closed) return false;
    if (state == breaker_state::open) return now < until;
    return trying + static_cast<std::int64_t>(tried.size()) >= p.probes;
  }
  bool is_probe() {
    if (state == breaker_state::closed) return false;
    state = breaker_state::half_open;
    ++trying;
    return true;
  }
  void ended(const breaker_policy& p, bool probe, bool failed, duration took, instant now) {
    if (probe) {
      --trying;
      if (state != breaker_state::half_open) return;
      tried.push_back(failed);
      return judge_probes(p, now);
    }
    if (state != breaker_state::closed) return;
    all.push_back({now, failed, p.slow_rate_milli > 0 && took > p.slow_after});
    if (in_a_row(p) || too_many(p, now)) open(p, now);
  }
  void judge_probes(const breaker_policy& p, instant now) {
    const auto bad = std::count(tried.begin(), tried.end(), true);
    const bool over = tried.size() >= p.probes;
    if (p.failure_rate_milli == 0 && bad > 0) return open(p, now);
    if (!over) return;
    const auto n = static_cast<std::int64_t>(tried.size());
    if (p.failure_rate_milli > 0 && 1000 * bad >= n * p.failure_rate_milli) return open(p, now);
    state = breaker_state::closed;
    all.clear();
  }
  void open(const breaker_policy& p, instant now) {
    state = breaker_state::open;
    until = now + p.open_for;
    tried.clear();
    all.clear();
  }
  bool in_a_row(const breaker_policy& p) const {
    if (p.failures == 0 || all.size() < p.failures) return false;
    return std::all_of(all.end() - p.failures, all.end(), [](const seen& s) { return s.failed; });
  }
  bool too_many(const breaker_policy& p, instant now) const {
    if (p.failure_rate_milli == 0 && p.slow_rate_milli == 0) return false;
    std::int64_t n = 0, failed = 0, slow = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool in = p.window > 0s ? within({all[i].at}, now, p.window, 10) == 1
                                    : all.size() - i <= p.window_calls;
      n += in;
      failed += in && all[i].failed;
      slow += in && all[i].slow;
    }
    return n >= p.min_calls &&
           ((p.failure_rate_milli > 0 && 1000 * failed >= n * p.failure_rate_milli) ||
            (p.slow_rate_milli > 0 && 1000 * slow >= n * p.slow_rate_milli));
  }
};

const breaker_policy breakers[] = {
    {.failures = 5, .open_for = 60s},
    {.failures = 2, .open_for = 3s, .probes = 4},
    {.failures = 7, .open_for = 2s, .failure_rate_milli = 400, .window_calls = 23, .min_calls = 11},
    {.open_for = 3s, .failure_rate_milli = 300, .window = 9s, .min_calls = 6, .probes = 3},
    {.open_for = 3s,
     .failure_rate_milli = 800,
     .slow_rate_milli = 500,
     .slow_after = 3s,
     .window_calls = 10,
     .min_calls = 10,
     .probes = 5},
    {.open_for = 1s, .slow_rate_milli = 700, .slow_after = 4s, .window = 20s, .min_calls = 8}};

// Several attempts at once, that end in any order, long after the breaker has opened or closed.
TEST(NaiveBreaker, EveryRule) {
  struct attempt {
    bool probe;
    instant sent;
  };
  for (const breaker_policy& p : breakers) {
    dice d(p.failures + static_cast<std::uint64_t>(p.open_for.count()));
    breaker real;
    naive_breaker naive;
    std::vector<attempt> out;
    instant now = run_start;
    int opened = 0, probes = 0;
    for (int i = 0; i < 20'000; ++i) {
      now += d.gap(1200ms);
      const breaker_state before = naive.state;
      ASSERT_EQ(real.refuses(p, now), naive.refuses(p, now)) << i;
      if (out.size() < 8 && d.one_in(2)) {
        const bool refused = naive.refuses(p, now);
        const breaker::permit got = real.ask(p, now);
        ASSERT_EQ(got == breaker::permit::refused, refused) << i;
        if (refused) continue;
        const bool probe = naive.is_probe();
        ASSERT_EQ(got == breaker::permit::probe, probe) << i;
        probes += probe;
        out.push_back({probe, now});
      } else if (!out.empty()) {
        const auto who = out.begin() + d.below(static_cast<std::int64_t>(out.size()));
        const attempt a = *who;
        out.erase(who);
        const std::int64_t result = d.below(6);
        const duration took = now - a.sent;
        if (result == 0) {
          real.on_neutral(a.probe);
          naive.trying -= a.probe;
        } else if (result < (i / 500 % 2 ? 5 : 3)) {  // good times and bad ones
          real.on_failure(p, a.probe, took, now);
          naive.ended(p, a.probe, true, took, now);
        } else {
          real.on_success(p, a.probe, took, now);
          naive.ended(p, a.probe, false, took, now);
        }
      }
      ASSERT_EQ(real.state(), naive.state) << i;
      opened += before != breaker_state::open && naive.state == breaker_state::open;
    }
    EXPECT_GT(opened, 20);
    EXPECT_GT(probes, 40);
  }
}

}  // namespace
}  // namespace stampede
