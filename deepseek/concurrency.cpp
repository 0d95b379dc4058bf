#include "deepseek/concurrency.hpp"

namespace stampede::deepseek {
namespace {

constexpr date published = std::chrono::sys_days{std::chrono::year{2026} / 5 / 22};

}  // namespace

std::uint32_t published_concurrency(model_id model) {
  return model == model_id::v4_pro ? 500 : 2500;
}

std::optional<std::uint32_t> concurrency_at(model_id model, date on) {
  if (on < published) return std::nullopt;
  return published_concurrency(model);
}

}  // namespace stampede::deepseek
