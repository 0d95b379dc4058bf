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
  explicit outage_fault(config_reader& read) {
    status_ = static_cast<std::int16_t>(read.integer("status", 500, 599).value_or(503));
    retry_after_ = read_retry_after(read, no_duration);
    message_ = read.text("message").value_or("");
  }

  fault_stage stage() const override { return fault_stage::edge; }

  std::optional<plan_edit> apply(const fault_case&) override {
    return answer_now{status_, retry_after_, message_};
  }

  std::string describe() const override {
    return "outage: " + in_words(status_, retry_after_) + " for everybody";
  }

  std::vector<duration> delays() const override {
    if (retry_after_ == no_duration) return {};
    return {retry_after_};
  }

 private:
  std::int16_t status_ = 503;
  duration retry_after_ = no_duration;
  std::string message_;
};

}  // namespace

std::unique_ptr<fault> make_outage(config_reader& read) {
  return std::make_unique<outage_fault>(read);
}

}  // namespace stampede
