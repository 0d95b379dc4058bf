// reset: the connection ends with a reset (RST) instead of an answer, or inside one.
//   wait   = "0s"   after the request came; nothing has been sent by then
//   cut_at = "40%"  of the body's bytes, or a number of them: the answer begins first. Without
//                   it no answer begins
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class reset_fault final : public fault {
 public:
  explicit reset_fault(config_reader& read) : break_(read, ending::reset) {}

  fault_stage stage() const override { return break_.stage(); }
  const plan_edit* apply(const fault_case&) override { return &edit_; }
  std::string describe() const override { return break_.in_words(); }
  std::vector<duration> delays() const override { return break_.delays(); }

 private:
  break_option break_;
  plan_edit edit_ = break_.edit();
};

}  // namespace

std::unique_ptr<fault> make_reset(config_reader& read) {
  return std::make_unique<reset_fault>(read);
}

}  // namespace stampede
