#include "harness/commands/run_clients.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <iostream>
#include <mutex>

#include "core/units.hpp"
#include "harness/commands/command.hpp"
#include "harness/commands/report_files.hpp"
#include "harness/files.hpp"
#include "harness/live/client_fleet.hpp"
#include "harness/live/served_scenario.hpp"
#include "reports/render_json.hpp"
#include "reports/render_terminal.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

// Who is asked to end gets that long to do so.
constexpr duration patience = std::chrono::seconds(5);

std::vector<std::string> known_keys(const server_settings& server) {
  std::vector<std::string> keys = server.api_keys;
  for (const account_settings& a : server.accounts) {
    keys.insert(keys.end(), a.keys.begin(), a.keys.end());
  }
  return keys;
}

void show_progress(served_scenario& mock, const client_fleet& clients, std::uint32_t instances) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::cerr << fmt::format("\r\033[K{}: {}, {} of {} clients over, {} requests",
                           mock.plan().what.name,
                           to_short_text(mock.service().clock().now() - run_start),
                           instances - clients.running(), instances, mock.service().seen().requests)
            << std::flush;
}

// Until all have ended, the scenario's time is over or somebody stops it. Whether somebody did.
bool wait_for(client_fleet& clients, served_scenario& mock, std::uint32_t instances) {
  const scenario& what = mock.plan().what;
  const instant end = after(after(run_start, what.length), what.drain);
  std::mutex mutex;
  std::condition_variable never_notified;
  std::unique_lock lock(mutex);
  const auto ended_by = [&](instant limit, bool stoppable) {
    while (!clients.all_over() && mock.service().clock().now() < limit) {
      if (stoppable && interrupt_flag().load()) return;
      show_progress(mock, clients, instances);
      never_notified.wait_for(lock, std::chrono::milliseconds(50));
    }
  };
  ended_by(end, true);
  const bool stopped = interrupt_flag().load();
  if (!clients.all_over()) {
    clients.stop(false);
    ended_by(after(mock.service().clock().now(), patience), false);
    clients.stop(true);
  }
  if (isatty(STDERR_FILENO) != 0) std::cerr << "\r\033[K" << std::flush;
  return stopped;
}

}  // namespace

int run_clients(const clients_options& o) {
  run_plan plan = build_plan(load_scenario(o.file, o.changes), o.seed);
  const std::filesystem::path out = std::filesystem::path(o.out) / folder_name(plan.what.name);
  prepare_folder(out);
  const std::string group = plan.groups.size() == 1 ? plan.groups.front().plan.name : "clients";
  interrupt_flag();
  served_scenario mock(std::move(plan), "", {.listen = {}, .keep_records = true});
  const std::vector<std::string> known = known_keys(mock.plan().server);
  std::vector<std::string> warnings;
  bool stopped = false;
  {
    client_fleet clients({.command = o.command,
                          .instances = o.instances,
                          .url = mock.service().url(),
                          .keys = keys_for(known, o.instances),
                          .logs = out / "clients"});
    if (!o.json) {
      std::cout << fmt::format("{}: {} x {}, at {}\n", mock.plan().what.name, o.instances,
                               o.command, mock.service().url())
                << std::flush;
    }
    stopped = wait_for(clients, mock, o.instances);
    warnings = clients.complaints();
  }
  if (!known.empty() && known.size() < o.instances) {
    warnings.push_back(
        fmt::format("{} clients share {} keys: requests of the same content under "
                    "one key cannot be told apart",
                    o.instances, known.size()));
  }
  const report r = mock.finish(stopped, group, std::move(warnings));
  write_report(out, r);
  std::cout << (o.json ? render_json(r)
                       : render_terminal(r, {.colour = isatty(STDOUT_FILENO) != 0}) + "\n");
  if (!o.json) std::cout << "report: " << (out / "report.html").string() << "\n";
  return status_of(r);
}

}  // namespace stampede
