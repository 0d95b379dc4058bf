// A scenario's server with its control API, for clients that nobody here wrote: keeps what it
// saw for a report, and takes up its file again when that changes.
//
// Use: served_scenario mock(plan, {.listen = {.port = 8787}});
//      while (...) { pause; for (const auto& line : mock.look_at_file()) say(line); }
//      const report r = mock.finish(false, "clients", {});
// Errors: the constructor throws std::system_error where it cannot listen.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/observed_calls.hpp"
#include "harness/plan.hpp"
#include "harness/recorder.hpp"
#include "mockserver/live/mock_service.hpp"
#include "reports/report.hpp"

namespace stampede {

struct serve_settings {
  listen_options listen{};
  std::string token{};
  std::optional<std::uint64_t> seed{};  // instead of the scenario's
  bool keep_records = false;            // for a report; memory then grows with the requests
  server_observer* observer = nullptr;
};

class served_scenario {
 public:
  // `file`: the scenario's, empty where it is not from one that could change.
  served_scenario(run_plan plan, std::string file, const serve_settings& settings);

  mock_service& service() { return *service_; }
  const run_plan& plan() const { return plan_; }

  // What there is to say about the file: that it was loaded again, or why not. Nothing where it
  // is as it was. Call it a few times a second.
  std::vector<std::string> look_at_file();

  // Stops the server; what it saw as a report, of instances named `group`. Needs keep_records.
  report finish(bool interrupted, const std::string& group, std::vector<std::string> warnings);

 private:
  struct stamp {
    std::filesystem::file_time_type written{};
    std::uintmax_t size = 0;
    friend bool operator==(const stamp&, const stamp&) = default;
  };
  class kept_records final : public record_sink {
   public:
    explicit kept_records(bool wanted) : wanted_(wanted) {}
    void on_attempt(const attempt_record&) override {}
    void on_call(const call_record&) override {}
    void on_exchange(const exchange_record& r) override {
      if (wanted_) exchanges.push_back(r);
    }
    std::vector<exchange_record> exchanges;

   private:
    bool wanted_;
  };

  stamp stamp_of_file() const;
  std::vector<std::string> load_again();

  run_plan plan_;
  std::string file_;
  std::optional<std::uint64_t> seed_;
  stamp loaded_;
  stamp seen_;
  std::uint32_t loads_ = 1;
  kept_records records_;
  std::unique_ptr<mock_service> service_;
};

}  // namespace stampede
