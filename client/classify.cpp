#include "client/classify.hpp"

#include <algorithm>

namespace stampede {

outcome outcome_of_status(int status) {
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
    default:
      return status >= 500 && status < 600 ? outcome::server_error : outcome::unexpected_status;
  }
}

classification classify(outcome result, int status, const client_policy& policy, bool partial) {
  const auto transient_if = [](bool retried) {
    return retried ? classification::transient : classification::persistent;
  };
  if (partial && result != outcome::success && !policy.retry_partial)
    return classification::persistent;
  switch (result) {
    case outcome::success: return classification::success;
    case outcome::request_timeout:
    case outcome::conflict:
    case outcome::rate_limited:
    case outcome::server_error:
    case outcome::overloaded: {
      const auto& named = policy.retry_statuses;
      return transient_if(named.empty() ||
                          std::find(named.begin(), named.end(), status) != named.end());
    }
    case outcome::connect_failed:
    case outcome::connection_reset:
    case outcome::connection_closed: return transient_if(policy.retry_transport);
    case outcome::timed_out: return transient_if(policy.retry_timeouts);
    // The body itself does not parse: whoever calls r.json() sees an exception.
    case outcome::malformed_json:
    case outcome::truncated_json: return transient_if(policy.check_content);
    // The body parses; a client that does not look takes what is there.
    case outcome::empty_content:
    case outcome::missing_finish:
    case outcome::error_event:
    case outcome::insufficient_resource:
      return policy.check_content ? classification::transient : classification::success;
    case outcome::length_limit:
      return policy.check_content ? classification::persistent : classification::success;
    default: return classification::persistent;
  }
}

bool is_service_failure(outcome result) {
  switch (result) {
    case outcome::rate_limited:
    case outcome::server_error:
    case outcome::overloaded:
    case outcome::connect_failed:
    case outcome::connection_reset:
    case outcome::connection_closed: return true;
    default: return false;
  }
}

}  // namespace stampede
