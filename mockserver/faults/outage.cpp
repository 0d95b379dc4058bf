// outage: the service is down. Every request on every route gets the error, before its key is
// looked at.
//   status      = 503      500 to 599
//   retry_after = "none"   or a time
//   message     = the service's text for the status
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class outage_fault final : public fault {
 public:
  explicit outage_fault(config_reader& read) : retry_(read, no_duration) {
    status_ = static_cast<std::int16_t>(read.integer("status", 500, 599).value_or(503));
    message_ = read.text("message").value_or("");
    edit_ = answer_now{status_, retry_.advice(), message_, {}};
  }

  fault_stage stage() const override { return fault_stage::edge; }

  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    return "outage: " + std::to_string(status_) + retry_.in_words() + " for everybody";
  }

  std::vector<duration> delays() const override { return retry_.delays(); }

 private:
  std::int16_t status_ = 503;
  retry_option retry_;
  std::string message_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_outage(config_reader& read) {
  return std::make_unique<outage_fault>(read);
}

}  // namespace stampede
