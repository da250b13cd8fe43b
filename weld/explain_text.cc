// The explanation as text for a terminal.
#include <fmt/format.h>

#include <algorithm>

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

std::string nanoseconds(int64_t picoseconds) { return fmt::format("{:.3g} ns", static_cast<double>(picoseconds) / 1000); }

std::string code_text(const codegen::LoopPlan& plan) {
  std::string text = plan.has_branches ? fmt::format("with branches ({})", plan.branch_reason) : "without branches";
  if (plan.obstacle.empty()) return text + ", several rows at a time";
  return text + fmt::format(", a row at a time: {}", plan.obstacle);
}

std::string measured_text(const runtime::LoopProfile& measured) {
  const double milliseconds = static_cast<double>(measured.nanoseconds) / 1e6;
  std::string text = fmt::format("{} rows, {:.3f} ms", measured.rows, milliseconds);
  if (measured.rows > 0) {
    text += fmt::format(" ({:.3g} ns per row)", static_cast<double>(measured.nanoseconds) / static_cast<double>(measured.rows));
  }
  text += fmt::format(", morsels: {}, threads: {}", measured.morsels, measured.threads);
  if (measured.runs > 1) text += fmt::format(", in {} runs", measured.runs);
  return text;
}

std::string plan_text(const codegen::LoopPlan& plan) {
  std::string text;
  for (const std::string& reads : plan.reads) text += line("reads", reads);
  for (const codegen::BuilderPlan& builder : plan.builders) {
    text += line("builder", fmt::format("{}: {}", builder.type.to_string(), builder.code));
  }
  if (!plan.is_pipeline) text += line("run", "as a plain loop on one thread");
  text += line("code", code_text(plan));
  if (!plan.filter.empty()) text += line("rows kept", plan.filter);
  text += line("cost", fmt::format("about {} a row", nanoseconds(plan.row_cost)));
  return text;
}

std::string inner_text(const codegen::LoopPlan& plan) {
  std::string text;
  for (const codegen::LoopPlan& inner : plan.inner) {
    text += "  inside it, for each row, a loop:\n" + indented(plan_text(inner), "  ") + indented(inner_text(inner), "  ");
  }
  return text;
}

std::string made_text(const PipelineExplanation& pipeline) {
  const auto in_result = std::count(pipeline.in_result.begin(), pipeline.in_result.end(), true);
  if (in_result > 0)
    return in_result == std::ssize(pipeline.in_result) ? "the result" : "part of the result, and an intermediate value";
  return pipeline.has_memory ? "an intermediate value, in memory" : "an intermediate value, in registers";
}

std::string pipeline_text(const Explanation& explanation, size_t number) {
  const PipelineExplanation& pipeline = explanation.pipelines[number];
  std::string text = name_of(explanation.after, pipeline.step);
  if (pipeline.place) text += fmt::format("  {}:{}:{}", explanation.source_name, pipeline.place->line, pipeline.place->column);
  text += '\n';
  for (const FragmentPlace& fragment : pipeline.fragments) {
    text += line("from", fmt::format("fragment '{}' {}:{}", fragment.label, fragment.place.line, fragment.place.column));
  }
  for (const StepExplanation::Input& input : explanation.after[pipeline.step].inputs) {
    // plan_text() names the parameters that it goes over.
    const bool is_plain = explanation.after[input.from].kind == StepKind::kParameter && input.how == "each element";
    if (!is_plain) text += line("uses", fmt::format("{}, {}", name_of(explanation.after, input.from), input.how));
  }
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
  for (const runtime::Decision& decision : pipeline.measured->decisions) {
    text += line("decided", fmt::format("{}: {} ({})", decision.site, decision.choice, decision.evidence));
  }
  return text;
}

std::string passes_text(const Explanation& explanation) {
  std::string text = "What the passes changed\n-----------------------\n";
  for (const PassExplanation& pass : explanation.passes) {
    if (pass.changes.empty()) continue;
    text += fmt::format("--- {}, round {}, {:.3f} ms\n", pass.name, pass.round, pass.milliseconds);
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
      "{:.3f} ms on at most {} threads; {} bytes for intermediate values, {} allocated in all, {} held by the result\n",
      static_cast<double>(run.profile.nanoseconds) / 1e6, run.threads, run.intermediate_bytes, run.profile.allocated_bytes,
      run.profile.result_bytes);
  if (run.result.empty()) return text + '\n';
  constexpr size_t kLongest = 200;
  const bool is_long = run.result.size() > kLongest;
  return text + fmt::format("result: {}{}\n\n", run.result.substr(0, kLongest), is_long ? "…" : "");
}

}  // namespace

std::string explanation_text(const Explanation& explanation, const ExplainTextOptions& options) {
  std::string text = "Pipelines\n---------\n";
  if (explanation.pipelines.empty()) text += "none: the program has no loop\n\n";
  for (size_t i = 0; i < explanation.pipelines.size(); ++i) text += pipeline_text(explanation, i) + '\n';
  text += missed_text(explanation);
  if (explanation.run) text += run_text(*explanation.run);
  if (options.passes) text += passes_text(explanation);
  return text + "The optimized program\n---------------------\n" + explanation.optimized + '\n';
}

}  // namespace weld
