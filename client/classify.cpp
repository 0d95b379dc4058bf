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

namespace {

bool is_retried(int status, const client_policy& policy) {
  const auto& named = policy.retry_statuses;
  if (!named.empty()) return std::find(named.begin(), named.end(), status) != named.end();
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

}  // namespace

classification classify(outcome result, int status, const client_policy& policy, bool partial,
                        retry_hint hint) {
  const auto transient_if = [&](bool retried) {
    return retried || policy.retry_persistent ? classification::transient
                                              : classification::persistent;
  };
  if (result == outcome::success) return classification::success;
  const auto use = policy.content.of(result);
  if (use == content_use::accept) return classification::success;
  // The caller has some of it already: a second answer would begin anew under its eyes.
  if (partial && !policy.retry_partial) return classification::persistent;
  if (use) return transient_if(*use == content_use::retry);
  // Read in the head: what became of the body does not matter.
  if (policy.heed_should_retry && status >= 400 && hint != retry_hint::none)
    return hint == retry_hint::yes ? classification::transient : classification::persistent;
  const bool by_status = status >= 400 && result == outcome_of_status(status);
  if (by_status) return transient_if(policy.retry_status_codes && is_retried(status, policy));
  switch (result) {
    case outcome::connect_failed:
      return transient_if(policy.retry_transport != transport_retries::none);
    case outcome::connection_reset:
    case outcome::connection_closed:
      return transient_if(policy.retry_transport == transport_retries::all);
    case outcome::timed_out: return transient_if(policy.retry_timeouts);
    default: return transient_if(false);
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
