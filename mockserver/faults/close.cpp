// close: the connection ends with a close (FIN) instead of an answer, or inside one.
//   wait   = "0s"   after the request came; nothing has been sent by then
//   cut_at = "40%"  of the body's bytes, or a number of them: the answer begins first. Without
//                   it no answer begins
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class close_fault final : public fault {
 public:
  explicit close_fault(config_reader& read) : break_(read, ending::truncated) {}

  fault_stage stage() const override { return break_.stage(); }
  const plan_edit* apply(const fault_case&) override { return &edit_; }
  std::string describe() const override { return break_.in_words(); }
  std::vector<duration> delays() const override { return break_.delays(); }

 private:
  break_option break_;
  plan_edit edit_ = break_.edit();
};

}  // namespace

std::unique_ptr<fault> make_close(config_reader& read) {
  return std::make_unique<close_fault>(read);
}

}  // namespace stampede
