// Black-Scholes: prices of European call and put options, dominated by log, exp, sqrt and erf.
#include "bench/micro/baseline.h"
#include "bench/micro/workload.h"

namespace weld::bench {
namespace {

constexpr const char* kBlackScholes = R"(
macro normal_distribution(x) = 0.5 + 0.5 * erf(x * 0.70710678118654752440);

|prices: vec[f64], strikes: vec[f64], years: vec[f64], rates: vec[f64], volatilities: vec[f64]|
  let priced = for(zip(prices, strikes, years, rates, volatilities), {appender[f64], appender[f64]},
    |calls_and_puts, i, option|
      let price = option.$0;
      let volatility = option.$4;
      let deviation = volatility * sqrt(option.$2);
      let d1 = (log(price / option.$1) + (option.$3 + 0.5 * volatility * volatility) * option.$2) / deviation;
      let d2 = d1 - deviation;
      let strike_now = option.$1 * exp(0.0 - option.$3 * option.$2);
      let call = price * normal_distribution(d1) - strike_now * normal_distribution(d2);
      {merge(calls_and_puts.$0, call), merge(calls_and_puts.$1, call - price + strike_now)});
  {result(priced.$0), result(priced.$1)}
)";

struct Options {
  explicit Options(int64_t rows) : rows(rows), calls(static_cast<size_t>(rows)), puts(static_cast<size_t>(rows)) {
    for (int64_t row = 0; row < rows; ++row) {
      price.push_back(between(5 * row, 10, 100));
      strike.push_back(between(5 * row + 1, 10, 100));
      years.push_back(between(5 * row + 2, 0.1, 2));
      rate.push_back(between(5 * row + 3, 0.01, 0.05));
      volatility.push_back(between(5 * row + 4, 0.1, 0.6));
    }
  }
  static double between(int64_t number, double low, double high) {
    constexpr uint64_t kSteps = 1 << 20;
    return low + (high - low) * static_cast<double>(scrambled(number, kSteps)) / kSteps;
  }
  OptionColumns columns() const { return {price.data(), strike.data(), years.data(), rate.data(), volatility.data()}; }

  int64_t rows;
  std::vector<double> price, strike, years, rate, volatility;
  std::vector<double> calls, puts;  // the answer of C++
};

struct WeldPrices {
  const double* calls;
  int64_t call_count;
  const double* puts;
  int64_t put_count;
};

std::string compare_prices(const WeldPrices& weld, const Options& options) {
  std::string difference = compare_integers("calls", weld.call_count, options.rows);
  if (difference.empty()) difference = compare_integers("puts", weld.put_count, options.rows);
  if (difference.empty()) difference = compare_floats("call", weld.calls, options.calls.data(), options.rows);
  if (difference.empty()) difference = compare_floats("put", weld.puts, options.puts.data(), options.rows);
  return difference;
}

}  // namespace

Workload black_scholes_workload(int64_t rows) {
  auto options = std::make_shared<Options>(rows);
  Workload workload;
  workload.name = "black_scholes";
  workload.rows = rows;
  workload.program = kBlackScholes;
  for (const std::vector<double>* column :
       {&options->price, &options->strike, &options->years, &options->rate, &options->volatility}) {
    workload.arguments.add_vector(column->data(), rows);
  }
  workload.baselines.push_back({"c++", [=](int threads) {
                                  black_scholes(options->columns(), rows, threads, options->calls.data(), options->puts.data());
                                }});
  workload.baselines.push_back({"c++_fast_math", [=](int threads) {
                                  black_scholes_fast_math(options->columns(), rows, threads, options->calls.data(),
                                                          options->puts.data());
                                }});
  workload.compare = [=](const void* weld_result) {
    return compare_prices(*static_cast<const WeldPrices*>(weld_result), *options);
  };
  return workload;
}

}  // namespace weld::bench
