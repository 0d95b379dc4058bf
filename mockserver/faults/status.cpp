// status: answers a valid chat request with an error, at once.
//   status      = 500      (needed) 400 to 599
//   retry_after = "none"   see options.hpp, also for its other shapes
//   should_retry = true    x-should-retry: true, or false; absent: no such header
//   message     = the service's text for the status
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class status_fault final : public fault {
 public:
  explicit status_fault(config_reader& read) : retry_(read, no_duration) {
    read.need("status");
    status_ = static_cast<std::int16_t>(read.integer("status", 400, 599).value_or(500));
    message_ = read.text("message").value_or("");
    if (const auto told = read.flag("should_retry"))
      hint_ = *told ? retry_hint::yes : retry_hint::no;
    edit_ = answer_now{status_, retry_.advice(), message_, {}, hint_};
  }

  fault_stage stage() const override { return fault_stage::admission; }

  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    const std::string text = std::to_string(status_) + retry_.in_words();
    if (hint_ == retry_hint::none) return text;
    return text + (hint_ == retry_hint::yes ? ", x-should-retry: true" : ", x-should-retry: false");
  }

  std::vector<duration> delays() const override { return retry_.delays(); }

 private:
  std::int16_t status_ = 500;
  retry_hint hint_ = retry_hint::none;
  retry_option retry_;
  std::string message_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_status(config_reader& read) {
  return std::make_unique<status_fault>(read);
}

}  // namespace stampede
