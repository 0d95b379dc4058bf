// Raw records as NDJSON: one JSON object a line, in the order they were written.
//
// Every object has "record": "attempt" | "call" | "exchange"; the last line is "record":
// "report" and holds the run.json of the run. Instants are milliseconds from the start of the run,
// to the nanosecond; null for what never came. Money is dollars, exact to the pico-dollar.
// The same as CSV: one head with the columns of all three kinds, empty cells for what a kind does
// not have; without the last line. Deterministic.
//
// Use: `const record_lines lines(info);  lines.append(text, attempt);`
#pragma once

#include <string>
#include <string_view>

#include "core/records.hpp"
#include "reports/report.hpp"
#include "reports/run_info.hpp"

namespace stampede {

class record_lines {
 public:
  explicit record_lines(const run_info& info) : info_(info) {}

  void append(std::string& out, const attempt_record& r) const;
  void append(std::string& out, const call_record& r) const;
  void append(std::string& out, const exchange_record& r) const;

 private:
  std::string group(std::uint16_t number) const;

  const run_info& info_;
};

// The last line of the file.
std::string report_line(const report& r);

std::string record_csv_head();
// Lines as `record_lines` wrote them, as CSV.
std::string record_csv(std::string_view lines);

}  // namespace stampede
