// error_event: an error after the 200: in a stream an event with the error envelope instead of
// the rest, and no [DONE]; in one piece a 200 whose body is the envelope. The tokens generated
// until then are billed.
//   cut_at  = "50%"   of the answer's tokens, or a number of them: where the error comes
//   status  = 503     whose text it carries, 400 to 599
//   message = the service's text for the status
#include <fmt/format.h>

#include "deepseek/models.hpp"
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class error_event_fault final : public fault {
 public:
  explicit error_event_fault(config_reader& read)
      : part_(read_part(read, "tokens", deepseek::most_output_tokens, "50%")),
        status_(static_cast<std::int16_t>(read.integer("status", 400, 599).value_or(503))),
        message_(read.text("message").value_or("")) {
    fail_generation edit;
    edit.after.tokens = static_cast<std::int32_t>(part_.number);
    edit.after.fraction = part_.fraction;
    edit.status = status_;
    edit.message = message_;
    edit_ = edit;
  }

  fault_stage stage() const override { return fault_stage::response; }

  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    return fmt::format("200 that turns into the error of a {} after {}", status_,
                       in_words(part_, "tokens"));
  }

 private:
  part_option part_;
  std::int16_t status_;
  std::string message_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_error_event(config_reader& read) {
  return std::make_unique<error_event_fault>(read);
}

}  // namespace stampede
