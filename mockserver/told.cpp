#include "mockserver/told.hpp"

namespace stampede {
namespace {

outcome told_by_status(std::int16_t status) {
  switch (status) {
    case 400: return outcome::invalid_format;
    case 401: return outcome::unauthorized;
    case 402: return outcome::insufficient_balance;
    case 403: return outcome::forbidden;
    case 404: return outcome::not_found;
    case 408: return outcome::request_timeout;
    case 409: return outcome::conflict;
    case 413: return outcome::too_large;
    case 422: return outcome::invalid_parameters;
    case 429: return outcome::rate_limited;
    case 503: return outcome::overloaded;
    default: return status >= 500 ? outcome::server_error : outcome::unexpected_status;
  }
}

outcome told_by_cut(const answer& a) {
  if (a.ends == ending::reset) return outcome::connection_reset;
  if (a.ends == ending::silent) return outcome::timed_out;
  if (a.ends == ending::truncated) return outcome::connection_closed;
  return is_stream(a) ? outcome::missing_finish : outcome::truncated_json;
}

}  // namespace

outcome told_by(const answer& a, const exchange_record& r) {
  if (r.peer_left) return outcome::cancelled;
  if (r.status == 0) return outcome::connection_closed;
  if (r.status != 200) return told_by_status(r.status);
  if (a.body == body_kind::error_json) return outcome::error_event;
  if (a.body == body_kind::blank) return outcome::empty_content;
  if (a.cut_at >= 0) return told_by_cut(a);
  if (!r.whole) return outcome::connection_closed;
  if (a.body == body_kind::page || a.spoiled != spoiling::none) return outcome::malformed_json;
  if (a.tail == answer_tail::error) return outcome::error_event;
  if (a.tail != answer_tail::whole) return outcome::missing_finish;
  if (a.empty_content) return outcome::empty_content;
  if (a.finish == finish_kind::length) return outcome::length_limit;
  if (a.finish == finish_kind::insufficient_system_resource) return outcome::insufficient_resource;
  return outcome::success;
}

}  // namespace stampede
