// Clients that nobody here wrote, as processes: the same command many times, each with the
// mock's address and a key of its own in its environment.
//
// Each runs in a process group of its own, so that stopping it stops what it started; its output
// goes to <logs>/instance-0001.log. Nothing is left running when the fleet is destroyed.
//
// Use: client_fleet clients({.command = "python bot.py", .instances = 50, ...});
//      while (!clients.all_over()) pause();
// Errors: the constructor throws std::system_error where a process or its log cannot be had.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace stampede {

struct client_command {
  std::string command;  // for /bin/sh -c
  std::uint32_t instances = 1;
  std::string url;                // of the mock
  std::vector<std::string> keys;  // instance i presents keys[i % size]
  std::filesystem::path logs;
};

class client_fleet {
 public:
  explicit client_fleet(const client_command& what);
  ~client_fleet() { stop(true); }
  client_fleet(const client_fleet&) = delete;
  client_fleet& operator=(const client_fleet&) = delete;

  // Whether every client has ended. Looks, does not wait.
  bool all_over();
  std::uint32_t running() const { return running_; }
  // Asks those that still run, and what the others left behind, to end; with `at_once` gives them
  // no choice and waits for them.
  void stop(bool at_once);

  // What there is to say about how they ended: those with another status than 0 that were not
  // stopped. After all_over().
  std::vector<std::string> complaints() const;

 private:
  struct process {
    pid_t id = 0;
    bool over = false;
    bool stopped = false;  // before it was over
    bool reaped = false;
    int code = 0;  // this and status: as waitid has them
    int status = 0;
  };
  void start(const client_command& what, std::uint32_t number);

  std::vector<process> processes_;
  std::uint32_t running_ = 0;
};

// The keys of `instances` clients: the server's own, if it names some, else one for each.
std::vector<std::string> keys_for(const std::vector<std::string>& known, std::uint32_t instances);

}  // namespace stampede
