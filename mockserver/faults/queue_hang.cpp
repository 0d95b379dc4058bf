// queue_hang: the request is accepted and nothing happens. As the service does under load, the
// 200 is sent at once and keep-alive bytes follow (SSE comments, or blank lines); in the end
// comes the answer, or not.
//   hold             = "60s"      how long, or a distribution
//   keep_alive_every = "12.4s"
//   silent           = false      true: not even the 200 is sent
//   then             = "answer"   goes on to compete for a slot
//                      "close"    the connection closes
//                      "reset"    or is reset
//                      "empty"    a 200 with nothing in it
//                      "error"    an error inside the 200
//                      "429", "503"   silent holds only: a status once sent cannot change
#include "core/units.hpp"
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

using after_hold = hold_request::after;

struct end_of_hold {
  after_hold what = after_hold::answer;
  std::int16_t status = 503;
};

class queue_hang_fault final : public fault {
 public:
  explicit queue_hang_fault(config_reader& read) {
    hold_ = read.times("hold").value_or(distribution{distribution_kind::constant, 60e9, 0});
    const bool silent = read.flag("silent").value_or(false);
    const auto every = read.time("keep_alive_every", duration{1});
    if (silent && every) read.fail("keep_alive_every", "a silent hold has no keep-alive bytes");
    every_ = silent ? duration::zero() : every.value_or(std::chrono::milliseconds(12'400));
    const end_of_hold end = read.choice<end_of_hold>("then", {{"answer", {after_hold::answer, 503}},
                                                              {"close", {after_hold::close, 503}},
                                                              {"reset", {after_hold::reset, 503}},
                                                              {"empty", {after_hold::empty, 503}},
                                                              {"error", {after_hold::error, 503}},
                                                              {"429", {after_hold::refuse, 429}},
                                                              {"503", {after_hold::refuse, 503}}})
                                .value_or(end_of_hold{});
    then_ = end.what;
    status_ = end.status;
    if (then_ == after_hold::refuse && !silent) {
      read.fail("then",
                "the 200 has been sent by then: only a hold with 'silent = true' can end "
                "in another status");
    }
  }

  fault_stage stage() const override { return fault_stage::admission; }

  const plan_edit* apply(const fault_case& request) override {
    edit_ = hold_request{duration{sample(hold_, request.bits(0))}, every_, then_, status_};
    return &edit_;
  }

  std::string describe() const override {
    const std::string what = every_ == duration::zero()
                                 ? "held silently for "
                                 : "held with a keep-alive every " + to_text(every_) + " for ";
    return what + length_in_words() +
           (hold_.kind == distribution_kind::constant ? "" : " on average") + end_in_words();
  }

  std::vector<duration> delays() const override {
    if (every_ == duration::zero()) return {mean()};
    return {mean(), every_};
  }

 private:
  std::string length_in_words() const {
    return hold_.kind == distribution_kind::constant ? to_text(mean()) : to_short_text(mean());
  }

  duration mean() const { return duration{static_cast<std::int64_t>(mean_of(hold_))}; }

  std::string end_in_words() const {
    switch (then_) {
      case after_hold::answer: return ", then answered";
      case after_hold::close: return ", then closed";
      case after_hold::reset: return ", then reset";
      case after_hold::empty: return ", then an empty 200";
      case after_hold::error: return ", then an error inside the 200";
      case after_hold::refuse: return ", then " + std::to_string(status_);
    }
    return {};
  }

  distribution hold_;
  duration every_{0};
  after_hold then_ = after_hold::answer;
  std::int16_t status_ = 503;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_queue_hang(config_reader& read) {
  return std::make_unique<queue_hang_fault>(read);
}

}  // namespace stampede
