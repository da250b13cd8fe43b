// How code generation compiles a loop or a sort, in words, for reports. It decides by the functions of analysis.h, and so does
// this.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weld/ir/expr.h"

namespace weld::codegen {

struct BuilderPlan {
  Type type;
  std::string code;  // how it is kept and merged into, e.g. "in registers"
};

struct LoopPlan {
  ExprPtr node;                    // the For; in tiles, that over the rest (tiling.h)
  bool is_pipeline = true;         // run by the runtime, over morsels on threads; else a plain loop
  std::vector<std::string> reads;  // its iterators, e.g. "each element of v"
  std::vector<BuilderPlan> builders;
  bool has_branches = false;
  std::string branch_reason;  // of the first one, e.g. "may fail"
  // What keeps its rows from being computed several at a time; empty when nothing that is known of does.
  std::string obstacle;
  // How the rows are handled that a condition keeps, when there is a choice; else empty.
  std::string filter;
  // How many rows go through the data of its inner loop together, and the others after them one by one; 1: tile-loops left it.
  int64_t tile_rows = 1;
  std::string ignored;   // an annotation that has no effect where it stands, and why; empty: there is none
  int64_t row_cost = 0;  // estimated picoseconds of a row
  std::vector<LoopPlan> inner;
};

// A loop that stands in no other.
LoopPlan plan_of(const ExprPtr& loop);

struct SortPlan {
  ExprPtr node;          // the Sort
  std::string reads;     // what it sorts, e.g. "each element of v"
  std::string order;     // the text of its key or comparator
  bool has_key = false;  // a key, not a comparator
  std::string limit;     // how many elements it makes; empty: all
  std::string code;
};

// A sort that stands in no loop.
SortPlan plan_of_sort(const ExprPtr& sort);

}  // namespace weld::codegen
