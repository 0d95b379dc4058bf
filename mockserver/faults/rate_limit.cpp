// rate_limit: 429 with Retry-After, the way a limiter does it that remembers whom it sent away.
//   retry_after = "20s"    or "none"; its other shapes: options.hpp
//   admit       = "5/s"    requests let through while the window lasts; absent: none
//   burst       = 5        of them at one instant; absent: a second's worth
//   scope       = "call"   who is sent away: the call, its "instance", or the API "key"
//   message     = the service's text
// Whoever was sent away and comes back before Retry-After is over is refused again, also when
// the window has closed meanwhile, and told what remains. Whoever waited meets capacity as it
// is then: the admitted rate inside the window, and the server's slots.
#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "mockserver/call_ledger.hpp"
#include "mockserver/faults/caller_table.hpp"
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

enum class limit_scope : std::uint8_t { call, instance, key };

class rate_limit_fault final : public fault {
 public:
  explicit rate_limit_fault(config_reader& read)
      : retry_(read, std::chrono::seconds(20)), callers_(told()) {
    if (const auto rate = read.rate("admit")) {
      const double gap_ns = 1e9 / *rate;
      gap_ = duration{std::max<std::int64_t>(1, static_cast<std::int64_t>(gap_ns + 0.5))};
      burst_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(*rate));
    }
    if (const auto burst = read.integer("burst", 1, 1'000'000'000)) {
      if (gap_ == duration::zero()) read.fail("burst", "'burst' needs 'admit'");
      burst_ = *burst;
    }
    scope_ = read.choice<limit_scope>("scope", {{"call", limit_scope::call},
                                                {"instance", limit_scope::instance},
                                                {"key", limit_scope::key}})
                 .value_or(limit_scope::call);
    knows_first_ = scope_ == limit_scope::call && told() <= call_ledger::memory;
    message_ = read.text("message").value_or("");
    edit_ = answer_now{429, retry_.advice(), message_, {}};
  }

  fault_stage stage() const override { return fault_stage::admission; }

  const plan_edit* recall(const fault_case& request) override {
    // Whoever asks for the first time, as the server remembers it, has not been sent away.
    if (!remembers_ || (knows_first_ && request.attempt == 1)) return nullptr;
    const instant until = callers_.until(caller(request), request.now);
    return until <= request.now ? nullptr : refusal(until - request.now);
  }

  const plan_edit* apply(const fault_case& request) override {
    if (admits(request.now)) return nullptr;
    if (remembers_) callers_.refuse(caller(request), request.now);
    return refusal(retry_.wait());
  }

  void prefetch(const call_identity& call) const override {
    if (remembers_ && scope_ == limit_scope::call)
      callers_.prefetch(call_entity(call.instance, call.call));
  }

  std::string describe() const override {
    std::string text = "429" + retry_.in_words();
    if (gap_ > duration::zero()) {
      text += fmt::format(", {:g}/s admitted", 1e9 / static_cast<double>(gap_.count()));
    }
    return text;
  }

  std::vector<duration> delays() const override { return retry_.delays(); }

 private:
  const plan_edit* refusal(duration wait) {
    std::get<answer_now>(edit_).retry.wait = wait;
    return &edit_;
  }

  // Whoever is told whole seconds is refused for whole seconds.
  duration told() const { return told_wait(retry_.wait(), retry_.advice().as); }

  std::uint64_t caller(const fault_case& r) const {
    switch (scope_) {
      case limit_scope::call: return call_entity(r.identity.instance, r.identity.call);
      case limit_scope::instance: return r.identity.instance;
      case limit_scope::key: return r.key_number;
    }
    return 0;
  }

  // A token bucket, kept as the instant at which it will be full again (GCRA).
  bool admits(instant now) {
    if (gap_ == duration::zero()) return false;
    full_at_ = std::max(full_at_, now);
    if (full_at_ - now > gap_ * (burst_ - 1)) return false;
    full_at_ += gap_;
    return true;
  }

  retry_option retry_;
  duration gap_{0};  // between admissions; 0: none
  std::int64_t burst_ = 1;
  limit_scope scope_ = limit_scope::call;
  std::string message_;
  plan_edit edit_;
  instant full_at_{};
  caller_table callers_;
  bool remembers_ = told() > duration::zero();
  bool knows_first_ = false;
};

}  // namespace

std::unique_ptr<fault> make_rate_limit(config_reader& read) {
  return std::make_unique<rate_limit_fault>(read);
}

}  // namespace stampede
