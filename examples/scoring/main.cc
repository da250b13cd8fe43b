// scoring [ROWS]: makes offers, scores them by region and prints the regions.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <scoring.hpp>

namespace {

constexpr std::uint64_t kRegions = 5;

struct Data {
  explicit Data(std::int64_t rows) {
    std::uint64_t state = 1;
    const auto below = [&](std::uint64_t bound) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      return (state >> 33) % bound;
    };
    for (std::int64_t row = 0; row < rows; row++) {
      region.push_back(static_cast<std::int64_t>(below(kRegions)));
      price.push_back(static_cast<double>(1 + below(99)));
      quantity.push_back(static_cast<double>(below(100)));
      discount.push_back(static_cast<double>(below(32)) / 64);
    }
  }
  std::vector<std::int64_t> region;
  std::vector<double> price, quantity, discount;
};

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t rows = argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 1'000'000;
  try {
    const Data data(rows);
    const double weights[] = {0.25, 0.5, -0.75};
    const frames::Frame scores = scoring::score_by_region(
        {data.region.data(), data.price.data(), data.quantity.data(), data.discount.data(), rows}, 50.0, weights);
    const weld::Context context;
    const std::vector<weld::Value> values =
        weld::evaluate({scores.column("region"), scores.column("score"), scores.column("offers")}, context);
    const auto& regions = values[0].as<weld::Vec<std::int64_t>>();
    const auto& sums = values[1].as<weld::Vec<double>>();
    const auto& counts = values[2].as<weld::Vec<std::int64_t>>();
    for (std::size_t i = 0; i < regions.size(); i++) {
      std::printf("region %" PRId64 ": score %.2f of %" PRId64 " offers\n", regions[i], sums[i], counts[i]);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "scoring: %s\n", error.what());
    return 1;
  }
  return 0;
}
