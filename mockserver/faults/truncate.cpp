// truncate: a 200 whose body ends early, its JSON (or stream) in the middle.
//   cut_at = "50%"     of the body's bytes, or a number of bytes; nothing is cut off a body
//                      that is shorter
//   ending = "clean"   the cut body is a whole HTTP message, as when a model runs out of tokens
//            "close"   fewer bytes than promised, then the connection closes
//            "reset"   the same with a reset
#include <fmt/format.h>

#include "core/units.hpp"
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class truncate_fault final : public fault {
 public:
  explicit truncate_fault(config_reader& read) {
    cut_.how = read.choice<ending>("ending", {{"clean", ending::clean},
                                              {"close", ending::truncated},
                                              {"reset", ending::reset}})
                   .value_or(ending::clean);
    const config_entry* at = read.source().find("cut_at");
    if (at && std::holds_alternative<std::int64_t>(at->value.data)) {
      cut_.bytes = *read.integer("cut_at", 0, 1'000'000'000);
      return;
    }
    const std::string text = read.text("cut_at").value_or("50%");
    const auto fraction = parse_percent(text);
    if (!fraction) read.fail("cut_at", "'cut_at' must be a number of bytes or like \"40%\"");
    cut_.fraction = *fraction;
  }

  fault_stage stage() const override { return fault_stage::response; }

  std::optional<plan_edit> apply(const fault_case&) override { return cut_; }

  std::string describe() const override {
    const std::string where = cut_.bytes >= 0
                                  ? fmt::format("{} bytes", cut_.bytes)
                                  : fmt::format("{:g} % of its bytes", cut_.fraction * 100);
    const std::string_view how = cut_.how == ending::clean       ? ""
                                 : cut_.how == ending::truncated ? ", then a close"
                                                                 : ", then a reset";
    return fmt::format("200 whose body ends after {}{}", where, how);
  }

 private:
  cut_body cut_;
};

}  // namespace

std::unique_ptr<fault> make_truncate(config_reader& read) {
  return std::make_unique<truncate_fault>(read);
}

}  // namespace stampede
