#include "harness/observed_calls.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "client/classify.hpp"
#include "deepseek/models.hpp"
#include "mockserver/request.hpp"

namespace stampede {
namespace {

// The server counts a call's attempts on for at least as long.
constexpr duration longest_gap = std::chrono::minutes(10);
// A client's next attempt may overtake the end of the connection it left.
constexpr duration overtaking = std::chrono::milliseconds(50);

struct seen_call {
  std::uint32_t instance = 0;
  std::uint32_t serial = 0;
  std::vector<const exchange_record*> attempts;

  bool is_over() const {
    const outcome last = attempts.back()->told;
    return last == outcome::success || last == outcome::length_limit;
  }
  bool may_go_on_with(const exchange_record& x) const {
    const exchange_record& last = *attempts.back();
    const duration slack = last.peer_left ? overtaking : duration::zero();
    return !is_over() && last.ended <= x.arrived + slack && x.arrived - last.ended < longest_gap;
  }
};

class caller_book {
 public:
  void add(const exchange_record& x) {
    auto& of_same = by_content_[{x.by_header, x.instance, x.call}];
    if (!x.by_header) std::erase_if(of_same, [this](std::size_t c) { return calls_[c].is_over(); });
    for (auto one = of_same.rbegin(); one != of_same.rend(); ++one) {
      if (!x.by_header && !calls_[*one].may_go_on_with(x)) continue;
      calls_[*one].attempts.push_back(&x);
      return;
    }
    const auto number = static_cast<std::uint32_t>(instances_.size());
    const auto instance = instances_.emplace(std::pair{x.by_header, x.instance}, number).first;
    if (serials_.size() < instances_.size()) serials_.push_back(0);
    of_same.push_back(calls_.size());
    calls_.push_back({instance->second, serials_[instance->second]++, {&x}});
  }

  const std::vector<seen_call>& calls() const { return calls_; }
  std::uint32_t instances() const { return static_cast<std::uint32_t>(instances_.size()); }

 private:
  std::map<std::tuple<bool, std::uint32_t, std::uint32_t>, std::vector<std::size_t>> by_content_;
  std::map<std::pair<bool, std::uint32_t>, std::uint32_t> instances_;
  std::vector<std::uint32_t> serials_;  // the next of each instance
  std::vector<seen_call> calls_;        // in the order they began
};

stop_reason why_it_ended(const exchange_record& last, classification kind) {
  if (kind == classification::success) return stop_reason::success;
  if (last.peer_left) return stop_reason::cancelled;
  return kind == classification::persistent ? stop_reason::persistent : stop_reason::attempts_used;
}

attempt_record attempt_of(const seen_call& c, std::size_t k) {
  const exchange_record& x = *c.attempts[k];
  const client_policy policy;
  attempt_record a;
  a.instance = {c.instance};
  a.call = c.serial;
  a.attempt = static_cast<std::uint16_t>(std::min<std::size_t>(k + 1, 0xffff));
  a.model = x.model;
  a.fallback = x.model != c.attempts.front()->model;
  if (k > 0) {
    const exchange_record& before = *c.attempts[k - 1];
    const bool told_to_wait = before.retry_after != no_duration && before.model == x.model;
    a.early = told_to_wait && x.arrived < after(before.ended, before.retry_after);
  }
  a.sent = x.arrived;
  a.ended = x.ended;
  a.status = x.status;
  // Who left and came again did not wait any longer.
  const bool came_again = x.told == outcome::cancelled && k + 1 < c.attempts.size();
  a.result = came_again ? outcome::timed_out : x.told;
  a.kind = classify(a.result, x.status, policy);
  a.retry_after = x.retry_after;
  a.usage = x.usage;
  a.estimate = a.charge = x.charge;
  if (k + 1 == c.attempts.size()) {
    a.why = why_it_ended(x, a.kind);
    a.decided = a.why == stop_reason::success ? decision::deliver : decision::give_up;
    return a;
  }
  const exchange_record& next = *c.attempts[k + 1];
  a.decided = next.model == x.model ? decision::retry : decision::fall_back;
  a.wait = std::max(duration::zero(), next.arrived - x.ended);
  const bool obeyed = x.retry_after > duration::zero() && a.wait >= x.retry_after;
  a.waits_for = obeyed ? wait_reason::retry_after : wait_reason::backoff;
  return a;
}

call_record call_of(const seen_call& c, const attempt_record& last) {
  call_record r;
  r.instance = last.instance;
  r.call = c.serial;
  r.attempts = last.attempt;
  r.model = last.model;
  r.fallback = last.fallback;
  r.intended = r.started = c.attempts.front()->arrived;
  r.ended = last.ended;
  r.result = last.result;
  r.why = last.why;
  for (const exchange_record* x : c.attempts) r.estimate += x->charge;
  return r;
}

}  // namespace

observed observe_calls(std::vector<exchange_record> exchanges, record_sink& to) {
  std::stable_sort(exchanges.begin(), exchanges.end(),
                   [](const auto& a, const auto& b) { return a.arrived < b.arrived; });
  caller_book book;
  for (const exchange_record& x : exchanges) {
    if (generates(static_cast<route>(x.route))) book.add(x);
  }
  observed o;
  std::array<std::uint64_t, deepseek::model_count> of_model{};
  for (const seen_call& c : book.calls()) {
    attempt_record last;
    for (std::size_t k = 0; k < c.attempts.size(); ++k) {
      last = attempt_of(c, k);
      to.on_attempt(last);
    }
    to.on_call(call_of(c, last));
    ++(c.attempts.front()->by_header ? o.calls_by_header : o.calls_by_content);
    ++of_model[c.attempts.front()->model];
  }
  for (const exchange_record& x : exchanges) to.on_exchange(x);
  o.instances = book.instances();
  o.model = static_cast<std::uint8_t>(std::max_element(of_model.begin(), of_model.end()) -
                                      of_model.begin());
  return o;
}

}  // namespace stampede
