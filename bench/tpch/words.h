// The fixed word lists of the TPC-H specification (clauses 4.2.2.13 and 4.2.3).
#pragma once

#include <cstdint>
#include <span>

#include "bench/tpch/database.h"

namespace weld::tpch {

using Words = std::span<const StringRef>;

// Single lists.
Words market_segments();
Words order_priorities();
Words ship_instructions();
Words ship_modes();
Words colors();  // 92, for part names
Words region_names();

// Combinations, built once: the index is the mixed-radix number of the parts, the first part most significant.
Words part_types();       // 6 * 5 * 5
Words part_containers();  // 5 * 8
Words manufacturers();    // "Manufacturer#1" .. "Manufacturer#5"
Words brands();           // "Brand#11" .. "Brand#55", 5 * 5

struct Nation {
  StringRef name;
  int32_t region;
};
std::span<const Nation> nations();

}  // namespace weld::tpch
