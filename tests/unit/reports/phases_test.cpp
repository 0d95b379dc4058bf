#include "reports/phases.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "records.hpp"

namespace stampede {
namespace {

using namespace test;
using names = std::vector<std::string>;

const fault_window outage{"outage", "", at(20s), at(30s)};
const fault_window limit{"rate_limit", "", at(25s), at(60s)};

bool in(phase_plan& plan, const std::string& phase, duration t) {
  const auto pieces = plan.pieces_of(phase);
  return std::ranges::count(pieces, plan.piece_at(at(t))) > 0;
}

TEST(Phases, OfOneFault) {
  phase_plan plan({outage});
  EXPECT_EQ(plan.names(), (names{"before", "during", "after"}));
  EXPECT_TRUE(in(plan, "before", 0s));
  EXPECT_TRUE(in(plan, "before", 20s - 1ns));
  EXPECT_TRUE(in(plan, "during", 20s));
  EXPECT_TRUE(in(plan, "during", 30s - 1ns));
  EXPECT_TRUE(in(plan, "after", 30s));
  EXPECT_FALSE(in(plan, "after", 20s));
}

TEST(Phases, OfOverlappingKinds) {
  phase_plan plan({outage, limit});
  EXPECT_EQ(plan.names().size(), 9U);
  EXPECT_EQ(plan.pieces(), 5U);
  EXPECT_TRUE(in(plan, "during", 27s));
  EXPECT_TRUE(in(plan, "outage.during", 27s));
  EXPECT_TRUE(in(plan, "rate_limit.during", 27s));
  EXPECT_TRUE(in(plan, "outage.after", 40s));
  EXPECT_FALSE(in(plan, "after", 40s));
  EXPECT_TRUE(in(plan, "rate_limit.before", 22s));
}

TEST(Phases, EveryInstantIsInOnePieceAndPiecesAddUp) {
  phase_plan plan({outage, limit, outage, {"latency", "", at(0s), never}});
  for (int ms = 0; ms < 70'000; ms += 500) {
    int of_all = 0;
    for (const char* phase : {"before", "during", "after"}) of_all += in(plan, phase, 1ms * ms);
    EXPECT_EQ(of_all, 1) << ms;
  }
}

TEST(Phases, NothingWrongIsOnePiece) {
  phase_plan plan({});
  EXPECT_EQ(plan.pieces(), 1U);
  EXPECT_EQ(plan.piece_at(at(100h)), 0U);
  EXPECT_TRUE(plan.names().empty());
  EXPECT_TRUE(plan.pieces_of("during").empty());
}

// Two calls before, one during (three attempts, failed), none after.
TEST(Phases, APartIsMeasuredAsTheWholeIs) {
  fold_options options;
  options.groups = {{"app", "guide", "deepseek-v4-flash", 1, 5},
                    {"pro", "guide", "deepseek-v4-pro", 1, 5}};
  options.faults = {outage};
  options.scopes = {{.group = "app", .model = {}, .phase = "during"}};
  measure_fold fold(options);
  fold.on_attempt(success(0, 1, 1s, 2s));
  fold.on_call(ended_call(1s, 2s));
  call_record of_pro = ended_call(2s, 4s);
  of_pro.group = 1;
  fold.on_call(of_pro);
  fold.on_call(ended_call(29s, 50s, outcome::overloaded, stop_reason::attempts_used, 3));
  const measures m = fold.finish(60s);
  const population* before = m.find({.group = {}, .model = {}, .phase = "before"});
  ASSERT_TRUE(before);
  EXPECT_EQ(before->calls.calls, 2);
  EXPECT_DOUBLE_EQ(*before->success_rate(), 1);
  const population* app = m.find({.group = "app", .model = {}, .phase = "during"});
  ASSERT_TRUE(app);
  EXPECT_DOUBLE_EQ(*app->amplification(), 3);
  EXPECT_EQ(app->calls.latency.most(), 21s);
  const population* pro = m.find({.group = {}, .model = "deepseek-v4-pro", .phase = {}});
  ASSERT_TRUE(pro);
  EXPECT_EQ(pro->calls.calls, 1);
  EXPECT_EQ(m.find({.group = "pro", .model = {}, .phase = "after"}), nullptr);
}

}  // namespace
}  // namespace stampede
