#include "mockserver/live/mock_service.hpp"

#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "mockserver/live/web_assets.hpp"

namespace stampede {

namespace asio = boost::asio;

mock_service::mock_service(server_settings settings, std::vector<fault_rule> faults,
                           const mock_service_options& options, record_sink& records)
    : clock_(options.speed), options_(options), journal_(&records), records_(records) {
  if (options_.control) {
    options_.control->live_page = web::live_html;
    control_ = std::make_unique<control>(*options_.control, journal_);
  }
  model_ = make_model(std::move(settings), std::move(faults));
  listener_ = std::make_unique<listener>(io_, model_, clock_, with_pages());
  listener_->start();
  thread_ = std::thread([this] { io_.run(); });
}

listen_options mock_service::with_pages() const {
  listen_options listen = options_.listen;
  if (control_) listen.pages = control_.get();
  return listen;
}

std::shared_ptr<server_model> mock_service::make_model(server_settings settings,
                                                       std::vector<fault_rule> faults) {
  record_sink& to = control_ ? static_cast<record_sink&>(journal_) : records_;
  auto model = std::make_shared<server_model>(std::move(settings), std::move(faults), options_.seed,
                                              options_.replication, to);
  model->observe(options_.observer);
  return model;
}

std::string mock_service::url() const {
  return (options_.listen.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(port());
}

template <class Work>
auto mock_service::on_its_thread(Work work) {
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto done = task.get_future();
  // After stop() there is no other thread to wait for.
  if (!thread_.joinable()) {
    task();
  } else {
    asio::post(io_, [&task] { task(); });
  }
  return done.get();
}

mock_service::activity mock_service::seen() {
  return on_its_thread([this] {
    activity all = former_;
    all.requests += model_->requests();
    all.open += model_->open();
    for (const auto& weak : before_) {
      if (const auto model = weak.lock()) all.open += model->open();
    }
    return all;
  });
}

void mock_service::replace(server_settings settings, std::vector<config_table> faults,
                           std::string name) {
  on_its_thread([&] {
    const instant now = clock_.now();
    std::vector<fault_rule> rules = parse_faults(faults, now);
    former_.requests += model_->requests();
    before_.push_back(model_);
    std::erase_if(before_, [](const auto& weak) { return weak.expired(); });
    model_ = make_model(started_at(std::move(settings), now), std::move(rules));
    listener_->replace(model_);
    if (control_) control_->note_load(std::move(name), {});
  });
}

void mock_service::keep(std::string problem) {
  on_its_thread([&] {
    if (control_) control_->note_load({}, std::move(problem));
  });
}

control_reply mock_service::control_request(std::string method, std::string target,
                                            std::string body) {
  return on_its_thread([&]() -> control_reply {
    const std::string token = "Bearer " + options_.control->token;
    const header_field headers[] = {{"host", "localhost"}, {"authorization", token}};
    const wire_facts facts{listener_->connections(), 0, listener_->lateness(0.99)};
    page p =
        control_->answer({.method = method, .target = target, .headers = headers, .body = body},
                         *model_, facts, clock_.now());
    return {p.status, std::move(p.body)};
  });
}

void mock_service::script(const std::function<void(server_model&, instant)>& work) {
  on_its_thread([&] { work(*model_, clock_.now()); });
}

std::vector<journal_entry> mock_service::journal() {
  return on_its_thread([this] { return journal_.after(0, attempt_journal::most_entries); });
}

void mock_service::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    listener_->stop();
    work_.reset();
  });
  thread_.join();
}

}  // namespace stampede
