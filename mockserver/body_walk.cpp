#include "mockserver/body_walk.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "core/check.hpp"
#include "mockserver/counted_iterator.hpp"
#include "mockserver/echo.hpp"
#include "mockserver/json_fault.hpp"

namespace stampede {
namespace {

using json = nlohmann::json;

constexpr std::size_t deepest_shape = 12;

// An object or a list the listener knows.
struct level {
  const body_field* of = nullptr;
  const body_field* member = nullptr;  // the one being read of an object
  std::uint32_t seen = 0;              // a bit for each member read
  std::size_t begin = 0;               // of its text
  bool is_list = false;
};

// Found where the type is wrong, as serde calls it.
std::string in_words(const body_value& v, std::string_view number) {
  switch (v.kind) {
    case takes_text: return "string \"" + echo_of(v.text) + '"';
    case takes_flag: return v.flag ? "boolean `true`" : "boolean `false`";
    case takes_whole: return "integer `" + echo_of(number) + '`';
    case takes_real: return "floating point `" + echo_of(number) + '`';
    case takes_object: return "map";
    case takes_list: return "sequence";
    default: return "null";
  }
}

class body_sax {
 public:
  body_sax(std::string_view body, const body_field& top, body_listener& listener,
           request_problem& problem)
      : body_(body), read_(body.data()), top_(top), listener_(listener), problem_(problem) {}

  const char** read() { return &read_; }

  // ---- what nlohmann calls; false stops the parser
  bool null() { return take({}, {}); }
  bool boolean(bool value) {
    body_value v;
    v.kind = takes_flag;
    v.flag = value;
    return take(v, {});
  }
  bool number_integer(json::number_integer_t value) {
    return number(takes_whole, value, static_cast<double>(value), std::to_string(value));
  }
  bool number_unsigned(json::number_unsigned_t value) {
    constexpr json::number_unsigned_t most = 0x7fffffffffffffffULL;
    return number(takes_whole, static_cast<std::int64_t>(std::min(value, most)),
                  static_cast<double>(value), std::to_string(value));
  }
  bool number_float(json::number_float_t value, const json::string_t& text) {
    return number(takes_real, 0, value, text);
  }
  bool string(json::string_t& value) {
    body_value v;
    v.kind = takes_text;
    v.text = value;
    return take(v, {});
  }
  bool binary(json::binary_t&) { return true; }
  bool start_object(std::size_t) { return open(takes_object); }
  bool start_array(std::size_t) { return open(takes_list); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(json::string_t& name);
  bool parse_error(std::size_t position, const std::string&, const json::exception& why);

 private:
  std::size_t consumed() const { return static_cast<std::size_t>(read_ - body_.data()); }
  bool spoiled() const { return problem_.what != request_problem::kind::none; }
  const body_field* target() const;
  bool number(value_kind kind, std::int64_t whole, double real, std::string_view text);
  bool take(const body_value& v, std::string_view number);
  bool open(value_kind kind);
  bool close();
  void check_members(const level& l);
  bool wrong(std::string reason, std::size_t value_end);
  void locate(std::size_t bytes);
  void locate_behind(std::size_t value_end);

  std::string_view body_;
  const char* read_;
  const body_field& top_;
  body_listener& listener_;
  request_problem& problem_;
  std::array<level, deepest_shape> levels_{};
  std::size_t depth_ = 0;
  std::size_t passed_over_ = 0;  // objects and lists open that nobody asked for
  std::size_t told_at_ = 0;      // the depth at whose end the problem is told; 0: told already
};

// The field the next value is for; null where it is passed over.
const body_field* body_sax::target() const {
  if (depth_ == 0) return &top_;
  const level& l = levels_[depth_ - 1];
  return l.is_list ? l.of->element : l.member;
}

bool body_sax::key(json::string_t& name) {
  if (passed_over_ > 0 || spoiled()) return true;
  level& l = levels_[depth_ - 1];
  const auto found = std::find_if(l.of->members.begin(), l.of->members.end(),
                                  [&](const body_field& f) { return f.name == name; });
  l.member = found == l.of->members.end() ? nullptr : &*found;
  return true;
}

bool body_sax::number(value_kind kind, std::int64_t whole, double real, std::string_view text) {
  body_value v;
  v.kind = kind;
  v.whole = whole;
  v.real = real;
  return take(v, text);
}

bool body_sax::take(const body_value& v, std::string_view number) {
  if (passed_over_ > 0 || spoiled()) return true;
  const body_field* f = target();
  if (f == nullptr) return true;
  // To see that a number is over, the parser reads a byte too many.
  std::size_t end = consumed();
  constexpr std::string_view of_numbers = "0123456789+-.eE";
  if (!number.empty() && of_numbers.find(body_[end - 1]) == std::string_view::npos) --end;
  const bool is_null = v.kind == 0;
  if (is_null && depth_ > 0 && !levels_[depth_ - 1].is_list && !f->needed) return true;
  if ((f->takes & v.kind) == 0) {
    return wrong("invalid type: " + in_words(v, number) + ", expected " + std::string(f->expected),
                 end);
  }
  if ((f->takes & takes_real) == 0 && v.kind == takes_whole && (v.whole < 0 || v.whole > f->most)) {
    return wrong("invalid value: " + in_words(v, number) + ", expected " + std::string(f->expected),
                 end);
  }
  if (v.kind == takes_text && !f->variants.empty() &&
      std::find(f->variants.begin(), f->variants.end(), v.text) == f->variants.end()) {
    return wrong(unknown_variant(v.text, f->variants), end);
  }
  level* l = depth_ > 0 ? &levels_[depth_ - 1] : nullptr;
  if (l != nullptr && !l->is_list) l->seen |= 1u << (f - l->of->members.data());
  std::string reason = listener_.value(*f, v);
  return reason.empty() || wrong(std::move(reason), end);
}

bool body_sax::open(value_kind kind) {
  const body_field* f = passed_over_ > 0 || spoiled() ? nullptr : target();
  if (f == nullptr || (f->takes & kind) == 0) {
    ++passed_over_;
    if (f == nullptr) return true;
    body_value v;
    v.kind = kind;
    return wrong("invalid type: " + in_words(v, {}) + ", expected " + std::string(f->expected),
                 consumed() - 1);
  }
  if (depth_ > 0 && !levels_[depth_ - 1].is_list) {
    level& outer = levels_[depth_ - 1];
    outer.seen |= 1u << (f - outer.of->members.data());
  }
  STAMPEDE_CHECK(depth_ < levels_.size());
  level& l = levels_[depth_++];
  l = level{};
  l.of = f;
  l.is_list = kind == takes_list;
  l.begin = consumed() - 1;
  listener_.opened(*f);
  return true;
}

bool body_sax::close() {
  if (passed_over_ > 0) {
    --passed_over_;
    return true;
  }
  const level ended = levels_[depth_ - 1];
  const std::size_t end = consumed();
  if (!spoiled() && !ended.is_list) check_members(ended);
  if (!spoiled()) {
    levels_[depth_ - 1].member = nullptr;
    std::string reason = listener_.closed(*ended.of, body_.substr(ended.begin, end - ended.begin));
    if (!reason.empty()) wrong(std::move(reason), end);
  }
  if (told_at_ == depth_) locate_behind(end);
  --depth_;
  return true;
}

void body_sax::check_members(const level& l) {
  for (std::size_t i = 0; i < l.of->members.size(); ++i) {
    if (!l.of->members[i].needed || (l.seen >> i & 1u) != 0) continue;
    levels_[depth_ - 1].member = &l.of->members[i];  // for wrong() to see how it is told
    wrong("missing field `" + std::string(l.of->members[i].name) + '`', consumed());
    return;
  }
}

// The problem is with a value whose last byte is the one before `value_end`. Inside an object
// that is read whole before it is judged (serde's tagged enums), it is told of that object.
bool body_sax::wrong(std::string reason, std::size_t value_end) {
  problem_.what = request_problem::kind::wrong_shape;
  problem_.reason = std::move(reason);
  for (std::size_t d = depth_; d > 0; --d) {
    const level& l = levels_[d - 1];
    if (!l.of->told_of_whole) continue;
    if (d == depth_ && l.member != nullptr && l.member->told_at_once) break;
    problem_.path = json_path_at(body_, l.begin);
    told_at_ = d;
    return true;
  }
  const bool bracket = value_end == consumed() - 1 && value_end < body_.size() &&
                       (body_[value_end] == '{' || body_[value_end] == '[');
  problem_.path = json_path_at(body_, bracket || value_end == 0 ? value_end : value_end - 1);
  locate(value_end);
  return true;
}

void body_sax::locate(std::size_t bytes) {
  const std::string_view before = body_.substr(0, std::min(bytes, body_.size()));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  problem_.line = static_cast<std::uint32_t>(lines + 1);
  problem_.column = static_cast<std::uint32_t>(before.size() - line_start);
}

// serde_json says where it stands after it has looked whether the list goes on.
void body_sax::locate_behind(std::size_t value_end) {
  told_at_ = 0;
  constexpr std::string_view blanks = " \t\r\n";
  std::size_t at = std::min(body_.find_first_not_of(blanks, value_end), body_.size());
  if (at < body_.size()) ++at;
  if (at > 0 && body_[at - 1] == ',') {
    at = std::min(body_.find_first_not_of(blanks, at), body_.size());
  }
  locate(at);
}

// Whatever the shape is like: a text that is not JSON is told first.
bool body_sax::parse_error(std::size_t position, const std::string&, const json::exception& why) {
  constexpr int out_of_range = 406;
  problem_ = {};
  problem_.what = request_problem::kind::broken_json;
  if (const auto fault = find_json_fault(body_)) {
    problem_.reason = fault->reason;
    problem_.path = fault->path;
    locate(fault->read);
  } else {
    problem_.reason = why.id == out_of_range ? "number out of range" : "invalid unicode code point";
    problem_.path = json_path_at(body_, position < 2 ? 0 : position - 2);
    locate(position);
  }
  return false;
}

}  // namespace

std::string unknown_variant(std::string_view found, std::span<const std::string_view> variants) {
  std::string text = "unknown variant `" + echo_of(found) + "`, expected ";
  if (variants.size() > 2) text += "one of ";
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (i > 0) text += variants.size() == 2 ? " or " : ", ";
    text += '`' + std::string(variants[i]) + '`';
  }
  return text;
}

void walk_body(std::string_view body, const body_field& top, body_listener& listener,
               request_problem& problem) {
  body_sax sax(body, top, listener, problem);
  const char* const start = body.data();
  json::sax_parse(counted_iterator(start, sax.read()),
                  counted_iterator(start + body.size(), sax.read()), &sax);
}

}  // namespace stampede
