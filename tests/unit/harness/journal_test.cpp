#include "harness/journal.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/recorder.hpp"
#include "harness/replay.hpp"
#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

constexpr const char* toml = R"(name = "keys, of task-force \"x\""
duration = "5s"
# sk-in-a-comment-987654321
[server]
api_keys = ["sk-0123456789abcdef", "sk-0123456789abcdef-longer", "sk-short", "no key; at all"]
profile = "observed"
[[fleet]]
name = "disk-io"
[fleet.arrivals]
kind = "constant"
rate = "2/s"
[[fault]]
kind = "status"
status = 503
match = { key = "sk-0123456789abcdef" })";

class Journal : public testing::Test {
 protected:
  Journal() : file_(testing::TempDir() + "stampede-" + std::to_string(::getpid()) + ".journal") {}
  ~Journal() override { std::filesystem::remove(file_); }

  std::string text() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }
  void record(const run_plan& plan) const {
    journal to(file_, plan, {.engine = "sim"});
    record_log log;
    run_sim(plan, {.journal = &to}, log);
    to.keep();
  }
  std::string complaint() const {
    try {
      replay(file_);
    } catch (const std::exception& error) {
      std::string text = error.what();
      const std::size_t at = text.find(file_);
      return at == text.npos ? text : text.replace(at, file_.size(), "FILE");
    }
    return "none";
  }

  std::string file_;
};

TEST_F(Journal, TheHeadReadsBackWithStandInsForKeys) {
  const std::string change = "server.slots = 3  # sk-of-a-change-1234";
  const run_plan plan = build_plan(parse_scenario(toml, "a file; with blanks.toml", {change}), 77);
  record(plan);
  const journal_head head = journal_reader(file_).head();
  EXPECT_EQ(head.engine, "sim");
  EXPECT_EQ(head.seed, 77u);
  EXPECT_EQ(head.path, "a file; with blanks.toml");
  const std::string all = text();
  for (const char* secret :
       {"0123456789", "sk-short", "no key; at all", "in-a-comment", "of-a-change"})
    EXPECT_EQ(all.find(secret), all.npos) << secret;
  EXPECT_NE(all.find("-cdef"), all.npos);  // the last four characters may be shown
  EXPECT_NE(head.source.find("task-force"), head.source.npos);
  EXPECT_NE(head.source.find("disk-io"), head.source.npos);
  const run_plan again = plan_of(head);
  EXPECT_EQ(again.what.changes.size(), 1u);
  EXPECT_EQ(again.server.slots, 3u);
  ASSERT_EQ(again.server.api_keys.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_NE(again.server.api_keys[i], again.server.api_keys[j]);
  EXPECT_TRUE(again.server.api_keys[0].starts_with("sk-"));
  EXPECT_FALSE(again.server.api_keys[3].starts_with("sk-"));
  // The fault is for that key alone, and still found it.
  const replay_result r = replay(file_);
  EXPECT_TRUE(r.equal());
  EXPECT_NE(all.find(" status 503 fault 0 "), all.npos);
}

TEST_F(Journal, WhatTheServerTellsOfAKeyStaysAsItWas) {
  const run_plan plan = build_plan(parse_scenario("name = \"x\"\nduration = \"1s\"\n", "x.toml"));
  key_names keys(plan);
  EXPECT_EQ(keys.of("sk-0123456789abcdef"), "sk-masked-1-cdef");
  EXPECT_EQ(keys.of("sk-0123456789abcdef"), "sk-masked-1-cdef");
  EXPECT_EQ(keys.of("sk-few"), "sk-masked-2");
  EXPECT_EQ(keys.of("sk-0123456789-revoked"), "sk-masked-3-revoked");
  EXPECT_EQ(keys.of("sk-0123456789-invalid"), "sk-masked-4-invalid");
  EXPECT_EQ(keys.of("sk-not well formed"), "masked-5");
  EXPECT_EQ(keys.of("sk-"), "masked-6");
  EXPECT_EQ(keys.of(""), "");
}

TEST_F(Journal, AKeyThatCannotBeMaskedIsRefused) {
  const run_plan plan = build_plan(parse_scenario(
      "name = \"x\"\nduration = \"1s\"\n[server]\napi_keys = [\"sk-\\u0061bcdefghijkl\"]\n",
      "x.toml"));
  EXPECT_THROW(journal(file_, plan, {}), journal_error);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Journal, OfARunThatBrokeOffLeavesNoFile) {
  {
    const run_plan plan = build_plan(parse_scenario(toml, "x.toml"));
    journal to(file_, plan, {});
  }
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Journal, DoesNotChangeTheRun) {
  const run_plan plan = build_plan(load_scenario("outage_503"));
  record_log log;
  const sim_result without = run_sim(plan, {}, log);
  journal to(file_, plan, {});
  const sim_result with = run_sim(plan, {.journal = &to}, log);
  EXPECT_EQ(with.fingerprint, without.fingerprint);
  EXPECT_EQ(with.events, without.events);
}

TEST_F(Journal, WhatIsWrongWithAFileIsSaidWithItsLine) {
  record(build_plan(parse_scenario(toml, "x.toml")));
  const std::string good = text();
  const auto with = [&](const std::string& what, const std::string& by) {
    std::string changed = good;
    const std::size_t at = changed.find(what);
    EXPECT_NE(at, changed.npos) << what;
    write(changed.replace(at, what.size(), by));
    return complaint();
  };
  const auto line_of = [&](const std::string& what) {
    return std::to_string(
        1 + std::count(good.begin(), good.begin() + static_cast<long>(good.find(what)), '\n'));
  };
  EXPECT_EQ(complaint(), "none");
  EXPECT_EQ(with("stampede journal 1", "stampede journal 2"),
            "FILE:1: this is not a journal of version 1: its first line is 'stampede journal 1'");
  EXPECT_EQ(with("seed 1", "seed one"), "FILE:3: not a number: one");
  EXPECT_EQ(with("engine sim\n", ""), "FILE:2: expected 'engine ...'");
  EXPECT_EQ(with("\nevents\n", "\n"),
            "FILE:" + line_of("events\n") + ": expected '| ...' or 'events'");
  const std::string first = line_of("\nc 0 ");
  EXPECT_EQ(with("\nc 0 ", "\nc 9 "),
            "FILE:" + std::to_string(std::stoi(first) + 1) + ": there is no such instance");
  EXPECT_EQ(with(" start 0 0 ", " start 0 1 "),
            "FILE:" + line_of(" start 0 0 ") + ": this is not the call that comes next");
  EXPECT_EQ(with(" request 0 0 ", " request 1 0 "),
            "FILE:" + line_of(" request 0 0 ") + ": this is not the exchange that comes next");
  EXPECT_EQ(with("\nend ", "\nend 1"),
            "FILE:" + std::to_string(std::stoi(line_of("\nend ")) + 1) + ": the file has " +
                good.substr(good.rfind(' ') + 1, good.size() - good.rfind(' ') - 2) +
                " events, not as it says here");
  write(good.substr(0, good.rfind("end ")));
  EXPECT_NE(complaint().find("there is no 'end'"), std::string::npos);
  write("");
  EXPECT_EQ(complaint().find("FILE:1: this is not a journal"), 0u);
  std::filesystem::remove(file_);
  EXPECT_EQ(complaint(), "FILE: cannot be read");
}

}  // namespace
}  // namespace stampede
