#include "harness/sim/event_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "core/draw.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

std::uint64_t bits(std::uint64_t index) { return draw({9, 0, 1, purpose::tie, index}); }

// Against the naive way: everything sorted by instant, stage, tie or sequence.
TEST(EventQueue, PopsInTheOrderOfANaiveSort) {
  for (const duration spread : {duration{1us}, duration{1s}, duration{90s}, duration{3h}}) {
    event_queue queue;
    using key = std::tuple<instant, bool, std::uint64_t, std::uint32_t>;
    std::vector<key> expected;
    std::vector<key> popped;
    instant now{};
    std::uint64_t sequence = 0;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      const bool request = bits(3 * i) % 3 == 0;
      // Often at the very same instant as others, sometimes now.
      const instant at =
          now + duration{static_cast<std::int64_t>(bits(3 * i + 1) % 50) * (spread / 50)};
      const std::uint64_t tie = bits(3 * i + 2);
      queue.push({.at = at, .serial = i, .kind = request ? sim_kind::request : sim_kind::arrival},
                 tie);
      expected.push_back({at, request, request ? tie >> 1 : sequence, i});
      if (!request) ++sequence;
      if (bits(i) % 2 == 0) {
        const auto least = std::min_element(expected.begin(), expected.end());
        const sim_event e = queue.pop();
        ASSERT_EQ(e.serial, std::get<3>(*least)) << "after " << i;
        now = e.at;
        expected.erase(least);
        if (expected.size() > 400)
          while (expected.size() > 300) {
            const auto next = std::min_element(expected.begin(), expected.end());
            ASSERT_EQ(queue.pop().serial, std::get<3>(*next));
            now = std::get<0>(*next);
            expected.erase(next);
          }
      }
    }
    std::sort(expected.begin(), expected.end());
    for (const key& k : expected) ASSERT_EQ(queue.pop().serial, std::get<3>(k));
    EXPECT_TRUE(queue.empty());
  }
}

TEST(EventQueue, LookingAheadDoesNotLoseWhatIsPushedBefore) {
  event_queue queue;
  queue.push({.at = run_start + 10min, .serial = 1});
  EXPECT_EQ(queue.next().serial, 1u);
  queue.push({.at = run_start + 1s, .serial = 2});
  EXPECT_EQ(queue.pop().serial, 2u);
  EXPECT_EQ(queue.pop().serial, 1u);
}

}  // namespace
}  // namespace stampede
