// What a serving mock remembers of the attempts it saw: the last ones, counts of them all, and
// what came in each of the last seconds. A sink for the server's records.
//
// Of fixed size: a ring of records and a ring of seconds; once every kind of answer has been
// seen, an attempt allocates nothing. Time is scenario time. Deterministic.
//
// Use: attempt_journal seen;  server_model model(..., seen);
//      for (const journal_entry& e : seen.after(0, 100)) ...
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "core/records.hpp"

namespace stampede {

struct journal_entry {
  std::uint64_t number = 0;  // from 1, counts on over all attempts
  exchange_record seen;
};

// How an attempt ended, coarsely: the colours of a chart.
enum class attempt_class : std::uint8_t {
  success,
  rate_limited,  // 429
  overloaded,    // 503
  client_error,  // any other 4xx
  failed,        // any other 5xx, or a 200 that was cut, blank or broken
  left,          // the client went away first
};
inline constexpr int attempt_class_count = 6;
std::string_view name_of(attempt_class c);
attempt_class class_of(const exchange_record& r);

class attempt_journal : public record_sink {
 public:
  static constexpr std::size_t most_entries = 4096;
  static constexpr std::size_t seconds = 180;
  // Upper ends of the classes of the time to an attempt's end; the last class has none.
  static constexpr std::array<double, 13> time_bounds_s = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                           1,     2.5,  5,     10,   60,  600};

  // What is counted apart.
  struct kind {
    std::int16_t status = 0;  // 0: the client left before there was one
    bool by_fault = false;
    std::uint8_t fault_kind = 0;
    outcome told = outcome::success;
    friend auto operator<=>(const kind&, const kind&) = default;
  };
  struct second {
    std::int64_t at = -1;  // of scenario time
    std::array<std::uint32_t, attempt_class_count> arrivals{};
  };
  struct totals {
    std::uint64_t attempts = 0;
    std::uint64_t by_header = 0;
    std::uint64_t hit_tokens = 0;
    std::uint64_t miss_tokens = 0;
    std::uint64_t output_tokens = 0;
    pico_usd charge;
    duration time{0};  // from arrival to end, summed
    std::array<std::uint64_t, time_bounds_s.size() + 1> by_time{};
    std::map<kind, std::uint64_t> by_kind;
  };

  // Every record is passed on to `next`, where there is one.
  explicit attempt_journal(record_sink* next = nullptr) : ring_(most_entries), next_(next) {}

  void on_attempt(const attempt_record&) override {}
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record& r) override;

  const totals& all() const { return all_; }
  std::uint64_t last_number() const { return numbers_; }
  // Those with a higher number that are still remembered, at most `most`, the oldest first.
  std::vector<journal_entry> after(std::uint64_t number, std::size_t most) const;
  // The last ones, the newest first.
  std::vector<journal_entry> latest(std::size_t most) const;
  // The seconds up to `now`, the oldest first, silent ones too.
  std::vector<second> recent(instant now, std::size_t most) const;

  // Forgets attempts and counts; numbers count on.
  void reset();

 private:
  std::vector<exchange_record> ring_;
  record_sink* next_;
  std::uint64_t numbers_ = 0;    // of the last entry
  std::uint64_t forgotten_ = 0;  // entries up to this number are gone
  std::array<second, seconds> seconds_{};
  totals all_;
};

}  // namespace stampede
