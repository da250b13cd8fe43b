// A program that uses two libraries: frames to filter and group, arrays to compute.
#ifndef SCORING_HPP_
#define SCORING_HPP_

#include <cstdint>
#include <functional>

#include <frames.hpp>

namespace scoring {

// Offers with their columns region (i64), price, quantity and discount (f64), and what each is worth to us.
struct Offers {
  const std::int64_t* region;
  const double* price;
  const double* quantity;
  const double* discount;
  std::int64_t rows;
};

// Called with every column and number that a library returns, in their order.
using Observer = std::function<void(const weld::Object&)>;

// For each region the sum ("score") and the number ("offers") of the scores of offers whose price is below limit. The score is a
// linear model with the given three weights over log(price), price * quantity and price * (1 - discount). Nothing is computed
// here unless the observer does. Reads the offers when the result is evaluated.
frames::Frame score_by_region(const Offers& offers, double limit, const double* weights, const Observer& observer = {});

}  // namespace scoring

#endif  // SCORING_HPP_
