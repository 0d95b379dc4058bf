// A million malformed requests leave the server serving, and its memory as it was. Minutes long,
// so run by `./dev nightly` and not by `./dev test`.
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/draw.hpp"
#include "tests/live/wire_rig.hpp"

namespace stampede {
namespace {

using testing::client;
using testing::ping;
using testing::post;
using testing::read_reply;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// A sanitizer keeps what was freed, so its memory says nothing, and it is slow.
constexpr bool memory_counts = false;
constexpr int all = 100'000;
#else
constexpr bool memory_counts = true;
constexpr int all = 1'000'000;
#endif

std::uint64_t resident_kib() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  unsigned long long pages = 0;
  unsigned long long resident = 0;
  EXPECT_EQ(std::fscanf(file, "%llu %llu", &pages, &resident), 2);
  std::fclose(file);
  return resident * 4;
}

// A sound request with some of its bytes changed, cut, doubled or swapped; or bytes of no kind.
class spoiler {
 public:
  std::string request() {
    const std::string chat = post(ping);
    switch (next(6)) {
      case 0: return changed(chat, 1 + next(3));
      case 1: return chat.substr(0, next(chat.size()));
      case 2: return changed(chat + chat, next(8));
      case 3: return "GET /" + noise(next(200)) + " HTTP/1.1\r\n" + noise(next(100)) + "\r\n\r\n";
      case 4:
        return changed(
            "POST /chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
            "chunked\r\n\r\n5\r\n{\"a\":\r\n1\r\n1\r\n0\r\n\r\n",
            next(4));
      default: return noise(1 + next(300));
    }
  }

 private:
  std::uint64_t next(std::uint64_t below) {
    return draw({1, 0, 0, purpose::fault, ++index_}) % (below == 0 ? 1 : below);
  }
  std::string noise(std::uint64_t size) {
    std::string bytes;
    while (bytes.size() < size) bytes += static_cast<char>(next(256));
    return bytes;
  }
  std::string changed(std::string text, std::uint64_t times) {
    for (; times > 0; --times) text[next(text.size())] = static_cast<char>(next(256));
    return text;
  }

  std::uint64_t index_ = 0;
};

class Malformed : public testing::wire_rig {};

TEST_F(Malformed, AMillionOfThemLeaveItServingWithFlatMemory) {
  listen_options listen;
  listen.pace = {.tick = std::chrono::milliseconds(50),
                 .header_ticks = 2,
                 .body_ticks = 2,
                 .bytes_a_tick = 1 << 16};
  mock_service& mock = serve({}, 1000, {}, listen);
  records.keep_only_first();
  spoiler broken;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i) {
      client c(mock.port());
      c.send_if_open(broken.request());
      c.reset_on_close();
    }
  };
  const auto serves = [&] {
    client c(mock.port());
    c.send(post(ping));
    return read_reply(c).head.starts_with("HTTP/1.1 200 ");
  };
  send(all / 10);
  ASSERT_TRUE(serves());
  const std::uint64_t before = resident_kib();
  for (int part = 0; part < 9; ++part) {
    send(all / 10);
    ASSERT_TRUE(serves()) << part;
  }
  const std::uint64_t after = resident_kib();
  RecordProperty("kib_before", static_cast<int>(before));
  RecordProperty("kib_after", static_cast<int>(after));
  EXPECT_TRUE(!memory_counts || after <= before + 4096)
      << "it grew with the requests from " << before << " to " << after << " KiB";
}

}  // namespace
}  // namespace stampede
