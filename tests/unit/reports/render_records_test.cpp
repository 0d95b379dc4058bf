#include "reports/render_records.hpp"

#include <gtest/gtest.h>

namespace stampede {
namespace {

using namespace std::chrono_literals;

run_info info_with_names() {
  run_info info;
  info.groups.push_back({.name = "the \"fast\" ones", .policy = "guide", .model = {}});
  info.faults.push_back({.kind = "rate_limit", .description = {}});
  return info;
}

TEST(RenderRecords, AnAttemptIsOneLineExactToTheNanosecondAndThePicoDollar) {
  const run_info info = info_with_names();
  attempt_record r;
  r.instance = {7};
  r.call = 3;
  r.attempt = 2;
  r.sent = run_start + 1'000'000'001ns;
  r.first_byte = run_start + 2s;
  r.ended = run_start + 2s + 1ns;
  r.status = 429;
  r.result = outcome::rate_limited;
  r.kind = classification::transient;
  r.decided = decision::retry;
  r.waits_for = wait_reason::retry_after;
  r.wait = 28s;
  r.retry_after = 28s;
  r.charge = {1'000'000'000'001};
  std::string text;
  record_lines(info).append(text, r);
  EXPECT_EQ(text,
            R"({"record":"attempt","group":"the \"fast\" ones","instance":7,"call":3,"attempt":2,)"
            R"("model":"deepseek-v4-flash","fallback":false,"early":false,"sent_ms":1000.000001,)"
            R"("first_byte_ms":2000.000000,"first_token_ms":null,"ended_ms":2000.000001,)"
            R"("status":429,"outcome":"rate_limited","class":"transient","decision":"retry",)"
            R"("why":"retry","waits_for":"retry_after","wait_ms":28000.000000,)"
            R"("retry_after_ms":28000.000000,"hit_tokens":0,"miss_tokens":0,"output_tokens":0,)"
            R"("estimate_usd":0.000000000000,"charge_usd":1.000000000001})"
            "\n");
}

TEST(RenderRecords, ACallThatNeverSentAndAnExchangeOfAFault) {
  const run_info info = info_with_names();
  call_record c;
  c.group = 9;  // no such group: nothing is invented
  c.intended = run_start;
  c.started = run_start;
  c.ended = run_start;
  c.result = outcome::breaker_open;
  c.why = stop_reason::breaker;
  std::string text;
  record_lines(info).append(text, c);
  EXPECT_EQ(text, R"({"record":"call","group":null,"instance":0,"call":0,"attempts":0,)"
                  R"("model":"deepseek-v4-flash","fallback":false,"intended_ms":0.000000,)"
                  R"("started_ms":0.000000,"first_token_ms":null,"ended_ms":0.000000,)"
                  R"("outcome":"breaker_open","why":"breaker","estimate_usd":0.000000000000})"
                  "\n");
  exchange_record x;
  x.serial = 5;
  x.fault = 0;
  x.status = 429;
  x.arrived = run_start + 60s;
  x.ended = run_start + 60s;
  text.clear();
  record_lines(info).append(text, x);
  EXPECT_EQ(text,
            R"({"record":"exchange","serial":5,"call_known_by":"content","instance":0,"call":0,)"
            R"("attempt":0,"model":"deepseek-v4-flash","status":429,"fault":"rate_limit",)"
            R"("peer_left":false,"whole":false,"arrived_ms":60000.000000,"started_ms":null,)"
            R"("ended_ms":60000.000000,"busy_ms":0.000000,"hit_tokens":0,"miss_tokens":0,)"
            R"("output_tokens":0,"charge_usd":0.000000000000})"
            "\n");
}

}  // namespace
}  // namespace stampede
