#include "mockserver/control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "core/loopback.hpp"
#include "core/units.hpp"
#include "mockserver/accounts.hpp"
#include "mockserver/control_json.hpp"
#include "mockserver/json_table.hpp"
#include "mockserver/metrics.hpp"

namespace stampede {
namespace {

constexpr std::string_view base = "/_stampede";
constexpr std::string_view reading = "GET, HEAD";
constexpr std::size_t most_body = 1U << 20;
constexpr std::size_t most_at_once = 1000;

page told(std::int16_t status, std::string body) {
  page p;
  p.status = status;
  p.body = std::move(body);
  return p;
}

page wrong_method(std::string_view allow) {
  page p = told(405, error_json(fmt::format("only known here: {}", allow)));
  p.allow = allow;
  return p;
}

// Takes as long for every wrong text of the right length.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(a[i]) ^ static_cast<unsigned>(b[i]);
  }
  return difference == 0;
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "after" of "after=3&limit=10", nothing where it is absent.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals != pair.npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

std::string_view header_of(const page_request& request, std::string_view name) {
  const auto same = [name](std::string_view other) {
    return std::equal(other.begin(), other.end(), name.begin(), name.end(), [](char x, char y) {
      return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
    });
  };
  for (const header_field& h : request.headers) {
    if (same(h.name)) return h.value;
  }
  return {};
}

struct control::asked {
  const page_request& request;
  server_model& model;
  const control_view view;
  std::string_view path;  // below /_stampede, without a slash at its end
  std::string_view query;

  bool is(std::string_view method) const { return request.method == method; }
  bool reads() const { return is("GET") || is("HEAD"); }
};

void control::note_load(std::string name, std::string problem) {
  if (problem.empty()) {
    ++loads_;
    model_began_ = seen_.last_number();
    options_.scenario = std::move(name);
  }
  problem_ = std::move(problem);
}

page control::answer(const page_request& request, server_model& model, const wire_facts& wire,
                     instant now) {
  if (!takes(request.target)) return told(404, error_json("what is here begins with /_stampede/"));
  std::string_view path = request.target.substr(0, request.target.find('?'));
  const std::string_view query =
      request.target.substr(std::min(request.target.size(), path.size() + 1));
  const bool is_metrics = path == "/metrics";
  if (!is_metrics) path.remove_prefix(base.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  page no = refusal(request, path);
  if (no.status != 200) return no;
  const asked what{request,
                   model,
                   {model, seen_, wire, now, model_began_, options_.scenario, loads_, problem_},
                   path,
                   query};
  try {
    if (!is_metrics) return route(what);
    return what.reads() ? metrics_page(what.view) : wrong_method(reading);
  } catch (const config_error& error) {
    return told(400, error_json(error.what()));
  }
}

page control::refusal(const page_request& request, std::string_view path) const {
  const std::string_view host = header_of(request, "host");
  const std::string_view origin = header_of(request, "origin");
  if (!origin.empty() && origin != fmt::format("http://{}", host) &&
      origin != fmt::format("https://{}", host)) {
    return told(403, error_json("a page of another origin may not drive this server"));
  }
  if (request.body.size() > most_body) return told(413, error_json("more than 1 MiB"));
  if (options_.token.empty()) {
    if (is_loopback(without_port(host))) return {};
    return told(403, error_json("without a token only this machine may ask, by a loopback name"));
  }
  if (path == "/ready" || path.empty()) return {};
  constexpr std::string_view bearer = "Bearer ";
  std::string_view given = header_of(request, "authorization");
  if (given.starts_with(bearer)) given.remove_prefix(bearer.size());
  // The first may be the API key of a client that knows nothing of this.
  const std::string_view also_given = header_of(request, "x-stampede-token");
  if (same_secret(given, options_.token) || same_secret(also_given, options_.token)) return {};
  return told(401, error_json("the token of 'serve --token' is needed: Authorization: Bearer ..."));
}

page control::route(const asked& what) {
  const std::string_view path = what.path;
  if (path == "/faults") return faults(what);
  if (path.starts_with("/faults/")) return one_fault(what, path.substr(8));
  if (path.starts_with("/accounts/")) return account(what, path.substr(10));
  if (path == "/date") return date(what);
  if (path == "/reset") {
    if (!what.is("POST")) return wrong_method("POST");
    seen_.reset();
    what.model.start_over(what.view.now);
    return told(200, faults_json(what.view));
  }
  const bool known = path.empty() || path == "/ready" || path == "/state" || path == "/journal" ||
                     path == "/accounts";
  if (!known) {
    return told(404, error_json("there are /_stampede/ready, state, faults, journal, accounts, "
                                "date and reset; see docs/control.md"));
  }
  if (!what.reads()) return wrong_method(reading);
  if (path == "/ready") return told(200, "{\"ready\":true}\n");
  if (path == "/state") return state(what);
  if (path == "/journal") return journal(what);
  if (path == "/accounts") return told(200, accounts_json(what.view));
  page live = told(200, std::string(options_.live_page));
  live.content_type = "text/html; charset=utf-8";
  return live;
}

page control::faults(const asked& what) {
  server_model& model = what.model;
  const instant now = what.view.now;
  if (what.is("GET")) return told(200, faults_json(what.view));
  if (what.is("DELETE")) {
    while (!model.faults_in_force().empty()) model.lift_fault(model.faults_in_force().back());
    return told(200, faults_json(what.view));
  }
  if (!what.is("POST") && !what.is("PUT")) return wrong_method("GET, POST, PUT, DELETE");
  // All are read before the first is added: it is all of them or none.
  std::vector<fault_rule> rules = parse_faults(json_tables(what.request.body, "body"), now);
  const std::size_t room = 32'767 - std::min<std::size_t>(32'767, model.faults().size());
  if (rules.size() > std::min(room, most_at_once)) {
    return told(409, error_json("too many faults have been added; POST /_stampede/reset first"));
  }
  if (what.is("PUT")) {
    while (!model.faults_in_force().empty()) model.lift_fault(model.faults_in_force().back());
  }
  for (fault_rule& rule : rules) model.add_fault(std::move(rule));
  return told(201, faults_json(what.view));
}

page control::one_fault(const asked& what, std::string_view number) {
  const std::vector<std::uint16_t>& there = what.model.faults_in_force();
  const auto index = whole_number(number);
  if (!index || std::find(there.begin(), there.end(), *index) == there.end()) {
    return told(404, error_json(fmt::format("no fault in force has the number '{}'", number)));
  }
  const auto at = static_cast<std::uint16_t>(*index);
  if (what.is("GET")) return told(200, fault_json(what.view, at));
  if (what.is("PUT")) {
    what.model.replace_fault(at, fault_rule(json_table(what.request.body, "body"), what.view.now));
    return told(200, fault_json(what.view, at));
  }
  if (!what.is("DELETE")) return wrong_method("GET, PUT, DELETE");
  what.model.lift_fault(at);
  return told(200, faults_json(what.view));
}

page control::account(const asked& what, std::string_view name) {
  accounts& books = what.model.books();
  const auto number = books.named(name);
  if (!number) return told(404, error_json(fmt::format("no account is called '{}'", name)));
  if (!what.is("POST")) return wrong_method("POST");
  const config_table table = json_table(what.request.body, "body");
  config_reader read(table);
  const auto amount = read.text("top_up");
  const bool take_all = read.flag("empty").value_or(false);
  read.done();
  if (amount.has_value() == take_all) {
    read.fail("top_up", "say either {\"top_up\": \"5.00\"} or {\"empty\": true}");
  }
  if (take_all) {
    books.take_all(*number);
    return told(200, accounts_json(what.view));
  }
  const auto usd = parse_usd(*amount);
  if (!usd)
    read.fail("top_up", fmt::format("'top_up': '{}' is not an amount in dollars, such as "
                                    "\"5.00\"",
                                    *amount));
  if (!books.balance(*number, what.view.now)) {
    return told(
        409, error_json(fmt::format("the money of account '{}' has no end; empty it first", name)));
  }
  if (!books.top_up(*number, *usd, what.view.now))
    return told(409,
                error_json("that is more than an account can hold, some nine million dollars"));
  return told(200, accounts_json(what.view));
}

page control::date(const asked& what) {
  if (what.is("GET")) return told(200, date_json(what.view));
  if (!what.is("POST")) return wrong_method("GET, POST");
  const config_table table = json_table(what.request.body, "body");
  config_reader read(table);
  const auto by = read.time("advance");
  const auto to = read.text("date");
  read.done();
  if (by.has_value() == to.has_value()) {
    read.fail("advance", "say either {\"advance\": \"48h\"} or {\"date\": \"2026-05-22\"}");
  }
  std::chrono::seconds step =
      by ? std::chrono::floor<std::chrono::seconds>(*by) : std::chrono::seconds{0};
  if (to) {
    const auto wanted = deepseek::parse_date(*to);
    if (!wanted) {
      read.fail("date", fmt::format("'date': '{}' is no date, such as \"2026-05-22\" or "
                                    "\"2026-05-22T12:00:00Z\"",
                                    *to));
    }
    step = *wanted - what.model.date_at(what.view.now);
    if (step < std::chrono::seconds{0}) read.fail("date", "the service's date only goes forward");
  }
  what.model.advance_date(step);
  return told(200, date_json(what.view));
}

page control::journal(const asked& what) const {
  const auto after = parameter(what.query, "after");
  const auto limit = parameter(what.query, "limit");
  const auto from = whole_number(after.value_or("0"));
  const auto most = whole_number(limit.value_or("1000"));
  if (!from || !most || *most == 0 || *most > attempt_journal::most_entries) {
    return told(400, error_json("'after' and 'limit' are whole numbers, 'limit' up to 4096"));
  }
  std::vector<journal_entry> entries =
      after ? seen_.after(*from, static_cast<std::size_t>(*most)) : seen_.latest(*most);
  return told(200, journal_json(what.view, entries));
}

page control::state(const asked& what) const { return told(200, state_json(what.view)); }

}  // namespace stampede
