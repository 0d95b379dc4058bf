// The comparison of two journals, on journals written by hand.
#include "harness/conformance.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "harness/journal_text.hpp"

namespace stampede {
namespace {

constexpr const char* head = R"(stampede journal 1
engine sim
seed 1
replication 0
speed 1
path x.toml
source
| name = "x"
| duration = "1s"
| [[fleet]]
| name = "all"
| instances = 2
| [fleet.arrivals]
| kind = "constant"
| rate = "1/s"
events
)";

class Conformance : public testing::Test {
 protected:
  Conformance() : name_(testing::TempDir() + "stampede-c-" + std::to_string(::getpid())) {}
  ~Conformance() override {
    std::filesystem::remove(name_ + ".a");
    std::filesystem::remove(name_ + ".b");
  }

  void write(const std::string& end, const std::vector<std::string>& lines,
             const std::string& from = head) const {
    std::ofstream out(name_ + end, std::ios::binary);
    out << from;
    for (const std::string& line : lines) out << line << "\n";
    out << "end " << lines.size() << "\n";
  }
  conformance compare(const std::vector<std::string>& a, const std::vector<std::string>& b) const {
    write(".a", a);
    write(".b", b);
    return compare_journals(name_ + ".a", name_ + ".b");
  }
  // How the one instance of two runs parts.
  divergence parts(const std::vector<std::string>& a, const std::vector<std::string>& b) const {
    const conformance c = compare(a, b);
    EXPECT_TRUE(c.holds());
    EXPECT_EQ(c.diverged.size(), 1u);
    EXPECT_EQ(c.count(c.diverged.at(0).how), 1u);
    return c.diverged.at(0).how;
  }

  std::string name_;
};

const std::string start = "c 0 10 start 0 0 10 900 0; send 0 1 0; next 1000";
const std::string head_1 = "c 0 20 head 0 0 1 200 -1; next 1000";
const std::string reply_1 =
    "c 0 30 reply 0 0 1 success 1 2 3; finish 0 success success; call 0 @ 1 2 3; next never";

TEST_F(Conformance, InstantsMayDiffer) {
  const conformance c = compare(
      {start, head_1, reply_1},
      {"c 0 11 start 0 0 9 901 0; send 0 1 0; next 1001", "c 0 21 head 0 0 1 200 -1; next 1001",
       "c 0 31 reply 0 0 1 success 1 2 3; finish 0 success success; call 0 @ 7 7; "
       "next never"});
  EXPECT_TRUE(c.complete());
  EXPECT_EQ(c.instances, 2u);
  EXPECT_EQ(c.equal_events, 3u);
  EXPECT_EQ(c.equal_decisions, 3u);
  EXPECT_EQ(c.events, (std::array<std::uint64_t, 2>{3, 3}));
}

TEST_F(Conformance, WhatChangesNothingIsLeftOut) {
  const conformance c =
      compare({start, "c 0 15 wake 0 0; next 1000", head_1, reply_1, "c 0 31 wake 0 0; next never",
               "c 0 32 piece 0 0 1 1 4; next never", "c 0 40 stop; next never"},
              {start, head_1, reply_1});
  EXPECT_TRUE(c.complete());
  EXPECT_EQ(c.equal_events, 3u);
}

TEST_F(Conformance, WhatOughtToChangeNothingAndDoesIsNotLeftOut) {
  EXPECT_EQ(parts({start, "c 0 15 wake 0 0; cancel 0 1; next 1000", head_1}, {start, head_1}),
            divergence::timeout_or_reply);
}

TEST_F(Conformance, ADifferentDecisionOnEqualEventsIsAViolation) {
  const conformance c = compare(
      {start, "c 0 20 error 0 0 1 timed_out; attempt 0 1 retry wait backoff 5 -1 @ 1; next 25"},
      {start, "c 0 21 error 0 0 1 timed_out; attempt 0 1 retry wait backoff 6 -1 @ 1; next 27"});
  EXPECT_FALSE(c.holds());
  EXPECT_TRUE(c.diverged.empty());
  ASSERT_EQ(c.violations.size(), 1u);
  EXPECT_EQ(c.violations[0].event, 2u);
  EXPECT_EQ(c.violations[0].events[0], "error 0 0 1 timed_out");
  EXPECT_EQ(c.violations[0].decisions[1], "; attempt 0 1 retry wait backoff 6 -1");
}

TEST_F(Conformance, ARuleThatReadsElapsedTimeMustSaySo) {
  const std::string event = "c 0 20 error 0 0 1 timed_out; ";
  const auto how = [&](const std::string& a, const std::string& b) {
    return parts({start, event + a + "; next 9"}, {start, event + b + "; next 9"});
  };
  EXPECT_EQ(how("attempt retry", "attempt give_up time_budget none"), divergence::elapsed_time);
  EXPECT_EQ(how("attempt retry", "finish 0 breaker_open breaker"), divergence::elapsed_time);
  EXPECT_EQ(how("attempt early 0 x", "attempt early 1 x"), divergence::elapsed_time);
  EXPECT_EQ(parts({start}, {"c 0 10 start 0 0 10 900 0; next 1000"}), divergence::elapsed_time);
  // Said on both sides, it explains nothing.
  EXPECT_FALSE(
      compare({start, event + "x breaker 1; next 9"}, {start, event + "x breaker 2; next 9"})
          .holds());
  // A word that only begins like it explains nothing.
  EXPECT_FALSE(
      compare({start, event + "x; next 9"}, {start, event + "x breaker_open; next 9"}).holds());
}

TEST_F(Conformance, TheFirstDifferingEventIsNamed) {
  const std::string other = "c 0 12 start 1 1 12 900 0; send 1 1 0; next 1000";
  EXPECT_EQ(parts({start, head_1, other}, {start, other, head_1}), divergence::order);
  EXPECT_EQ(parts({start, other, head_1}, {start, other, "c 0 20 head 1 1 1 200 -1; next 1000"}),
            divergence::order);
  EXPECT_EQ(parts({start, head_1}, {start, "c 0 1000 wake 0 0; cancel 0 1; next 1200"}),
            divergence::timeout_or_reply);
  EXPECT_EQ(parts({start, head_1}, {start, "c 0 20 head 0 0 1 429 5; next 1000"}),
            divergence::answer);
  const std::string piece = "c 0 25 piece 0 0 1 1 4; deliver 0 4; next 1000";
  EXPECT_EQ(parts({start, head_1, piece, reply_1}, {start, head_1, reply_1}), divergence::cut);
  EXPECT_EQ(parts({start, head_1, piece},
                  {start, head_1, "c 0 25 piece 0 0 1 1 3; deliver 0 3; next 1000"}),
            divergence::cut);
  EXPECT_EQ(parts({start, head_1}, {start}), divergence::end);
  EXPECT_EQ(parts({start, head_1}, {start, "c 0 12 stop; cancel 0 1; next never"}),
            divergence::end);
}

TEST_F(Conformance, AfterTheFirstDifferenceNothingIsCompared) {
  const conformance c =
      compare({start, head_1, reply_1}, {start, "c 0 20 head 0 0 1 429 5; next 1000",
                                         "c 0 30 reply 0 0 1 success 1 2 3; nonsense; next never"});
  EXPECT_TRUE(c.holds());
  EXPECT_EQ(c.equal_events, 1u);
  EXPECT_EQ(c.diverged_share(), 0.5);
}

TEST_F(Conformance, JournalsOfTwoPlansAreRefused) {
  std::string other = head;
  other.replace(other.find("seed 1"), 6, "seed 2");
  write(".a", {start});
  write(".b", {start}, other);
  EXPECT_THROW(compare_journals(name_ + ".a", name_ + ".b"), journal_error);
}

}  // namespace
}  // namespace stampede
