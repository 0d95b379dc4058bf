// The records of sim_engine: charges joined to their attempts, the run's fingerprint.
#include "harness/sim/sim_engine.hpp"

namespace stampede {

void sim_engine::on_attempt(const attempt_record& r) {
  queue_.expect(after(r.ended, r.wait));
  settle_attempt(r);
}

void sim_engine::settle_attempt(const attempt_record& r) {
  if (charge_known_) {
    charge_known_ = false;
    return emit_attempt(r, charge_);
  }
  const attempt_name name{r.instance.value, r.call, r.attempt};
  const auto charged = charged_.find(name);
  if (charged == charged_.end()) {
    held_.emplace(name, r);
    return;
  }
  emit_attempt(r, charged->second);
  charged_.erase(charged);
}

void sim_engine::settle(const attempt_name& name, pico_usd charge) {
  const auto held = held_.find(name);
  if (held == held_.end()) {
    charged_.emplace(name, charge);
    return;
  }
  emit_attempt(held->second, charge);
  held_.erase(held);
}

void sim_engine::on_exchange(const exchange_record& r) {
  hash_.add(r.ended.time_since_epoch().count(), std::uint64_t{r.instance} << 32 | r.call,
            std::uint64_t{r.attempt} << 32 | static_cast<std::uint16_t>(r.status), r.charge.value);
  // The server's number of the attempt may be another: it forgets a call that stays away long.
  const auto left = left_.empty() ? left_.end() : left_.find(r.serial);
  if (left != left_.end()) {
    settle(left->second, r.charge);
    left_.erase(left);
  } else {
    charges_.emplace_back(r.serial, r.charge);
  }
  records_.on_exchange(r);
}

void sim_engine::on_call(const call_record& r) {
  hash_.add(r.ended.time_since_epoch().count(), std::uint64_t{r.instance.value} << 32 | r.call,
            std::uint64_t{r.attempts} << 16 | static_cast<std::uint64_t>(r.result) << 8 |
                static_cast<std::uint64_t>(r.why));
  records_.on_call(r);
}

void sim_engine::emit_attempt(const attempt_record& r, pico_usd charge) {
  hash(r);
  if (charge == r.charge) return records_.on_attempt(r);
  attempt_record charged = r;
  charged.charge = charge;
  records_.on_attempt(charged);
}

void sim_engine::hash(const attempt_record& r) {
  hash_.add(r.sent.time_since_epoch().count(), r.ended.time_since_epoch().count(),
            std::uint64_t{r.instance.value} << 32 | r.call,
            std::uint64_t{r.attempt} << 40 | std::uint64_t{r.model} << 32 |
                static_cast<std::uint64_t>(r.result) << 24 |
                static_cast<std::uint64_t>(r.decided) << 16 |
                static_cast<std::uint64_t>(r.waits_for) << 8 | (r.early ? 1u : 0u),
            r.wait.count());
}

void sim_engine::finish_records() {
  // Connections close when their clients stop: the server writes off what was pending.
  while (!queue_.empty()) {
    const sim_event e = queue_.pop();
    if (e.kind == sim_kind::peer_left) dispatch(e);
  }
  // Answers still on their way are billed, though nobody will read them.
  for (std::size_t i = 0; i < lane_.size(); ++i)
    if (lane_[i].is_end()) settle(name_of(lane_[i]), lane_[i].charge);
  for (auto& [name, record] : held_) emit_attempt(record, {});
  held_.clear();
}

}  // namespace stampede
