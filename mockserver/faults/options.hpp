// What faults' options have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/check.hpp"
#include "core/config_table.hpp"
#include "mockserver/faults/fault.hpp"

namespace stampede {

// What each fault's file defines, as make_<kind>: reads the fault's own keys. The gate's keys
// have been read, and whoever calls refuses what is left.
using fault_maker = std::unique_ptr<fault>(config_reader& read);

// What a refusal says about coming back:
//   retry_after      = "20s", "-5s", or "none"
//   retry_after_as   = "seconds"   rounded up to whole ones
//                      "decimal"   "1.500"
//                      "date"      an HTTP date
//                      "ms"        in the header retry-after-ms
//   retry_after_text = "soon"      this, instead, whatever it means
// Keeps the text the answers point to.
class retry_option {
 public:
  retry_option(config_reader& read, duration otherwise);

  duration wait() const { return advice_.wait; }  // no_duration: none is told
  // As told: `length` of it, which may be what remains of the whole wait.
  retry_advice advice(duration length) const;
  retry_advice advice() const { return advice(advice_.wait); }
  std::vector<duration> delays() const;
  std::string in_words() const;  // " with Retry-After 20s", or nothing

 private:
  retry_advice advice_;
  std::string text_;
};

// cut_at = "40%", or a number of `unit`. Exactly one of the two is not negative.
struct part_option {
  std::int64_t number = -1;
  double fraction = -1;
};
part_option read_part(config_reader& read, std::string_view unit, std::int64_t most,
                      std::string_view otherwise);
std::string in_words(const part_option& part, std::string_view unit);  // "40 % of its bytes"

// The connection is given up: before an answer, `wait` after the request came, or, with cut_at,
// in the answer's body.
//   wait   = "0s"
//   cut_at = "40%", or a number of bytes
class break_option {
 public:
  break_option(config_reader& read, ending how);
  fault_stage stage() const { return part_ ? fault_stage::response : fault_stage::admission; }
  plan_edit edit() const;
  std::string in_words() const;
  std::vector<duration> delays() const;

 private:
  ending how_;
  duration wait_{0};
  std::optional<part_option> part_;
};

}  // namespace stampede
