// Keeps the records of one thread of a run, and folds both sides' records together.
//
// The client's attempts and the server's exchanges meet by (instance, call, attempt): the
// ledger's charge is joined to the attempt it was made for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/records.hpp"
#include "harness/files.hpp"
#include "reports/render_records.hpp"

namespace stampede {

class record_log : public record_sink {
 public:
  void on_attempt(const attempt_record& r) override { attempts.push_back(r); }
  void on_call(const call_record& r) override { calls.push_back(r); }
  void on_exchange(const exchange_record& r) override { exchanges.push_back(r); }

  std::vector<attempt_record> attempts;
  std::vector<call_record> calls;
  std::vector<exchange_record> exchanges;
};

// Passes every record on to two sinks.
class record_tee : public record_sink {
 public:
  record_tee(record_sink& first, record_sink& second) : first_(first), second_(second) {}
  void on_attempt(const attempt_record& r) override { first_.on_attempt(r), second_.on_attempt(r); }
  void on_call(const call_record& r) override { first_.on_call(r), second_.on_call(r); }
  void on_exchange(const exchange_record& r) override {
    first_.on_exchange(r), second_.on_exchange(r);
  }

 private:
  record_sink& first_;
  record_sink& second_;
};

// Writes every record to a file as it comes, as NDJSON, or as CSV where the name ends in .csv: see
// reports/render_records.hpp. The file appears under its name when it is kept. Throws
// std::system_error.
class record_file : public record_sink {
 public:
  record_file(const std::filesystem::path& path, const run_info& info)
      : file_(path), lines_(info), csv_(path.extension() == ".csv") {
    if (csv_) file_.write(record_csv_head());
  }
  void on_attempt(const attempt_record& r) override { lines_.append(buffer_, r), flush(1 << 20); }
  void on_call(const call_record& r) override { lines_.append(buffer_, r), flush(1 << 20); }
  void on_exchange(const exchange_record& r) override { lines_.append(buffer_, r), flush(1 << 20); }
  void keep(const report& r) {
    flush(0);
    if (!csv_) file_.write(report_line(r));
    file_.keep();
  }

 private:
  void flush(std::size_t beyond) {
    if (buffer_.size() <= beyond) return;
    file_.write(csv_ ? record_csv(buffer_) : buffer_);
    buffer_.clear();
  }

  atomic_file file_;
  record_lines lines_;
  bool csv_;
  std::string buffer_;
};

// Everything in both logs into `to`, attempts with their charges.
void fold_records(record_log client, record_log server, record_sink& to);

}  // namespace stampede
