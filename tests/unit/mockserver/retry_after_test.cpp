// What a refusal says about coming back, in all its shapes.
#include "mockserver/wire.hpp"
#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

config_table fault(std::vector<cell> more) {
  config_table f = table({{"kind", "status"}, {"status", 429}});
  for (cell& c : more) f.entries.push_back({c.key, {}, std::move(c.value)});
  return f;
}

TEST(RetryAfter, InAllItsShapes) {
  const auto header = [](std::vector<cell> more) {
    rig server({}, {fault(std::move(more))});
    std::string wire;
    segment all;
    all.head = all.last = true;
    append_wire(server.model.answer_of(server.ask(chat(0, 0))), all, {}, wire);
    std::string found;
    for (const std::string_view name : {"\r\nRetry-After: ", "\r\nretry-after-ms: "}) {
      const std::size_t at = wire.find(name);
      if (at != std::string::npos) found += wire.substr(at + 2, wire.find('\r', at + 2) - at - 2);
    }
    return found;
  };
  EXPECT_EQ(header({}), "");
  EXPECT_EQ(header({{"retry_after", "none"}}), "");
  EXPECT_EQ(header({{"retry_after", "20s"}}), "Retry-After: 20");
  EXPECT_EQ(header({{"retry_after", "1500ms"}}), "Retry-After: 2");
  EXPECT_EQ(header({{"retry_after", "0s"}}), "Retry-After: 0");
  EXPECT_EQ(header({{"retry_after", "-5s"}}), "Retry-After: -5");
  EXPECT_EQ(header({{"retry_after", "1500ms"}, {"retry_after_as", "decimal"}}),
            "Retry-After: 1.500");
  EXPECT_EQ(header({{"retry_after", "-1500ms"}, {"retry_after_as", "decimal"}}),
            "Retry-After: -1.500");
  EXPECT_EQ(header({{"retry_after", "1500ms"}, {"retry_after_as", "ms"}}), "retry-after-ms: 1500");
  EXPECT_EQ(header({{"retry_after", "20s"}, {"retry_after_as", "date"}}),
            "Retry-After: Sat, 25 Apr 2026 00:00:20 GMT");
  EXPECT_EQ(header({{"retry_after", "-1h"}, {"retry_after_as", "date"}}),
            "Retry-After: Fri, 24 Apr 2026 23:00:00 GMT");
  EXPECT_EQ(header({{"retry_after_text", "soon"}}), "Retry-After: soon");
  EXPECT_EQ(header({{"retry_after_text", "99999999999999999999"}}),
            "Retry-After: 99999999999999999999");
}

TEST(RetryAfter, WrongOnesAreRefused) {
  const std::vector<std::vector<cell>> wrong{{{"retry_after", "soon"}},
                                             {{"retry_after", "-soon"}},
                                             {{"retry_after_as", "date"}},
                                             {{"retry_after", "1s"}, {"retry_after_as", "days"}},
                                             {{"retry_after", "1s"}, {"retry_after_text", "soon"}},
                                             {{"retry_after_text", "a\r\nSet-Cookie: b"}}};
  for (const std::vector<cell>& keys : wrong)
    EXPECT_THROW(parse_faults({fault(keys)}), config_error);
}

// Whoever was told nothing that can be understood is not remembered either.
TEST(RetryAfter, ARateLimitHoldsNobodyToWhatItDidNotTell) {
  const auto second = [](cell how) {
    config_table f = table({{"kind", "rate_limit"}, {"count", 1}});
    f.entries.push_back({how.key, {}, how.value});
    rig server({}, {f});
    server.ask(chat(0, 0));
    return server.model.answer_of(server.ask(chat(0, 0))).status;
  };
  EXPECT_EQ(second({"retry_after", "5s"}), 429);
  EXPECT_EQ(second({"retry_after", "0s"}), 200);
  EXPECT_EQ(second({"retry_after", "-5s"}), 200);
  EXPECT_EQ(second({"retry_after_text", "soon"}), 200);
}

}  // namespace
}  // namespace stampede
