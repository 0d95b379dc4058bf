// stall: the answer begins, then no byte comes any more and the connection stays open.
//   cut_at = "50%"      of the body's bytes, or a number of them; a shorter body does not stall
//   hold   = "60s"      how long; absent: for ever, until the client leaves
//   then   = "answer"   after the hold the rest comes at once
//            "close"    or the connection closes
//            "reset"    or it is reset
#include <fmt/format.h>

#include "core/units.hpp"
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

struct end_of_stall {
  bool resumes = true;
  ending how = ending::clean;
  std::string_view words = "the rest comes";
};

class stall_fault final : public fault {
 public:
  explicit stall_fault(config_reader& read) {
    part_ = read_part(read, "bytes", 1'000'000'000, "50%");
    cut_.bytes = part_.number;
    cut_.fraction = part_.fraction;
    cut_.how = ending::silent;
    const auto hold = read.time("hold", duration{1});
    const auto end = read.choice<end_of_stall>(
        "then", {{"answer", {}},
                 {"close", {false, ending::truncated, "the connection closes"}},
                 {"reset", {false, ending::reset, "the connection is reset"}}});
    if (end && !hold) read.fail("then", "'then' needs a 'hold': without it a stall has no end");
    if (hold) {
      cut_.pause = *hold;
      end_ = end.value_or(end_of_stall{});
      cut_.resumes = end_.resumes;
      cut_.how = end_.how;
    }
    edit_ = cut_;
  }

  fault_stage stage() const override { return fault_stage::response; }
  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    const std::string where = "200 that stalls after " + in_words(part_, "bytes");
    if (cut_.how == ending::silent) return where;
    return fmt::format("{} for {}, then {}", where, to_text(cut_.pause), end_.words);
  }

  std::vector<duration> delays() const override {
    if (cut_.pause == duration::zero()) return {};
    return {cut_.pause};
  }

 private:
  part_option part_;
  cut_body cut_;
  end_of_stall end_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_stall(config_reader& read) {
  return std::make_unique<stall_fault>(read);
}

}  // namespace stampede
