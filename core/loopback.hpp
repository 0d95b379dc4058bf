// Whether a host, as it is written, can only be this machine.
//
// Use: if (is_loopback("127.0.0.1")) ...
#pragma once

#include <algorithm>
#include <string_view>

namespace stampede {

// "localhost", 127.0.0.0/8 in four numbers, ::1 with or without brackets. "127.example" is a name
// that anybody may own.
constexpr bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  const bool numbers = std::all_of(host.begin(), host.end(),
                                   [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return numbers && std::count(host.begin(), host.end(), '.') == 3;
}

}  // namespace stampede
