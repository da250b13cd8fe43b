#include "bench/tpch/queries.h"

#include <array>

namespace weld::tpch {
namespace {

using enum ResultFormat;

constexpr std::array kQ01 = std::to_array<ResultColumn>({
    {"l_returnflag", kFlag, 0},
    {"l_linestatus", kFlag, 1},
    {"sum_qty", kDecimal, 2, 2},
    {"sum_base_price", kDecimal, 3, 2},
    {"sum_disc_price", kDecimal, 4, 4},
    {"sum_charge", kDecimal, 5, 6},
    {"avg_qty", kAverage, 2, 6, 7},
    {"avg_price", kAverage, 3, 6, 7},
    {"avg_disc", kAverage, 6, 6, 7},
    {"count_order", kInteger, 7},
});
constexpr std::array kQ03 = std::to_array<ResultColumn>({
    {"l_orderkey", kInteger, 0},
    {"revenue", kDecimal, 1, 4},
    {"o_orderdate", kDate, 2},
    {"o_shippriority", kInteger, 3},
});
constexpr std::array kQ06 = std::to_array<ResultColumn>({{"revenue", kDecimal, 0, 4}});

constexpr std::array kQueries = std::to_array<Query>({
    {1, "pricing summary report", "q01.weld", kQ01},
    {3, "shipping priority", "q03.weld", kQ03},
    {6, "forecasting revenue change", "q06.weld", kQ06},
});

}  // namespace

std::span<const Query> queries() { return kQueries; }

const Query* query_numbered(int number) {
  for (const Query& query : kQueries) {
    if (query.number == number) return &query;
  }
  return nullptr;
}

}  // namespace weld::tpch
