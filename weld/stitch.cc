// A step's let binds its fragment's body, instantiated with the names of its operands:
//
//   steps     a = `x * 2L` over the input d; b = `x + y` over a and d
//   program   |d: i64| let a = d * 2L; let b = a + d; b
//
// Its nodes stand in pre-order as the lambda, then for each step its let and its fragment's body, then the result, which is how a
// place in the program is found again in its fragment.
#include "weld/stitch.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <iterator>
#include <map>
#include <utility>

#include "weld/cache_counts.h"
#include "weld/codegen/client_functions.h"
#include "weld/ir/fragment.h"

namespace weld {

namespace {

constexpr size_t kSharedFragments = 4096;

// Caches are never destroyed: other threads may go on while the process exits.
SharedCache<Fragment>& shared_fragments() {
  static SharedCache<Fragment>& cache = *new SharedCache<Fragment>(kSharedFragments);
  return cache;
}

// A number for each canonical form. A form that was forgotten gets another number when it comes again.
uint64_t shape_number(const std::string& key) {
  static std::atomic<uint64_t> next = 1;
  static SharedCache<uint64_t>& shapes = *new SharedCache<uint64_t>(kSharedFragments);
  return **shapes.get(key, [] { return std::make_shared<const uint64_t>(next++); });
}

SharedCache<Fragment>::Outcome make_fragment(std::string_view text, const Parameters& parameters) {
  Result<ExprPtr> function = compile_fragment(text, parameters);
  if (!function) return function.diagnostics();
  if (Diagnostics faults = codegen::unknown_functions(*function); !faults.empty()) return faults;
  CanonicalProgram canonical = canonical_program(*function);
  Fragment fragment;
  fragment.text = text;
  fragment.function = *function;
  fragment.shape = shape_number(canonical.key);
  fragment.places.assign(canonical.places.begin() + 1, canonical.places.end());
  fragment.functions = std::move(canonical.functions);
  return std::make_shared<const Fragment>(std::move(fragment));
}

template <class T>
void put(std::string& key, T value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// What a label makes as a name: "frames: join" gives frames_join.
std::string name_from(std::string_view label, const char* otherwise) {
  constexpr size_t kLongest = 40;
  std::string name;
  for (char character : label.substr(0, kLongest)) {
    const bool fits = std::isalnum(static_cast<unsigned char>(character));
    if (fits) name += character;
    if (!fits && !name.empty() && name.back() != '_') name += '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return is_variable_name(name) ? name : otherwise;
}

// Where a part ends that begins at a step: it is to be small, and not too deep where more than one step is in it.
size_t end_of_part(const FragmentGraph& graph, size_t begin, size_t largest) {
  size_t end = begin + 1;
  for (; end < graph.steps.size() && end - begin < largest; end++) {
    const size_t lets = end - begin + 1;
    if (1 + lets + graph.steps[end].fragment->function->depth() > kMaximumDepth) break;
  }
  return end;
}

// The steps [begin, end), without results.
GraphPart part_of(const FragmentGraph& graph, size_t begin, size_t end) {
  GraphPart part;
  std::map<std::pair<bool, uint32_t>, uint32_t> inputs;  // of the part, by their operand in the graph
  for (size_t i = begin; i < end; i++) {
    FragmentGraph::Step step = graph.steps[i];
    for (FragmentGraph::Operand& operand : step.operands) {
      if (!operand.is_input && operand.index >= begin) {
        operand.index -= static_cast<uint32_t>(begin);
        continue;
      }
      auto [input, is_new] = inputs.try_emplace({operand.is_input, operand.index}, static_cast<uint32_t>(part.inputs.size()));
      if (is_new) {
        part.inputs.push_back(operand);
        const std::string_view label = operand.is_input ? graph.inputs[operand.index].label : graph.steps[operand.index].label;
        part.graph.inputs.push_back({graph.type_of(operand), label});
      }
      operand = {true, input->second};
    }
    part.graph.steps.push_back(std::move(step));
  }
  return part;
}

}  // namespace

CacheCounts fragment_cache_counts() { return shared_fragments().counts(); }

Result<FragmentPtr> find_fragment(std::string_view text, const Parameters& parameters) {
  std::string key;
  for (const Parameter& parameter : parameters) {
    key += parameter.name.text() + '\0';
    put(key, parameter.type.id());
  }
  key += '\0';
  key += text;
  return shared_fragments().get(key, [&] { return make_fragment(text, parameters); });
}

Type FragmentGraph::type_of(const Operand& operand) const {
  return operand.is_input ? inputs[operand.index].type : steps[operand.index].fragment->function->body()->type();
}

std::string FragmentGraph::key() const {
  std::string key;
  auto put_operands = [&key](const std::vector<Operand>& operands) {
    put(key, static_cast<uint32_t>(operands.size()));
    for (const Operand& operand : operands) put(key, operand.index << 1 | static_cast<uint32_t>(operand.is_input));
  };
  put(key, static_cast<uint32_t>(inputs.size()));
  for (const Input& input : inputs) put(key, input.type.id());
  put(key, static_cast<uint32_t>(steps.size()));
  for (const Step& step : steps) {
    put(key, step.fragment->shape);
    put_operands(step.operands);
  }
  put_operands(results);
  return key;
}

NodePlaces::NodePlaces(const FragmentGraph& graph) : graph_(graph) {
  uint32_t let = 2;
  for (const FragmentGraph::Step& step : graph.steps) {
    lets_.push_back(let);
    let += 1 + static_cast<uint32_t>(step.fragment->places.size());
  }
}

NodePlaces::Place NodePlaces::operator()(uint32_t number) const {
  const auto after = std::upper_bound(lets_.begin(), lets_.end(), number);
  if (after == lets_.begin()) return {};
  const FragmentGraph::Step& step = graph_.steps[static_cast<size_t>(after - lets_.begin()) - 1];
  const uint32_t in_step = number - *std::prev(after);  // 0 is the let
  const bool is_of_step = in_step > 0 && in_step <= step.fragment->places.size();
  return is_of_step ? Place{&step, step.fragment->places[in_step - 1]} : Place{};
}

std::vector<GraphPart> cut(const FragmentGraph& graph, size_t largest) {
  constexpr size_t kResult = SIZE_MAX;
  std::vector<size_t> last_use(graph.steps.size(), 0);  // the last step that takes each
  for (size_t i = 0; i < graph.steps.size(); i++) {
    for (const FragmentGraph::Operand& operand : graph.steps[i].operands) {
      if (!operand.is_input) last_use[operand.index] = i;
    }
  }
  for (const FragmentGraph::Operand& result : graph.results) {
    if (!result.is_input) last_use[result.index] = kResult;
  }
  std::vector<GraphPart> parts;
  for (size_t begin = 0, end = 0; begin < graph.steps.size(); begin = end) {
    end = end_of_part(graph, begin, largest);
    parts.push_back(part_of(graph, begin, end));
    for (size_t i = begin; i < end; i++) {
      if (last_use[i] < end) continue;
      parts.back().outputs.push_back(static_cast<uint32_t>(i));
      parts.back().graph.results.push_back({false, static_cast<uint32_t>(i - begin)});
    }
  }
  return parts;
}

ExprPtr stitch(const FragmentGraph& graph) {
  NameSupply supply(make_bool(true));
  Parameters parameters;
  std::vector<Name> names;  // of the steps
  std::vector<ExprPtr> values;
  auto name_of = [&](const FragmentGraph::Operand& operand) {
    return operand.is_input ? parameters[operand.index].name : names[operand.index];
  };
  for (const FragmentGraph::Input& input : graph.inputs) {
    parameters.push_back({supply.fresh(name_from(input.label, "data")), input.type});
  }
  for (const FragmentGraph::Step& step : graph.steps) {
    std::vector<Name> arguments;
    for (const FragmentGraph::Operand& operand : step.operands) arguments.push_back(name_of(operand));
    values.push_back(instantiate(step.fragment->function, arguments, supply));
    names.push_back(supply.fresh(name_from(step.label, "object")));
  }
  std::vector<ExprPtr> results;
  for (const FragmentGraph::Operand& result : graph.results) {
    results.push_back(make_identifier(name_of(result), graph.type_of(result)));
  }
  ExprPtr body = results.size() == 1 ? results[0] : make_struct(std::move(results));
  for (size_t i = values.size(); i-- > 0;) body = make_let(names[i], values[i], std::move(body));
  return make_lambda(std::move(parameters), std::move(body));
}

}  // namespace weld
