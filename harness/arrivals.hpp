// When the workload wants its calls: pure functions of a group's plan, an instance and a
// count, so that a policy changes nobody's arrivals.
//
// Open-loop kinds live in operational time, counted in the group's calls: an instance's k-th
// call is at position k * n + i (constant) or at a sum of exponential gaps of mean n
// (poisson); the rate profile turns positions into instants. So steps and ramps bend time,
// not the draws, and the instances of a group add up to the group's rate.
//
// Use:  arrivals a(plan, {.seed = 1, .instances = 100, .index = 7, .instance = 7});
//       for (instant t = a.next(); t != never; t = a.next()) ...
#pragma once

#include <cstdint>
#include <optional>

#include "core/draw.hpp"
#include "core/instant.hpp"
#include "scenarios/scenario.hpp"

namespace stampede {

struct arrival_key {
  draw_seed seed{};
  std::uint32_t replication = 0;
  std::uint32_t instances = 1;  // of the group
  std::uint32_t index = 0;      // of the instance within its group
  std::uint32_t instance = 0;   // over the fleet
};

class arrivals {
 public:
  arrivals(const arrival_plan& plan, arrival_key key) : plan_(&plan), key_(key) {}

  // Open loop: the intended instant of the instance's next call, `never` when there is none.
  // Closed loop: that of its first call only; the others follow after_answer.
  instant next();

  // Closed loop: when the next call is wanted after one that ended at `ended`; `never` when
  // the instance has made all its calls or the loop is open.
  instant after_answer(instant ended);

  bool closed_loop() const { return plan_->kind == arrival_kind::closed_loop; }

 private:
  bool used_up() const { return plan_->calls != 0 && made_ >= plan_->calls; }

  const arrival_plan* plan_;
  arrival_key key_;
  std::uint32_t made_ = 0;
  // poisson: operational time, in billionths of a call; a paced loop: when its last call was
  // wanted.
  std::int64_t position_ = 0;
};

// The instant at which a profile of rates has let `position` billionths of a call pass;
// `never` when it never does.
instant instant_of_position(const arrival_plan& plan, std::int64_t position);

// The highest rate of the plan, in calls per second.
double peak_rate(const arrival_plan& plan);

}  // namespace stampede
