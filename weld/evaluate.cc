// evaluate(): collect the graph below the objects, find its code by the graph's key, run it over the inputs, keep the values.
// Only a graph that was not met before is stitched and compiled.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <unordered_map>

#include "weld/cache_counts.h"
#include "weld/compilation.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/object.h"
#include "weld/stitch.h"

namespace weld {

namespace {

constexpr size_t kSharedGraphs = 1024;

// The steps of one program. Compiling takes more than linear time in what becomes one loop, and depth has a limit; a value that
// is stored after so many steps costs next to nothing.
constexpr size_t kLargestProgram = 500;

SharedCache<SharedProgram>& shared_graphs() {
  static SharedCache<SharedProgram>& cache = *new SharedCache<SharedProgram>(kSharedGraphs);
  return cache;
}

// The graph below some objects: their steps in an order in which each stands behind what it needs. Holds what it has seen, while
// other threads may evaluate the same objects and let go of it.
class GraphCollector {
 public:
  void add_result(const Object& object) {
    if (!operands_.contains(&object)) collect(object);
    graph_.results.push_back(operands_.at(&object));
  }

  const FragmentGraph& graph() const { return graph_; }
  const std::vector<ObjectValue>& inputs() const { return inputs_; }

 private:
  using SharedDependencies = std::shared_ptr<const Object::Dependencies>;
  struct Frame {
    const Object* object;
    SharedDependencies dependencies;
    size_t next;
  };

  // Depth first, with a stack of its own.
  void collect(const Object& root) {
    std::vector<Frame> stack;
    enter(root, stack);
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.next == frame.dependencies->size()) {
        finish(frame);
        stack.pop_back();
        continue;
      }
      const Object& dependency = *(*frame.dependencies)[frame.next++];
      if (!operands_.contains(&dependency)) enter(dependency, stack);
    }
  }

  void enter(const Object& object, std::vector<Frame>& stack) {
    if (SharedDependencies dependencies = object.dependencies()) {
      stack.push_back({&object, std::move(dependencies), 0});
      return;
    }
    operands_[&object] = {true, static_cast<uint32_t>(inputs_.size())};
    graph_.inputs.push_back({object.type(), object.label()});
    inputs_.push_back(object.value());
  }

  void finish(Frame& frame) {
    FragmentGraph::Step step{frame.object->fragment(), frame.object->label(), {}};
    for (const ObjectPtr& dependency : *frame.dependencies) step.operands.push_back(operands_.at(dependency.get()));
    operands_[frame.object] = {false, static_cast<uint32_t>(graph_.steps.size())};
    graph_.steps.push_back(std::move(step));
    held_.push_back(std::move(frame.dependencies));
  }

  FragmentGraph graph_;
  std::vector<ObjectValue> inputs_;
  std::unordered_map<const Object*, FragmentGraph::Operand> operands_;
  std::vector<SharedDependencies> held_;
};

SharedCache<SharedProgram>::Outcome compile_graph(const FragmentGraph& graph, const CompileOptions& options, StageTimes* times) {
  if (Diagnostics faults = faults_of(options); !faults.empty()) return faults;
  SharedCache<SharedProgram>::Outcome program = Diagnostics{};
  run_on_deep_stack([&] {
    const auto start = std::chrono::steady_clock::now();
    const ExprPtr stitched = stitch(graph);
    Diagnostics faults;
    if (options.verify_each_pass || stitched->depth() > kMaximumDepth) faults = verify(stitched);
    if (!faults.empty()) {
      program = faults;
      return;
    }
    const CanonicalProgram canonical = canonical_program(stitched);
    times->emplace_back("stitch", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    program = compile_typed(stitched, canonical, options, times);
  });
  return program;
}

SharedCache<SharedProgram>::Outcome find_program(const FragmentGraph& graph, const CompileOptions& options, StageTimes* times) {
  if (!options.share_code) return compile_graph(graph, options, times);
  std::string key = key_of(options);
  for (const FragmentGraph::Step& step : graph.steps) {
    if (!step.fragment->functions.empty()) key += key_of_functions(step.fragment->functions);
  }
  return shared_graphs().get(key + graph.key(), [&] { return compile_graph(graph, options, times); });
}

// The argument struct of a program over these inputs.
std::vector<std::byte> arguments_of(const FragmentGraph& graph, const std::vector<ObjectValue>& inputs) {
  std::vector<Type> types;
  for (const FragmentGraph::Input& input : graph.inputs) types.push_back(input.type);
  const Type structure = Type::structure(types);
  const std::vector<int64_t> offsets = field_offsets(structure);
  std::vector<std::byte> arguments(static_cast<size_t>(std::max<int64_t>(layout_of(structure).size, 1)));
  for (size_t i = 0; i < inputs.size(); i++) {
    const int64_t size = layout_of(types[i]).size;
    if (size > 0) std::memcpy(arguments.data() + offsets[i], inputs[i].data, static_cast<size_t>(size));
  }
  return arguments;
}

uint32_t code_of(weld_status status) { return status & ((1U << WELD_STATUS_CODE_BITS) - 1); }

std::string message_of(weld_status status, const SharedProgram& program, const FragmentGraph& graph) {
  const NodePlaces::Place place = NodePlaces(graph)(program.failed_node(status));
  if (place.step == nullptr) return error_message(status, {}, "");
  return error_message(status, place.span, place.step->fragment->text, place.step->label);
}

// Computes a graph's results, part by part.
class GraphRun {
 public:
  GraphRun(const FragmentGraph& graph, const std::vector<ObjectValue>& inputs, const ContextPtr& context, int64_t run,
           runtime::RunProfile* profile)
      : graph_(graph),
        inputs_(inputs),
        context_(context),
        run_(run),
        profile_(profile),
        steps_(graph.steps.size()),
        pending_(graph.steps.size()) {}

  // The results in order.
  Evaluation evaluate() {
    const std::vector<GraphPart> parts = cut(graph_, kLargestProgram);
    if (parts.size() != 1) profile_ = nullptr;
    for (const GraphPart& part : parts) need(part.inputs);
    need(graph_.results);
    for (const GraphPart& part : parts) {
      if (!run_part(part)) return std::move(evaluation_);
      for (const FragmentGraph::Operand& input : part.inputs) {
        if (!input.is_input && --pending_[input.index] == 0) steps_[input.index] = {};
      }
    }
    for (const FragmentGraph::Operand& result : graph_.results) evaluation_.values.push_back(value_of(result));
    return std::move(evaluation_);
  }

 private:
  void need(const std::vector<FragmentGraph::Operand>& operands) {
    for (const FragmentGraph::Operand& operand : operands) {
      if (!operand.is_input) pending_[operand.index]++;
    }
  }

  const ObjectValue& value_of(const FragmentGraph::Operand& operand) const {
    return operand.is_input ? inputs_[operand.index] : steps_[operand.index];
  }

  bool fail(uint32_t code, std::string message) {
    evaluation_.error_code = code;
    evaluation_.error_message = std::move(message);
    return false;
  }

  // False, with the error in evaluation_, when it fails.
  bool run_part(const GraphPart& part) {
    SharedCache<SharedProgram>::Outcome program = find_program(part.graph, context_->compile, &evaluation_.compile_times);
    if (!program) return fail(WELD_COMPILE_ERROR, "CompileError: " + program.diagnostics().front().message);
    const codegen::CompiledProgram& compiled = (*program)->compiled;
    std::vector<ObjectValue> inputs;
    for (const FragmentGraph::Operand& input : part.inputs) inputs.push_back(value_of(input));
    const std::vector<std::byte> arguments = arguments_of(part.graph, inputs);
    std::vector<Type> types;
    for (const FragmentGraph::Operand& result : part.graph.results) types.push_back(part.graph.type_of(result));
    const bool is_struct = types.size() != 1;
    const Type type = is_struct ? Type::structure(types) : types[0];
    runtime::RunOutcome outcome =
        runtime::run(context_->engine, compiled.entry, arguments.data(), compiled.tables.literals.data(),
                     std::max<int64_t>(layout_of(type).size, 1), profile_);
    if (outcome.status != 0) return fail(code_of(outcome.status), message_of(outcome.status, **program, part.graph));
    const auto* data = static_cast<const std::byte*>(outcome.result);
    const auto owner = std::make_shared<const Owner>(Owner{std::move(program).value(), std::move(outcome.memory)});
    const std::vector<int64_t> offsets = is_struct ? field_offsets(type) : std::vector<int64_t>{0};
    for (size_t i = 0; i < offsets.size(); i++) steps_[part.outputs[i]] = {data + offsets[i], owner, context_, run_};
    return true;
  }

  struct Owner {
    std::shared_ptr<const SharedProgram> code;
    std::shared_ptr<runtime::Memory> memory;
  };

  const FragmentGraph& graph_;
  const std::vector<ObjectValue>& inputs_;
  const ContextPtr& context_;
  const int64_t run_;
  runtime::RunProfile* profile_;
  std::vector<ObjectValue> steps_;  // the values of steps that are still needed
  std::vector<uint32_t> pending_;   // by how many parts and results each step is still needed
  Evaluation evaluation_;
};

}  // namespace

CacheCounts graph_cache_counts() { return shared_graphs().counts(); }

Evaluation evaluate(std::span<const ObjectPtr> objects, const ContextPtr& context, int64_t run, runtime::RunProfile* profile) {
  GraphCollector collected;
  std::vector<const Object*> wanted;  // without a value, each once, in the order of the graph's results
  std::unordered_map<const Object*, ObjectValue> values;
  for (const ObjectPtr& object : objects) {
    auto [value, is_new] = values.emplace(object.get(), object->value());
    if (!is_new || value->second.data != nullptr) continue;
    wanted.push_back(object.get());
  }
  for (const Object* object : wanted) collected.add_result(*object);
  Evaluation evaluation;
  if (!wanted.empty()) {
    Evaluation computed = GraphRun(collected.graph(), collected.inputs(), context, run, profile).evaluate();
    if (computed.error_code != 0) return computed;
    for (size_t i = 0; i < wanted.size(); i++) values[wanted[i]] = wanted[i]->keep(std::move(computed.values[i]));
    evaluation.compile_times = std::move(computed.compile_times);
  }
  for (const ObjectPtr& object : objects) evaluation.values.push_back(values.at(object.get()));
  return evaluation;
}

Result<ObjectProgram> typed_program_of(std::span<const ObjectPtr> objects) {
  auto collected = std::make_shared<GraphCollector>();
  for (const ObjectPtr& object : objects) collected->add_result(*object);
  const ExprPtr program = stitch(collected->graph());
  if (Diagnostics faults = verify(program); !faults.empty()) return faults;
  auto fragment_of = [collected, places = NodePlaces(collected->graph())](Span numbered) -> std::optional<FragmentPlace> {
    const auto [step, span] = places(numbered.begin);
    if (step == nullptr) return std::nullopt;
    return FragmentPlace{std::string(step->label), place_of(step->fragment->text, span.begin)};
  };
  return ObjectProgram{with_numbered_places(program), std::move(fragment_of)};
}

Result<std::string> program_of(std::span<const ObjectPtr> objects) {
  Result<std::string> text = std::string();
  run_on_deep_stack([&] {
    Result<ObjectProgram> program = typed_program_of(objects);
    text = program.ok() ? Result<std::string>(print(program->typed)) : program.diagnostics();
  });
  return text;
}

}  // namespace weld
