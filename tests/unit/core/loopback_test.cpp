#include "core/loopback.hpp"

#include <gtest/gtest.h>

namespace stampede {
namespace {

TEST(Loopback, IsAnAddressOrTheOneNameThatStandsForIt) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.4.2", "::1", "[::1]"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"127.evil.example", "127.0.0.1.example", "127.0.0", "127.", "128.0.0.1",
                           "localhost.example", "0.0.0.0", "::", "[::2]", ""})
    EXPECT_FALSE(is_loopback(host)) << host;
}

}  // namespace
}  // namespace stampede
