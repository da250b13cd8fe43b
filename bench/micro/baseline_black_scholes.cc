// Compiled twice: as black_scholes, and with -ffast-math as black_scholes_fast_math.
#include <cmath>

#include "bench/micro/baseline.h"
#include "bench/micro/split.h"

#ifndef WELD_BLACK_SCHOLES
#define WELD_BLACK_SCHOLES black_scholes
#endif

namespace weld::bench {
namespace {

double normal_distribution(double x) { return 0.5 + 0.5 * std::erf(x * M_SQRT1_2); }

void price_options(const OptionColumns& options, int64_t begin, int64_t end, double* __restrict calls, double* __restrict puts) {
  for (int64_t row = begin; row < end; ++row) {
    double price = options.price[row];
    double years = options.years[row];
    double rate = options.rate[row];
    double volatility = options.volatility[row];
    double deviation = volatility * std::sqrt(years);
    double d1 = (std::log(price / options.strike[row]) + (rate + 0.5 * volatility * volatility) * years) / deviation;
    double d2 = d1 - deviation;
    double strike_now = options.strike[row] * std::exp(-rate * years);
    double call = price * normal_distribution(d1) - strike_now * normal_distribution(d2);
    calls[row] = call;
    puts[row] = call - price + strike_now;
  }
}

}  // namespace

void WELD_BLACK_SCHOLES(const OptionColumns& options, int64_t rows, int threads, double* calls, double* puts) {
  split(rows, threads, [&](int, int64_t begin, int64_t end) { price_options(options, begin, end, calls, puts); });
}

}  // namespace weld::bench
