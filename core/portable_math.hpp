// Elementary functions made of + - * / and sqrt only, so that every CPU, compiler and
// C library gives the same bits. Error at most 2 ulp against committed high-precision
// values (tests/unit/core/portable_math_test.cpp). Deterministic, thread-safe.
#pragma once

namespace stampede::portable {

double log(double x);              // natural logarithm, x > 0
double exp(double x);              // e^x; 0 below -745, infinity above 709.8
double normal_quantile(double p);  // inverse of the standard normal distribution, 0 < p < 1:
                                   // Wichura, algorithm AS 241 (PPND16), relative error 1e-15

}  // namespace stampede::portable
