// What the client makes of an attempt's end: its kind, and whether and where it tries again.
#include <fmt/format.h>

#include <algorithm>

#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/promises.hpp"

namespace stampede {
namespace {

// An attempt, with what its model had been through in this call.
struct place_in_call {
  std::uint32_t on_model = 0;       // attempts with it so far, this one included
  std::uint32_t on_row = 0;         // the same since the backoff last began anew
  std::uint32_t server_errors = 0;  // of them
  duration wait_before{0};
  instant begun = never;  // of the round: the call's start, or where an outer layer began anew
};

bool whole(const call_story& c) {
  return c.sent.size() == c.attempts.size() && c.ended.size() == c.attempts.size();
}

// Some layer around the policy takes it for a failure of its own, with waits like this one.
bool taken_by_a_layer(const client_policy& policy, const attempt_record& a) {
  for (const client_policy& layer : policy.outer) {
    if (promised_kind(layer, a.result, a.status, false) != classification::transient) continue;
    for (std::uint32_t k = 0; layer.max_attempts == 0 ? k < 64 : k + 1 < layer.max_attempts; ++k) {
      const wait_bounds wait = promised_wait(layer.backoff, k, duration::zero());
      if (a.wait >= wait.least && a.wait <= wait.most) return true;
    }
  }
  return false;
}

// The one decision that a transient end allows, and why; `retry` may yet be too late.
bool decision_fits(const call_story& c, std::size_t i, const place_in_call& at) {
  const client_policy& p = c.policy();
  const attempt_record& a = c.attempts[i];
  const instant last = promised_last_start(p, at.begun, c.intended());
  const bool used_up = p.max_attempts != 0 && at.on_model >= p.max_attempts;
  const bool too_many_errors =
      a.result == outcome::server_error && p.server_error_retries >= 0 &&
      at.server_errors > static_cast<std::uint32_t>(p.server_error_retries);
  if (a.waits_for == wait_reason::layer) return taken_by_a_layer(p, a);
  const wait_bounds own =
      promised_wait(promised_backoff(p, a.result), at.on_row - 1, at.wait_before);
  const promised_pause pause = promised_after(p.retry_after, own, a.retry_after);
  if (a.decided == decision::retry)
    return !used_up && !too_many_errors && !pause.stop && after(a.ended, a.wait) <= last;
  const bool last_model = c.chain(i) + 1u == c.group->client.models.size();
  if (a.decided != (last_model || a.ended > last ? decision::give_up : decision::fall_back))
    return false;
  const bool may = !used_up && !too_many_errors;
  // Too late for the longest wait there could have been.
  const bool too_late = after(a.ended, pause.wait.most) > last;
  switch (a.why) {
    case stop_reason::attempts_used: return used_up;
    case stop_reason::code_limit: return !used_up && too_many_errors;
    case stop_reason::time_budget: return may && !pause.stop && too_late;
    case stop_reason::retry_after:
      return may && a.retry_after != no_duration && p.retry_after.use != retry_after_use::ignore &&
             (pause.stop || too_late);
    case stop_reason::breaker: return may && p.breaker.exists();
    case stop_reason::retry_budget: return may && p.retry_budget.kind != retry_budget_kind::none;
    default: return false;
  }
}

void check_decision(const call_story& c, std::size_t i, const place_in_call& at, ruling& r) {
  const attempt_record& a = c.attempts[i];
  bool fits = false;
  if (c.ended[i]->cancelled && a.result != outcome::timed_out) {
    fits = a.decided == decision::ignore;
  } else if (a.why == stop_reason::deadline) {
    fits = a.decided == decision::ignore && a.ended == promised_deadline(c.policy(), c.intended());
  } else {
    switch (a.kind) {
      case classification::success: fits = a.decided == decision::deliver; break;
      case classification::persistent:
        fits = a.waits_for == wait_reason::layer
                   ? a.decided == decision::retry && taken_by_a_layer(c.policy(), a)
                   : a.decided == decision::give_up && a.why == stop_reason::persistent;
        break;
      case classification::transient: fits = decision_fits(c, i, at); break;
    }
  }
  r.that(fits, [&] {
    return fmt::format("{}: {} ({}), number {} with its model; decided {} because {}, wait {} ns",
                       name_of(c, a.attempt, a.sent), stampede::name_of(a.result),
                       stampede::name_of(a.kind), at.on_model, stampede::name_of(a.decided),
                       stampede::name_of(a.why), a.wait.count());
  });
}

}  // namespace

void check_classification(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    if (!whole(c)) continue;
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const attempt_record& a = c.attempts[i];
      const client_fact& end = *c.ended[i];
      if (a.decided == decision::ignore) continue;
      const classification kind =
          promised_kind(c.policy(), end.result, end.status, end.partial, end.should_retry);
      r.that(a.kind == kind, [&] {
        return fmt::format("{}: {} with status {}{} is {}, not {}", name_of(c, a.attempt, a.sent),
                           stampede::name_of(end.result), end.status,
                           end.partial ? ", partly delivered," : "", stampede::name_of(kind),
                           stampede::name_of(a.kind));
      });
      // An answer other than a 200 says no more than its status, once it is whole.
      if (end.status == 0 || end.status == 200 || end.cancelled) continue;
      // But a request that is too long for the model, which its text tells.
      const bool too_long =
          end.result == outcome::context_overflow && (end.status == 400 || end.status == 422);
      r.that(too_long || end.result == promised_outcome(end.status), [&] {
        return fmt::format("{}: status {} came to {}", name_of(c, a.attempt, a.sent), end.status,
                           stampede::name_of(end.result));
      });
    }
  }
}

void check_decisions(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    if (!whole(c) || !rounds_are_told(c.policy())) continue;
    place_in_call at{.begun = c.started()};
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const bool layer = i > 0 && c.attempts[i - 1].waits_for == wait_reason::layer;
      if (layer) at.begun = after(c.attempts[i - 1].ended, c.attempts[i - 1].wait);
      if (i == 0 || layer || c.chain(i) != c.chain(i - 1)) at = {.begun = at.begun};
      ++at.on_model;
      ++at.on_row;
      if (c.attempts[i].result == outcome::server_error) ++at.server_errors;
      check_decision(c, i, at, r);
      at.wait_before = c.attempts[i].wait;
      if (begins_anew(c.policy(), c.attempts[i])) at.on_row = 0, at.wait_before = {};
    }
  }
}

void check_time_budget(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    if (!c.policy().outer.empty()) continue;  // rounds have budgets of their own
    const instant last = promised_last_start(c.policy(), c.started(), c.intended());
    if (last == never) continue;
    for (const client_fact* f : c.sent)
      r.that(f->at <= last, [&] {
        return fmt::format("{}: sent after the call's time was over at {}",
                           name_of(c, f->attempt, f->at), in_text(last));
      });
  }
}

void check_fallback(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    if (!whole(c)) continue;
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const attempt_record& a = c.attempts[i];
      const auto& models = c.group->client.models;
      const auto told = [&] {
        return fmt::format("{}: model number {} of the chain, after number {}",
                           name_of(c, a.attempt, a.sent), c.chain(i), i ? c.chain(i - 1) : 0);
      };
      if (!r.that(c.chain(i) < models.size(), told)) continue;
      r.that(a.model == models[c.chain(i)].id && a.fallback == (c.chain(i) > 0), told);
      if (!c.policy().outer.empty()) continue;  // a layer begins at the first model again
      const bool breaker = c.policy().breaker.exists() || c.policy().remembers();
      if (i == 0) {
        r.that(c.chain(i) == 0 || breaker, told);
      } else if (c.attempts[i - 1].decided == decision::fall_back) {
        r.that(c.chain(i) == c.chain(i - 1) + 1 || (breaker && c.chain(i) > c.chain(i - 1)), told);
      } else {
        r.that(c.chain(i) == c.chain(i - 1) || (breaker && c.chain(i) > c.chain(i - 1)), told);
      }
    }
  }
}

}  // namespace stampede
