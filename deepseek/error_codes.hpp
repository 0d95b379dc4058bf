// The seven error codes of the guide: what each means, whether a retry helps, and what to
// check, in order. Text for people, and the facts `explain`, `call` and reports share.
#pragma once

#include <span>
#include <string_view>

namespace stampede::deepseek {

enum class remedy { fix, retry, retry_limited };

struct error_code {
  int status = 0;
  std::string_view name;                     // "Rate Limit Reached"
  std::string_view meaning;                  // one or two sentences
  remedy what;                               // retry, or fix?
  std::string_view retry;                    // how to retry, or why not
  std::string_view first_action;             // the guide's table, last column
  std::span<const std::string_view> checks;  // in the order to make them
};

std::span<const error_code> error_codes();      // by status
const error_code* find_error_code(int status);  // null for others

}  // namespace stampede::deepseek
