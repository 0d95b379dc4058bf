// One call over the network under a policy, with the client that the fleet is made of: what
// `stampede call` does.
//
// Use: `const single_result r = call_once({.where = *parse_base_url(url), ...});`
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "client/live/transport.hpp"
#include "client/policy.hpp"
#include "client/request_body.hpp"
#include "core/records.hpp"

namespace stampede {

struct single_call {
  endpoint where;
  std::string api_key;
  std::string ca_file;  // further authorities for https; may be empty
  chat_request request;
  client_policy policy;
  const std::atomic<bool>* stop = nullptr;                // the caller leaves
  std::function<void(const attempt_record&)> on_attempt;  // as each one ends
};

struct single_result {
  call_record call;
  std::vector<attempt_record> attempts;
  decoded answer;  // the last one received whole
};

// Errors are outcomes of the result; throws config_error for an unreadable ca_file.
single_result call_once(const single_call& what);

}  // namespace stampede
