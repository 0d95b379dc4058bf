// Each rule catches a planted violation, in its place, and lets its innocent twin pass.
#include "tests/tidy/rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace stampede::tidy {
namespace {

struct planted {
  std::string path;
  std::string text;
  std::string rule;  // empty: innocent
  int line = 0;
};

// A header's text without its opening, so that the table shows only what matters.
std::string header(const std::string& rest) { return "// What it is.\n#pragma once\n" + rest; }

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string function_of(int lines) { return "int f() {\n" + repeated("f();\n", lines - 2) + "}\n"; }

const std::vector<planted> table = {
    // Who may include whom.
    {"core/a.cpp", "#include \"client/b.hpp\"\n", "include", 1},
    {"core/a.cpp", "#include <vector>\n#include \"core/b.hpp\"\n#include <fmt/format.h>\n", ""},
    {"core/a.cpp", "#include <boost/asio.hpp>\n", "include", 1},
    {"core/a.hpp", header("#include <fmt/format.h>\n"), "include", 3},
    {"core/a.cpp", "#include \"core/live/b.hpp\"\n", "include", 1},
    {"core/a.cpp", "#include <unistd.h>\n", "include", 1},
    {"core/live/a.hpp", header("#include <boost/asio/steady_timer.hpp>\n"), ""},
    {"core/live/a.hpp", header("#include <boost/beast.hpp>\n"), "include", 3},
    {"core/live/a.cpp", "#include <sys/resource.h>\n", ""},
    {"deepseek/a.cpp", "#include \"client/b.hpp\"\n", "include", 1},
    {"deepseek/a.cpp", "#include <nlohmann/json.hpp>\n", "include", 1},
    {"scenarios/a.cpp", "#include \"deepseek/b.hpp\"\n", "include", 1},
    {"scenarios/a.cpp", "#include <toml++/toml.h>\n", ""},
    {"scenarios/a.hpp", header("#include <toml++/toml.h>\n"), "include", 3},
    {"client/a.cpp", "#include \"mockserver/b.hpp\"\n", "include", 1},
    {"client/a.cpp", "#include <nlohmann/json.hpp>\n#include \"deepseek/b.hpp\"\n", ""},
    {"client/a.hpp", header("#include <nlohmann/json.hpp>\n"), "include", 3},
    {"client/live/a.hpp", header("#include <boost/beast.hpp>\n#include \"client/b.hpp\"\n"), ""},
    {"client/live/a.cpp", "#include \"mockserver/live/b.hpp\"\n", "include", 1},
    {"client/include/stampede/a.hpp", header("#include <boost/asio.hpp>\n"), "include", 3},
    {"client/include/stampede/a.hpp", header("#include \"core/b.hpp\"\n"), "include", 3},
    {"mockserver/a.cpp", "\n#include \"client/b.hpp\"\n", "include", 2},
    {"mockserver/faults/a.cpp", "#include \"mockserver/b.hpp\"\n", ""},
    {"mockserver/faults/a.cpp", "#include \"harness/b.hpp\"\n", "include", 1},
    {"reports/a.cpp", "#include <boost/histogram.hpp>\n#include \"deepseek/b.hpp\"\n", ""},
    {"reports/a.cpp", "#include <boost/asio.hpp>\n", "include", 1},
    {"reports/a.cpp", "#include \"scenarios/b.hpp\"\n", "include", 1},
    {"harness/a.cpp", "#include \"client/b.hpp\"\n#include \"reports/b.hpp\"\n", ""},
    {"harness/a.cpp", "#include <boost/asio.hpp>\n", "include", 1},
    {"harness/sim/a.cpp", "#include \"client/live/b.hpp\"\n", "include", 1},
    {"harness/live/a.cpp", "#include \"client/live/b.hpp\"\n#include <boost/asio.hpp>\n", ""},
    {"harness/commands/a.cpp", "#include <CLI/CLI.hpp>\n#include <nlohmann/json.hpp>\n", ""},
    {"harness/sim/a.cpp", "#include <unistd.h>\n", "include", 1},
    {"harness/live/a.cpp", "#include <CLI/CLI.hpp>\n", "include", 1},
    {"harness/check/a.cpp", "#include <nlohmann/json.hpp>\n", ""},
    {"harness/tune/a.cpp", "#include <boost/random.hpp>\n#include <sqlite3.h>\n", ""},
    {"tests/unit/client/a.cpp", "#include \"deepseek/b.hpp\"\n", "witness", 1},
    {"tests/unit/reports/a.cpp", "#include \"deepseek/b.hpp\"\n", ""},

    // Banned names and calls.
    {"client/a.cpp", "auto t = std::chrono::steady_clock::now();\n", "wall_clock", 1},
    {"client/a.cpp", "using clock = std::chrono::steady_clock;\n", "wall_clock", 1},
    {"core/live/a.cpp", "auto t = std::chrono::steady_clock::now();\n", ""},
    {"client/a.cpp", "// steady_clock::now\nauto s = \"steady_clock::now\";\n", ""},
    {"client/a.cpp", "auto s = R\"x(\nrand()\")\n)x\"; int i = rand();\n", "rand", 3},
    {"reports/a.cpp", "\nauto t = std::chrono::system_clock::now();\n", "calendar", 2},
    {"harness/commands/a.cpp", "auto t = std::chrono::system_clock::now();\n", ""},
    {"harness/a.cpp", "std::this_thread::sleep_for(1ms);\n", "sleep", 1},
    {"tests/unit/core/a.cpp", "usleep(3);\n", "sleep", 1},
    {"harness/a.cpp", "process.sleep(1);\nvoid sleep(int);\n", ""},
    {"client/a.cpp", "int i = rand();\n", "rand", 1},
    {"client/a.cpp", "int i = operand(2); int j = std::min(rand_max, 3);\n", ""},
    {"client/a.cpp", "std::mt19937_64 g;\n", "rand", 1},
    {"core/a.cpp", "std::exponential_distribution<double> d;\n", "library_distribution", 1},
    {"core/a.cpp", "core::exponential_distribution d;\n", ""},
    {"mockserver/a.cpp", "std::unordered_map<int, int> m;\n", "unordered", 1},
    {"mockserver/a.cpp",
     "// tidy: allow unordered - only ever looked up\nstd::unordered_set<int> m;\n", ""},
    {"mockserver/a.cpp", "// tidy: allow unordered\nstd::unordered_set<int> m;\n", "unordered", 2},
    {"core/a.cpp", "auto h = std::hash<int>{}(1);\n", "hash", 1},
    {"reports/a.cpp", "std::locale::global(l);\n", "locale", 1},
    {"reports/a.cpp", "std::cout << 1;\n", "stdout", 1},
    {"reports/a.cpp", "std::printf(\"x\");\n", "stdout", 1},
    {"reports/a.cpp", "fmt::print(\"x\");\n", "stdout", 1},
    {"reports/a.cpp", "std::fprintf(stderr, \"x\"); fmt::print(file, \"x\");\n", ""},
    {"harness/commands/a.cpp", "std::cout << 1;\n", ""},
    {"client/a.cpp", "long double x;\n", "long_double", 1},
    {"client/a.cpp", "double x = std::pow(2.0, 3);\n", "libm", 1},
    {"mockserver/a.cpp", "return log(x);\n", "libm", 1},
    {"harness/sim/a.cpp", "double x = ::exp(1.0);\n", "libm", 1},
    {"client/a.cpp", "portable::log(x); std::sqrt(x); s.log(x); double log(double);\n", ""},
    {"reports/a.cpp", "std::log(2.0);\n", ""},
    {"harness/a.hpp", header("class call_manager {};\n"), "vague_name", 3},
    {"harness/a.hpp", header("struct utilisation {};\n"), ""},

    // Left-overs and build files.
    {"client/a.cpp", std::string("f();  // TO") + "DO: later\n", "leftover", 1},
    {"cmake/a.cmake", std::string("\n# FIX") + "ME\n", "leftover", 2},
    {"core/CMakeLists.txt", "add_compile_options(-march=native)\n", "build_flag", 1},
    {"CMakePresets.json", "{\n\"CMAKE_CXX_FLAGS\": \"-O2 -ffast-math\"}\n", "build_flag", 2},
    {"CMakeLists.txt", "# never -ffast-math\nadd_compile_options(-ffp-contract=off)\n", ""},

    // Sizes, headers and file names.
    {"core/a.cpp", repeated("int i;\n", 401), "file_length", 401},
    {"core/a.cpp", repeated("int i;\n", 400), ""},
    {"tests/unit/core/a_values.hpp", header(repeated("1,\n", 500)), ""},
    {"core/a.cpp", "namespace a {\n" + function_of(71) + "}\n", "function_length", 2},
    {"core/a.cpp", "namespace a {\n" + function_of(70) + function_of(70) + "}\n", ""},
    {"core/a.cpp", "struct a {\n  a() : b{1}, c(2) {}\n" + function_of(71) + "};\n",
     "function_length", 3},
    {"core/a.cpp", "const std::array t = {\n" + repeated("row{f(1)},\n", 100) + "};\n", ""},
    {"core/a.hpp", "#pragma once\n", "header_comment", 1},
    {"core/a.hpp", "// What it is.\nint i;\n", "pragma_once", 1},
    {"client/retry_utils.cpp", "", "file_name", 1},
    {"client/client_context.hpp", header(""), "file_name", 1},
};

TEST(rules, catch_what_is_planted_and_nothing_else) {
  for (const planted& p : table) {
    SCOPED_TRACE(p.path + ":\n" + p.text.substr(0, 200));
    const auto found = check(read_source(p.path, p.text));
    if (p.rule.empty()) {
      for (const finding& f : found) ADD_FAILURE() << f.line << ": " << f.rule << ": " << f.what;
      continue;
    }
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].path, p.path);
    EXPECT_EQ(found[0].rule, p.rule);
    EXPECT_EQ(found[0].line, p.line);
    EXPECT_FALSE(found[0].what.empty());
  }
}

TEST(rules, each_idiom_has_a_planted_violation) {
  for (const std::string& name : idiom_names()) {
    EXPECT_GE(std::ranges::count(table, name, &planted::rule), 1) << name;
  }
}

}  // namespace
}  // namespace stampede::tidy
