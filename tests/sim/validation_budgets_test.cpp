// Validation case V3, the rows with a retry budget and with a breaker, on
// scenarios/validation/metastable.toml with a stall of 10 s; budget and breaker are the group's.
// The longest runs: tests/long/validation_budgets_test.cpp.
#include "tests/sim/budgets.hpp"

namespace stampede {
namespace {

// The first failures are the timeouts of what was sent into the stall, a second after its begin;
// the breaker then opens again at every probe that times out. Seconds from the stall's end.
struct breaker_row {
  int open_for;  // seconds
  double expected;
};

constexpr breaker_row breaker_rows[] = {{5, 2}, {30, 21}, {60, 51}};

storm_case behind_a_breaker(int load, int open_for) {
  return {.load = load,
          .length = 400,
          .more = {"client.breaker = { failures = 5, count_timeouts = true, shared = true, "
                   "open_for = \"" +
                   std::to_string(open_for) + "s\" }"}};
}

TEST(ValidationBudgets, ABreakerEndsTheStormWhenItCloses) {
  for (const breaker_row& row : breaker_rows)
    for (const int load : {280, 290}) {
      int metastable = 0;
      double sum = 0, recovered = 0;
      for (std::uint32_t r = 0; r < 10; ++r) {
        const storm_end e = run_storm(behind_a_breaker(load, row.open_for), r);
        metastable += e.metastable;
        if (!e.recovery) continue;
        sum += *e.recovery;
        ++recovered;
      }
      std::printf("  %d/s, open for %d s: expected %.0f s, measured %.2f s; %d of 10 metastable\n",
                  load, row.open_for, row.expected, sum / recovered, metastable);
      // The probe is a second on its way into the stall and is sent when somebody calls next.
      EXPECT_NEAR(sum / recovered, row.expected, 1) << load << "/s, " << row.open_for << " s";
      EXPECT_LE(metastable, load == 290 && row.open_for == 60 ? 1 : 0);
    }
}

TEST(ValidationBudgets, ABudgetBringsRecoveryWhereItsShareFits) {
  for (const budget_row& row : {budget_row{250, 50, 60}, budget_row{250, 100, 96.5}})
    expect_budget_recovery(row);
}

TEST(ValidationBudgets, AQuotaThatOnlySuccessesFillRunsDryAndEndsTheStorm) {
  for (const int load : {200, 250, 280}) {
    storm_case c{.load = load, .length = 600, .more = {}};
    expect_all(c, 1, true);
    c.more = {"client.retry_budget = { kind = \"aws\", capacity = 100 }"};
    expect_all(c, 3, false);
  }
}

}  // namespace
}  // namespace stampede
