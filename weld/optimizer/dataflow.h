// What a program does, as a graph: steps that make values in memory or go over them, and which of them read what others made.
// Loops inside loops belong to the step around them. For reports: nothing here changes a program.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weld/ir/expr.h"

namespace weld {

enum class StepKind : uint8_t {
  kParameter,
  kLoop,    // a `for` that stands in no other
  kSort,    // and other expressions that make values in memory without a builder:
  kMake,    // a vector literal, tovec, serialize, deserialize, cudf
  kResult,  // the last one: what the program gives back
};

enum class ReadKind : uint8_t {
  kIterate,  // an iterator of the loop, or what a sort sorts
  kInner,    // an iterator of a loop inside the loop, or of its comparator
  kLookup,   // lookup, optlookup, keyexists
  kLength,
  kSlice,    // a slice of it goes on, in whatever way
  kBuilder,  // the loop goes on with the builder
  kValue,    // anything else
};

struct Read {
  size_t from = 0;  // the number of a step
  ReadKind kind = ReadKind::kValue;
  ExprPtr use;   // the node that reads: an Iter, a Lookup, …; null where there is no particular one
  ExprPtr data;  // what it reads: the expression whose value comes from that step
};

struct Step {
  StepKind kind = StepKind::kParameter;
  ExprPtr node;      // the For, Sort, …; null for parameters and the result
  std::string name;  // of a parameter, or of the let that binds what the step makes; may be empty
  Type type;         // of a parameter's value; of the node, for a loop that of its builders
  std::vector<Read> reads;
  int64_t tile_rows = 1;  // more for a loop in tiles (tiling.h), of which node is that over the rest
};

// In the order of evaluation: parameters first, the result last. A step only reads earlier ones.
struct Dataflow {
  std::vector<Step> steps;

  // The numbers of the steps that read a step, in order, each once.
  std::vector<size_t> readers_of(size_t step) const;
};

// Whether a step is the result, and what the producer makes is or is part of it, not only looked at for it.
bool is_given_back(const Step& consumer, size_t producer);

// For each iterator of a For whether its function reads the elements, and does not only run once for each.
std::vector<bool> reads_elements(const ExprPtr& loop);

// program: typed, with unique names. About linear in the program. Recurses over the tree: call it on a deep stack.
Dataflow dataflow_of(const ExprPtr& program);

}  // namespace weld
