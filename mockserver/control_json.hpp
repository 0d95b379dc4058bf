// What the control API shows, as JSON text. Private to control.
// Pure. Use: `journal_json(view, entries)`
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mockserver/attempt_journal.hpp"
#include "mockserver/page.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

struct control_view {
  const server_model& model;
  const attempt_journal& seen;
  const wire_facts& wire;
  instant now{};
  std::uint64_t keys_from = 0;  // entries beyond this number have keys that `model` knows
  std::string_view scenario;
  std::uint64_t loads = 1;
  std::string_view problem;
};

std::string error_json(std::string_view message);
std::string faults_json(const control_view& v);
std::string fault_json(const control_view& v, std::uint16_t index);
std::string accounts_json(const control_view& v);
std::string date_json(const control_view& v);
std::string journal_json(const control_view& v, std::span<const journal_entry> entries);
std::string state_json(const control_view& v);

}  // namespace stampede
