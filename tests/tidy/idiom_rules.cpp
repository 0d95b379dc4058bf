#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/rules.hpp"

namespace stampede::tidy {
namespace {

using words = std::vector<std::string_view>;

// A pattern is a sequence of tokens; * at an end of one stands for anything. One that is a name
// and "(" means a call of a free function: neither a member, nor another namespace's, nor a
// declaration.
struct idiom {
  std::string_view name;
  words patterns;
  words in;      // folders; "" is everywhere
  words except;  // folders
  bool may_be_excused;
  std::string_view instead;
};

const words machines = {"core", "client", "mockserver", "harness/sim"};

const std::array idioms = {
    idiom{"wall_clock",
          {"steady_clock :: now", "high_resolution_clock", "= std :: chrono :: steady_clock ;",
           "CLOCK_MONOTONIC"},
          {""},
          {"core/live", "harness/live", "tests/live", "tests/bench"},
          false,
          "time is an argument: take an `instant now`"},
    idiom{"calendar",
          {"system_clock :: now", "std :: time (", "time ( nullptr )", "gettimeofday (",
           "clock_gettime (", "= std :: chrono :: system_clock ;"},
          {""},
          {"core/live", "harness/live", "harness/commands", "tests/live"},
          false,
          "the service's date is a setting, the time an argument"},
    idiom{"sleep",
          {"sleep_for", "sleep_until", "sleep (", "usleep (", "nanosleep ("},
          {""},
          {},
          true,
          "wait for the event itself, or arm the wake-up loop"},
    idiom{"rand",
          {"rand (", "srand (", "rand_r (", "drand48 (", "std :: random_device", "std :: mt19937*",
           "std :: minstd_rand*", "std :: default_random_engine"},
          {""},
          {},
          false,
          "draw from core/draw.hpp: a pure function of seed, entity, purpose and index"},
    idiom{"library_distribution",
          {"std :: *_distribution", "std :: shuffle", "std :: sample", "ranges :: shuffle",
           "ranges :: sample"},
          {""},
          {},
          false,
          "its results differ between libraries: use core/distribution.hpp"},
    idiom{"unordered",
          {"std :: unordered_*"},
          {"core", "client", "mockserver", "harness", "reports"},
          {},
          true,
          "its order is not ours: std::map or a sorted vector"},
    idiom{"hash",
          {"std :: hash"},
          {""},
          {},
          false,
          "its values differ between libraries: hash with core"},
    idiom{"locale",
          {"std :: locale", "setlocale ("},
          {""},
          {},
          false,
          "output must not depend on a locale: std::to_chars, fmt"},
    idiom{"stdout",
          {"std :: cout", "printf (", "puts (", "putchar (", "stdout", "fmt :: print ( \""},
          {"core", "deepseek", "scenarios", "client", "mockserver", "harness", "reports"},
          {"harness/commands"},
          false,
          "return the text, or write to what the caller gave; only commands print"},
    idiom{"long_double",
          {"long double"},
          {"core", "deepseek", "scenarios", "client", "mockserver", "harness", "reports"},
          {},
          false,
          "it differs between CPUs: double, or an integer unit"},
    idiom{"libm",
          {"exp (",   "exp2 (",  "expm1 (", "log (",  "log2 (",   "log10 (", "log1p (", "pow (",
           "cbrt (",  "hypot (", "sin (",   "cos (",  "tan (",    "asin (",  "acos (",  "atan (",
           "atan2 (", "sinh (",  "cosh (",  "tanh (", "asinh (",  "acosh (", "atanh (", "erf (",
           "erfc (",  "expf (",  "logf (",  "powf (", "lgamma (", "tgamma ("},
          machines,
          {"core/portable_math.hpp", "core/portable_math.cpp"},
          false,
          "the C library's bits differ between CPUs: core/portable_math.hpp"},
    idiom{"vague_name",
          {"class *manager", "class *util", "class *utils", "class *helper", "class *helpers",
           "class *handler2", "class *context", "struct *manager", "struct *util", "struct *utils",
           "struct *helper", "struct *helpers", "struct *handler2", "struct *context",
           "namespace *util", "namespace *utils", "namespace *helpers"},
          {""},
          {},
          false,
          "name what it is or does, with the field's own word"},
};

// Left-over markers in comments and build files, spelt so that this file passes.
const std::array leftovers = {std::string("TO") + "DO", std::string("FIX") + "ME",
                              std::string("XX") + "X"};

constexpr std::array banned_flags = {"-march=native",   "-mtune=native", "-ffast-math",
                                     "-Ofast",          "-funsafe-math", "-ffp-contract=fast",
                                     "-ffp-contract=on"};

bool matches(std::string_view token, std::string_view pattern) {
  const bool open_start = pattern.size() > 1 && pattern.starts_with('*');
  const bool open_end = pattern.size() > 1 && pattern.ends_with('*');
  if (open_start) return token.ends_with(pattern.substr(1));
  if (open_end) return token.starts_with(pattern.substr(0, pattern.size() - 1));
  return token == pattern;
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         (std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '_');
}

// Whether the name at `at`, followed by "(", calls a free function.
bool is_free_call(std::span<const token> tokens, std::size_t at) {
  if (at == 0) return true;
  const std::string& before = tokens[at - 1].text;
  if (before == "." || before == "->") return false;
  if (before == "::")
    return at < 2 || tokens[at - 2].text == "std" || !is_name(tokens[at - 2].text);
  return !is_name(before) || before == "return" || before == "co_return" || before == "else";
}

bool stands_at(std::span<const token> tokens, std::size_t at, const words& pattern) {
  if (at + pattern.size() > tokens.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!matches(tokens[at + i].text, pattern[i])) return false;
  }
  const bool call = pattern.size() == 2 && pattern[1] == "(";
  return !call || is_free_call(tokens, at);
}

words split(std::string_view text) {
  words out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool is_excused(const source& file, int line, std::string_view rule) {
  const std::string sign = "tidy: allow " + std::string(rule) + " - ";
  return std::ranges::any_of(file.comments, [&](const comment& c) {
    const auto at = c.text.find(sign);
    const bool has_reason = at != c.text.npos && c.text.size() > at + sign.size() + 8;
    return has_reason && c.line <= line && line - c.line <= 2;
  });
}

bool applies(const idiom& rule, std::string_view path) {
  const auto holds = [&](std::string_view folder) { return lies_in(path, folder); };
  return std::ranges::any_of(rule.in, holds) && std::ranges::none_of(rule.except, holds);
}

void check_idiom(const source& file, const idiom& rule, std::vector<finding>& out) {
  for (const std::string_view text : rule.patterns) {
    const words pattern = split(text);
    for (std::size_t at = 0; at < file.tokens.size(); ++at) {
      if (!stands_at(file.tokens, at, pattern)) continue;
      const int line = file.tokens[at].line;
      if (rule.may_be_excused && is_excused(file, line, rule.name)) continue;
      const auto said = [&](const finding& f) { return f.rule == rule.name && f.line == line; };
      if (std::ranges::any_of(out, said)) continue;
      out.push_back({file.path, line, std::string(rule.name),
                     "`" + std::string(text) + "`: " + std::string(rule.instead)});
    }
  }
}

bool has_word(std::string_view text, std::string_view word) {
  const auto outside = [&](std::size_t i) {
    return i >= text.size() || std::isalnum(static_cast<unsigned char>(text[i])) == 0;
  };
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    if ((at == 0 || outside(at - 1)) && outside(at + word.size())) return true;
  }
  return false;
}

void check_leftovers(const source& file, std::string_view text, int line,
                     std::vector<finding>& out) {
  for (const std::string& word : leftovers) {
    if (!has_word(text, word)) continue;
    out.push_back({file.path, line, "leftover", word + ": do it, or file an issue"});
  }
}

void check_build_file(const source& file, std::vector<finding>& out) {
  std::istringstream in(file.text);
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    check_leftovers(file, text, line, out);
    const std::string_view code = std::string_view(text).substr(0, text.find('#'));
    for (const std::string_view flag : banned_flags) {
      if (code.find(flag) == code.npos) continue;
      out.push_back({file.path, line, "build_flag",
                     std::string(flag) + ": results must not depend on the CPU or the compiler"});
    }
  }
}

}  // namespace

void check_idioms(const source& file, std::vector<finding>& out) {
  if (!is_cpp(file)) return check_build_file(file, out);
  for (const idiom& rule : idioms) {
    if (applies(rule, file.path)) check_idiom(file, rule, out);
  }
  for (const comment& c : file.comments) check_leftovers(file, c.text, c.line, out);
}

std::vector<std::string> idiom_names() {
  std::vector<std::string> out;
  out.reserve(idioms.size());
  for (const idiom& rule : idioms) out.emplace_back(rule.name);
  return out;
}

}  // namespace stampede::tidy
