#include "core/distribution.hpp"

#include "core/draw.hpp"
#include "core/portable_math.hpp"

namespace stampede {
namespace {

std::int64_t rounded(double value) {
  if (!(value > 0)) return 0;
  if (value >= 9.2e18) return 9'200'000'000'000'000'000;
  return static_cast<std::int64_t>(value + 0.5);
}

// In (0, 1): the middle of one of 2^52 cells, so that neither logarithm nor quantile overflows.
double open_unit_interval(std::uint64_t bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1.0p-52;
}

}  // namespace

std::int64_t sample(const distribution& d, std::uint64_t bits) {
  switch (d.kind) {
    case distribution_kind::constant: return rounded(d.a);
    case distribution_kind::exponential: {
      const double gap = -portable::log(open_unit_interval(bits));
      return rounded(d.a * gap);
    }
    case distribution_kind::lognormal: {
      const double z = portable::normal_quantile(open_unit_interval(bits));
      const double factor = portable::exp(d.b * z);
      return rounded(d.a * factor);
    }
    case distribution_kind::uniform: {
      const auto least = rounded(d.a);
      const auto width = static_cast<std::uint64_t>(rounded(d.b) - least) + 1;
      return least + static_cast<std::int64_t>(uniform_below(bits, width));
    }
  }
  return 0;
}

double mean_of(const distribution& d) {
  switch (d.kind) {
    case distribution_kind::constant: return d.a;
    case distribution_kind::exponential: return d.a;
    case distribution_kind::lognormal: return d.a * portable::exp(d.b * d.b / 2);
    case distribution_kind::uniform: return (d.a + d.b) / 2;
  }
  return 0;
}

double least_of(const distribution& d) {
  return d.kind == distribution_kind::constant || d.kind == distribution_kind::uniform ? d.a : 0;
}

}  // namespace stampede
