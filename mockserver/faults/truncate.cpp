// truncate: a 200 whose body ends early, its JSON (or stream) in the middle.
//   cut_at = "50%"     of the body's bytes, or a number of bytes; nothing is cut off a body
//                      that is shorter
//   inside = "utf8"    from there to the next place inside a UTF-8 sequence of several bytes, ...
//            "escape"  inside a JSON escape, behind its backslash
//            "frame"   inside the JSON of a server-sent event
//            "between" between two of them. Answers so cut are made of words with such places; in
//                      one piece there are no events, and the cut is where cut_at says
//   ending = "clean"   the cut body is a whole HTTP message, as when a model runs out of tokens
//            "close"   fewer bytes than promised, then the connection closes
//            "reset"   the same with a reset
#include <fmt/format.h>

#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class truncate_fault final : public fault {
 public:
  explicit truncate_fault(config_reader& read)
      : part_(read_part(read, "bytes", 1'000'000'000, "50%")) {
    cut_.how = read.choice<ending>("ending", {{"clean", ending::clean},
                                              {"close", ending::truncated},
                                              {"reset", ending::reset}})
                   .value_or(ending::clean);
    cut_.bytes = part_.number;
    cut_.fraction = part_.fraction;
    cut_.inside = read.choice<cut_inside>("inside", {{"utf8", cut_inside::utf8},
                                                     {"escape", cut_inside::escape},
                                                     {"frame", cut_inside::frame},
                                                     {"between", cut_inside::between_frames}})
                      .value_or(cut_inside::anywhere);
    edit_ = cut_;
  }

  fault_stage stage() const override { return fault_stage::response; }

  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    const std::string_view how = cut_.how == ending::clean       ? ""
                                 : cut_.how == ending::truncated ? ", then a close"
                                                                 : ", then a reset";
    return fmt::format("200 whose body ends after {}{}{}", in_words(part_, "bytes"), place(), how);
  }

 private:
  std::string_view place() const {
    switch (cut_.inside) {
      case cut_inside::anywhere: return "";
      case cut_inside::utf8: return ", inside a UTF-8 sequence";
      case cut_inside::escape: return ", inside a JSON escape";
      case cut_inside::frame: return ", inside an event";
      case cut_inside::between_frames: return ", between two events";
    }
    return "";
  }

  part_option part_;
  cut_body cut_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_truncate(config_reader& read) {
  return std::make_unique<truncate_fault>(read);
}

}  // namespace stampede
