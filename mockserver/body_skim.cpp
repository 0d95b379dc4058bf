#include "mockserver/body_skim.hpp"

#include <simdjson.h>

#include <algorithm>
#include <string>

namespace stampede {
namespace {

namespace dom = simdjson::dom;

// A parser's memory is several times that of the largest body it has read.
constexpr std::size_t largest_kept = 1 << 20;

class skimmer {
 public:
  explicit skimmer(body_listener& listener) : listener_(listener) {}

  bool read(dom::element value, const body_field& f);

 private:
  bool tell(const body_field& f, const body_value& v);
  bool tell_whole(const body_field& f, std::int64_t whole, double real);
  bool members(dom::object object, const body_field& f);
  bool elements(dom::array list, const body_field& f);
  bool close(dom::element value, const body_field& f);

  body_listener& listener_;
};

bool skimmer::tell(const body_field& f, const body_value& v) {
  if ((f.takes & v.kind) == 0) return false;
  const bool listed = f.variants.empty() || v.kind != takes_text ||
                      std::find(f.variants.begin(), f.variants.end(), v.text) != f.variants.end();
  return listed && listener_.value(f, v).empty();
}

bool skimmer::tell_whole(const body_field& f, std::int64_t whole, double real) {
  const bool within = (f.takes & takes_real) != 0 || (whole >= 0 && whole <= f.most);
  body_value v;
  v.kind = takes_whole;
  v.whole = whole;
  v.real = real;
  return within && tell(f, v);
}

bool skimmer::read(dom::element value, const body_field& f) {
  body_value v;
  switch (value.type()) {
    case dom::element_type::STRING:
      v.kind = takes_text;
      v.text = value.get_string().value_unsafe();
      return tell(f, v);
    case dom::element_type::BOOL:
      v.kind = takes_flag;
      v.flag = value.get_bool().value_unsafe();
      return tell(f, v);
    case dom::element_type::INT64: {
      const std::int64_t whole = value.get_int64().value_unsafe();
      return tell_whole(f, whole, static_cast<double>(whole));
    }
    case dom::element_type::UINT64: {
      const std::uint64_t whole = value.get_uint64().value_unsafe();
      return tell_whole(f, std::numeric_limits<std::int64_t>::max(), static_cast<double>(whole));
    }
    case dom::element_type::DOUBLE:
      v.kind = takes_real;
      v.real = value.get_double().value_unsafe();
      return tell(f, v);
    case dom::element_type::OBJECT:
      if ((f.takes & takes_object) == 0) return false;
      listener_.opened(f);
      return members(value.get_object().value_unsafe(), f) && close(value, f);
    case dom::element_type::ARRAY:
      if ((f.takes & takes_list) == 0) return false;
      listener_.opened(f);
      return elements(value.get_array().value_unsafe(), f) && close(value, f);
    case dom::element_type::NULL_VALUE: return false;
  }
  return false;
}

bool skimmer::members(dom::object object, const body_field& f) {
  std::uint32_t seen = 0;
  for (const dom::key_value_pair member : object) {
    const auto found = std::find_if(f.members.begin(), f.members.end(),
                                    [&](const body_field& m) { return m.name == member.key; });
    if (found == f.members.end()) continue;
    if (member.value.is_null() && !found->needed) continue;
    if (!read(member.value, *found)) return false;
    seen |= 1u << (found - f.members.begin());
  }
  for (std::size_t i = 0; i < f.members.size(); ++i) {
    if (f.members[i].needed && (seen >> i & 1u) == 0) return false;
  }
  return true;
}

bool skimmer::elements(dom::array list, const body_field& f) {
  if (f.element == nullptr) return true;
  for (const dom::element element : list) {
    if (!read(element, *f.element)) return false;
  }
  return true;
}

bool skimmer::close(dom::element value, const body_field& f) {
  if (!f.wants_text) return listener_.closed(f, {}).empty();
  const std::string text = simdjson::minify(value);
  return listener_.closed(f, text).empty();
}

}  // namespace

bool skim_body(std::string_view body, const body_field& top, body_listener& listener) {
  thread_local dom::parser kept;
  dom::parser of_this_one;
  dom::parser& parser = body.size() > largest_kept ? of_this_one : kept;
  dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return false;
  return skimmer(listener).read(root, top);
}

}  // namespace stampede
