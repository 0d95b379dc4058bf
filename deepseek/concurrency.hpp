// How many requests of one account and model the service takes at a time, by date.
//
// Until 2026-05-22 the limit was dynamic: it followed the service's load and what the account
// had done lately, and no number was published. From then on it is a number per account (all
// its keys added up) and model; a request counts from its arrival to its end.
//
// Use: if (const auto most = concurrency_at(model_id::v4_pro, today)) ...
// Deterministic.
#pragma once

#include <cstdint>
#include <optional>

#include "deepseek/models.hpp"

namespace stampede::deepseek {

// Nothing while the limit was dynamic.
std::optional<std::uint32_t> concurrency_at(model_id model, date on);

// The number published in the end: what a dynamic limit is a part of.
std::uint32_t published_concurrency(model_id model);

}  // namespace stampede::deepseek
