// One loop that filters, scores and adds to the row's group; a table of groups for each thread.
#include <cmath>

#include "bench/micro/baseline.h"
#include "bench/micro/split.h"

namespace weld::bench {

void scored_groups(const OfferColumns& offers, double limit, int64_t rows, int threads, ScoredGroup* groups) {
  std::vector<std::vector<ScoredGroup>> tables(static_cast<size_t>(threads), std::vector<ScoredGroup>(kRegions));
  split(rows, threads, [&](int part, int64_t begin, int64_t end) {
    ScoredGroup* table = tables[static_cast<size_t>(part)].data();
    for (int64_t row = begin; row < end; ++row) {
      const double price = offers.price[row];
      if (!(price < limit)) continue;
      const double score = std::log(price) * kScoreWeights[0] + price * offers.quantity[row] * kScoreWeights[1] +
                           price * (1.0 - offers.discount[row]) * kScoreWeights[2];
      table[offers.region[row]].score += score;
      table[offers.region[row]].count += 1;
    }
  });
  for (int64_t region = 0; region < kRegions; ++region) {
    groups[region] = {};
    for (const std::vector<ScoredGroup>& table : tables) {
      groups[region].score += table[static_cast<size_t>(region)].score;
      groups[region].count += table[static_cast<size_t>(region)].count;
    }
  }
}

}  // namespace weld::bench
