// What was billed, to whom, and what a report makes of it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "deepseek/prices.hpp"
#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/server_reading.hpp"
#include "harness/workload.hpp"

namespace stampede {
namespace {

pico_usd promised_price(const token_usage& u, std::uint8_t model, deepseek::date on) {
  const deepseek::token_price p = deepseek::price_at(static_cast<deepseek::model_id>(model), on);
  return {u.hit * p.hit.value + u.miss * p.miss.value + u.output * p.output.value};
}

// The service's date moves with the run.
deepseek::date at_that_moment(const run_plan& plan, instant t) {
  return plan.server.date + std::chrono::floor<std::chrono::seconds>(t - run_start);
}

std::string in_tokens(const token_usage& u) {
  return fmt::format("{} hit, {} miss, {} output tokens", u.hit, u.miss, u.output);
}

// What the workload declared is what is billed: all of it for a whole answer, less of its
// output for one that was not finished, nothing for one that was not worked on.
bool billing_fits(const run_plan& plan, const exchange_record& x, bool ends_early,
                  const token_usage& declared) {
  const token_usage nothing;
  if (x.started == never) return x.usage == nothing;
  if (x.whole && !ends_early) return x.usage == declared;
  if (x.usage == nothing)
    return x.peer_left && !plan.server.bill_abandoned &&
           plan.server.abandoned == abandoned_work::drop;
  return x.usage.hit == declared.hit && x.usage.miss == declared.miss &&
         x.usage.output <= declared.output;
}

pico_usd charged(const exchange_record* x) { return x ? x->charge : pico_usd{}; }

// Counted again, the plain way.
struct recount {
  std::int64_t calls = 0, successes = 0, call_attempts = 0;
  std::int64_t attempts = 0, retries = 0, early = 0, fallbacks = 0;
  std::array<std::int64_t, outcome_count> by_outcome{};
  pico_usd billed;
};

recount count_again(const evidence& seen, std::optional<std::uint16_t> group) {
  recount n;
  for (const call_record& c : seen.calls) {
    if (group && c.group != *group) continue;
    ++n.calls;
    n.call_attempts += c.attempts;
    if (c.result == outcome::success) ++n.successes;
  }
  for (const attempt_record& a : seen.attempts) {
    if (group && a.group != *group) continue;
    ++n.attempts;
    if (a.attempt > 1) ++n.retries;
    if (a.early) ++n.early;
    if (a.fallback) ++n.fallbacks;
    ++n.by_outcome[static_cast<std::size_t>(a.result)];
    n.billed += a.charge;
  }
  return n;
}

void check_population(const population& p, const recount& n, const std::string& whose, ruling& r) {
  const auto same = [&](std::string_view what, std::int64_t told, std::int64_t counted) {
    r.that(told == counted,
           [&] { return fmt::format("{}: {} {}, counted again {}", whose, told, what, counted); });
  };
  same("calls", p.calls.calls, n.calls);
  same("successes", p.calls.successes, n.successes);
  same("attempts", p.retries.attempts, n.attempts);
  same("attempts by the call records", p.retries.attempts, n.call_attempts);
  same("retries", p.retries.retries, n.retries);
  same("early retries", p.retries.early, n.early);
  same("fallbacks", p.retries.fallbacks, n.fallbacks);
  for (int o = 0; o < outcome_count; ++o)
    same(stampede::name_of(static_cast<outcome>(o)),
         p.retries.by_outcome[static_cast<std::size_t>(o)],
         n.by_outcome[static_cast<std::size_t>(o)]);
  same("pico-dollars billed", p.cost.billed.value, n.billed.value);
  pico_usd causes;
  for (const pico_usd cause : p.cost.by_cause) causes += cause;
  same("pico-dollars by cause", causes.value, n.billed.value);
  const auto amplification = p.amplification();
  r.that(amplification.has_value() == (n.calls > 0), [&] { return whose + ": amplification"; });
  if (amplification)
    r.that(*amplification == static_cast<double>(n.attempts) / static_cast<double>(n.calls), [&] {
      return fmt::format("{}: amplification {}, {} attempts of {} calls", whose, *amplification,
                         n.attempts, n.calls);
    });
}

}  // namespace

void check_billing(const case_file& file, ruling& r) {
  const run_plan& plan = *file.seen.plan;
  const std::vector<fault_reading> faults = read_faults(plan);
  for (const exchange_record& x : file.seen.exchanges) {
    const fault_reading* const f =
        x.fault >= 0 ? &faults[static_cast<std::size_t>(x.fault)] : nullptr;
    // A stall that ends begins when the answer is cut and billed.
    const bool stalls = f && x.started != never && (f->kind == "stall" || f->kind == "sequence");
    const instant billed = stalls ? x.started + x.busy : x.ended;
    r.that(x.charge == promised_price(x.usage, x.model, at_that_moment(plan, billed)), [&] {
      return fmt::format("{}: {} pico-dollars for {}", name_of(x), x.charge.value,
                         in_tokens(x.usage));
    });
    const token_usage declared = declared_usage(file.seen.group_of(x.instance).plan.workload,
                                                {plan.seed, 0, x.instance}, x.call);
    const bool ends_early = f && (f->kind == "insufficient_resource" || f->kind == "error_event" ||
                                  f->kind == "sequence");
    r.that(billing_fits(plan, x, ends_early, declared), [&] {
      return fmt::format("{}: billed {}, declared {}", name_of(x), in_tokens(x.usage),
                         in_tokens(declared));
    });
  }
  for (const attempt_record& a : file.seen.attempts)
    r.that(a.estimate == promised_price(a.usage, a.model, at_that_moment(plan, a.ended)), [&] {
      return fmt::format("instance {}, call {}, attempt {}: estimates {} pico-dollars for {}",
                         a.instance.value, a.call, a.attempt, a.estimate.value, in_tokens(a.usage));
    });
}

void check_ledger(const case_file& file, ruling& r) {
  const requests_by_call requests(file.seen);
  pico_usd of_attempts;
  pico_usd of_exchanges;
  for (const exchange_record& x : file.seen.exchanges) of_exchanges += x.charge;
  for (const call_story& c : file.calls) {
    const auto serials = requests.of(c.instance, c.call);
    pico_usd estimated;
    for (std::size_t k = 0; k < c.attempts.size(); ++k) {
      const attempt_record& a = c.attempts[k];
      of_attempts += a.charge;
      estimated += a.estimate;
      const exchange_record* x = k < serials.size() ? exchange_of(file.seen, serials[k]) : nullptr;
      r.that(a.charge == charged(x), [&] {
        return fmt::format("{}: charged {} pico-dollars, the ledger {}",
                           name_of(c, a.attempt, a.sent), a.charge.value, charged(x).value);
      });
      r.that(a.usage == token_usage{} || (x && a.usage == x->usage), [&] {
        return fmt::format("{}: told of {}", name_of(c, a.attempt, a.sent), in_tokens(a.usage));
      });
    }
    for (const call_record& call : c.records)
      r.that(call.estimate == estimated,
             [&] { return name_of(c) + ": its estimate is not the sum of its attempts'"; });
  }
  r.that(of_attempts == of_exchanges, [&] {
    return fmt::format("attempts were charged {} pico-dollars, exchanges {}", of_attempts.value,
                       of_exchanges.value);
  });
}

void check_measures(const case_file& file, ruling& r) {
  const measures& m = file.seen.numbers;
  const recount whole = count_again(file.seen, std::nullopt);
  check_population(m.whole, whole, "the fleet", r);
  for (std::size_t g = 0; g < m.groups.size(); ++g)
    check_population(m.groups[g].numbers, count_again(file.seen, static_cast<std::uint16_t>(g)),
                     m.groups[g].info.name, r);
  ledger_measures again;
  for (const exchange_record& x : file.seen.exchanges) {
    ++again.exchanges;
    again.charged += x.charge;
    again.hit_tokens += x.usage.hit;
    again.miss_tokens += x.usage.miss;
    again.output_tokens += x.usage.output;
  }
  const ledger_measures& l = m.ledger;
  r.that(l.exchanges == again.exchanges && l.charged == again.charged &&
             l.hit_tokens == again.hit_tokens && l.miss_tokens == again.miss_tokens &&
             l.output_tokens == again.output_tokens && l.hit + l.miss + l.output == again.charged,
         [&] {
           return fmt::format(
               "the ledger has {} exchanges and {} pico-dollars, counted again {} and {}",
               l.exchanges, l.charged.value, again.exchanges, again.charged.value);
         });
}

}  // namespace stampede
