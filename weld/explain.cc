// Gathers an explanation: the passes one by one, then the optimized program's dataflow, with a plan for each loop in it.
#include "weld/explain.h"

#include <fmt/format.h>

#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "weld/codegen/analysis.h"
#include "weld/compilation.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/lanes.h"
#include "weld/optimizer/missed_fusion.h"
#include "weld/optimizer/pass.h"
#include "weld/optimizer/rewriting.h"
#include "weld/program_text.h"

namespace weld {

namespace {

std::string words_for(const Step& step, const Read& read, const std::vector<bool>& reads_elements) {
  switch (read.kind) {
    case ReadKind::kIterate:
      if (step.kind == StepKind::kSort) return "sorted";
      for (size_t i = 0; i < reads_elements.size(); ++i) {
        if (step.node->iterators()[i] == read.use && !reads_elements[i]) return "as many rows";
      }
      return "each element";
    case ReadKind::kInner:
      return "all elements for each row";
    case ReadKind::kLookup:
      return "looked up";
    case ReadKind::kLength:
      return "its length";
    case ReadKind::kSlice:
      return "a slice of it";
    case ReadKind::kBuilder:
      return "merged into further";
    case ReadKind::kValue:
      break;
  }
  return step.kind == StepKind::kResult && read.use == nullptr ? "given back" : "as a value";
}

using FragmentOf = std::function<std::optional<FragmentPlace>(Span)>;

class Explainer {
 public:
  // text: what the places of nodes are in, when that is not the source. fragment_of: see ObjectProgram; may be empty.
  Explainer(std::string_view source_name, std::string_view source, const ProgramText* text, const ExplainRequest& request,
            FragmentOf fragment_of = {})
      : text_(text), request_(request), fragment_of_(std::move(fragment_of)) {
    explanation_.source_name = source_name;
    explanation_.source = source;
  }

  Result<Explanation> explain(const ExprPtr& program) {
    explanation_.typed = print(program);
    const ExprPtr optimized = run_passes(program);
    explanation_.optimized = print(optimized);
    explanation_.before = in_words(dataflow_of(program));
    const Dataflow flow = dataflow_of(optimized);
    explanation_.after = in_words(flow);
    add_pipelines(optimized, flow);
    add_sorts(flow);
    for (MissedFusion& missed : missed_fusions(optimized, flow)) {
      explanation_.missed.push_back({missed.producer, missed.consumer, missed.is_beside, std::move(missed.reason)});
    }
    const int64_t lane = widest_lane(program);
    Result<codegen::ProgramCode> code = codegen::program_code(optimized, lane, llvm_level(request_.compile), request_.code);
    if (code.ok()) {
      add_codes(code->loops);
      add_sort_names(code->sorts);
    } else if (request_.code) {
      return code.diagnostics();
    }
    return std::move(explanation_);
  }

 private:
  ExprPtr run_passes(const ExprPtr& program) {
    OptimizerOptions options = optimizer_options(request_.compile);
    std::vector<PassTiming> timings;
    std::string before = explanation_.typed;
    ExprPtr last = program;
    std::string first;  // with which a round begins
    int round = 0;
    options.after_pass = [&](const Pass& pass, const ExprPtr& result) {
      if (first.empty()) first = pass.name;
      if (pass.name == first) ++round;
      PassExplanation step;
      step.name = pass.name;
      step.round = request_.compile.passes ? 1 : round;
      step.milliseconds = timings.back().milliseconds;
      if (result != last) {
        std::string after = print(result);
        step.changes = text_diff(before, after);
        before = std::move(after);
        last = result;
      }
      explanation_.passes.push_back(std::move(step));
    };
    return optimize(program, options, &timings);
  }

  std::vector<StepExplanation> in_words(const Dataflow& flow) const {
    std::vector<StepExplanation> steps;
    int loops = 0;
    int sorts = 0;
    for (const Step& step : flow.steps) {
      StepExplanation words;
      words.kind = step.kind;
      words.detail = step.type.to_string();
      words.label = step.name;
      if (step.node != nullptr) words.name = step.name;
      if (step.kind == StepKind::kLoop) words.label = fmt::format("loop {}", loops++);
      if (step.kind == StepKind::kSort) words.label = fmt::format("sort {}", sorts++);
      if (step.kind == StepKind::kMake) words.label = node_name(step.node->kind());
      if (step.kind == StepKind::kResult) words.label = "result";
      if (step.node != nullptr) set_place(step.node->span(), &words.span, &words.place);
      if (step.node != nullptr && fragment_of_) words.fragment = fragment_of_(step.node->span());
      words.has_memory = makes_memory(step) || step.kind == StepKind::kMake;
      const std::vector<bool> reads = step.kind == StepKind::kLoop ? reads_elements(step.node) : std::vector<bool>();
      for (const Read& read : step.reads) words.inputs.push_back({read.from, words_for(step, read, reads)});
      steps.push_back(std::move(words));
    }
    return steps;
  }

  void add_pipelines(const ExprPtr& program, const Dataflow& flow) {
    std::unordered_map<const Expr*, std::vector<bool>> in_result = codegen::builders_of_result(program->body());
    for (size_t i = 0; i < flow.steps.size(); ++i) {
      const Step& step = flow.steps[i];
      if (step.kind != StepKind::kLoop) continue;
      PipelineExplanation pipeline;
      set_origin(step, i, &pipeline);
      pipeline.plan = codegen::plan_of(step.node);
      pipeline.text = print(step.node);
      pipeline.in_result = std::move(in_result[step.node.get()]);
      pipeline.has_memory = makes_memory(step);
      explanation_.after[i].pipeline = static_cast<int>(explanation_.pipelines.size());
      explanation_.pipelines.push_back(std::move(pipeline));
    }
  }

  void add_sorts(const Dataflow& flow) {
    for (size_t i = 0; i < flow.steps.size(); ++i) {
      const Step& step = flow.steps[i];
      if (step.kind != StepKind::kSort) continue;
      SortExplanation sort;
      set_origin(step, i, &sort);
      sort.plan = codegen::plan_of_sort(step.node);
      sort.in_result = is_given_back(flow.steps.back(), i);
      explanation_.after[i].pipeline = static_cast<int>(explanation_.sorts.size());
      explanation_.sorts.push_back(std::move(sort));
    }
  }

  // Of a pipeline or a sort.
  template <class Explained>
  void set_origin(const Step& step, size_t number, Explained* explained) const {
    explained->step = number;
    set_place(step.node->span(), &explained->span, &explained->place);
    if (fragment_of_) explained->fragments = fragments_in(step.node);
  }

  // Of its operations; names and literals may come from anywhere.
  std::vector<FragmentPlace> fragments_in(const ExprPtr& loop) const {
    std::set<uint32_t> nodes;
    walk(loop, [&](const ExprPtr& node) {
      if (!is_atom(node) && !node->is(NodeKind::kLambda)) nodes.insert(node->span().begin);
      return true;
    });
    std::vector<FragmentPlace> fragments;
    std::unordered_set<std::string> labels;
    for (const uint32_t number : nodes) {
      std::optional<FragmentPlace> fragment = fragment_of_({number, number});
      if (fragment && labels.insert(fragment->label).second) fragments.push_back(*std::move(fragment));
    }
    return fragments;
  }

  // A loop inside a loop goes with the one that it runs in.
  void add_codes(std::vector<codegen::LoopCode>& codes) {
    struct Part {
      size_t pipeline = 0;
      int64_t rows = 1;
    };
    std::unordered_map<const Expr*, Part> by_node;
    for (size_t i = 0; i < explanation_.pipelines.size(); ++i) {
      const codegen::LoopPlan& plan = explanation_.pipelines[i].plan;
      by_node[plan.node.get()] = {i, 1};
      if (plan.tile_rows > 1) by_node[plan.node->builder().get()] = {i, plan.tile_rows};
    }
    std::vector<PipelineExplanation*> owners(codes.size(), nullptr);
    for (size_t i = 0; i < codes.size(); ++i) {
      const int outer = codes[i].loop.outer;
      const auto found = by_node.find(codes[i].loop.node);
      int64_t rows = 1;
      if (outer >= 0) {
        owners[i] = owners[outer];
      } else if (found != by_node.end()) {
        owners[i] = &explanation_.pipelines[found->second.pipeline];
        rows = found->second.rows;
      }
      codes[i].loop.node = nullptr;
      if (owners[i] != nullptr) owners[i]->code.push_back({std::move(codes[i]), rows});
    }
  }

  void add_sort_names(const std::vector<codegen::ProgramTables::Sort>& sorts) {
    std::unordered_map<const Expr*, SortExplanation*> by_node;
    for (SortExplanation& sort : explanation_.sorts) by_node[sort.plan.node.get()] = &sort;
    for (const codegen::ProgramTables::Sort& sort : sorts) {
      if (auto found = by_node.find(sort.node); found != by_node.end()) found->second->names.push_back(sort.name);
    }
  }

  void set_place(Span span, Span* in_source, std::optional<Place>* place) const {
    if (span.end == 0 || explanation_.source.empty()) return;
    if (text_ != nullptr) span = text_->in_source({{"", span}})[0].span;
    if (span.end > explanation_.source.size()) return;
    *in_source = span;
    *place = place_of(explanation_.source, span.begin);
  }

  const ProgramText* text_;
  const ExplainRequest& request_;
  FragmentOf fragment_of_;
  Explanation explanation_;
};

Result<Explanation> explain_text_of(std::string_view source_name, std::string_view source, const ExplainRequest& request) {
  const ProgramText text = as_program(source);
  Result<ExprPtr> typed = compile_to_ir(text.text);
  if (!typed) return text.in_source(typed.diagnostics());
  return Explainer(source_name, source, &text, request).explain(*typed);
}

}  // namespace

Result<Explanation> explain_source(std::string_view source_name, std::string_view source, const ExplainRequest& request) {
  if (Diagnostics faults = faults_of(request.compile); !faults.empty()) return faults;
  Result<Explanation> result = Explanation();
  run_on_deep_stack([&] { result = explain_text_of(source_name, source, request); });
  return result;
}

Result<Explanation> explain_typed(const ExprPtr& program, std::string_view source_name, std::string_view source,
                                  const ExplainRequest& request) {
  if (Diagnostics faults = faults_of(request.compile); !faults.empty()) return faults;
  Result<Explanation> result = Explanation();
  run_on_deep_stack([&] { result = Explainer(source_name, source, nullptr, request).explain(program); });
  return result;
}

Result<Explanation> explain_object(const ObjectPtr& object, std::string_view name, const ExplainRequest& request) {
  if (Diagnostics faults = faults_of(request.compile); !faults.empty()) return faults;
  Result<Explanation> result = Explanation();
  run_on_deep_stack([&] {
    Result<ObjectProgram> program = typed_program_of({&object, 1});
    if (program.ok()) {
      result = Explainer(name, "", nullptr, request, program->fragment_of).explain(program->typed);
    } else {
      result = program.diagnostics();
    }
    if (result.ok()) result->source = result->typed;
  });
  return result;
}

namespace {

// What the loop over tiles or that over the rest did, as a part of what both did. What was decided is told of the tiles: the rest
// is less than one of them.
runtime::LoopProfile as_part(runtime::LoopProfile measured, int64_t tile_rows) {
  const bool is_rest = tile_rows == 1;
  if (is_rest) {
    measured.runs = 0;
    measured.decisions.clear();
  }
  for (runtime::Decision& decision : measured.decisions) {
    decision.evidence = fmt::format("a row here is a tile of {}: {}", tile_rows, decision.evidence);
  }
  measured.rows *= tile_rows;
  return measured;
}

}  // namespace

void add_run(Explanation* explanation, RunExplanation run) {
  run.intermediate_bytes = 0;
  for (PipelineExplanation& pipeline : explanation->pipelines) {
    for (const PipelineCode& code : pipeline.code) {
      if (code.loop.outer >= 0) continue;
      const runtime::LoopProfile* measured = run.profile.loop(code.loop.name);
      if (measured == nullptr) continue;
      if (!pipeline.measured) pipeline.measured.emplace();
      pipeline.measured->add(pipeline.plan.tile_rows > 1 ? as_part(*measured, code.rows) : *measured);
      run.intermediate_bytes += intermediate_bytes(*measured, pipeline.in_result);
    }
  }
  for (SortExplanation& sort : explanation->sorts) {
    for (const std::string& name : sort.names) {
      const runtime::LoopProfile* measured = run.profile.sort(name);
      if (measured == nullptr) continue;
      if (!sort.measured) sort.measured.emplace();
      sort.measured->add(*measured);
      if (!sort.in_result) run.intermediate_bytes += measured->output_bytes;
    }
  }
  explanation->run = std::move(run);
}

}  // namespace weld
