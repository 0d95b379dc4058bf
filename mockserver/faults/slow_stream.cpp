// slow_stream: the answer is generated slowly, whatever the server's speed. A stream comes token
// by token at that rate; an answer in one piece comes as much later.
//   tokens_per_second = 1
#include <fmt/format.h>

#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class slow_stream_fault final : public fault {
 public:
  explicit slow_stream_fault(config_reader& read)
      : tokens_per_second_(read.number("tokens_per_second", 0.001, 1e9).value_or(1)) {}

  fault_stage stage() const override { return fault_stage::response; }
  const plan_edit* apply(const fault_case&) override { return &edit_; }
  std::string describe() const override {
    return fmt::format("200 at {:g} tokens/s", tokens_per_second_);
  }

 private:
  double tokens_per_second_;
  plan_edit edit_ = slow_generation{tokens_per_second_};
};

}  // namespace

std::unique_ptr<fault> make_slow_stream(config_reader& read) {
  return std::make_unique<slow_stream_fault>(read);
}

}  // namespace stampede
