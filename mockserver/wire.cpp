#include "mockserver/wire.hpp"

#include <array>
#include <charconv>
#include <chrono>

#include "mockserver/answer_text.hpp"
#include "mockserver/bodies.hpp"
#include "mockserver/service_texts.hpp"

namespace stampede {
namespace {

void append_number(std::string& out, std::int64_t value, int base = 10) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

std::string_view content_type(const answer& a) {
  if (is_stream(a)) return "text/event-stream; charset=utf-8";
  if (a.head == head_form::octet_stream) return "application/octet-stream";
  return a.body == body_kind::error_text ? "text/plain" : "application/json";
}

// "\r\nDate: Sat, 25 Apr 2026 00:00:00 GMT", the instant the request came.
void append_date(std::string& out, std::int64_t unix_seconds) {
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::chrono::sys_seconds at{std::chrono::seconds{unix_seconds}};
  const auto midnight = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day day{midnight};
  const std::chrono::hh_mm_ss time{at - midnight};
  const auto two_digits = [&](std::int64_t value) {
    if (value < 10) out += '0';
    append_number(out, value);
  };
  out += "\r\nDate: ";
  out += days.substr(3 * std::chrono::weekday{midnight}.c_encoding(), 3);
  out += ", ";
  two_digits(static_cast<unsigned>(day.day()));
  out += ' ';
  out += months.substr(3 * (static_cast<unsigned>(day.month()) - 1), 3);
  out += ' ';
  append_number(out, static_cast<int>(day.year()));
  out += ' ';
  two_digits(time.hours().count());
  out += ':';
  two_digits(time.minutes().count());
  out += ':';
  two_digits(time.seconds().count());
  out += " GMT";
}

// In whole seconds, so that nobody who waits as long as told comes too early.
std::int64_t whole_seconds(duration d) { return (d.count() + 999'999'999) / 1'000'000'000; }

void append_head(const answer& a, const wire_form& form, std::string& out) {
  out += "HTTP/1.1 ";
  append_number(out, a.status);
  out += ' ';
  const bool gateway = a.head == head_form::gateway;
  out += gateway ? "Authorization Required" : service_text_of(a.status).reason;
  if (!gateway) {
    out += "\r\nContent-Type: ";
    out += content_type(a);
  }
  if (a.head == head_form::allow_get) out += "\r\nAllow: GET";
  if (a.head == head_form::allow_post) out += "\r\nAllow: POST";
  if (is_stream(a)) out += "\r\nCache-Control: no-cache";
  if (a.created > 0) append_date(out, a.created);  // not known where no request could be read
  out += "\r\nx-ds-trace-id: ";
  out += trace_id(a);
  if (a.retry_after != no_duration) {
    out += "\r\nRetry-After: ";
    append_number(out, whole_seconds(a.retry_after));
  }
  if (a.fault >= 0) {
    out += "\r\nx-stampede-fault: ";
    append_number(out, a.fault);
    out += ':';
    out += a.fault_kind;
  }
  out += form.keep_alive ? "\r\nConnection: keep-alive" : "\r\nConnection: close";
}

}  // namespace

bool states_length(const answer& a, const segment& first_piece) {
  return first_piece.last && !is_stream(a);
}

void append_wire(const answer& a, const segment& piece, const wire_form& form, std::string& out) {
  // Its length stands before it; its memory serves the next one too.
  thread_local std::string body;
  body.clear();
  append_segment(a, piece, body);
  if (piece.head && states_length(a, piece)) {
    append_head(a, form, out);
    out += "\r\nContent-Length: ";
    const bool promises_more = piece.cut_at >= 0 && a.ends != ending::clean;
    append_number(out, promises_more ? body_bytes(a) : static_cast<std::int64_t>(body.size()));
    out += "\r\n\r\n";
    out += body;
    return;
  }
  if (piece.head) {
    append_head(a, form, out);
    out += form.chunks ? "\r\nTransfer-Encoding: chunked\r\n\r\n" : "\r\n\r\n";
  }
  if (!form.chunks) {
    out += body;
    return;
  }
  if (!body.empty()) {
    append_number(out, static_cast<std::int64_t>(body.size()), 16);
    out += "\r\n";
    out += body;
    out += "\r\n";
  }
  if (piece.last && a.ends == ending::clean) out += "0\r\n\r\n";
}

}  // namespace stampede
