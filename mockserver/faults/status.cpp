// status: answers a valid chat request with an error, at once.
//   status      = 500      (needed) 400 to 599
//   retry_after = "none"   or a time
//   message     = the service's text for the status
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class status_fault final : public fault {
 public:
  explicit status_fault(config_reader& read) {
    read.need("status");
    status_ = static_cast<std::int16_t>(read.integer("status", 400, 599).value_or(500));
    retry_after_ = read_retry_after(read, no_duration);
    message_ = read.text("message").value_or("");
  }

  fault_stage stage() const override { return fault_stage::admission; }

  std::optional<plan_edit> apply(const fault_case&) override {
    return answer_now{status_, retry_after_, message_};
  }

  std::string describe() const override { return in_words(status_, retry_after_); }

  std::vector<duration> delays() const override {
    if (retry_after_ == no_duration) return {};
    return {retry_after_};
  }

 private:
  std::int16_t status_ = 500;
  duration retry_after_ = no_duration;
  std::string message_;
};

}  // namespace

std::unique_ptr<fault> make_status(config_reader& read) {
  return std::make_unique<status_fault>(read);
}

}  // namespace stampede
