#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stampede/mock_server.hpp>
#include <stdexcept>
#include <utility>

#include "mockserver/json_table.hpp"
#include "mockserver/live/mock_service.hpp"

namespace stampede {
namespace {

template <class Work>
auto with_plain_errors(Work work) {
  try {
    return work();
  } catch (const config_error& error) {
    throw std::invalid_argument(error.what());
  }
}

std::chrono::microseconds us(duration d) {
  return std::chrono::duration_cast<std::chrono::microseconds>(d);
}

seen_attempt seen_of(const journal_entry& e) {
  const exchange_record& r = e.seen;
  seen_attempt a;
  a.number = e.number;
  a.call = fmt::format("{}-{}", r.instance, r.call);
  a.call_by_header = r.by_header;
  a.attempt = r.attempt;
  a.route = name_of(static_cast<route>(r.route));
  a.model = deepseek::name_of(static_cast<deepseek::model_id>(r.model));
  a.stream = r.stream;
  a.status = r.status;
  a.outcome = name_of(r.told);
  a.fault = r.fault;
  if (r.fault >= 0) a.fault_kind = fault_kind(r.fault_kind);
  a.client_left = r.peer_left;
  a.arrived = us(r.arrived - run_start);
  a.took = us(r.ended - r.arrived);
  a.retry_after = r.retry_after == no_duration ? std::chrono::microseconds(-1) : us(r.retry_after);
  a.prompt_tokens = r.usage.hit + r.usage.miss;
  a.output_tokens = r.usage.output;
  a.charge_usd = to_usd(r.charge);
  return a;
}

// Counts the records as they come, for whoever waits for them.
class counting_sink final : public record_sink {
 public:
  void on_attempt(const attempt_record&) override {}
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record&) override {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }
  void wait_for(std::uint64_t count, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return count_ >= count; });
  }
  void reset() {
    const std::lock_guard lock(mutex_);
    count_ = 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
};

}  // namespace

struct mock_server::inside {
  explicit inside(const mock_server_options& o)
      : service(with_plain_errors([&] {
                  return parse_server(o.server.empty() ? config_table{}
                                                       : json_table(o.server, "server"));
                }),
                {}, options_of(o, tls), sink) {}

  static mock_service_options options_of(const mock_server_options& o,
                                         std::optional<stampede::certificate>& tls) {
    if (o.tls) tls = make_certificate("127.0.0.1");
    mock_service_options options;
    options.seed = o.seed;
    options.speed = o.speed;
    options.listen.port = o.port;
    options.listen.tls = tls;
    options.control = control_options{{}, {}, "embedded"};
    return options;
  }

  std::uint16_t in_force(const server_model& model, int number) const {
    for (const std::uint16_t index : model.faults_in_force()) {
      if (index == number) return index;
    }
    throw std::invalid_argument(fmt::format("no fault in force has the number {}", number));
  }

  std::optional<stampede::certificate> tls;
  mutable counting_sink sink;
  mutable mock_service service;
};

mock_server::mock_server(const mock_server_options& options)
    : inside_(std::make_unique<inside>(options)) {}
mock_server::~mock_server() = default;

unsigned short mock_server::port() const { return inside_->service.port(); }
std::string mock_server::url() const { return inside_->service.url(); }
std::string mock_server::certificate() const { return inside_->tls ? inside_->tls->chain : ""; }

int mock_server::add_fault(const std::string& json) {
  std::optional<std::uint16_t> number;
  with_plain_errors([&] {
    inside_->service.script([&](server_model& model, instant now) {
      number = model.add_fault(fault_rule(json_table(json, "fault"), now));
    });
  });
  if (!number) throw std::invalid_argument("32767 faults have been added: reset() first");
  return *number;
}

void mock_server::replace_fault(int number, const std::string& json) {
  with_plain_errors([&] {
    inside_->service.script([&](server_model& model, instant now) {
      fault_rule rule(json_table(json, "fault"), now);
      model.replace_fault(inside_->in_force(model, number), std::move(rule));
    });
  });
}

void mock_server::lift_fault(int number) {
  inside_->service.script(
      [&](server_model& model, instant) { model.lift_fault(inside_->in_force(model, number)); });
}

void mock_server::lift_faults() { control("DELETE", "/_stampede/faults"); }

std::uint64_t mock_server::injected(int number) const {
  std::uint64_t taken = 0;
  inside_->service.script([&](server_model& model, instant) {
    if (number < 0 || static_cast<std::size_t>(number) >= model.faults().size()) {
      throw std::invalid_argument(fmt::format("no fault has the number {}", number));
    }
    taken = model.faults()[static_cast<std::size_t>(number)].injected();
  });
  return taken;
}

std::vector<seen_attempt> mock_server::journal() const {
  std::vector<seen_attempt> all;
  for (const journal_entry& e : inside_->service.journal()) all.push_back(seen_of(e));
  return all;
}

std::vector<seen_attempt> mock_server::wait_for_attempts(std::size_t count,
                                                         std::chrono::milliseconds patience) const {
  inside_->sink.wait_for(count, patience);
  return journal();
}

void mock_server::reset() {
  control("POST", "/_stampede/reset");
  inside_->sink.reset();
}

std::string mock_server::control(const std::string& method, const std::string& target,
                                 const std::string& json) {
  control_reply got = inside_->service.control_request(method, target, json);
  if (got.status >= 400) throw std::invalid_argument(got.body);
  return std::move(got.body);
}

void mock_server::stop() { inside_->service.stop(); }

}  // namespace stampede
