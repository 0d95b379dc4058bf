// insufficient_resource: a 200 whose generation ends early for lack of capacity, with finish_reason
// insufficient_system_resource. Whole as HTTP and as JSON. The tokens generated are counted and
// billed; whether the service bills them is not known.
//   cut_at = "50%"     of the answer's tokens, or a number of them; nothing is cut off an answer
//                      that has no more
#include <fmt/format.h>

#include "deepseek/models.hpp"
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class insufficient_resource_fault final : public fault {
 public:
  explicit insufficient_resource_fault(config_reader& read)
      : part_(read_part(read, "tokens", deepseek::most_output_tokens, "50%")) {
    cut_generation cut;
    cut.tokens = static_cast<std::int32_t>(part_.number);
    cut.fraction = part_.fraction;
    edit_ = cut;
  }

  fault_stage stage() const override { return fault_stage::response; }

  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    return fmt::format("200 whose generation ends after {}, for lack of resources",
                       in_words(part_, "tokens"));
  }

 private:
  part_option part_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_insufficient_resource(config_reader& read) {
  return std::make_unique<insufficient_resource_fault>(read);
}

}  // namespace stampede
