// What the cost model (cost.h) knows of the machine. The table is one for the process: the default, or what the file says that
// the environment variable WELD_COST_TABLE names when the table is first asked for. scripts/calibrate.sh makes such files.
#pragma once

#include <cstdint>
#include <string_view>

#include "weld/ir/diagnostic.h"

namespace weld {

// Picoseconds each.
struct CostTable {
#define WELD_COST(name, picoseconds, meaning) int64_t name = picoseconds;
#include "weld/optimizer/cost_table.def"
};

// A line for each cost: its name, a blank, picoseconds, from 1 to 10^12. '#' begins a comment; costs without a line keep their
// default. The diagnostics point into the text.
Result<CostTable> parse_cost_table(std::string_view text);

// The table of this process; the default one where the file is at fault. Thread-safe.
const CostTable& cost_table();

// What is wrong with the file that WELD_COST_TABLE names; empty when nothing is, or no file is named. Without places: they would
// not be in the program.
Diagnostics faults_of_cost_table();

}  // namespace weld
