// sequence: one fault after the other, each told in a line.
//   sequence = ["429 retry_after=2", "503", "truncate at=40%", "ok"]
//   per      = "call"   the attempts of each call meet the lines in turn
//              "key"    the requests of each API key do
//              "all"    all requests do
//   repeat   = false    true: after the last line comes the first again
// "ok" is no fault. After the last line nothing goes wrong any more. Only valid chat requests are
// counted; all lines are met after authentication.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mockserver/faults/options.hpp"
#include "mockserver/faults/registry.hpp"
#include "mockserver/faults/terse.hpp"
#include "mockserver/number_map.hpp"

namespace stampede {
namespace {

enum class turn_of : std::uint8_t { call, key, all };

struct step {
  std::string line;
  made_fault made;  // nobody's where the line is "ok"
};

class sequence_fault final : public fault {
 public:
  explicit sequence_fault(config_reader& read) {
    read.need("sequence");
    const config_entry* lines = read.source().find("sequence");
    for (std::string& line : read.texts("sequence")) {
      const auto* list = std::get_if<config_array>(&lines->value.data);
      const config_place place = list ? (*list)[steps_.size()].place : lines->value.place;
      made_fault made;
      if (line != "ok") made = make_fault(terse_fault(line, place));
      if (made.kind == "sequence") {
        throw config_error(place, "a line of a sequence cannot be a sequence");
      }
      steps_.push_back({std::move(line), std::move(made)});
    }
    if (steps_.empty()) read.fail("sequence", "'sequence' needs a line");
    per_ = read.choice<turn_of>(
                   "per", {{"call", turn_of::call}, {"key", turn_of::key}, {"all", turn_of::all}})
               .value_or(turn_of::call);
    repeats_ = read.flag("repeat").value_or(false);
  }

  fault_stage stage() const override { return fault_stage::admission; }

  const plan_edit* apply(const fault_case& request) override {
    std::uint64_t turn = turn_for(request);
    if (repeats_) turn %= steps_.size();
    if (turn >= steps_.size()) return nullptr;
    reached_ = std::max(reached_, static_cast<std::size_t>(turn) + 1);
    last_ = turn;
    const step& now = steps_[turn];
    return now.made.does ? now.made.does->apply(request) : nullptr;
  }

  std::string_view taken_as() const override { return steps_[last_].made.kind; }

  std::string unmet() const override {
    if (reached_ == steps_.size()) return "";
    return fmt::format("line {} (\"{}\") was never reached", reached_ + 1, steps_[reached_].line);
  }

  std::string describe() const override {
    std::string text;
    for (const step& s : steps_) {
      if (!text.empty()) text += ", then ";
      text += s.made.does ? s.made.does->describe() : "nothing";
    }
    text += per_ == turn_of::call  ? "; for each call's attempts in turn"
            : per_ == turn_of::key ? "; for each key's requests in turn"
                                   : "; for all requests in turn";
    return text + (repeats_ ? ", over and over" : "");
  }

  std::vector<duration> delays() const override {
    std::vector<duration> all;
    for (const step& s : steps_) {
      if (!s.made.does) continue;
      for (const duration d : s.made.does->delays()) all.push_back(d);
    }
    return all;
  }

 private:
  std::uint64_t turn_for(const fault_case& request) {
    switch (per_) {
      case turn_of::call: return request.attempt - 1U;
      case turn_of::key: return turns_.at(request.key_number)++;
      case turn_of::all: return turns_.at(0)++;
    }
    return 0;
  }

  std::vector<step> steps_;
  turn_of per_ = turn_of::call;
  bool repeats_ = false;
  number_map<std::uint64_t> turns_;  // requests met, by key
  std::size_t reached_ = 0;          // lines
  std::size_t last_ = 0;
};

}  // namespace

std::unique_ptr<fault> make_sequence(config_reader& read) {
  return std::make_unique<sequence_fault>(read);
}

}  // namespace stampede
