#include "harness/workload.hpp"

#include <gtest/gtest.h>

namespace stampede {
namespace {

workload_plan plan_of(std::uint32_t turns) {
  workload_plan w;
  w.turns = turns;
  w.cached_tokens = 2000;
  w.prompt_tokens = {distribution_kind::constant, 200, 0};
  w.output_tokens = {distribution_kind::constant, 300, 0};
  return w;
}

TEST(Workload, AConversationResendsItsTurnsFromTheCache) {
  const workload_plan w = plan_of(3);
  EXPECT_EQ(declared_usage(w, {}, 0), (token_usage{2000, 200, 300}));
  EXPECT_EQ(declared_usage(w, {}, 1), (token_usage{2500, 200, 300}));
  EXPECT_EQ(declared_usage(w, {}, 2), (token_usage{3000, 200, 300}));
  EXPECT_EQ(declared_usage(w, {}, 3), (token_usage{2000, 200, 300}));  // a new one
  EXPECT_EQ(request_of(w, {}, 2, "m").messages.size(), 6u);            // system + 2 pairs + user
}

TEST(Workload, SizesBelongToTheCallNotToTheAttempt) {
  workload_plan w = plan_of(1);
  w.output_tokens = {distribution_kind::lognormal, 300, 0.6};
  w.service_time = distribution{distribution_kind::exponential, 1e9, 0};
  const workload_key key{.seed = 4, .instance = 9};
  EXPECT_EQ(declared_usage(w, key, 5), declared_usage(w, key, 5));
  EXPECT_NE(declared_usage(w, key, 5), declared_usage(w, key, 6));
  EXPECT_EQ(declared_work(w, key, 5, 1), declared_work(w, key, 5, 1));
  EXPECT_NE(declared_work(w, key, 5, 1), declared_work(w, key, 5, 2));
}

}  // namespace
}  // namespace stampede
