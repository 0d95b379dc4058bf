#include "mockserver/json_table.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "mockserver/counted_iterator.hpp"
#include "mockserver/json_fault.hpp"

namespace stampede {
namespace {

using nlohmann::json;

constexpr std::size_t deepest = 32;

// Builds the tree as nlohmann's parser names its parts, with the place of each.
class table_sax {
 public:
  table_sax(std::string_view text, const std::string& name)
      : text_(text), read_(text.data()), file_(std::make_shared<const std::string>(name)) {}

  const char** read() { return &read_; }
  config_value take() { return std::move(root_); }

  // ---- what nlohmann calls; false stops the parser
  bool null() { throw config_error(next_place(), "null says nothing here; leave the key out"); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(json::number_integer_t value) { return put(std::int64_t{value}); }
  bool number_unsigned(json::number_unsigned_t value) {
    if (value > 0x7fffffffffffffffULL) return put(static_cast<double>(value));
    return put(static_cast<std::int64_t>(value));
  }
  bool number_float(json::number_float_t value, const json::string_t&) { return put(value); }
  bool string(json::string_t& value) { return put(std::move(value)); }
  bool binary(json::binary_t&) { return true; }
  bool start_object(std::size_t) {
    config_table table;
    table.place = next_place();
    return open(std::move(table));
  }
  bool start_array(std::size_t) { return open(config_array{}); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(json::string_t& name) {
    auto& table = std::get<config_table>(levels_.back()->data);
    const config_place place = next_place();
    if (table.find(name)) throw config_error(place, "the key '" + name + "' is there twice");
    key_ = std::move(name);
    key_place_ = place;
    return after_token();
  }
  bool parse_error(std::size_t, const std::string&, const json::exception& why) {
    if (const auto fault = find_json_fault(text_)) {
      throw config_error(place_of(fault->read == 0 ? 0 : fault->read - 1),
                         "not valid JSON: " + fault->reason);
    }
    throw config_error(next_place(), std::string("not valid JSON: ") + why.what());
  }

 private:
  config_place place_of(std::size_t at) const {
    const std::string_view before = text_.substr(0, std::min(at, text_.size()));
    const auto line_start = before.rfind('\n') + 1;  // 0 where there is none
    const auto lines = std::count(before.begin(), before.end(), '\n');
    return {file_, static_cast<std::uint32_t>(lines + 1),
            static_cast<std::uint32_t>(before.size() - line_start + 1)};
  }

  // Where the token that the parser names now begins.
  config_place next_place() const {
    return place_of(std::min(text_.find_first_not_of(" \t\r\n,:", last_), text_.size()));
  }
  bool after_token() {
    last_ = static_cast<std::size_t>(read_ - text_.data());
    return true;
  }

  template <class Data>
  config_value* add(Data&& data) {
    config_value value{next_place(), std::forward<Data>(data)};
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (auto* array = std::get_if<config_array>(&levels_.back()->data)) {
      array->push_back(std::move(value));
      return &array->back();
    }
    auto& entries = std::get<config_table>(levels_.back()->data).entries;
    entries.push_back({std::move(key_), key_place_, std::move(value)});
    return &entries.back().value;
  }

  template <class Data>
  bool put(Data&& data) {
    add(std::forward<Data>(data));
    return after_token();
  }

  template <class Data>
  bool open(Data&& data) {
    if (levels_.size() == deepest) throw config_error(next_place(), "nested too deeply");
    // A level's list does not grow while a level within it is open.
    levels_.push_back(add(std::forward<Data>(data)));
    return after_token();
  }

  bool close() {
    levels_.pop_back();
    return after_token();
  }

  std::string_view text_;
  const char* read_;
  std::shared_ptr<const std::string> file_;
  std::size_t last_ = 0;  // end of the token before
  config_value root_;
  std::vector<config_value*> levels_;
  std::string key_;
  config_place key_place_;
};

config_value parse(std::string_view text, const std::string& name) {
  table_sax sax(text, name);
  json::sax_parse(counted_iterator(text.data(), sax.read()),
                  counted_iterator(text.data() + text.size(), sax.read()), &sax);
  return sax.take();
}

nlohmann::ordered_json json_of(const config_value& value);

nlohmann::ordered_json json_of(const config_table& table) {
  auto object = nlohmann::ordered_json::object();
  for (const config_entry& entry : table.entries) object[entry.key] = json_of(entry.value);
  return object;
}

nlohmann::ordered_json json_of(const config_value& value) {
  if (const auto* table = std::get_if<config_table>(&value.data)) return json_of(*table);
  if (const auto* array = std::get_if<config_array>(&value.data)) {
    auto list = nlohmann::ordered_json::array();
    for (const config_value& one : *array) list.push_back(json_of(one));
    return list;
  }
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag;
  if (const auto* whole = std::get_if<std::int64_t>(&value.data)) return *whole;
  if (const auto* real = std::get_if<double>(&value.data)) return *real;
  return std::get<std::string>(value.data);
}

}  // namespace

config_table json_table(std::string_view text, const std::string& name) {
  config_value value = parse(text, name);
  if (auto* table = std::get_if<config_table>(&value.data)) return std::move(*table);
  throw config_error(value.place, "an object is needed, such as {\"kind\": \"outage\"}");
}

std::vector<config_table> json_tables(std::string_view text, const std::string& name) {
  config_value value = parse(text, name);
  std::vector<config_table> tables;
  if (auto* table = std::get_if<config_table>(&value.data)) {
    tables.push_back(std::move(*table));
    return tables;
  }
  auto* array = std::get_if<config_array>(&value.data);
  if (!array) throw config_error(value.place, "an object, or a list of objects, is needed");
  for (config_value& one : *array) {
    auto* table = std::get_if<config_table>(&one.data);
    if (!table) throw config_error(one.place, "a list of objects is needed");
    tables.push_back(std::move(*table));
  }
  return tables;
}

std::string json_text(const config_table& table) {
  return json_of(table).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace stampede
