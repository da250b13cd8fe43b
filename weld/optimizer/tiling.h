// The loops that tile-loops leaves behind, for reports: two that are one loop of the program.
#pragma once

#include <cstdint>
#include <optional>

#include "weld/ir/expr.h"

namespace weld {

struct Tiling {
  ExprPtr tiles;     // the loop over tiles, which is the builder of that over the rest
  int64_t rows = 1;  // of a tile
};

// Of the loop over the rows that fill no tile; nullopt for any other loop.
std::optional<Tiling> tiling_of(const ExprPtr& loop);

}  // namespace weld
