// Why a measure has the value it has, in one sentence from the records: what a failed verdict
// says below its numbers. Use: `reason_for("success_rate", view, limit)`
#pragma once

#include <string>
#include <string_view>

#include "reports/catalogue.hpp"

namespace stampede {

// `limit` is the expectation's, in the measure's base unit. Empty where nothing more is known.
std::string reason_for(std::string_view measure, const measure_view& view, double limit);

// "290 rate_limited after up to 5 attempts (attempts_used), 22 truncated_json delivered as
// success": the calls that failed, the most frequent first, at most `most` kinds of them.
std::string failed_calls_text(const call_measures& calls, std::size_t most = 4);

// "812 rate_limited, 40 timed_out": the largest counts first, zeros and `skip` left out.
std::string outcomes_text(const outcome_counts& counts, std::size_t most = 3,
                          outcome skip = outcome::success);

// "of 451 decided, after 451 rate_limited": what retries followed; decisions are counted apart
// where not every one became an attempt. Empty where there were none.
std::string retry_causes_text(const retry_measures& r, std::size_t most = 3);

}  // namespace stampede
