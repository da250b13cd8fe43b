// What `weld explain` says of a program: its pipelines, what the passes did, the fusions that did not happen and why, the code of
// each pipeline, and what a run measured. As text, as JSON (docs/explain.md has the schema) and as one HTML page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weld/codegen/compile.h"
#include "weld/codegen/loop_plan.h"
#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"
#include "weld/module.h"
#include "weld/object.h"
#include "weld/optimizer/dataflow.h"
#include "weld/options.h"
#include "weld/text_diff.h"

namespace weld {

struct ExplainRequest {
  CompileOptions compile;
  bool code = false;  // LLVM IR and assembly of each pipeline, which takes a compile
};

// A pass that ran, and what it changed.
struct PassExplanation {
  std::string name;
  int round = 1;  // the passes run over and over until nothing changes
  double milliseconds = 0;
  std::vector<DiffHunk> changes;  // of the program's text; empty for a pass that changed nothing
};

// A step of the program's dataflow, in words.
struct StepExplanation {
  struct Input {
    size_t from = 0;
    std::string how;  // "each element", "as many rows", "looked up", …
  };
  StepKind kind = StepKind::kParameter;
  std::string label;        // "v", "loop 0", "sort 0", "tovec", "result"
  std::string name;         // that the program gives to what a loop or a sort makes; may be empty
  std::string detail;       // the type of what it makes
  bool has_memory = false;  // it makes a vec or a dict in memory
  Span span;
  std::optional<Place> place;
  std::optional<FragmentPlace> fragment;  // of objects' programs
  std::vector<Input> inputs;
  int pipeline = -1;  // of a loop or a sort: its number among the pipelines or sorts; only after the passes
};

// A step function of a pipeline.
struct PipelineCode : codegen::LoopCode {
  int64_t rows = 1;  // of the pipeline that one of its own is: more where it goes over tiles
};

struct PipelineExplanation {
  codegen::LoopPlan plan;
  size_t step = 0;   // among the steps after the passes
  std::string text;  // Weld
  Span span;         // of the loop that it came from, in the source
  std::optional<Place> place;
  std::vector<FragmentPlace> fragments;  // of objects' programs: what it computes comes from; each label once, producers first
  std::vector<bool> in_result;           // for each builder: it is the result, or part of it; empty: none is
  bool has_memory = false;               // what it makes lies in memory: a vec or a dict
  // Its step functions: one, but for loops in tiles and those in a function which is called at several places; then those of long
  // loops inside it. Known where code was asked for or a run is added.
  std::vector<PipelineCode> code;
  std::optional<runtime::LoopProfile> measured;
};

// A sort that stands in no loop.
struct SortExplanation {
  codegen::SortPlan plan;
  size_t step = 0;
  Span span;
  std::optional<Place> place;
  std::vector<FragmentPlace> fragments;
  bool in_result = false;          // it is the result, or part of it
  std::vector<std::string> names;  // under which its runs are recorded
  std::optional<runtime::LoopProfile> measured;
};

struct MissedFusionExplanation {
  size_t producer = 0;  // steps after the passes
  size_t consumer = 0;
  bool is_beside = false;  // see missed_fusion.h
  std::string reason;
};

struct RunExplanation {
  runtime::RunProfile profile;
  uint64_t intermediate_bytes = 0;
  int threads = 0;
  std::string result;  // as text; the error of a run that failed; empty: it is not told
};

struct Explanation {
  std::string source_name;
  std::string source;
  std::string typed;  // the program before the passes
  std::string optimized;
  std::vector<PassExplanation> passes;
  std::vector<StepExplanation> before;  // the dataflow before and after the passes
  std::vector<StepExplanation> after;
  std::vector<PipelineExplanation> pipelines;
  std::vector<SortExplanation> sorts;
  std::vector<MissedFusionExplanation> missed;
  std::optional<RunExplanation> run;
};

// source is a program or an expression, as for `weld run`. Thread-safe, on any stack.
Result<Explanation> explain_source(std::string_view source_name, std::string_view source, const ExplainRequest& request = {});
// The same for a typed and verified program, such as one stitched together of fragments. Spans are taken as places in source,
// which may be empty: then there are none.
Result<Explanation> explain_typed(const ExprPtr& program, std::string_view source_name, std::string_view source,
                                  const ExplainRequest& request = {});

// Of the program that evaluating an object would compile now. Its text, with all that was stitched together, is the source.
Result<Explanation> explain_object(const ObjectPtr& object, std::string_view name, const ExplainRequest& request = {});

// Puts what a run of the same program, compiled with the same options, measured beside its pipelines. run.intermediate_bytes is
// computed here.
void add_run(Explanation* explanation, RunExplanation run);

struct ExplainTextOptions {
  bool passes = false;  // what each pass changed, as a unified diff
};
std::string explanation_text(const Explanation& explanation, const ExplainTextOptions& options = {});
std::string explanation_json(const Explanation& explanation);
// One page that needs nothing else.
std::string explanation_html(const Explanation& explanation);

}  // namespace weld
