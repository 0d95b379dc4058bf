// What was found of one request of a form must never be said of another that is different.
#include <gtest/gtest.h>

#include <chrono>

#include "core/draw.hpp"
#include "tests/unit/mockserver/rig.hpp"

namespace stampede::testing {
namespace {

// The same request to two servers; only one of them is told of forms.
class twins {
 public:
  explicit twins(const server_settings& settings) : told_(settings), plain_(settings) {}

  void ask(server_request request, std::uint32_t form) {
    plain_.ask(request);
    request.form = form;
    told_.ask(request);
  }

  void run_to(duration t) {
    plain_.run_to(t);
    told_.run_to(t);
  }

  // What the server that knows no forms said, where the other said the same.
  std::string both_said() {
    std::string said = plain_.transcript();
    EXPECT_EQ(told_.transcript(), said);
    return said;
  }

 private:
  rig told_;
  rig plain_;
};

server_request sized(std::uint32_t call, std::int64_t max_tokens, std::int32_t prompt) {
  server_request r = chat(0, call);
  r.chat.max_tokens = max_tokens;
  r.workload.miss = prompt;
  return r;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(RequestForm, SizesAreJudgedAsIfEachRequestWereTheFirst) {
  twins servers({});
  std::uint32_t call = 0;
  for (const std::int64_t tokens : {60L, 5L, 0L, 393'216L, 393'217L, 100L, -1L, 200'000L})
    for (const std::int32_t prompt : {10, 900'000, 655'000, 1'046'000, 1'048'600, 1})
      servers.ask(sized(call++, tokens, prompt), 1);
  servers.run_to(10min);
  const std::string said = servers.both_said();
  EXPECT_GT(count(said, "head 200"), 5u) << said;
  EXPECT_GT(count(said, "head 422"), 5u);
  EXPECT_GT(count(said, "head 400"), 5u);
}

TEST(RequestForm, RandomSizesAndModelsAreJudgedTheSame) {
  twins servers({});
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const auto drawn = [i](std::uint64_t index, std::uint64_t below) {
      return static_cast<std::int32_t>(
          uniform_below(draw({.seed = 5, .entity = i, .index = index}), below));
    };
    server_request r = sized(i, drawn(0, 400'000), drawn(1, 1'200'000));
    const bool pro = drawn(2, 2) == 1;
    if (pro) r.model = "deepseek-v4-pro";
    servers.ask(r, pro ? 2 : 1);
  }
  EXPECT_GT(count(servers.both_said(), "head 400"), 500u);
}

TEST(RequestForm, ANameThatRetiresIsRefusedFromThenOn) {
  server_settings settings;
  // The legacy names end on 2026-07-24 at 15:59 UTC.
  settings.date = std::chrono::sys_days{2026y / 7 / 24} + 15h + 57min + 30s;
  twins servers(settings);
  for (std::uint32_t call = 0; call < 6; ++call) {
    server_request r = sized(call, 60, 200);
    r.model = "deepseek-chat";
    servers.run_to(30s * call);
    servers.ask(r, 1);
  }
  servers.run_to(10min);
  const std::string said = servers.both_said();
  EXPECT_EQ(count(said, "head 400"), 3u) << said;
}

}  // namespace
}  // namespace stampede::testing
