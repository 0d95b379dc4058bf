#include "mockserver/wire.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include "mockserver/answer_text.hpp"
#include "mockserver/bodies.hpp"
#include "mockserver/reuse.hpp"
#include "mockserver/service_texts.hpp"
#include "mockserver/text_sink.hpp"

namespace stampede {
namespace {

void append_number(std::string& out, std::int64_t value, int base = 10) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

std::string_view content_type(const answer& a) {
  if (a.body == body_kind::page) return a.content_type;
  if (is_stream(a)) return "text/event-stream; charset=utf-8";
  if (a.head == head_form::octet_stream) return "application/octet-stream";
  return a.body == body_kind::error_text ? "text/plain" : "application/json";
}

// "Sat, 25 Apr 2026 00:00:00 GMT"
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

// Most answers of a second follow another one of it. The text lives until the next call.
std::string_view date_of(std::int64_t unix_seconds) {
  thread_local std::int64_t rendered = -1;
  thread_local std::string date;
  if (unix_seconds != rendered) {
    date.clear();
    append_date(date, unix_seconds);
    rendered = unix_seconds;
  }
  return date;
}

void put_retry(text_sink& put, const answer& a) {
  const retry_headers told = retry_headers_of(a);
  put(told.milliseconds.empty() ? "\r\nRetry-After: " : "\r\nretry-after-ms: ");
  put(told.milliseconds.empty() ? told.value : told.milliseconds);
}

void put_head(text_sink& put, const answer& a, bool keep_alive) {
  put("HTTP/1.1 ");
  put_number(put, a.status);
  put(" ");
  const bool gateway = a.head == head_form::gateway;
  put(gateway ? "Authorization Required" : service_text_of(a.status).reason);
  if (!gateway) {
    put("\r\nContent-Type: ");
    put(content_type(a));
  }
  if (a.head == head_form::allow_get) put("\r\nAllow: GET, HEAD");
  if (a.head == head_form::allow_post) put("\r\nAllow: POST");
  if (is_stream(a)) put("\r\nCache-Control: no-cache");
  if (a.created > 0) {  // not known where no request could be read
    put("\r\nDate: ");
    put(date_of(a.created));
  }
  put("\r\nx-ds-trace-id: ");
  put(trace_id(a));
  if (a.retry_after != no_duration || a.retry_as == retry_form::text) put_retry(put, a);
  if (a.should_retry != retry_hint::none) {
    put("\r\nx-should-retry: ");
    put(a.should_retry == retry_hint::yes ? "true" : "false");
  }
  if (a.fault != no_fault) {
    put("\r\nx-stampede-fault: ");
    if (a.fault == asked_fault) {
      put("asked");
    } else {
      put_number(put, a.fault);
    }
    put(":");
    put(a.fault_kind);
  }
  keep_alive ? put("\r\nConnection: keep-alive") : put("\r\nConnection: close");
}

}  // namespace

retry_headers retry_headers_of(const answer& a) {
  retry_headers told;
  if (a.retry_as == retry_form::text) {
    told.value = a.retry_text;
    return told;
  }
  const duration wait = told_wait(a.retry_after, a.retry_as);
  if (wait == no_duration) return told;
  const std::int64_t ms = wait.count() / 1'000'000;
  switch (a.retry_as) {
    case retry_form::seconds: append_number(told.value, ms / 1000); break;
    case retry_form::date: append_date(told.value, a.created + ms / 1000); break;
    case retry_form::milliseconds: append_number(told.milliseconds, ms); break;
    case retry_form::decimal:
      if (ms < 0) told.value += '-';
      append_number(told.value, std::abs(ms) / 1000);
      told.value += '.';
      for (std::int64_t digit = 100; digit > 0; digit /= 10) {
        append_number(told.value, std::abs(ms) / digit % 10);
      }
      break;
    case retry_form::text: break;
  }
  return told;
}

bool states_length(const answer& a, const segment& first_piece) {
  return first_piece.last && !is_stream(a);
}

namespace {

void append_framed(const answer& a, const segment& piece, const wire_form& form,
                   std::string_view body, std::string& out) {
  if (piece.head) {
    text_sink put(out);
    const bool has_length = states_length(a, piece);
    const bool ends_by_closing = !form.chunks && !has_length;
    put_head(put, a, form.keep_alive && !ends_by_closing);
    if (has_length) {
      put("\r\nContent-Length: ");
      const bool promises_more = piece.cut_at >= 0 && a.ends != ending::clean;
      put_number(put, promises_more ? body_bytes(a) : static_cast<std::int64_t>(body.size()));
      put("\r\n\r\n");
      if (!form.head_only) put(body);
      return;
    }
    form.chunks ? put("\r\nTransfer-Encoding: chunked\r\n\r\n") : put("\r\n\r\n");
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

}  // namespace

void append_wire(const answer& a, const segment& piece, const wire_form& form, std::string& out) {
  // Its length stands before it; its memory serves the next one too.
  thread_local std::string body;
  append_segment(a, piece, body);
  append_framed(a, piece, form, body, out);
  empty_for_reuse(body);
}

void append_page(const page& p, const wire_form& form, std::string& out) {
  out += "HTTP/1.1 ";
  append_number(out, p.status);
  out += ' ';
  out += service_text_of(p.status).reason;
  out += "\r\nContent-Type: ";
  out += p.content_type;
  if (!p.allow.empty()) {
    out += "\r\nAllow: ";
    out += p.allow;
  }
  out += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff";
  out += form.keep_alive ? "\r\nConnection: keep-alive" : "\r\nConnection: close";
  out += "\r\nContent-Length: ";
  append_number(out, static_cast<std::int64_t>(p.body.size()));
  out += "\r\n\r\n";
  if (!form.head_only) out += p.body;
}

}  // namespace stampede
