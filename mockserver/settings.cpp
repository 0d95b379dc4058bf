#include "mockserver/settings.hpp"

#include <fmt/format.h>

#include "core/units.hpp"

namespace stampede {
namespace {

capacity_window parse_capacity(const config_table& table) {
  config_reader read(table);
  capacity_window window;
  read.need("at");
  window.at = after(run_start, read.time("at").value_or(duration::zero()));
  window.length = read.time("for", duration{1}).value_or(forever);
  if (const auto speed = read.number("speed", 0.0, 1000.0)) {
    const double thousandths = *speed * 1000.0;
    window.speed = static_cast<std::int32_t>(thousandths + 0.5);
    if (*window.speed == 0 && *speed > 0) {
      read.fail("speed", "'speed' is kept in thousandths: use 0 or at least 0.001");
    }
  }
  if (const auto slots = read.integer("slots", 0, 100'000'000)) {
    window.slots = static_cast<std::uint32_t>(*slots);
  }
  read.done();
  if (!window.speed && !window.slots) {
    read.fail("at", "this capacity window changes nothing: give it 'speed' or 'slots'");
  }
  return window;
}

std::string in_words(const distribution& d, bool is_time) {
  const auto amount = [&](double value) {
    if (!is_time) return fmt::format("{:.0f}", value);
    const duration time{static_cast<std::int64_t>(value)};
    return d.kind == distribution_kind::constant ? to_text(time) : to_short_text(time);
  };
  switch (d.kind) {
    case distribution_kind::constant: return amount(d.a);
    case distribution_kind::exponential:
      return fmt::format("exponential with mean {}", amount(d.a));
    case distribution_kind::lognormal:
      return fmt::format("lognormal with median {} and sigma {}", amount(d.a), d.b);
    case distribution_kind::uniform:
      return fmt::format("uniform from {} to {}", amount(d.a), amount(d.b));
  }
  return {};
}

std::int32_t thousandths(double share) { return static_cast<std::int32_t>(share * 1000.0 + 0.5); }

// A share of the load at which something begins: less than all of it.
std::int32_t read_from(config_reader& read) {
  const std::int32_t from = thousandths(read.ratio("from").value_or(0));
  if (from >= 1000) read.fail("from", "'from' must be less than 1: at full load it is too late");
  return from;
}

slow_down parse_slow_down(const config_table& table) {
  config_reader read(table);
  slow_down s;
  read.need("from");
  read.need("to");
  s.from = read_from(read);
  s.to = thousandths(read.ratio("to").value_or(1));
  read.done();
  if (s.to == 0) read.fail("to", "'to' is kept in thousandths: use at least 0.001");
  return s;
}

rate_by_load parse_rate_by_load(const config_table& table) {
  config_reader read(table);
  rate_by_load r;
  read.need("most");
  read.need("least");
  r.most = read.rate("most").value_or(0);
  r.least = read.rate("least").value_or(0);
  r.from = read_from(read);
  read.done();
  if (r.least > r.most) read.fail("least", "'least' must not be above 'most'");
  return r;
}

void read_limits(config_reader& read, server_settings& s) {
  const config_entry* limit = read.source().find("account_concurrency");
  if (limit && std::holds_alternative<std::string>(limit->value.data)) {
    s.concurrency_by_date =
        read.choice<bool>("account_concurrency", {{"by_date", true}}).value_or(false);
  } else if (const auto n = read.integer("account_concurrency", 0, 100'000'000)) {
    s.account_concurrency = static_cast<std::uint32_t>(*n);
  }
  s.concurrency_by_balance = read.flag("concurrency_by_balance").value_or(s.concurrency_by_balance);
  if (const config_table* rate = read.table("rate_by_load")) {
    s.rate_limit = parse_rate_by_load(*rate);
  }
  if (const auto n = read.integer("prefix_cache_units", 0, 100'000'000)) {
    s.prefix_cache_units = static_cast<std::uint32_t>(*n);
  }
  s.api_keys = read.texts("api_keys");
  s.accounts = parse_accounts(read);
  if (!s.api_keys.empty() && !s.accounts.empty()) {
    read.fail("api_keys",
              "'api_keys' are the keys of the one account there is where no "
              "[[server.account]] is named: give these to an account");
  }
}

std::optional<duration> own_retry_after(config_reader& read, server_profile profile) {
  const config_entry* given = read.source().find("retry_after");
  const auto* word = given ? std::get_if<std::string>(&given->value.data) : nullptr;
  if (word && *word == "none") {
    read.text("retry_after");
    return std::nullopt;
  }
  if (const auto time = read.time("retry_after")) return time;
  return profile == server_profile::documented ? server_settings{}.retry_after : std::nullopt;
}

void read_overload(config_reader& read, server_settings& s) {
  if (const auto n = read.integer("slots", 0, 100'000'000))
    s.slots = static_cast<std::uint32_t>(*n);
  if (const auto n = read.integer("queue", 0, 100'000'000)) {
    s.queue_places = static_cast<std::uint32_t>(*n);
  }
  s.when_full =
      read.choice<std::int16_t>("when_full", {{"429", 429}, {"503", 503}}).value_or(s.when_full);
  s.retry_after = own_retry_after(read, s.profile);
  s.keep_alive_every = read.time("keep_alive_every", duration{1}).value_or(s.keep_alive_every);
  s.queue_close_after = read.time("queue_close_after", duration{1}).value_or(s.queue_close_after);
  s.order = read.choice<queue_order>("queue_order",
                                     {{"fifo", queue_order::fifo}, {"lifo", queue_order::lifo}})
                .value_or(s.order);
  if (const config_table* slower = read.table("slow_down")) s.slows_down = parse_slow_down(*slower);
  s.abandoned = read.choice<abandoned_work>("abandoned", {{"drop", abandoned_work::drop},
                                                          {"finish", abandoned_work::finish}})
                    .value_or(s.abandoned);
  s.bill_abandoned = read.flag("bill_abandoned").value_or(s.bill_abandoned);
  s.half_close = read.choice<half_closed>("half_close", {{"left", half_closed::left},
                                                         {"allowed", half_closed::allowed}})
                     .value_or(s.half_close);
}

void read_speed(config_reader& read, server_settings& s) {
  s.time_to_first_token = read.times("time_to_first_token").value_or(s.time_to_first_token);
  s.tokens_per_second = read.number("tokens_per_second", 0.001, 1e9).value_or(s.tokens_per_second);
  s.stream_interval = read.time("stream_interval").value_or(s.stream_interval);
  s.output_tokens = read.counts("output_tokens");
}

void describe_limits(const server_settings& s, std::vector<std::string>& lines) {
  if (s.order == queue_order::lifo) lines.push_back("the newest in the queue is served first");
  if (s.slows_down) {
    lines.push_back(fmt::format("slows down from {:g} % of its slots on, to {:g} % of its speed",
                                s.slows_down->from / 10.0, s.slows_down->to / 10.0));
  }
  if (s.concurrency_by_date) {
    lines.push_back("requests of one account and model at a time: as the date says");
  } else if (s.account_concurrency > 0) {
    lines.push_back(fmt::format("at most {} requests of one account and model at a time",
                                s.account_concurrency));
  }
  if (s.concurrency_by_balance) {
    lines.push_back("requests of one account and model at a time: no more than 25 for a dollar");
  }
  if (s.rate_limit) {
    lines.push_back(
        fmt::format("{:g} requests/s of one account, falling from {:g} % load on to {:g}/s",
                    s.rate_limit->most, s.rate_limit->from / 10.0, s.rate_limit->least));
  }
  for (const account_settings& account : s.accounts) lines.push_back(describe(account));
}

}  // namespace

server_settings parse_server(const config_table& table) {
  server_settings s;
  config_reader read(table);
  s.profile = read.choice<server_profile>("profile", {{"documented", server_profile::documented},
                                                      {"observed", server_profile::observed}})
                  .value_or(s.profile);
  if (const auto text = read.text("date")) {
    const auto date = deepseek::parse_date(*text);
    if (!date) read.fail("date", "'date' must look like \"2026-04-25\", not \"" + *text + "\"");
    s.date = *date;
  }
  read_overload(read, s);
  read_speed(read, s);
  read_limits(read, s);
  s.strict_history = read.flag("strict_history").value_or(s.strict_history);
  s.fault_header = read.flag("fault_header").value_or(s.fault_header);
  for (const config_table* window : read.tables("capacity")) {
    s.capacity.push_back(parse_capacity(*window));
  }
  read.done();
  return s;
}

server_settings started_at(server_settings s, instant at) {
  const duration shift = at - run_start;
  s.date -= std::chrono::floor<std::chrono::seconds>(shift);
  for (capacity_window& w : s.capacity) w.at = after(w.at, shift);
  for (account_settings& a : s.accounts) {
    if (a.granted_until != never) a.granted_until = after(a.granted_until, shift);
    for (key_rotation& r : a.rotations) r.at = after(r.at, shift);
  }
  return s;
}

std::vector<duration> delays_of(const server_settings& s) {
  std::vector<duration> delays;
  const auto add = [&](duration d) {
    if (d > duration::zero() && d != forever) delays.push_back(d);
  };
  add(duration{static_cast<std::int64_t>(mean_of(s.time_to_first_token))});
  add(s.stream_interval);
  if (s.queue_places > 0) {
    add(s.keep_alive_every);
    add(s.queue_close_after);
  }
  if (s.retry_after) add(*s.retry_after);
  for (const capacity_window& w : s.capacity) add(w.length);
  return delays;
}

std::vector<std::string> describe(const server_settings& s) {
  std::vector<std::string> lines;
  const auto say = [&](std::string line) { lines.push_back(std::move(line)); };
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(s.date)};
  say(fmt::format("answers as the {} profile says, on {}-{:02}-{:02}",
                  s.profile == server_profile::documented ? "documented" : "observed",
                  static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                  static_cast<unsigned>(day.day())));
  const std::string refusal = fmt::format(
      "{}{}", s.when_full, s.retry_after ? " with Retry-After " + to_text(*s.retry_after) : "");
  if (s.slots == 0) {
    say("works on any number of answers at once");
  } else if (s.queue_places == 0) {
    say(fmt::format("works on {} answers at once and refuses more with {}", s.slots, refusal));
  } else {
    say(
        fmt::format("works on {} answers at once, lets {} wait (a keep-alive every {}, closed "
                    "after {}) and refuses more with {}",
                    s.slots, s.queue_places, to_text(s.keep_alive_every),
                    to_text(s.queue_close_after), refusal));
  }
  say(fmt::format("first token after {}, then {:g} tokens/s; streams send at most every {}",
                  in_words(s.time_to_first_token, true), s.tokens_per_second,
                  to_text(s.stream_interval)));
  if (s.output_tokens) {
    say("answers of " + in_words(*s.output_tokens, false) +
        " tokens, where the client declares none");
  }
  describe_limits(s, lines);
  if (!s.fault_header) say("does not look at x-stampede-fault");
  if (s.strict_history) say("refuses two user turns in a row");
  if (s.abandoned == abandoned_work::finish) {
    say("works on for clients that have left");
  }
  if (s.half_close == half_closed::allowed) {
    say("answers clients that have shut down their side of the connection");
  }
  if (!s.bill_abandoned) say("bills nothing for answers whose client has left");
  for (const capacity_window& w : s.capacity) {
    std::string line = "from " + to_text(w.at - run_start);
    line += w.length == forever ? " on" : " for " + to_text(w.length);
    if (w.speed) line += fmt::format(": {:g} % of its speed", *w.speed / 10.0);
    if (w.slots) line += fmt::format("{} {} slots", w.speed ? "," : ":", *w.slots);
    say(line);
  }
  return lines;
}

}  // namespace stampede
