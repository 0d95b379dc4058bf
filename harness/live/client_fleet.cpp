#include "harness/live/client_fleet.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string_view>
#include <system_error>

namespace stampede {
namespace {

// This process's environment with the mock's address and a key in it.
std::vector<std::string> environment_for(const client_command& what, std::uint32_t number) {
  const std::string& key = what.keys[number % what.keys.size()];
  std::map<std::string, std::string, std::less<>> variables;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view text = *one;
    const std::size_t equals = text.find('=');
    if (equals != text.npos)
      variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const char* name : {"DEEPSEEK_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"}) {
    variables[name] = key;
  }
  variables["DEEPSEEK_BASE_URL"] = what.url;
  variables["OPENAI_BASE_URL"] = what.url + "/v1";
  variables["ANTHROPIC_BASE_URL"] = what.url + "/anthropic";
  variables["STAMPEDE_INSTANCE"] = std::to_string(number);
  for (const char* name : {"NO_PROXY", "no_proxy"}) variables[name] = "127.0.0.1";
  std::vector<std::string> all;
  for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
  return all;
}

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

// As waitid has them.
std::string ending_in_words(int code, int status) {
  return code == CLD_EXITED ? fmt::format("exited with status {}", status)
                            : fmt::format("was ended by signal {}", status);
}

}  // namespace

client_fleet::client_fleet(const client_command& what) {
  std::filesystem::create_directories(what.logs);
  try {
    for (std::uint32_t i = 0; i < what.instances; ++i) start(what, i);
  } catch (...) {
    stop(true);
    throw;
  }
}

void client_fleet::start(const client_command& what, std::uint32_t number) {
  const std::string log = (what.logs / fmt::format("instance-{:04}.log", number + 1)).string();
  std::vector<std::string> environment = environment_for(what, number);
  std::vector<char*> variables;
  for (std::string& one : environment) variables.push_back(one.data());
  variables.push_back(nullptr);
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string command = what.command;
  char* const arguments[] = {shell.data(), option.data(), command.data(), nullptr};

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t usual;
  sigemptyset(&usual);
  for (const int number_of : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&usual, number_of);
  posix_spawnattr_setsigdefault(&how, &usual);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  process p;
  const int error = posix_spawn(&p.id, shell.c_str(), &files, &how, arguments, variables.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&how);
  check(error, fmt::format("cannot start client {} with its output in {}", number + 1, log));
  processes_.push_back(p);
  ++running_;
}

bool client_fleet::all_over() {
  for (process& p : processes_) {
    if (p.over) continue;
    siginfo_t ending{};
    // Not reaped yet: its number, and so its group's, must not become another's.
    const int error =
        ::waitid(P_PID, static_cast<id_t>(p.id), &ending, WEXITED | WNOHANG | WNOWAIT);
    if ((error == 0 && ending.si_pid == 0) || (error != 0 && errno == EINTR)) continue;
    p.over = true;
    p.code = ending.si_code;
    p.status = ending.si_status;
    --running_;
  }
  return running_ == 0;
}

void client_fleet::stop(bool at_once) {
  all_over();
  for (process& p : processes_) {
    if (p.reaped) continue;
    // The group of one that is over, too: it may have left something in the background.
    ::kill(-p.id, at_once ? SIGKILL : SIGTERM);
    p.stopped = p.stopped || !p.over;
    if (!at_once) continue;
    while (::waitpid(p.id, nullptr, 0) < 0 && errno == EINTR) {
    }
    p.reaped = true;
    if (!p.over) --running_;
    p.over = true;
  }
}

std::vector<std::string> client_fleet::complaints() const {
  std::map<std::string, std::uint32_t> by_ending;
  for (const process& p : processes_) {
    if (p.status != 0 && !p.stopped) ++by_ending[ending_in_words(p.code, p.status)];
  }
  std::vector<std::string> lines;
  for (const auto& [words, count] : by_ending) {
    lines.push_back(fmt::format("{} of {} clients {}", count, processes_.size(), words));
  }
  return lines;
}

std::vector<std::string> keys_for(const std::vector<std::string>& known, std::uint32_t instances) {
  if (!known.empty()) return known;
  std::vector<std::string> made;
  for (std::uint32_t i = 0; i < instances; ++i) {
    made.push_back(fmt::format("sk-stampede-client-{:06}", i + 1));
  }
  return made;
}

}  // namespace stampede
