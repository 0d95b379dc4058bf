// What an answer is to the client that gets it: the outcome it would state, had it read the
// answer to its end and looked at the content. For clients that write no records of their own.
// Pure. Use: `record.told = told_by(answer, record);`
#pragma once

#include "core/records.hpp"
#include "mockserver/answer.hpp"

namespace stampede {

outcome told_by(const answer& a, const exchange_record& r);

}  // namespace stampede
