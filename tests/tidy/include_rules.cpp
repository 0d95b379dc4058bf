#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/rules.hpp"

namespace stampede::tidy {
namespace {

using words = std::vector<std::string_view>;

// Who may include whom. A file belongs to the longest folder that holds it. `folders` are
// exact: "core" does not open "core/live". fmt is free in every .cpp.
struct row {
  std::string_view folder;
  words folders;
  words anywhere;  // starts of third-party headers, in .hpp and .cpp
  words cpp_only;  // in .cpp alone
};

const words asio_and_tls = {"boost/asio", "boost/system", "openssl/"};
const words boost_and_tls = {"boost/", "openssl/"};
const words pure = {"core",       "deepseek",          "scenarios", "client",
                    "mockserver", "mockserver/faults", "reports",   "harness"};

words with(words base, const words& more) {
  base.insert(base.end(), more.begin(), more.end());
  return base;
}

const words all =
    with(pure, {"core/live", "client/live", "mockserver/live", "harness", "harness/sim",
                "harness/fuzz", "harness/live", "harness/check", "harness/tune"});

const std::array table = {
    row{"core", {"core"}, {}, {"sys/mman.h"}},
    row{"core/live", {"core", "core/live"}, asio_and_tls, {}},
    row{"deepseek", {"deepseek", "core"}, {}, {}},
    row{"scenarios", {"scenarios", "core"}, {}, {"toml++/"}},
    row{"client", {"client", "core", "deepseek"}, {}, {"nlohmann/"}},
    row{"client/live", {"client/live", "client", "core/live", "core"}, boost_and_tls, {}},
    row{"client/include", {"client/include"}, {}, {}},
    row{"mockserver",
        {"mockserver", "mockserver/faults", "core", "deepseek"},
        {},
        {"nlohmann/", "simdjson.h"}},
    row{"mockserver/live",
        {"mockserver/live", "mockserver", "core/live", "core"},
        boost_and_tls,
        {}},
    row{"mockserver/include", {"mockserver/include"}, {}, {}},
    row{"reports",
        {"reports", "core", "deepseek"},
        {},
        {"nlohmann/", "boost/histogram", "boost/math"}},
    row{"harness", pure, {}, {}},
    row{"harness/sim", with(pure, {"harness/sim"}), {}, {}},
    row{"harness/fuzz", with(pure, {"harness/sim", "harness/fuzz"}), {}, {}},
    row{"harness/live", all, boost_and_tls, {}},
    row{"harness/check", all, {}, {"nlohmann/"}},
    row{"harness/tune", all, {}, {"boost/random", "sqlite3.h", "mpi.h"}},
    row{"harness/commands", with(all, {"harness/commands"}), {"CLI/"}, {"nlohmann/"}},
};

// Tests may include anything but these: a test of either side is an independent witness, its
// facts typed from the service's pages.
constexpr std::array witnesses = {"tests/unit/client", "tests/unit/mockserver"};

// <sys/...> and the other headers of the system that a folder which meets the world may use.
constexpr std::array posix_folders = {"core/live", "client/live",  "mockserver/live",
                                      "harness",   "harness/live", "harness/commands"};
constexpr std::array posix = {"sys/",     "linux/",  "netinet/", "arpa/",     "unistd.h",
                              "signal.h", "fcntl.h", "poll.h",   "pthread.h", "spawn.h"};

const row* row_of(std::string_view path) {
  const row* best = nullptr;
  for (const row& r : table) {
    const bool longer = best == nullptr || r.folder.size() > best->folder.size();
    if (longer && lies_in(path, r.folder)) best = &r;
  }
  return best;
}

bool starts_with_any(std::string_view text, const auto& starts) {
  return std::ranges::any_of(starts, [&](std::string_view s) { return text.starts_with(s); });
}

bool is_standard(std::string_view header) {
  return header.find('/') == header.npos && header.find('.') == header.npos;
}

std::string listed(const words& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out.empty() ? "none" : out;
}

std::string wrong_project_include(const row& r, std::string_view path) {
  const std::string_view folder = path.substr(0, std::min(path.rfind('/'), path.size()));
  if (std::ranges::count(r.folders, folder) > 0) return {};
  const bool in_faces = std::ranges::count(r.folders, "client/include") +
                            std::ranges::count(r.folders, "mockserver/include") >
                        0;
  if (in_faces) return "an installed header includes only the standard library and its like";
  return std::string(r.folder) + " may include only " + listed(r.folders);
}

std::string wrong_library_include(const row& r, std::string_view header, bool cpp) {
  if (is_standard(header) || header.starts_with("stampede/")) return {};
  if (starts_with_any(header, r.anywhere)) return {};
  if (starts_with_any(header, posix) && std::ranges::count(posix_folders, r.folder) > 0) return {};
  const bool in_cpp = header.starts_with("fmt/") || starts_with_any(header, r.cpp_only);
  if (in_cpp && cpp) return {};
  if (in_cpp) return "in .cpp files only: keep it out of the header";
  return std::string(r.folder) + " may use of libraries only " +
         listed(with(r.anywhere, r.cpp_only)) + " (and fmt in .cpp files)";
}

void check_witness(const source& file, std::vector<finding>& out) {
  const auto holds = [&](std::string_view folder) { return lies_in(file.path, folder); };
  if (std::ranges::none_of(witnesses, holds)) return;
  for (const include& i : file.includes) {
    if (!i.path.starts_with("deepseek/")) continue;
    out.push_back({file.path, i.line, "witness",
                   "<" + i.path + ">: type the fact itself, or the test proves nothing"});
  }
}

}  // namespace

void check_includes(const source& file, std::vector<finding>& out) {
  check_witness(file, out);
  const row* r = row_of(file.path);
  if (r == nullptr) return;
  const bool cpp = file.path.ends_with(".cpp");
  for (const include& i : file.includes) {
    const std::string wrong =
        i.quoted ? wrong_project_include(*r, i.path) : wrong_library_include(*r, i.path, cpp);
    if (!wrong.empty()) out.push_back({file.path, i.line, "include", i.path + ": " + wrong});
  }
}

}  // namespace stampede::tidy
