// Two passes for the correlation: means, then products of what is left of them. One pass for the norms.
#include <algorithm>
#include <cmath>
#include <limits>

#include "bench/micro/baseline.h"
#include "bench/micro/split.h"

namespace weld::bench {
namespace {

// Sums over the rows: of up to three numbers for each.
struct Sums {
  double first = 0;
  double second = 0;
  double third = 0;
};

template <class Work>
Sums sums_over(int64_t rows, int threads, const Work& work) {
  std::vector<Sums> parts(static_cast<size_t>(threads));
  split(rows, threads, [&](int part, int64_t begin, int64_t end) { parts[static_cast<size_t>(part)] = work(begin, end); });
  Sums whole;
  for (const Sums& part : parts) {
    whole.first += part.first;
    whole.second += part.second;
    whole.third += part.third;
  }
  return whole;
}

}  // namespace

double correlation(const double* prices, const double* quantities, int64_t rows, int threads) {
  constexpr double kGross = 1.19;
  const Sums sums = sums_over(rows, threads, [&](int64_t begin, int64_t end) {
    Sums part;
    for (int64_t row = begin; row < end; ++row) {
      part.first += prices[row] * kGross;
      part.second += quantities[row];
    }
    return part;
  });
  const double price_mean = sums.first / static_cast<double>(rows);
  const double quantity_mean = sums.second / static_cast<double>(rows);
  const Sums products = sums_over(rows, threads, [&](int64_t begin, int64_t end) {
    Sums part;
    for (int64_t row = begin; row < end; ++row) {
      const double price = prices[row] * kGross - price_mean;
      const double quantity = quantities[row] - quantity_mean;
      part.first += price * quantity;
      part.second += price * price;
      part.third += quantity * quantity;
    }
    return part;
  });
  return products.first / std::sqrt(products.second * products.third);
}

double weighted_norms(const Points& points, const std::vector<double>& weights, int64_t rows, int threads) {
  double weight = 0;
  for (double part : weights) weight += part;
  return sums_over(rows, threads,
                   [&](int64_t begin, int64_t end) {
                     Sums part;
                     for (int64_t row = begin; row < end; ++row) {
                       const double x = points.x[row], y = points.y[row], z = points.z[row];
                       part.first += std::sqrt(x * x + y * y + z * z) / weight;
                     }
                     return part;
                   })
      .first;
}

double ratio_of_means(const double* x, const double* y, double limit, int64_t rows, int threads) {
  const Sums sums = sums_over(rows, threads, [&](int64_t begin, int64_t end) {
    Sums part;
    for (int64_t row = begin; row < end; ++row) {
      const bool counts = x[row] > limit;
      part.first += x[row] * y[row];
      part.second += counts ? x[row] : 0;
      part.third += counts ? 1 : 0;
    }
    return part;
  });
  return sums.first / static_cast<double>(rows) / (sums.second / sums.third);
}

double filtered_product(const double* x, const double* y, double limit, int64_t rows, int threads) {
  return sums_over(rows, threads,
                   [&](int64_t begin, int64_t end) {
                     Sums part;
                     for (int64_t row = begin; row < end; ++row) part.first += x[row] < limit ? x[row] * y[row] : 0;
                     return part;
                   })
      .first;
}

double rotated_product(const double* x, const double* y, int64_t rows, int threads) {
  const Sums sums = sums_over(rows, threads, [&](int64_t begin, int64_t end) {
    Sums part;
    for (int64_t row = begin; row < end; ++row)
      part.first += (x[row] * 0.8 - y[row] * 0.6 - 10.0) * (x[row] * 0.6 + y[row] * 0.8 - 87.5);
    return part;
  });
  return sums.first / static_cast<double>(rows);
}

ColumnTotals column_totals(const double* prices, const double* quantities, int64_t rows, int threads, double* revenue) {
  std::vector<ColumnTotals> parts(static_cast<size_t>(threads), {0, -std::numeric_limits<double>::infinity()});
  split(rows, threads, [&](int part, int64_t begin, int64_t end) {
    ColumnTotals totals = parts[static_cast<size_t>(part)];
    for (int64_t row = begin; row < end; ++row) {
      revenue[row] = prices[row] * quantities[row];
      totals.sum += revenue[row];
      totals.greatest = std::max(totals.greatest, revenue[row]);
    }
    parts[static_cast<size_t>(part)] = totals;
  });
  ColumnTotals whole = parts[0];
  for (size_t part = 1; part < parts.size(); ++part) {
    whole.sum += parts[part].sum;
    whole.greatest = std::max(whole.greatest, parts[part].greatest);
  }
  return whole;
}

double filtered_slope(const Points& points, double limit, int64_t rows, int threads) {
  auto amount = [&](int64_t row) { return points.x[row] * points.y[row] * (1 - points.z[row]); };
  const Sums sums = sums_over(rows, threads, [&](int64_t begin, int64_t end) {
    Sums part;
    for (int64_t row = begin; row < end; ++row) {
      const bool counts = points.x[row] < limit;
      part.first += counts ? points.x[row] : 0;
      part.second += counts ? amount(row) : 0;
      part.third += counts ? 1 : 0;
    }
    return part;
  });
  const double x_mean = sums.first / sums.third;
  const double amount_mean = sums.second / sums.third;
  const Sums products = sums_over(rows, threads, [&](int64_t begin, int64_t end) {
    Sums part;
    for (int64_t row = begin; row < end; ++row) {
      if (!(points.x[row] < limit)) continue;
      const double x = points.x[row] - x_mean;
      part.first += x * (amount(row) - amount_mean);
      part.second += x * x;
    }
    return part;
  });
  return products.first / products.second;
}

}  // namespace weld::bench
