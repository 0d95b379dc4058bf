// Keeps the records of one thread of a run, and folds both sides' records together.
//
// The client's attempts and the server's exchanges meet by (instance, call, attempt): the
// ledger's charge is joined to the attempt it was made for.
#pragma once

#include <vector>

#include "core/records.hpp"

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

// Everything in both logs into `to`, attempts with their charges.
void fold_records(record_log client, record_log server, record_sink& to);

}  // namespace stampede
