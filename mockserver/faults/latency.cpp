// latency: the request reaches the service late, as behind a slow gateway. It holds no slot
// meanwhile and nothing is sent.
//   add = "2s"   (needed) or a distribution
#include "core/units.hpp"
#include "mockserver/faults/options.hpp"

namespace stampede {
namespace {

class latency_fault final : public fault {
 public:
  explicit latency_fault(config_reader& read) {
    read.need("add");
    add_ = read.times("add").value_or(distribution{});
  }

  fault_stage stage() const override { return fault_stage::admission; }

  const plan_edit* apply(const fault_case& request) override {
    edit_ = delay_start{duration{sample(add_, request.bits(0))}};
    return &edit_;
  }

  std::string describe() const override {
    return "reaches the service " + length_in_words() + " late" +
           (add_.kind == distribution_kind::constant ? "" : " on average");
  }

  std::vector<duration> delays() const override { return {mean()}; }

 private:
  std::string length_in_words() const {
    return add_.kind == distribution_kind::constant ? to_text(mean()) : to_short_text(mean());
  }

  duration mean() const { return duration{static_cast<std::int64_t>(mean_of(add_))}; }

  distribution add_;
  plan_edit edit_;
};

}  // namespace

std::unique_ptr<fault> make_latency(config_reader& read) {
  return std::make_unique<latency_fault>(read);
}

}  // namespace stampede
