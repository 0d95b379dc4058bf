#include "harness/fuzz/random_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stampede {
namespace {

using namespace std::chrono_literals;

// `calls` over `length` as a rate of the loader's: a millionth a second or more.
std::string rate_text(std::int64_t calls, duration length) {
  __extension__ using i128 = __int128;
  const auto millionths =
      static_cast<std::int64_t>(static_cast<i128>(calls) * 1'000'000'000'000'000 / length.count());
  const std::int64_t kept = std::clamp<std::int64_t>(millionths, 1, 1'000'000'000'000);
  return fmt::format("\"{}.{:06}/s\"", kept / 1'000'000, kept % 1'000'000);
}

std::string closed_loop(dice& d, const scenario_frame& frame, std::int64_t instances,
                        std::int64_t calls) {
  // Each instance makes its share of the calls: so long it must think.
  const std::int64_t share = std::max<std::int64_t>(1, calls / instances);
  const duration think = std::max<duration>(2ms, frame.length / share);
  std::string text = "kind = \"closed_loop\"\n";
  text += d.one_in(4) ? "pace = " : "think_time = ";
  text += random_times(d, think, 2 * think) + "\n";
  if (d.one_in(2)) text += "spread = " + d.time_text(1ms, frame.length) + "\n";
  if (d.one_in(3)) text += fmt::format("calls = {}\n", d.wild(1, share));
  return text;
}

std::string points(dice& d, const scenario_frame& frame, std::int64_t calls) {
  std::string text = fmt::format("{} = [", d.pick({"steps", "ramp"}));
  const std::int64_t count = d.between(1, 4);
  for (std::int64_t i = 1; i <= count; ++i) {
    const duration at = frame.length * i / (count + 1);
    const bool nobody = d.one_in(4);
    text += fmt::format("{{ at = \"{}\", rate = {} }}, ", to_text(at),
                        nobody ? "\"0/s\"" : rate_text(d.wild(1, 2 * calls), frame.length));
  }
  return text + "]\n";
}

std::string arrivals_of(dice& d, const scenario_frame& frame, std::int64_t instances,
                        std::int64_t calls) {
  const std::string_view kind = d.pick({"closed_loop", "constant", "poisson", "all_at_once"});
  if (kind == "closed_loop") return closed_loop(d, frame, instances, calls);
  std::string text = fmt::format("kind = \"{}\"\n", kind);
  if (kind == "all_at_once") {
    if (d.one_in(2)) text += "at = \"" + to_text(frame.length * d.between(0, 9) / 10) + "\"\n";
    if (d.one_in(2))
      text += fmt::format("calls = {}\n", std::max<std::int64_t>(1, calls / instances));
    return text;
  }
  text += "rate = " + rate_text(calls, frame.length) + "\n";
  if (frame.length >= 100ms && d.one_in(3)) text += points(d, frame, calls);
  if (d.one_in(4)) text += fmt::format("calls = {}\n", d.wild(1, 1000));
  return text;
}

std::string workload(dice& d) {
  std::string text;
  const std::string_view model =
      d.pick({"deepseek-v4-flash", "deepseek-v4-pro", "deepseek-chat", "deepseek-reasoner",
              "deepseek-v4-flash", "deepseek-v4-pro"});
  if (d.one_in(2)) text += fmt::format("model = \"{}\"\n", d.one_in(40) ? "deepseek-v9" : model);
  if (d.one_in(4)) text += fmt::format("turns = {}\n", d.wild(1, 20));
  if (d.one_in(2)) text += fmt::format("cached_tokens = {}\n", d.wild(1, 100'000));
  if (d.one_in(2)) text += "prompt_tokens = " + random_counts(d, 1, 50'000) + "\n";
  if (d.one_in(2)) text += "output_tokens = " + random_counts(d, 1, 3'000) + "\n";
  if (d.one_in(4)) text += "service_time = " + random_times(d, 1ms, 2min) + "\n";
  if (d.one_in(3)) text += "stream = true\n";
  if (d.one_in(4)) text += "thinking = true\n";
  if (d.one_in(4)) text += "json_mode = true\n";
  return text;
}

std::string fleet(dice& d, const scenario_frame& frame) {
  std::string text;
  const std::int64_t groups = d.one_in(2) ? 1 : d.wild(1, 5);
  for (std::int64_t g = 0; g < groups; ++g) {
    // The first call of a closed loop, and one of all at once, is every instance's.
    const std::int64_t calls = std::max<std::int64_t>(1, frame.calls / groups);
    const std::int64_t instances = d.wild(1, std::max<std::int64_t>(1, calls));
    text += fmt::format("\n[[fleet]]\nname = \"group {}\"\ninstances = {}\n", g, instances);
    text += "\n[fleet.arrivals]\n" + arrivals_of(d, frame, instances, calls);
    if (d.one_in(3)) text += "\n[fleet.workload]\n" + workload(d);
    if (d.one_in(3)) text += random_client(d, frame, "fleet.client");
  }
  return text;
}

}  // namespace

std::string random_times(dice& d, duration least, duration most) {
  const auto one = [&] { return d.time_text(least, most); };
  switch (d.between(0, 5)) {
    case 0: return "{ distribution = \"exponential\", mean = " + one() + " }";
    case 1:
      return fmt::format("{{ distribution = \"lognormal\", median = {}, sigma = 0.{} }}", one(),
                         d.between(0, 9));
    case 2: {
      const duration low = d.time(least, most);
      return fmt::format("{{ distribution = \"uniform\", min = \"{}\", max = \"{}\" }}",
                         to_text(low), to_text(d.time(low, 2 * low)));
    }
    default: return one();
  }
}

std::string random_counts(dice& d, std::int64_t least, std::int64_t most) {
  const std::int64_t one = d.wild(least, most);
  switch (d.between(0, 5)) {
    case 0: return fmt::format("{{ distribution = \"exponential\", mean = {} }}", one);
    case 1:
      return fmt::format("{{ distribution = \"lognormal\", median = {}, sigma = 0.{} }}", one,
                         d.between(0, 9));
    case 2:
      return fmt::format("{{ distribution = \"uniform\", min = {}, max = {} }}", one,
                         d.between(one, 2 * one));
    default: return fmt::format("{}", one);
  }
}

std::string random_scenario(std::uint64_t seed) {
  dice d(seed);
  scenario_frame frame;
  frame.length = d.time(50ms, 2h);
  frame.drain = d.one_in(4) ? d.time(1ms, 1h) : 5min;
  frame.calls = d.wild(1, d.one_in(12) ? 8'000 : 1'500);
  frame.unlimited = d.one_in(6);
  std::string text = fmt::format("name = \"fuzz {}\"\nseed = {}\nduration = \"{}\"\n", seed,
                                 d.between(0, 1'000'000'000), to_text(frame.length));
  text += "drain = \"" + to_text(frame.drain) + "\"\n";
  if (d.one_in(2))
    text += "\n[network]\ndelay = " + d.time_text(1us, d.one_in(6) ? 30s : 200ms) + "\n";
  text += "\n[workload]\n" + workload(d);
  if (!d.one_in(6)) text += random_client(d, frame, "client");
  text += random_server(d, frame);
  const std::int64_t faults = d.one_in(6) ? 0 : d.between(1, 5);
  for (std::int64_t i = 0; i < faults; ++i) text += random_fault(d, frame);
  text += fleet(d, frame);
  if (d.one_in(4)) text += "\n[expect]\nsuccess_rate = \">= 0%\"\n\"latency.p99\" = \"<= 8760h\"\n";
  return text;
}

}  // namespace stampede
