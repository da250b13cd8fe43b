// One loop over the columns each: filter, compute and sum. What a row needs is loaded before it is known to count: loops without
// branches become vector code.
#include "bench/micro/baseline.h"
#include "bench/micro/split.h"

namespace weld::bench {
namespace {

int64_t filtered_sum_of(const int32_t* keys, const int64_t* values, int32_t limit, int64_t begin, int64_t end) {
  int64_t total = 0;
  for (int64_t row = begin; row < end; ++row) {
    int64_t value = values[row];
    total += keys[row] < limit ? value : 0;
  }
  return total;
}

int64_t map_filter_reduce_of(const int64_t* xs, int64_t limit, int64_t begin, int64_t end) {
  int64_t total = 0;
  for (int64_t row = begin; row < end; ++row) {
    int64_t y = 3 * xs[row] + 1;
    total += y > limit ? y * y : 0;
  }
  return total;
}

int64_t sum_of_remainders(const int64_t* xs, int64_t begin, int64_t end) {
  int64_t total = 0;
  for (int64_t row = begin; row < end; ++row) total += (xs[row] * xs[row]) % 1009;
  return total;
}

int64_t sum_below(const int64_t* xs, int64_t limit, int64_t begin, int64_t end) {
  int64_t total = 0;
  for (int64_t row = begin; row < end; ++row) total += xs[row] < limit ? xs[row] : 0;
  return total;
}

int64_t q6_of(const int32_t* shipdates, const int64_t* quantities, const int64_t* prices, const int64_t* discounts, int64_t begin,
              int64_t end) {
  constexpr int32_t kFirstDay = 8766;  // 1994-01-01
  constexpr int32_t kEndDay = 9131;    // 1995-01-01
  int64_t revenue = 0;
  for (int64_t row = begin; row < end; ++row) {
    int32_t shipdate = shipdates[row];
    int64_t quantity = quantities[row];
    int64_t price = prices[row];
    int64_t discount = discounts[row];
    bool counts = (shipdate >= kFirstDay) & (shipdate < kEndDay) & (discount >= 5) & (discount <= 7) & (quantity < 2400);
    revenue += counts ? price * discount : 0;
  }
  return revenue;
}

}  // namespace

int64_t filtered_sum(const int32_t* keys, const int64_t* values, int32_t limit, int64_t rows, int threads) {
  return split_sum(rows, threads, [=](int64_t begin, int64_t end) { return filtered_sum_of(keys, values, limit, begin, end); });
}

int64_t map_filter_reduce(const int64_t* xs, int64_t limit, int64_t rows, int threads) {
  return split_sum(rows, threads, [=](int64_t begin, int64_t end) { return map_filter_reduce_of(xs, limit, begin, end); });
}

int64_t sum_of_parts(const int64_t* xs, int64_t parts, int64_t rows, int threads) {
  int64_t size = rows / parts;
  int64_t total = 0;
  for (int64_t part = 0; part < parts; ++part) {
    total += split_sum(size, threads,
                       [=](int64_t begin, int64_t end) { return sum_of_remainders(xs, part * size + begin, part * size + end); });
  }
  return total;
}

int64_t weighted_sum(const int64_t* matrix, const int64_t* weights, int64_t columns, int64_t rows, int threads) {
  return split_sum(rows, threads, [=](int64_t begin, int64_t end) {
    int64_t total = 0;
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t column = 0; column < columns; ++column) total += matrix[row * columns + column] * weights[column];
    }
    return total;
  });
}

std::vector<int64_t> sums_below(const std::vector<int64_t>& limits, const int64_t* xs, int64_t rows, int threads) {
  std::vector<int64_t> sums;
  for (int64_t limit : limits) {
    sums.push_back(split_sum(rows, threads, [=](int64_t begin, int64_t end) { return sum_below(xs, limit, begin, end); }));
  }
  return sums;
}

int64_t q6(const Q6Columns& lineitem, int64_t rows, int threads) {
  return split_sum(rows, threads, [&](int64_t begin, int64_t end) {
    return q6_of(lineitem.shipdate, lineitem.quantity, lineitem.extendedprice, lineitem.discount, begin, end);
  });
}

}  // namespace weld::bench
