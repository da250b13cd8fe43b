// Records of loops are added up by pipeline, under a lock: loops inside loops end on any thread.
#include "weld/runtime/profile.h"

#include <algorithm>
#include <utility>

#include "weld/runtime/context.h"

namespace weld::runtime {

void LoopProfile::decide(Decision decision) {
  for (Decision& known : decisions) {
    if (known.site != decision.site || known.choice != decision.choice) continue;
    known.times += decision.times;
    known.evidence = std::move(decision.evidence);
    return;
  }
  decisions.push_back(std::move(decision));
}

void LoopProfile::add(const LoopProfile& other) {
  runs += other.runs;
  rows += other.rows;
  nanoseconds += other.nanoseconds;
  morsels += other.morsels;
  parallel_runs += other.parallel_runs;
  threads = std::max(threads, other.threads);
  output_bytes += other.output_bytes;
  builder_bytes.resize(std::max(builder_bytes.size(), other.builder_bytes.size()));
  for (size_t i = 0; i < other.builder_bytes.size(); ++i) builder_bytes[i] += other.builder_bytes[i];
  row_bytes += other.row_bytes;
  allocated_bytes += other.allocated_bytes;
  for (const Decision& decision : other.decisions) decide(decision);
}

const LoopProfile* RunProfile::loop(const std::string& name) const {
  const auto found = std::find_if(loops.begin(), loops.end(), [&](const LoopProfile& loop) { return loop.name == name; });
  return found == loops.end() ? nullptr : &*found;
}

LoopProfile& ProfileRecorder::of(const WeldPipeline* pipeline) {
  const auto [found, is_new] = numbers_.try_emplace(pipeline, loops_.size());
  if (is_new) {
    loops_.emplace_back();
    loops_.back().name = pipeline->name;
  }
  return loops_[found->second];
}

void ProfileRecorder::add(const WeldPipeline* pipeline, const LoopProfile& run) {
  std::lock_guard<std::mutex> lock(mutex_);
  of(pipeline).add(run);
}

void ProfileRecorder::decide(const WeldPipeline* pipeline, Decision decision) {
  std::lock_guard<std::mutex> lock(mutex_);
  of(pipeline).decide(std::move(decision));
}

}  // namespace weld::runtime
