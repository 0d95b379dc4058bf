// wrong_type: a page of another kind than the API's, as a gateway before the service answers. On
// every route, before any key is looked at.
//   status       = 502          200 to 599, but none that has no body
//   content_type = "text/html"
//   body         = the page of a gateway
#include <fmt/format.h>

#include <algorithm>

#include "mockserver/faults/options.hpp"
#include "mockserver/service_texts.hpp"

namespace stampede {
namespace {

class wrong_type_fault final : public fault {
 public:
  explicit wrong_type_fault(config_reader& read)
      : status_(static_cast<std::int16_t>(read.integer("status", 200, 599).value_or(502))),
        content_type_(read.text("content_type").value_or("text/html")),
        retry_(read, no_duration) {
    if (status_ == 204 || status_ == 205 || status_ == 304) {
      read.fail("status",
                "'status' must be from 200 to 599, but not 204, 205 or 304, which have no body");
    }
    const bool one_line = std::all_of(content_type_.begin(), content_type_.end(),
                                      [](char c) { return c >= ' ' && c < 0x7f; });
    if (!one_line || content_type_.empty()) {
      read.fail("content_type", "'content_type' must be like \"text/html\"");
    }
    const std::string title = fmt::format("{} {}", status_, service_text_of(status_).reason);
    body_ = read.text("body").value_or(fmt::format(
        "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
        "<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n",
        title));
    edit_ = answer_now{status_, retry_.advice(), body_, content_type_};
  }

  fault_stage stage() const override { return fault_stage::edge; }

  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    return fmt::format("{} with a page of type {}{}, for everybody", status_, content_type_,
                       retry_.in_words());
  }

  std::vector<duration> delays() const override { return retry_.delays(); }

 private:
  std::int16_t status_;
  std::string content_type_;
  retry_option retry_;
  std::string body_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_wrong_type(config_reader& read) {
  return std::make_unique<wrong_type_fault>(read);
}

}  // namespace stampede
