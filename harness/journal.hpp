// What every machine of a run was told and what it decided, line by line (journal_text.hpp),
// behind a head from which the run can be rebuilt without any other file:
//
//   stampede journal 1
//   engine sim
//   seed 7
//   replication 0
//   speed 1
//   path scenarios/library/rate_limit_storm.toml
//   change client.preset%20=%20"guide"        (one a --set, as words of journal_text.hpp)
//   source
//   | name = "rate_limit_storm"               (the scenario's own text, line by line)
//   events
//   ...
//   end 48211                                 (how many lines there are)
//
// API keys are written as stand-ins (key_names.hpp). In a live run the order of a client's
// line and a server's is the order they were written in; that of one machine's own is exact.
//
// Use:  journal to("run.journal", plan, {.engine = "sim"});
//       run_sim(plan, {.journal = &to}, fold);
//       to.keep();
// Errors: std::system_error where the file cannot be written; journal_error where the
// scenario hides a key from masking.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "client/client_instance.hpp"
#include "harness/files.hpp"
#include "harness/journal_text.hpp"
#include "harness/key_names.hpp"
#include "harness/plan.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

// Makes the lines. Clients may be on one thread and the server on another, so `to` may be
// called on both.
class journal_lines : public client_observer, public server_observer {
 public:
  using line_callback = std::function<void(std::string_view line)>;
  using key_callback = std::function<std::string(std::string_view key)>;

  journal_lines(key_callback name_of_key, line_callback to);

  // A sink for the machines: what they record is their decision, too. It hands on to `to`.
  record_sink& tee(record_sink& to);

  void on_start(const client_instance& client, call_id id, const call_request& request, instant now,
                std::span<const client_effect> effects) override;
  void on_event(const client_instance& client, call_id id, const client_event& event, instant now,
                std::span<const client_effect> effects) override;
  void on_stop(const client_instance& client, instant now,
               std::span<const client_effect> effects) override;
  void on_event(const server_model& server, exchange_id id, const server_event& event, instant now,
                std::span<const server_effect> effects) override;

 private:
  class both_sinks;

  void write_client(const client_line& line, std::span<const client_effect> effects, instant next);

  key_callback name_of_key_;
  line_callback to_;
  std::vector<std::unique_ptr<record_sink>> tees_;
  std::string client_records_;  // of the call under way
  std::string server_records_;
  std::string client_text_;
  std::string server_text_;
};

struct journal_head {
  std::string engine;
  std::uint64_t seed = 1;
  std::uint32_t replication = 0;
  double speed = 1;
  std::string path;
  std::string source;
  std::vector<std::string> changes;
};

// The plan that a head describes. Throws config_error.
run_plan plan_of(const journal_head& head);

struct journal_options {
  std::string engine = "sim";
  double speed = 1;
  std::uint32_t replication = 0;
};

class journal : public journal_lines {
 public:
  journal(const std::filesystem::path& file, const run_plan& plan, const journal_options& options);

  // Ends the file and lets it appear under its name.
  void keep();

 private:
  void take(std::string_view line);

  key_names keys_;
  atomic_file file_;
  std::mutex mutex_;
  std::string buffer_;
  std::uint64_t lines_ = 0;
};

// Reads a journal line by line.
class journal_reader {
 public:
  // Throws journal_error "FILE:LINE: what is wrong", here and below.
  explicit journal_reader(const std::filesystem::path& file);

  const journal_head& head() const { return head_; }
  // The next line of the run, until the next call; false at its end.
  bool next(std::string_view& line);
  std::uint64_t line_number() const { return number_; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  bool read_line();
  std::string_view read_key(std::string_view key);
  void read_head();
  void read_source();

  std::string name_;
  std::ifstream in_;
  std::string line_;
  std::uint64_t number_ = 0;
  std::uint64_t events_ = 0;
  journal_head head_;
};

}  // namespace stampede
