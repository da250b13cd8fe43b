// The record of one run: what each of its loops did, and what was decided while they ran. Kept only when asked for; otherwise a
// loop pays one branch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weld/runtime/strategies.h"

namespace weld::runtime {

// What was chosen at run time, at one place of a loop.
struct Decision {
  std::string site;      // what there was to choose: "threads", …
  std::string choice;    // "serial", …
  std::string evidence;  // why, in words with numbers: of the last time it was chosen
  int64_t times = 1;     // how often it was chosen
};

// What a loop did, summed over its runs: a loop inside another loop may be run many times, on several threads at once. Or what a
// sort did that stands in no loop: its rows are the elements that it sorts, it has no morsels and no builders, and output_bytes
// are those of the sorted vec.
struct LoopProfile {
  std::string name;  // of its WeldPipeline, or that the sort was given; unique in a module
  int64_t runs = 0;
  int64_t rows = 0;
  int64_t nanoseconds = 0;  // of wall time
  int64_t morsels = 0;
  int64_t parallel_runs = 0;  // runs on more than one thread
  int threads = 0;            // the most that took part in a run
  // What it adds to each of its builders, in the order of the WeldPipeline's, and to all of them: elements of appenders, entries
  // of dictionaries (without the index), values of groups, and the whole vec of a vecmerger; a merger has none. The same at any
  // number of threads. 0 for runs that failed.
  std::vector<uint64_t> builder_bytes;
  uint64_t output_bytes = 0;
  // Allocated by rows for themselves alone, and freed with the row: vecs that loops inside make, for example. Where a builder may
  // keep what a row makes (its elements hold pointers), rows have no memory of their own and this is 0.
  uint64_t row_bytes = 0;
  // Everything that was allocated while it ran, also what was freed again: room for the output, parts of threads, row_bytes.
  uint64_t allocated_bytes = 0;
  std::vector<Decision> decisions;

  void decide(Decision decision);  // a choice made before is counted again
  void add(const LoopProfile& other);
};

// What steps did of their loop's condition, in blocks of rows.
struct FilterCounts {
  int64_t rows = 0;
  int64_t kept = 0;
  int64_t listed = 0;  // blocks whose rows were gone through by a list
  int64_t dense = 0;   // blocks in the other form that there is
  FilterStrategy dense_form = FilterStrategy::kAuto;
  FilterStrategy wanted = FilterStrategy::kAuto;

  Decision decision() const;
};

struct RunProfile {
  std::vector<LoopProfile> loops;  // those that ran, in the order in which they first ended
  std::vector<LoopProfile> sorts;  // the same
  int64_t nanoseconds = 0;
  uint64_t allocated_bytes = 0;  // by loops and between them
  uint64_t result_bytes = 0;     // memory of the run that is held until the result is freed

  const LoopProfile* loop(const std::string& name) const;  // null when it did not run
  const LoopProfile* sort(const std::string& name) const;
};

// Three digits in the unit that fits, e.g. "4.68 us".
std::string duration_text(double nanoseconds);

}  // namespace weld::runtime
