// Assertions on programmers' errors: always on, in every build type.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace stampede {

[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: internal error: %s\n", file, line, what);
  std::abort();
}

}  // namespace stampede

#define STAMPEDE_CHECK(condition) \
  ((condition) ? void(0) : ::stampede::check_failed(#condition, __FILE__, __LINE__))
