// libFuzzer: a request's body through its dialect's reader and the validator, under both profiles
// and three dates.
//
// The first byte chooses the route, the second the date. Held: nothing crashes; a refusal has a
// status the service uses and a text; what is broken JSON to one profile is so to the other; a
// problem has a line and a column within the body; a tool's arguments are a JSON object of 64 KiB
// at most, whatever its schema says.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "mockserver/request.hpp"
#include "mockserver/validation.hpp"

namespace stampede {
namespace {

void hold(bool condition) {
  if (!condition) std::abort();
}

constexpr std::string_view targets[] = {"/chat/completions", "/beta/chat/completions",
                                        "/beta/completions", "/anthropic/v1/messages"};

void check_place(const request_problem& p, std::string_view body) {
  if (p.what == request_problem::kind::none) return;
  hold(!p.reason.empty());
  // serde counts column 0 where a line has just begun.
  const auto lines = static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n')) + 1;
  hold(p.line >= 1 && p.line <= lines && p.column <= body.size() + 1);
}

void check_arguments(const std::string& arguments) {
  if (arguments.empty()) return;
  hold(arguments.size() <= 65 << 10);  // what closes its objects and lists comes on top
  hold(nlohmann::json::parse(arguments, nullptr, false).is_object());
}

void check_profile(const server_request& r, server_profile profile, deepseek::date date) {
  server_settings settings;
  settings.profile = profile;
  settings.date = date;
  std::optional<deepseek::resolved_model> model;
  if (r.chat.has_model) {
    model = r.where == route::messages ? deepseek::resolve_message_model(r.model, date)
                                       : deepseek::resolve_model(r.model, date);
  }
  const auto refused = validate(r, model, settings);
  if (r.problem.what == request_problem::kind::broken_json) hold(refused.has_value());
  if (!refused) return;
  hold(refused->status == 400 || refused->status == 401 || refused->status == 422);
  hold(!refused->message.empty());
}

void run(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return;
  const std::string_view target = targets[data[0] % std::size(targets)];
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const header_field headers[] = {{"Authorization", "Bearer sk-0123456789abcdef"}};
  const server_request r = read_request("POST", target, headers, body);
  check_place(r.problem, body);
  check_arguments(r.chat.tool_arguments);
  const bool is_json = nlohmann::json::accept(body);
  if (r.problem.what == request_problem::kind::none) hold(is_json);
  if (!is_json) hold(r.problem.what == request_problem::kind::broken_json);
  const auto date = deepseek::default_date + std::chrono::hours{24 * 60 * (data[1] % 3)};
  check_profile(r, server_profile::documented, date);
  check_profile(r, server_profile::observed, date);
}

}  // namespace
}  // namespace stampede

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stampede::run(data, size);
  return 0;
}
