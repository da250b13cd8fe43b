// Records of loops are added up by pipeline, under a lock: loops inside loops end on any thread.
#include "weld/runtime/profile.h"

#include <fmt/format.h>

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

std::string duration_text(double nanoseconds) {
  constexpr double kUnit = 1000;
  constexpr double kRoundedUp = 999.5;  // what three digits show as 1000
  const char* const units[] = {"ns", "us", "ms"};
  double value = nanoseconds;
  for (const char* unit : units) {
    if (value < kRoundedUp) return fmt::format("{:.3g} {}", value, unit);
    value /= kUnit;
  }
  return value < kRoundedUp ? fmt::format("{:.3g} s", value) : fmt::format("{:.0f} s", value);
}

namespace {

const LoopProfile* find_by_name(const std::vector<LoopProfile>& profiles, const std::string& name) {
  const auto found =
      std::find_if(profiles.begin(), profiles.end(), [&](const LoopProfile& profile) { return profile.name == name; });
  return found == profiles.end() ? nullptr : &*found;
}

}  // namespace

const LoopProfile* RunProfile::loop(const std::string& name) const { return find_by_name(loops, name); }
const LoopProfile* RunProfile::sort(const std::string& name) const { return find_by_name(sorts, name); }

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

Decision FilterCounts::decision() const {
  const char* dense_name = dense_form == FilterStrategy::kCompress ? "compress" : "select";
  const char* choice = dense == 0 ? "branch" : listed == 0 ? dense_name : "by block";
  constexpr double kPercent = 100;
  const double share = rows == 0 ? 0 : kPercent * static_cast<double>(kept) / static_cast<double>(rows);
  const char* dense_text = dense_form == FilterStrategy::kCompress ? "moved together" : "row by row";
  std::string evidence =
      fmt::format("{:.3g} % of {} rows are kept; {} blocks by a list of those, {} {}", share, rows, listed, dense, dense_text);
  const bool is_there = wanted == FilterStrategy::kBranch || wanted == dense_form;
  if (wanted != FilterStrategy::kAuto) evidence += is_there ? "; as asked for" : "; what is asked for is not there";
  return {"filter", choice, std::move(evidence)};
}

void ProfileRecorder::count_filter(const void* step, const FilterCounts& counts) {
  std::lock_guard<std::mutex> lock(mutex_);
  FilterCounts& all = filters_[step];
  all.rows += counts.rows;
  all.kept += counts.kept;
  all.listed += counts.listed;
  all.dense += counts.dense;
  all.dense_form = counts.dense_form;
  all.wanted = counts.wanted;
}

void ProfileRecorder::add_sort(const LoopProfile& run) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (LoopProfile& sort : sorts_) {
    if (sort.name == run.name) return sort.add(run);
  }
  sorts_.push_back(run);
}

void ProfileRecorder::take(RunProfile* profile) {
  for (const auto& [pipeline, number] : numbers_) {
    const auto counts = filters_.find(reinterpret_cast<const void*>(pipeline->step));
    if (counts != filters_.end()) loops_[number].decide(counts->second.decision());
  }
  profile->loops = std::move(loops_);
  profile->sorts = std::move(sorts_);
}

}  // namespace weld::runtime

void weld_rt_count_filter(WeldRunContext* context, const void* step, int64_t rows, int64_t kept, int64_t listed, int64_t dense,
                          int64_t dense_form, int64_t wanted) {
  using weld::runtime::FilterStrategy;
  weld::runtime::ProfileRecorder* recorder = context->control.recorder();
  if (recorder == nullptr) return;
  try {
    recorder->count_filter(
        step, {rows, kept, listed, dense, static_cast<FilterStrategy>(dense_form), static_cast<FilterStrategy>(wanted)});
  } catch (const std::bad_alloc&) {
    return;  // the record lacks it; the run does not
  }
}
