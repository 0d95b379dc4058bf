#include "core/portable_math.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace stampede::portable {
namespace {

// ln 2 in two parts: the first has 21 trailing zero bits, so k * ln2_high is exact.
constexpr double ln2_high = 0x1.62e42fee00000p-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;

constexpr double inverse_ln2 = 0x1.71547652b82fep+0;

// 2^k for a normal result.
double power_of_two(int k) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

template <std::size_t power>
constexpr std::integral_constant<std::size_t, power> power_c;

// From `first` on every fourth coefficient, by Horner's rule.
template <std::size_t first, std::size_t count, std::size_t... i>
double row_of(const double (&coefficients)[count], double fourth, std::index_sequence<i...>) {
  double sum = coefficients[first];
  ((sum = sum * fourth + coefficients[first + 4 * (i + 1)]), ...);
  return sum;
}

// In four rows, by the remainder of the power: the processor works on all of them at once.
template <std::size_t count>
double polynomial(const double (&coefficients)[count], double x) {
  const double square = x * x;
  const double fourth = square * square;
  // The row whose last coefficient is that of x^power.
  const auto row = [&]<std::size_t power>(std::integral_constant<std::size_t, power>) {
    constexpr std::size_t last = count - 1 - power;
    return row_of<last % 4>(coefficients, fourth, std::make_index_sequence<last / 4>());
  };
  const double low = row(power_c<0>) + row(power_c<1>) * x;
  const double high = row(power_c<2>) + row(power_c<3>) * x;
  return low + high * square;
}

// 1/15!, 1/14!, ... 1/2!
constexpr double inverse_factorials[] = {
    1.0 / 1307674368000, 1.0 / 87178291200, 1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800,
    1.0 / 3628800,       1.0 / 362880,      1.0 / 40320,      1.0 / 5040,      1.0 / 720,
    1.0 / 120,           1.0 / 24,          1.0 / 6,          1.0 / 2};

// 2/27, 2/25, ... 2/3: of 2 atanh(s) - 2 s in powers of s^2, over s.
constexpr double atanh_series[] = {2.0 / 27, 2.0 / 25, 2.0 / 23, 2.0 / 21, 2.0 / 19,
                                   2.0 / 17, 2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9,
                                   2.0 / 7,  2.0 / 5,  2.0 / 3};

}  // namespace

double log(double x) {
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (!(x > 0)) return std::numeric_limits<double>::quiet_NaN();
  if (x == std::numeric_limits<double>::infinity()) return x;
  int k = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1.0p54;
    k = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  k += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL);
  if (m > 0x1.6a09e667f3bcdp+0) {  // keep m within sqrt(1/2) .. sqrt(2)
    m /= 2;
    ++k;
  }
  // log(1 + f) = 2 atanh(s), s = f / (2 + f), as f - (f^2/2 - s (f^2/2 + r)): the large
  // terms are exact, so only the series r is rounded.
  const double f = m - 1;
  const double s = f / (2 + f);
  const double z = s * s;
  const double r = z * polynomial(atanh_series, z);
  const double half_square = f * f / 2;
  const double scale = k;
  return scale * ln2_high - ((half_square - (s * (half_square + r) + scale * ln2_low)) - f);
}

double exp(double x) {
  if (x > 709.782712893384) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0;
  const double whole = x * inverse_ln2 + (x < 0 ? -0.5 : 0.5);
  const int k = static_cast<int>(whole);
  const double scale = k;
  const double high = x - scale * ln2_high;
  const double low = scale * ln2_low;
  const double r = high - low;
  const double tail = r * r * polynomial(inverse_factorials, r);  // e^r - 1 - r
  const double value = 1 + (high - (low - tail));
  if (k == 1024) return value * 2 * power_of_two(1023);
  if (k < -1021) return value * power_of_two(k + 1000) * power_of_two(-1000);
  return value * power_of_two(k);
}

double normal_quantile(double p) {
  static constexpr double central_top[] = {2.5090809287301226727e+3, 3.3430575583588128105e+4,
                                           6.7265770927008700853e+4, 4.5921953931549871457e+4,
                                           1.3731693765509461125e+4, 1.9715909503065514427e+3,
                                           1.3314166789178437745e+2, 3.3871328727963666080e+0};
  static constexpr double central_bottom[] = {5.2264952788528545610e+3, 2.8729085735721942674e+4,
                                              3.9307895800092710610e+4, 2.1213794301586595867e+4,
                                              5.3941960214247511077e+3, 6.8718700749205790830e+2,
                                              4.2313330701600911252e+1, 1.0};
  static constexpr double middle_top[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2,
                                          2.41780725177450611770e-1, 1.27045825245236838258e+0,
                                          3.64784832476320460504e+0, 5.76949722146069140550e+0,
                                          4.63033784615654529590e+0, 1.42343711074968357734e+0};
  static constexpr double middle_bottom[] = {1.05075007164441684324e-9, 5.47593808499534494600e-4,
                                             1.51986665636164571966e-2, 1.48103976427480074590e-1,
                                             6.89767334985100004550e-1, 1.67638483018380384940e+0,
                                             2.05319162663775882187e+0, 1.0};
  static constexpr double far_top[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
                                       1.24266094738807843860e-3, 2.65321895265761230930e-2,
                                       2.96560571828504891230e-1, 1.78482653991729133580e+0,
                                       5.46378491116411436990e+0, 6.65790464350110377720e+0};
  static constexpr double far_bottom[] = {2.04426310338993978564e-15, 1.42151175831644588870e-7,
                                          1.84631831751005468180e-5,  7.86869131145613259100e-4,
                                          1.48753612908506148525e-2,  1.36929880922735805310e-1,
                                          5.99832206555887937690e-1,  1.0};
  const double q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(central_top, r) / polynomial(central_bottom, r);
  }
  double r = std::sqrt(-log(q < 0 ? p : 1 - p));
  double size = 0;
  if (r <= 5) {
    r -= 1.6;
    size = polynomial(middle_top, r) / polynomial(middle_bottom, r);
  } else {
    r -= 5;
    size = polynomial(far_top, r) / polynomial(far_bottom, r);
  }
  return q < 0 ? -size : size;
}

}  // namespace stampede::portable
