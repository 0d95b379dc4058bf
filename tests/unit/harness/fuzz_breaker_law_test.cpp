// The law of breakers by hand: what passes a breaker that 4 failures open for 5 s.
#include <gtest/gtest.h>

#include "harness/fuzz/checkers.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using fact = client_fact::kind;

const run_plan& plan() {
  static const run_plan plan = build_plan(parse_scenario(R"(
name = "a breaker"
duration = "40s"
[client]
breaker = { failures = 4, open_for = "5s" }
[[fleet]]
)",
                                                         "breaker.toml"));
  return plan;
}

class breaker_script {
 public:
  breaker_script() { seen_.plan = &plan(); }

  breaker_script& sent(std::uint32_t call, duration at) { return add(fact::sent, call, at); }
  breaker_script& ended(std::uint32_t call, duration at, outcome result) {
    add(fact::ended, call, at);
    seen_.client.back().result = result;
    seen_.client.back().status = result == outcome::rate_limited ? 429 : 200;
    return *this;
  }
  breaker_script& failed(std::uint32_t call, duration at) {
    return sent(call, at).ended(call, at, outcome::rate_limited);
  }
  std::uint64_t broken() const { return judge_by("breaker", seen_).broken(); }

 private:
  breaker_script& add(fact what, std::uint32_t call, duration at) {
    client_fact f;
    f.what = what;
    f.call = call;
    f.attempt = 1;
    f.at = run_start + at;
    seen_.client.push_back(f);
    return *this;
  }

  evidence seen_;
};

breaker_script opened() {
  return breaker_script().failed(0, 0s).failed(1, 0s).failed(2, 0s).failed(3, 1s);
}

TEST(FuzzLaws, NothingPassesAnOpenBreaker) {
  EXPECT_EQ(opened().broken(), 0u);
  EXPECT_EQ(opened().sent(4, 1s).broken(), 1u);
  EXPECT_EQ(opened().sent(4, 6s - 1ns).broken(), 1u);
  EXPECT_EQ(opened().sent(4, 6s).broken(), 0u);
}

TEST(FuzzLaws, OneProbePassesAHalfOpenBreaker) {
  EXPECT_EQ(opened().sent(4, 6s).sent(5, 7s).broken(), 1u);
  EXPECT_EQ(opened().sent(4, 6s).ended(4, 7s, outcome::success).sent(5, 7s).sent(6, 7s).broken(),
            0u);
  EXPECT_EQ(opened().failed(4, 6s).sent(5, 7s).broken(), 1u);
  EXPECT_EQ(opened().failed(4, 6s).sent(5, 11s).broken(), 0u);
  // A timeout says nothing of the service: the next may try.
  EXPECT_EQ(opened().sent(4, 6s).ended(4, 7s, outcome::timed_out).sent(5, 7s).broken(), 0u);
}

TEST(FuzzLaws, ASuccessBetweenFailuresKeepsABreakerShut) {
  breaker_script s;
  s.failed(0, 0s).failed(1, 0s).failed(2, 0s).sent(3, 0s).ended(3, 1s, outcome::success);
  EXPECT_EQ(s.failed(4, 1s).sent(5, 1s).broken(), 0u);
}

}  // namespace
}  // namespace stampede
