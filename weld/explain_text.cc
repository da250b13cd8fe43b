// The explanation as text for a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "weld/explain.h"

namespace weld {

namespace {

std::string indented(std::string_view text, std::string_view indent) {
  std::string result;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) result += fmt::format("{}{}", indent, text.substr(0, end));
    result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::string line(std::string_view name, std::string_view text) { return fmt::format("  {:<11}{}\n", name, text); }

std::string name_of(const std::vector<StepExplanation>& steps, size_t number) {
  const StepExplanation& step = steps[number];
  if (step.kind == StepKind::kParameter) return fmt::format("{}: {}", step.label, step.detail);
  if (!step.name.empty()) return fmt::format("{} (`{}`)", step.label, step.name);
  return step.fragment ? fmt::format("{} ('{}')", step.label, step.fragment->label) : step.label;
}

std::string picoseconds_text(int64_t picoseconds) { return runtime::duration_text(static_cast<double>(picoseconds) / 1000); }

std::string code_text(const codegen::LoopPlan& plan) {
  std::string text = plan.has_branches ? fmt::format("with branches ({})", plan.branch_reason) : "without branches";
  if (plan.obstacle.empty()) return text + ", several rows at a time";
  return text + fmt::format(", a row at a time: {}", plan.obstacle);
}

std::string measured_text(const runtime::LoopProfile& measured) {
  const auto nanoseconds = static_cast<double>(measured.nanoseconds);
  std::string text = fmt::format("{} rows, {}", measured.rows, runtime::duration_text(nanoseconds));
  if (measured.rows > 0) {
    text += fmt::format(" ({} per row)", runtime::duration_text(nanoseconds / static_cast<double>(measured.rows)));
  }
  if (measured.morsels > 0) text += fmt::format(", morsels: {}", measured.morsels);
  text += fmt::format(", threads: {}", measured.threads);
  if (measured.runs > 1) text += fmt::format(", in {} runs", measured.runs);
  return text;
}

std::string plan_text(const codegen::LoopPlan& plan) {
  std::string text;
  for (const std::string& reads : plan.reads) text += line("reads", reads);
  for (const codegen::BuilderPlan& builder : plan.builders) {
    text += line("builder", fmt::format("{}: {}", builder.type.to_string(), builder.code));
  }
  if (plan.tile_rows > 1) {
    text += line("tiled",
                 fmt::format("{} rows go over the data of the inner loop together, those left over one by one", plan.tile_rows));
  }
  if (!plan.is_pipeline) text += line("run", "as a plain loop on one thread");
  text += line("code", code_text(plan));
  if (!plan.filter.empty()) text += line("rows kept", plan.filter);
  if (!plan.ignored.empty()) text += line("ignored", plan.ignored);
  text += line("cost", fmt::format("about {} a row", picoseconds_text(plan.row_cost)));
  return text;
}

std::string inner_text(const codegen::LoopPlan& plan) {
  std::string text;
  for (const codegen::LoopPlan& inner : plan.inner) {
    text += fmt::format("  inside it, for each {}, a loop:\n", plan.tile_rows > 1 ? "tile" : "row");
    text += indented(plan_text(inner), "  ") + indented(inner_text(inner), "  ");
  }
  return text;
}

bool goes_over(const StepExplanation::Input& input) {
  return input.how == "each element" || input.how == "as many rows" || input.how == "sorted";
}

std::string made_text(const PipelineExplanation& pipeline) {
  const auto in_result = std::count(pipeline.in_result.begin(), pipeline.in_result.end(), true);
  if (in_result > 0)
    return in_result == std::ssize(pipeline.in_result) ? "the result" : "part of the result, and an intermediate value";
  return pipeline.has_memory ? "an intermediate value, in memory" : "an intermediate value, in registers";
}

std::string decisions_text(const runtime::LoopProfile& measured) {
  std::string text;
  for (const runtime::Decision& decision : measured.decisions) {
    text += line("decided", fmt::format("{}: {} ({})", decision.site, decision.choice, decision.evidence));
  }
  return text;
}

// Of a pipeline or a sort: its name and place, where it comes from, and what it uses.
template <class Step>
std::string head_text(const Explanation& explanation, const Step& of) {
  std::string text = name_of(explanation.after, of.step);
  if (of.place) text += fmt::format("  {}:{}:{}", explanation.source_name, of.place->line, of.place->column);
  text += '\n';
  for (const FragmentPlace& fragment : of.fragments) {
    text += line("from", fmt::format("fragment '{}' {}:{}", fragment.label, fragment.place.line, fragment.place.column));
  }
  for (const StepExplanation::Input& input : explanation.after[of.step].inputs) {
    // The plan names the parameters that it goes over.
    const bool is_plain = explanation.after[input.from].kind == StepKind::kParameter && goes_over(input);
    if (!is_plain) text += line("uses", fmt::format("{}, {}", name_of(explanation.after, input.from), input.how));
  }
  return text;
}

std::string pipeline_text(const Explanation& explanation, const PipelineExplanation& pipeline) {
  std::string text = head_text(explanation, pipeline);
  text += plan_text(pipeline.plan) + inner_text(pipeline.plan);
  text += line("makes", made_text(pipeline));
  for (const codegen::LoopCode& code : pipeline.code) {
    if (!code.vectors.empty()) text += line("vectors", fmt::format("{} (of LLVM, in {})", code.vectors, code.loop.name));
  }
  if (!pipeline.measured) return explanation.run ? text + line("measured", "it did not run") : text;
  text += line("measured", measured_text(*pipeline.measured));
  text += line("memory",
               fmt::format("{} bytes for its builders, {} for rows alone, {} allocated in all", pipeline.measured->output_bytes,
                           pipeline.measured->row_bytes, pipeline.measured->allocated_bytes));
  return text + decisions_text(*pipeline.measured);
}

std::string sort_text(const Explanation& explanation, const SortExplanation& sort) {
  std::string text = head_text(explanation, sort);
  text += line("reads", sort.plan.reads);
  text += line(sort.plan.has_key ? "key" : "comparator", sort.plan.order);
  if (!sort.plan.limit.empty()) text += line("first", fmt::format("only so many elements are made: {}", sort.plan.limit));
  text += line("code", sort.plan.code);
  text += line("makes", sort.in_result ? "the result" : "an intermediate value, in memory");
  if (!sort.measured) return explanation.run ? text + line("measured", "it did not run") : text;
  text += line("measured", measured_text(*sort.measured));
  text += line("memory", fmt::format("{} bytes for what it makes, {} allocated in all", sort.measured->output_bytes,
                                     sort.measured->allocated_bytes));
  return text + decisions_text(*sort.measured);
}

// In the order of evaluation.
std::string pipelines_text(const Explanation& explanation) {
  std::string text = "Pipelines\n---------\n";
  if (explanation.pipelines.empty() && explanation.sorts.empty()) text += "none: the program has no loop and no sort\n\n";
  for (const StepExplanation& step : explanation.after) {
    if (step.pipeline < 0) continue;
    const auto number = static_cast<size_t>(step.pipeline);
    text += step.kind == StepKind::kSort ? sort_text(explanation, explanation.sorts[number])
                                         : pipeline_text(explanation, explanation.pipelines[number]);
    text += '\n';
  }
  return text;
}

std::string passes_text(const Explanation& explanation) {
  std::string text = "What the passes changed\n-----------------------\n";
  for (const PassExplanation& pass : explanation.passes) {
    if (pass.changes.empty()) continue;
    text += fmt::format("--- {}, round {}, {}\n", pass.name, pass.round, runtime::duration_text(pass.milliseconds * 1e6));
    text += unified_text(pass.changes) + '\n';
  }
  return text;
}

std::string missed_text(const Explanation& explanation) {
  std::string text = "Fusions that did not happen\n---------------------------\n";
  if (explanation.missed.empty())
    return text + "none: no step reads from memory what a loop or a sort made, and no two loops go over the same\n\n";
  for (const MissedFusionExplanation& missed : explanation.missed) {
    const StepExplanation& consumer = explanation.after[missed.consumer];
    std::string at;
    if (consumer.place) at = fmt::format(" at {}:{}:{}", explanation.source_name, consumer.place->line, consumer.place->column);
    text += fmt::format("{} {} {}{}: {}\n", name_of(explanation.after, missed.producer), missed.is_beside ? "beside" : "into",
                        name_of(explanation.after, missed.consumer), at, missed.reason);
  }
  return text + '\n';
}

std::string run_text(const RunExplanation& run) {
  std::string text = "The run\n-------\n";
  text += fmt::format(
      "{} on at most {} threads; {} bytes for intermediate values, {} allocated in all, {} held until the result is freed\n",
      runtime::duration_text(static_cast<double>(run.profile.nanoseconds)), run.threads, run.intermediate_bytes,
      run.profile.allocated_bytes, run.profile.result_bytes);
  if (run.result.empty()) return text + '\n';
  constexpr size_t kLongest = 200;
  const bool is_long = run.result.size() > kLongest;
  return text + fmt::format("result: {}{}\n\n", run.result.substr(0, kLongest), is_long ? "…" : "");
}

}  // namespace

std::string explanation_text(const Explanation& explanation, const ExplainTextOptions& options) {
  std::string text = pipelines_text(explanation);
  text += missed_text(explanation);
  if (explanation.run) text += run_text(*explanation.run);
  if (options.passes) text += passes_text(explanation);
  return text + "The optimized program\n---------------------\n" + explanation.optimized + '\n';
}

}  // namespace weld
