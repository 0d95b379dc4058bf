// malformed_json: a 200 whose JSON is broken in the middle, and comes to its end. In a stream
// that is the JSON of one event.
//   cut_at = "50%"      of the body's bytes, or a number of them: the quotation mark found there,
//                       or next, ...
//   how    = "quote"    is left out
//            "control"  is followed by a byte no JSON text may hold (0x01)
#include <fmt/format.h>

#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class malformed_json_fault final : public fault {
 public:
  explicit malformed_json_fault(config_reader& read)
      : part_(read_part(read, "bytes", 1'000'000'000, "50%")) {
    spoil_body edit;
    edit.bytes = part_.number;
    edit.fraction = part_.fraction;
    edit.how = read.choice<spoiling>("how", {{"quote", spoiling::quote_missing},
                                             {"control", spoiling::control_byte}})
                   .value_or(spoiling::quote_missing);
    edit_ = edit;
  }

  fault_stage stage() const override { return fault_stage::response; }
  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    return fmt::format("200 whose JSON is broken after {}", in_words(part_, "bytes"));
  }

 private:
  part_option part_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_malformed_json(config_reader& read) {
  return std::make_unique<malformed_json_fault>(read);
}

}  // namespace stampede
