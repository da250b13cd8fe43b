// The fusions that did not happen, and why: for reports on an optimized program.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "weld/optimizer/dataflow.h"

namespace weld {

// A value in memory that one step makes and another reads; or two loops that go over the same parameter.
struct MissedFusion {
  size_t producer = 0;  // numbers of steps
  size_t consumer = 0;
  bool is_beside = false;  // both read a parameter, and might have been one loop with the builders of both
  std::string reason;      // in plain words, beginning small, without a full stop
};

// Whether a step is a loop or a sort that makes something in memory: all but mergers do.
bool makes_memory(const Step& step);

// Of all that loops and sorts make in memory and another step reads, the result too where it only looks at it, and of each two
// loops in a row that go over the same parameter; in the order of consumers. Asks the predicates that the fusing passes ask
// (fuse.h).
std::vector<MissedFusion> missed_fusions(const ExprPtr& program, const Dataflow& flow);

}  // namespace weld
