// Validation case V1, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): clients
// contend for one row under optimistic concurrency control, each until it has written once. The
// model is a test's own; the delays are the product's (client/backoff.hpp). References: means
// and standard deviations of 2000 trials of an independent program that agrees with the blog's
// own simulator. A mean of ours may differ by four standard errors of both.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <queue>
#include <vector>

#include "client/backoff.hpp"
#include "core/draw.hpp"
#include "core/portable_math.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t trials = 600;
constexpr double reference_trials = 2000;

enum class strategy : std::uint8_t { exponential, decorrelated, equal, full, none };
constexpr const char* names[] = {"exponential", "decorrelated", "equal", "full", "none"};

backoff_policy policy_of(strategy s) {
  constexpr backoff_kind kinds[] = {backoff_kind::exponential, backoff_kind::decorrelated_jitter,
                                    backoff_kind::equal_jitter, backoff_kind::full_jitter,
                                    backoff_kind::fixed};
  return {.kind = kinds[static_cast<std::size_t>(s)],
          .base = s == strategy::none ? 0ms : 5ms,
          .cap = 2000ms};
}

// The blog's messages: a read asks for the version, a write states it.
enum class message : std::uint8_t { read, read_reply, write, write_reply };

struct arriving {
  std::int64_t at;
  std::uint32_t client;
  message what;
  std::uint32_t version;  // write_reply: 1 for success

  friend bool operator>(const arriving& a, const arriving& b) {
    return a.at != b.at ? a.at > b.at : a.client > b.client;
  }
};

struct trial_result {
  double time_ms = 0;
  double calls = 0;  // writes; reads are not counted
  std::uint32_t writers = 0;
};

class contention {
 public:
  contention(strategy s, std::uint32_t clients, std::uint32_t trial)
      : policy_(policy_of(s)),
        clients_(clients),
        trial_(trial),
        failures_(clients, 0),
        slept_(clients, policy_.base),
        hops_(clients, 0) {}

  trial_result run() {
    for (std::uint32_t c = 0; c < clients_; ++c) send(c, 0, message::read, 0);
    std::int64_t now = 0;
    while (!on_the_way_.empty()) {
      const arriving m = on_the_way_.top();
      on_the_way_.pop();
      now = m.at;
      on(m);
    }
    result_.time_ms = static_cast<double>(now) / 1e6;
    return result_;
  }

 private:
  void on(const arriving& m) {
    switch (m.what) {
      case message::read: return send(m.client, m.at, message::read_reply, version_);
      case message::read_reply: return send(m.client, m.at, message::write, m.version);
      case message::write: {
        ++result_.calls;
        const bool current = m.version == version_;
        version_ += current;
        return send(m.client, m.at, message::write_reply, current);
      }
      case message::write_reply: {
        if (m.version == 1) {
          ++result_.writers;
          return;
        }
        // Counted before it is used: the bound after the first failure is 2 * base, not base.
        const std::uint32_t n = ++failures_[m.client];
        slept_[m.client] = backoff_delay(policy_, n, slept_[m.client],
                                         draw({1, trial_, m.client, purpose::jitter, n}));
        return send(m.client, m.at + slept_[m.client].count(), message::read, 0);
      }
    }
  }

  // Every hop takes |Normal(10 ms, 2 ms)|.
  void send(std::uint32_t client, std::int64_t at, message what, std::uint32_t version) {
    const double u =
        unit_interval(draw({1, trial_, client, purpose::network, hops_[client]++})) + 0x1.0p-54;
    const double hop = std::abs(10e6 + 2e6 * portable::normal_quantile(u));
    on_the_way_.push({at + static_cast<std::int64_t>(hop), client, what, version});
  }

  backoff_policy policy_;
  std::uint32_t clients_, trial_;
  std::vector<std::uint32_t> failures_;
  std::vector<duration> slept_;
  std::vector<std::uint64_t> hops_;
  std::uint32_t version_ = 0;
  std::priority_queue<arriving, std::vector<arriving>, std::greater<>> on_the_way_;
  trial_result result_;
};

struct summary {
  double time_mean = 0, time_sd = 0, calls_mean = 0, calls_sd = 0;
};

summary summary_of(strategy s, std::uint32_t clients, std::uint32_t count) {
  double time = 0, times = 0, calls = 0, callss = 0;
  for (std::uint32_t t = 0; t < count; ++t) {
    const trial_result r = contention(s, clients, t).run();
    EXPECT_EQ(r.writers, clients) << names[static_cast<std::size_t>(s)];
    time += r.time_ms;
    times += r.time_ms * r.time_ms;
    calls += r.calls;
    callss += r.calls * r.calls;
  }
  const double n = count;
  const auto sd = [&](double sum, double squares) {
    return std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1)));
  };
  return {time / n, sd(time, times), calls / n, sd(calls, callss)};
}

// The same cell serves the table and the claims.
const summary& cell(strategy s, std::uint32_t clients) {
  static std::map<std::pair<strategy, std::uint32_t>, summary> known;
  const auto [at, is_new] = known.try_emplace({s, clients});
  if (is_new) at->second = summary_of(s, clients, trials);
  return at->second;
}

struct reference {
  strategy what;
  std::uint32_t clients;
  summary expected;
};

constexpr reference references[] = {
    {strategy::exponential, 10, {3441, 1311, 50.8, 4.1}},
    {strategy::exponential, 50, {36411, 3303, 623.3, 29.4}},
    {strategy::exponential, 100, {63414, 3827, 1855.8, 58}},
    {strategy::decorrelated, 10, {436, 87, 37.7, 2.3}},
    {strategy::decorrelated, 50, {2210, 505, 374.5, 12.6}},
    {strategy::decorrelated, 100, {4602, 675, 1001.8, 29.6}},
    {strategy::equal, 10, {727, 188, 42.5, 2.6}},
    {strategy::equal, 50, {4236, 557, 347.2, 6.1}},
    {strategy::equal, 100, {6615, 671, 812.2, 7.9}},
    {strategy::full, 10, {468, 106, 39.0, 2.2}},
    {strategy::full, 50, {2901, 542, 332.7, 4.9}},
    {strategy::full, 100, {4900, 530, 795.9, 7.0}},
    {strategy::none, 10, {380, 35, 50.8, 4.1}},
    {strategy::none, 50, {1140, 44, 689.9, 17.2}},
    {strategy::none, 100, {2029, 44, 2421.5, 32}},
};

TEST(ValidationAwsJitter, OneClientTakesFourHops) {
  const summary s = summary_of(strategy::full, 1, 2000);
  EXPECT_EQ(s.calls_mean, 1);
  EXPECT_EQ(s.calls_sd, 0);
  EXPECT_NEAR(s.time_mean, 40, 4 * 4 / std::sqrt(2000));
  EXPECT_NEAR(s.time_sd, 4, 4 * 4 / std::sqrt(2 * 2000.0));
}

TEST(ValidationAwsJitter, FirstBoundIsTwiceTheBase) {
  EXPECT_EQ(backoff_delay(policy_of(strategy::exponential), 1, 0ms, 0), 10ms);
  EXPECT_EQ(backoff_delay(policy_of(strategy::exponential), 9, 0ms, 0), 2000ms);
  EXPECT_EQ(backoff_delay(policy_of(strategy::none), 1, 0ms, ~0ULL), 0ms);
}

TEST(ValidationAwsJitter, EveryCellAgreesWithTheReference) {
  for (const reference& r : references) {
    const char* name = names[static_cast<std::size_t>(r.what)];
    const summary& s = cell(r.what, r.clients);
    const auto bound = [](double sd) {
      return 4 * std::sqrt(sd * sd / trials + sd * sd / reference_trials);
    };
    EXPECT_NEAR(s.time_mean, r.expected.time_mean, bound(r.expected.time_sd))
        << name << ", time, N=" << r.clients;
    EXPECT_NEAR(s.calls_mean, r.expected.calls_mean, bound(r.expected.calls_sd))
        << name << ", calls, N=" << r.clients;
    std::printf(
        "  %-12s N=%3u  time expected %8.1f  measured %8.1f (%+.1f errors)"
        "  calls expected %7.1f  measured %7.1f (%+.1f)\n",
        name, r.clients, r.expected.time_mean, s.time_mean,
        4 * (s.time_mean - r.expected.time_mean) / bound(r.expected.time_sd), r.expected.calls_mean,
        s.calls_mean, 4 * (s.calls_mean - r.expected.calls_mean) / bound(r.expected.calls_sd));
  }
}

TEST(ValidationAwsJitter, ThePublishedClaimsHold) {
  using enum strategy;
  for (const std::uint32_t n : {10u, 50u, 100u})
    for (const strategy s : {decorrelated, equal, full, none})
      EXPECT_GT(cell(exponential, n).time_mean, cell(s, n).time_mean) << "the clear loser, N=" << n;
  for (const strategy s : {decorrelated, equal, full})
    EXPECT_GT(cell(exponential, 100).calls_mean, cell(s, 100).calls_mean);
  EXPECT_LT(cell(full, 100).calls_mean, cell(exponential, 100).calls_mean / 2);
  // Of those with jitter, equal loses to full on both counts; decorrelated trades one for other.
  EXPECT_GT(cell(equal, 100).calls_mean, cell(full, 100).calls_mean);
  EXPECT_GT(cell(equal, 100).time_mean, 1.2 * cell(full, 100).time_mean);
  EXPECT_LT(cell(decorrelated, 100).time_mean, cell(full, 100).time_mean);
  EXPECT_GT(cell(decorrelated, 100).calls_mean, cell(full, 100).calls_mean);
  // Without backoff work grows with the square of the clients, time with their number.
  EXPECT_NEAR(cell(none, 100).calls_mean / (100 * 100), 0.24, 0.01);
  EXPECT_NEAR(cell(none, 100).calls_mean / cell(none, 50).calls_mean, 4, 0.6);
  const double early = (cell(none, 50).time_mean - cell(none, 10).time_mean) / 40;
  const double late = (cell(none, 100).time_mean - cell(none, 50).time_mean) / 50;
  EXPECT_NEAR(late / early, 1, 0.1);
}

// Between and beyond the table's sizes: the same order, and nobody is left without a write.
TEST(ValidationAwsJitter, OtherNumbersOfClients) {
  for (const std::uint32_t n : {20u, 200u}) {
    std::vector<summary> s;
    for (int i = 0; i < 5; ++i) s.push_back(summary_of(static_cast<strategy>(i), n, 20));
    for (int i = 0; i < 5; ++i)
      std::printf("  %-12s N=%3u  time %8.1f  calls %8.1f\n", names[i], n, s[i].time_mean,
                  s[i].calls_mean);
    for (std::size_t i = 1; i < 5; ++i) EXPECT_GT(s[0].time_mean, s[i].time_mean) << n;
    EXPECT_GT(s[4].calls_mean, s[3].calls_mean) << n;
  }
}

}  // namespace
}  // namespace stampede
