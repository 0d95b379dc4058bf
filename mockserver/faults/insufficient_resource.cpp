// insufficient_resource: a 200 whose generation ends early for lack of capacity, with finish_reason
// insufficient_system_resource. Whole as HTTP and as JSON. The tokens generated are counted and
// billed; whether the service bills them is not known.
//   cut_at = "50%"     of the answer's tokens, or a number of them; nothing is cut off an answer
//                      that has no more
#include <fmt/format.h>

#include "core/units.hpp"
#include "deepseek/models.hpp"
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class insufficient_resource_fault final : public fault {
 public:
  explicit insufficient_resource_fault(config_reader& read) {
    const config_entry* at = read.source().find("cut_at");
    if (at && std::holds_alternative<std::int64_t>(at->value.data)) {
      cut_.tokens =
          static_cast<std::int32_t>(*read.integer("cut_at", 0, deepseek::most_output_tokens));
      return;
    }
    const std::string text = read.text("cut_at").value_or("50%");
    const auto fraction = parse_percent(text);
    if (!fraction) read.fail("cut_at", "'cut_at' must be a number of tokens or like \"40%\"");
    cut_.fraction = *fraction;
  }

  fault_stage stage() const override { return fault_stage::response; }

  std::optional<plan_edit> apply(const fault_case&) override { return cut_; }

  std::string describe() const override {
    const std::string where = cut_.tokens >= 0
                                  ? fmt::format("{} tokens", cut_.tokens)
                                  : fmt::format("{:g} % of its tokens", cut_.fraction * 100);
    return fmt::format("200 whose generation ends after {}, for lack of resources", where);
  }

 private:
  cut_generation cut_;
};

}  // namespace

std::unique_ptr<fault> make_insufficient_resource(config_reader& read) {
  return std::make_unique<insufficient_resource_fault>(read);
}

}  // namespace stampede
