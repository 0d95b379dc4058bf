// missing_finish: everything generated arrives, but the answer does not say that it is over.
//   leave_out = "finish_reason"  it is null
//               "done"           a stream ends without [DONE] (message_stop); an answer in one
//                                piece has no such thing, so its finish_reason is null
//               "both"           a stream's last chunk and [DONE] do not come
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class missing_finish_fault final : public fault {
 public:
  explicit missing_finish_fault(config_reader& read)
      : tail_(read.choice<answer_tail>("leave_out", {{"finish_reason", answer_tail::no_reason},
                                                     {"done", answer_tail::no_done},
                                                     {"both", answer_tail::neither}})
                  .value_or(answer_tail::neither)) {}

  fault_stage stage() const override { return fault_stage::response; }
  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    switch (tail_) {
      case answer_tail::no_reason: return "200 without a finish_reason";
      case answer_tail::no_done: return "200 without [DONE]";
      default: return "200 without finish_reason and [DONE]";
    }
  }

 private:
  answer_tail tail_;
  plan_edit edit_ = leave_out{tail_};
};

}  // namespace

std::unique_ptr<fault> make_missing_finish(config_reader& read) {
  return std::make_unique<missing_finish_fault>(read);
}

}  // namespace stampede
