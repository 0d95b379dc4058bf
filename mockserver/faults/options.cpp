#include "mockserver/faults/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/units.hpp"

namespace stampede {
namespace {

// A time, a negative time, or "none".
duration read_wait(config_reader& read, duration otherwise) {
  if (!read.has("retry_after")) return otherwise;
  const std::string text = read.text("retry_after").value_or("");
  if (text == "none") return no_duration;
  if (const auto d = parse_duration(text)) return *d;
  if (text.starts_with("-")) {
    if (const auto d = parse_duration(std::string_view(text).substr(1))) return -*d;
  }
  read.fail("retry_after", "'retry_after' must be a time such as \"20s\", or \"none\"");
}

}  // namespace

// ---- Retry-After

retry_option::retry_option(config_reader& read, duration otherwise) {
  advice_.wait = read_wait(read, otherwise);
  const auto as = read.choice<retry_form>("retry_after_as", {{"seconds", retry_form::seconds},
                                                             {"decimal", retry_form::decimal},
                                                             {"date", retry_form::date},
                                                             {"ms", retry_form::milliseconds}});
  if (const auto text = read.text("retry_after_text")) {
    if (read.has("retry_after") || as) {
      read.fail("retry_after_text",
                "'retry_after_text' is sent as it is: no other 'retry_after' key goes with it");
    }
    const bool printable =
        std::all_of(text->begin(), text->end(), [](char c) { return c >= ' ' && c != 0x7f; });
    if (!printable) read.fail("retry_after_text", "'retry_after_text' must be one line of text");
    text_ = *text;
    advice_ = {no_duration, retry_form::text, {}};
    return;
  }
  if (as && advice_.wait == no_duration) {
    read.fail("retry_after_as", "'retry_after_as' needs a 'retry_after'");
  }
  advice_.as = as.value_or(retry_form::seconds);
}

retry_advice retry_option::advice(duration length) const {
  retry_advice told = advice_;
  told.wait = length;
  told.text = text_;
  return told;
}

std::vector<duration> retry_option::delays() const {
  if (advice_.wait <= duration::zero()) return {};
  return {advice_.wait};
}

std::string retry_option::in_words() const {
  if (advice_.as == retry_form::text) return " with Retry-After '" + text_ + "'";
  if (advice_.wait == no_duration) return "";
  const bool negative = advice_.wait < duration::zero();
  std::string words = " with Retry-After " + std::string(negative ? "-" : "") +
                      to_text(negative ? -advice_.wait : advice_.wait);
  if (advice_.as == retry_form::decimal) words += " as a decimal";
  if (advice_.as == retry_form::date) words += " as a date";
  if (advice_.as == retry_form::milliseconds) words += " in milliseconds";
  return words;
}

// ---- parts of an answer

part_option read_part(config_reader& read, std::string_view unit, std::int64_t most,
                      std::string_view otherwise) {
  part_option part;
  const config_entry* at = read.source().find("cut_at");
  if (at && std::holds_alternative<std::int64_t>(at->value.data)) {
    part.number = *read.integer("cut_at", 0, most);
    return part;
  }
  const std::string text = read.text("cut_at").value_or(std::string(otherwise));
  const auto fraction = parse_percent(text);
  if (!fraction) {
    read.fail("cut_at", fmt::format("'cut_at' must be a number of {} or like \"40%\"", unit));
  }
  part.fraction = *fraction;
  return part;
}

std::string in_words(const part_option& part, std::string_view unit) {
  return part.number >= 0 ? fmt::format("{} {}", part.number, unit)
                          : fmt::format("{:g} % of its {}", part.fraction * 100, unit);
}

// ---- endings

break_option::break_option(config_reader& read, ending how) : how_(how) {
  const auto wait = read.time("wait");
  wait_ = wait.value_or(duration::zero());
  if (!read.has("cut_at")) return;
  if (wait) read.fail("wait", "'wait' comes before any answer: it does not go with 'cut_at'");
  part_ = read_part(read, "bytes", 1'000'000'000, "");
}

plan_edit break_option::edit() const {
  if (part_) {
    cut_body cut;
    cut.bytes = part_->number;
    cut.fraction = part_->fraction;
    cut.how = how_;
    return cut;
  }
  hold_request hold;
  hold.length = wait_;
  hold.then = how_ == ending::reset ? hold_request::after::reset : hold_request::after::close;
  return hold;
}

std::string break_option::in_words() const {
  const std::string_view what = how_ == ending::reset ? "reset" : "closed";
  if (part_) {
    return fmt::format("the connection is {} after {}", what, stampede::in_words(*part_, "bytes"));
  }
  if (wait_ == duration::zero()) return fmt::format("the connection is {} at once", what);
  return fmt::format("the connection is {} after {}", what, to_text(wait_));
}

std::vector<duration> break_option::delays() const {
  if (wait_ == duration::zero()) return {};
  return {wait_};
}

}  // namespace stampede
