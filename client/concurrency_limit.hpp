// How many attempts of an instance may be under way at once, with a queue for the others (the
// guide's "request queue"). Pure; who waits, and runs next, is client_instance's business.
//
//   fixed  always `limit`
//   aimd   starts at `limit`; a drop (429, 503, timeout, broken connection) or an attempt longer
//   than
//          `slow_after` makes it floor(limit * backoff), any other end limit + 1 where at
//          least half of the limit was in use; always within [least, most]
//          (Netflix concurrency-limits, AIMDLimit: 20, [20, 200], 0.9, 5 s)
//
// Use: if (limit.has_room(n)) send; else if (queue has room) wait;
#pragma once

#include <cstdint>

#include "core/instant.hpp"
#include "core/records.hpp"

namespace stampede {

enum class concurrency_kind : std::uint8_t { none, fixed, aimd };

struct concurrency_policy {
  concurrency_kind kind = concurrency_kind::none;
  std::uint32_t limit = 20;
  std::uint32_t least = 1;           // aimd
  std::uint32_t most = 200;          // aimd
  std::int32_t backoff_milli = 900;  // aimd
  duration slow_after{0};            // aimd; 0: none is slow
  std::uint32_t queue = 100;         // attempts that may wait
  duration queue_timeout{0};         // of one; 0: as long as its call may

  friend bool operator==(const concurrency_policy&, const concurrency_policy&) = default;
};

class concurrency_limit {
 public:
  explicit concurrency_limit(const concurrency_policy& policy) : limit_(policy.limit) {}

  bool has_room(std::uint32_t under_way) const { return under_way < limit_; }
  // An attempt ended, one of `under_way`, itself included.
  void on_end(const concurrency_policy& policy, outcome result, duration took,
              std::uint32_t under_way);

  std::uint32_t limit() const { return limit_; }

 private:
  std::uint32_t limit_;
};

}  // namespace stampede
