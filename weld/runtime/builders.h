// How each kind of builder is kept while the runners of a parallel loop merge into it, and how their parts become one state
// again.
#pragma once

#include <cstdint>
#include <memory>

#include "weld/runtime/context.h"
#include "weld/runtime/runtime.h"

namespace weld::runtime {

struct Morsel {
  int64_t number;  // from 0
  int64_t begin;
  int64_t end;
};

struct LoopSize {
  int64_t first_row;
  int64_t rows;  // from there
  int64_t morsels;
  int runners;
};

// One builder of one parallel loop. `local` is the builder's state in a runner's own state struct, which lives through the loop;
// `state` is its state in the loop's. Runner 0 uses the context that the loop was called with, the others have their own.
//
// The calls: prepare; then for each runner that gets a morsel open, and begin and end around every morsel, in ascending order of
// morsels, runners at the same time; then, when no step failed and all that the runners allocated belongs to the loop's context,
// finish.
class ParallelBuilder {
 public:
  virtual ~ParallelBuilder() = default;
  virtual weld_status prepare() { return 0; }
  virtual weld_status open(WeldRunContext*, int /*runner*/, void* /*local*/) { return 0; }
  virtual weld_status begin(WeldRunContext*, int /*runner*/, const Morsel&, void* /*local*/) { return 0; }
  virtual void end(int /*runner*/, const Morsel&, void* /*local*/) {}
  virtual weld_status finish() = 0;
};

// context is the loop's, and outlives the builder; so do builder and state. Throws std::bad_alloc.
std::unique_ptr<ParallelBuilder> make_parallel_builder(WeldRunContext* context, const LoopSize& size, const WeldBuilder& builder,
                                                       void* state);

// Makes room for what so many rows merge into a positional appender.
weld_status reserve_rows(WeldRunContext* context, const WeldBuilder& builder, WeldAppender* appender, int64_t rows);

// Moves the entries of the others into *state, combining values of equal keys.
weld_status combine_dicts(WeldRunContext* context, WeldDict** state, WeldDict** others, int64_t other_count,
                          const WeldBuilder& builder);

}  // namespace weld::runtime
