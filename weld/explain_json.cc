// The explanation as JSON; docs/explain.md describes it. Keys stay as they are; new ones may come.
#include "weld/explain.h"
#include "weld/json_writer.h"

namespace weld {

namespace {

const char* name_of(StepKind kind) {
  switch (kind) {
    case StepKind::kParameter:
      return "parameter";
    case StepKind::kLoop:
      return "loop";
    case StepKind::kSort:
      return "sort";
    case StepKind::kMake:
      return "make";
    case StepKind::kResult:
      break;
  }
  return "result";
}

// Writes one explanation.
class Writer {
 public:
  explicit Writer(const Explanation& explanation) : explanation_(explanation) {}

  std::string write() {
    json_.begin_object();
    json_.key("version").number(1);
    json_.key("source").begin_object();
    json_.key("name").text(explanation_.source_name);
    json_.key("text").text(explanation_.source).end_object();
    json_.key("typed").text(explanation_.typed);
    json_.key("optimized").text(explanation_.optimized);
    write_array("passes", explanation_.passes, [&](const PassExplanation& pass) { write_pass(pass); });
    json_.key("dataflow").begin_object();
    write_array("before", explanation_.before, [&](const StepExplanation& step) { write_step(step); });
    write_array("after", explanation_.after, [&](const StepExplanation& step) { write_step(step); });
    json_.end_object();
    int number = 0;
    write_array("pipelines", explanation_.pipelines,
                [&](const PipelineExplanation& pipeline) { write_pipeline(pipeline, number++); });
    number = 0;
    write_array("sorts", explanation_.sorts, [&](const SortExplanation& sort) { write_sort(sort, number++); });
    write_array("missed_fusions", explanation_.missed, [&](const MissedFusionExplanation& missed) {
      json_.begin_object();
      json_.key("producer").unsigned_number(missed.producer);
      json_.key("consumer").unsigned_number(missed.consumer);
      json_.key("is_beside").boolean(missed.is_beside);
      json_.key("reason").text(missed.reason).end_object();
    });
    write_run();
    json_.end_object();
    return json_.take();
  }

 private:
  template <class Items, class Write>
  void write_array(std::string_view key, const Items& items, const Write& write) {
    json_.key(key).begin_array();
    for (const auto& item : items) write(item);
    json_.end_array();
  }

  void write_place(Span span, const std::optional<Place>& place) {
    json_.key("place");
    if (!place) {
      json_.null();
      return;
    }
    json_.begin_object();
    json_.key("line").number(place->line);
    json_.key("column").number(place->column);
    json_.key("begin").number(span.begin);
    json_.key("end").number(span.end).end_object();
  }

  void write_fragment(const FragmentPlace& fragment) {
    json_.begin_object();
    json_.key("label").text(fragment.label);
    json_.key("line").number(fragment.place.line);
    json_.key("column").number(fragment.place.column).end_object();
  }

  void write_pass(const PassExplanation& pass) {
    json_.begin_object();
    json_.key("name").text(pass.name);
    json_.key("round").number(pass.round);
    json_.key("milliseconds").real(pass.milliseconds);
    json_.key("changed").boolean(!pass.changes.empty());
    write_array("changes", pass.changes, [&](const DiffHunk& hunk) {
      json_.begin_object();
      json_.key("before_line").unsigned_number(hunk.before_line);
      json_.key("after_line").unsigned_number(hunk.after_line);
      write_array("lines", hunk.lines, [&](const DiffLine& line) { json_.text(line.mark + line.text); });
      json_.end_object();
    });
    json_.end_object();
  }

  void write_step(const StepExplanation& step) {
    json_.begin_object();
    json_.key("kind").text(name_of(step.kind));
    json_.key("label").text(step.label);
    json_.key("name").text(step.name);
    json_.key("type").text(step.detail);
    json_.key("in_memory").boolean(step.has_memory);
    write_place(step.span, step.place);
    json_.key("fragment");
    step.fragment ? write_fragment(*step.fragment) : void(json_.null());
    json_.key("pipeline");
    step.pipeline < 0 || step.kind != StepKind::kLoop ? json_.null() : json_.number(step.pipeline);
    write_array("inputs", step.inputs, [&](const StepExplanation::Input& input) {
      json_.begin_object();
      json_.key("from").unsigned_number(input.from);
      json_.key("how").text(input.how).end_object();
    });
    json_.end_object();
  }

  void write_plan(const codegen::LoopPlan& plan) {
    write_array("reads", plan.reads, [&](const std::string& reads) { json_.text(reads); });
    write_array("builders", plan.builders, [&](const codegen::BuilderPlan& builder) {
      json_.begin_object();
      json_.key("type").text(builder.type.to_string());
      json_.key("code").text(builder.code).end_object();
    });
    json_.key("branches");
    plan.has_branches ? json_.text(plan.branch_reason) : json_.null();
    json_.key("obstacle_to_vectors");
    plan.obstacle.empty() ? json_.null() : json_.text(plan.obstacle);
    json_.key("rows_kept");
    plan.filter.empty() ? json_.null() : json_.text(plan.filter);
    json_.key("tile_rows").number(plan.tile_rows);
    json_.key("ignored");
    plan.ignored.empty() ? json_.null() : json_.text(plan.ignored);
    json_.key("estimated_nanoseconds_per_row").real(static_cast<double>(plan.row_cost) / 1000);
    write_array("inner", plan.inner, [&](const codegen::LoopPlan& inner) {
      json_.begin_object();
      write_plan(inner);
      json_.end_object();
    });
  }

  // Of a pipeline or a sort.
  template <class Explained>
  void write_origin(const Explained& explained, int number) {
    json_.key("number").number(number);
    json_.key("step").unsigned_number(explained.step);
    write_place(explained.span, explained.place);
    write_array("fragments", explained.fragments, [&](const FragmentPlace& fragment) { write_fragment(fragment); });
  }

  void write_pipeline(const PipelineExplanation& pipeline, int number) {
    json_.begin_object();
    write_origin(pipeline, number);
    json_.key("text").text(pipeline.text);
    json_.key("parallel").boolean(pipeline.plan.is_pipeline);
    write_array("in_result", pipeline.in_result, [&](bool is_part) { json_.boolean(is_part); });
    json_.key("in_memory").boolean(pipeline.has_memory);
    write_plan(pipeline.plan);
    write_array("code", pipeline.code, [&](const codegen::LoopCode& code) {
      json_.begin_object();
      json_.key("function").text(code.loop.name);
      json_.key("is_inner").boolean(code.loop.outer >= 0);
      json_.key("vectors").text(code.vectors);
      json_.key("llvm").text(code.llvm);
      json_.key("llvm_optimized").text(code.llvm_optimized);
      json_.key("assembly").text(code.assembly).end_object();
    });
    json_.key("measured");
    pipeline.measured ? write_measured(*pipeline.measured) : void(json_.null());
    json_.end_object();
  }

  void write_sort(const SortExplanation& sort, int number) {
    json_.begin_object();
    write_origin(sort, number);
    json_.key("reads").text(sort.plan.reads);
    json_.key(sort.plan.has_key ? "key" : "comparator").text(sort.plan.order);
    json_.key("limit");
    sort.plan.limit.empty() ? json_.null() : json_.text(sort.plan.limit);
    json_.key("code").text(sort.plan.code);
    json_.key("in_result").boolean(sort.in_result);
    json_.key("measured");
    sort.measured ? write_measured(*sort.measured) : void(json_.null());
    json_.end_object();
  }

  void write_measured(const runtime::LoopProfile& measured) {
    json_.begin_object();
    json_.key("runs").number(measured.runs);
    json_.key("rows").number(measured.rows);
    json_.key("nanoseconds").number(measured.nanoseconds);
    json_.key("morsels").number(measured.morsels);
    json_.key("threads").number(measured.threads);
    write_array("builder_bytes", measured.builder_bytes, [&](uint64_t bytes) { json_.unsigned_number(bytes); });
    json_.key("output_bytes").unsigned_number(measured.output_bytes);
    json_.key("row_bytes").unsigned_number(measured.row_bytes);
    json_.key("allocated_bytes").unsigned_number(measured.allocated_bytes);
    write_array("decisions", measured.decisions, [&](const runtime::Decision& decision) {
      json_.begin_object();
      json_.key("site").text(decision.site);
      json_.key("choice").text(decision.choice);
      json_.key("evidence").text(decision.evidence);
      json_.key("times").number(decision.times).end_object();
    });
    json_.end_object();
  }

  void write_run() {
    json_.key("run");
    if (!explanation_.run) {
      json_.null();
      return;
    }
    const RunExplanation& run = *explanation_.run;
    json_.begin_object();
    json_.key("nanoseconds").number(run.profile.nanoseconds);
    json_.key("threads").number(run.threads);
    json_.key("intermediate_bytes").unsigned_number(run.intermediate_bytes);
    json_.key("allocated_bytes").unsigned_number(run.profile.allocated_bytes);
    json_.key("result_bytes").unsigned_number(run.profile.result_bytes);
    json_.key("result").text(run.result).end_object();
  }

  const Explanation& explanation_;
  JsonWriter json_;
};

}  // namespace

std::string explanation_json(const Explanation& explanation) { return Writer(explanation).write(); }

}  // namespace weld
