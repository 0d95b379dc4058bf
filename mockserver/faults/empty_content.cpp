// empty_content: a 200 with nothing in its content, finished with "stop". Its tokens are
// counted and billed as if they had been there.
//   content = ""   or white space only
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class empty_content_fault final : public fault {
 public:
  explicit empty_content_fault(config_reader& read) {
    content_ = read.text("content").value_or("");
    if (content_.find_first_not_of(" \t\r\n") != std::string::npos) {
      read.fail("content", "'content' must be empty or white space");
    }
    edit_ = blank_content{content_};
  }

  fault_stage stage() const override { return fault_stage::response; }

  const plan_edit* apply(const fault_case&) override { return &edit_; }

  std::string describe() const override {
    return content_.empty() ? "200 with empty content" : "200 with blank content";
  }

 private:
  std::string content_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_empty_content(config_reader& read) {
  return std::make_unique<empty_content_fault>(read);
}

}  // namespace stampede
