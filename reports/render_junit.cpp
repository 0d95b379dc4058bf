#include "reports/render_junit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/text.hpp"

namespace stampede {
namespace {

// XML 1.0 has no place for control characters, not even escaped.
std::string safe(const std::string& text) {
  std::string out = html_escaped(as_utf8(text));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

struct test_case {
  std::string name;
  verdict_result result = verdict_result::pass;
  std::string message;
};

// Over replications an expectation fails where it failed in any of them.
std::vector<test_case> cases_of(const report& r) {
  std::vector<test_case> cases;
  for (const verdict& v : r.verdicts) {
    std::string message = v.value;
    if (!v.margin.empty()) message += ", " + v.margin;
    if (!v.interval.empty()) message += ", 95% interval " + v.interval;
    if (!v.why.empty()) message += ": " + v.why;
    cases.push_back({name_of(v) + " " + v.limit, v.result, std::move(message)});
  }
  for (const replicated_verdict& v : r.over.verdicts)
    cases.push_back({name_of(v) + " in every replication",
                     v.judged == 0        ? verdict_result::inconclusive
                     : v.held == v.judged ? verdict_result::pass
                                          : verdict_result::fail,
                     held_text(v)});
  return cases;
}

}  // namespace

std::string render_junit(const report& r) {
  const std::vector<test_case> cases = cases_of(r);
  const auto with = [&cases](verdict_result result) {
    return std::ranges::count(cases, result, &test_case::result);
  };
  const std::string suite = safe(r.info.scenario);
  const auto counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\"",
                                  cases.size(), with(verdict_result::fail),
                                  with(verdict_result::inconclusive), to_seconds(r.info.measured));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"stampede\" {}>\n", counts);
  out += fmt::format("  <testsuite name=\"{}\" {}>\n    <properties>\n", suite, counts);
  const auto property = [&out](const char* name, const std::string& value) {
    out += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, safe(value));
  };
  property("engine", r.info.engine);
  property("seed", fmt::format("{}", r.info.seed));
  property("fingerprint", r.info.fingerprint);
  property("service_date", moment_text(r.info.service_date));
  out += "    </properties>\n";
  for (const test_case& c : cases) {
    out +=
        fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", suite, safe(c.name));
    if (c.result == verdict_result::pass) {
      out += "/>\n";
      continue;
    }
    const char* element = c.result == verdict_result::fail ? "failure" : "error";
    out += fmt::format(">\n      <{0} type=\"{1}\" message=\"{2}\"/>\n    </testcase>\n", element,
                       name_of(c.result), safe(c.message));
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace stampede
