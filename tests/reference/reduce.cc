// Candidates are tried from the root down, so that whole branches go first; after a step that keeps the fault the search goes on
// at the same place of the smaller program. Every candidate passes the verifier before it is asked about: that is what tells
// whether a part may stand where another stood (a name that is not bound there, a builder used twice).
#include "tests/reference/reduce.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "tests/matrix/arguments.h"
#include "tests/reference/value.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/value_text.h"

namespace weld::reference {
namespace {

// --- places in a tree ---

// The way from the root: which child at each step.
using Path = std::vector<size_t>;

void collect_paths(const ExprPtr& expr, Path* path, std::vector<Path>* found) {
  found->push_back(*path);
  for (size_t i = 0; i < expr->children().size(); i++) {
    path->push_back(i);
    collect_paths(expr->child(i), path, found);
    path->pop_back();
  }
}

// In pre-order.
std::vector<Path> all_paths(const ExprPtr& root) {
  std::vector<Path> found;
  Path path;
  collect_paths(root, &path, &found);
  return found;
}

ExprPtr at(const ExprPtr& root, const Path& path) {
  ExprPtr expr = root;
  for (size_t step : path) {
    if (step >= expr->children().size()) return nullptr;
    expr = expr->child(step);
  }
  return expr;
}

ExprPtr replace_at(const ExprPtr& root, std::span<const size_t> path, ExprPtr part) {
  if (path.empty()) return part;
  std::vector<ExprPtr> children = copied_children(root);
  children[path[0]] = replace_at(children[path[0]], path.subspan(1), std::move(part));
  return with_children(root, std::move(children));
}

int64_t size_of(const ExprPtr& expr) {
  int64_t size = 1;
  for (const ExprPtr& child : expr->children()) size += size_of(child);
  return size;
}

// --- simpler parts ---

// Null where a type has no value that can be written simply.
ExprPtr simplest(Type type) {
  if (type.is_scalar()) return make_literal({type.scalar_kind(), 0});
  if (type.is_vec()) return make_vector({}, type);
  if (type.is_struct()) {
    std::vector<ExprPtr> fields;
    for (Type field : type.children()) {
      fields.push_back(simplest(field));
      if (fields.back() == nullptr) return nullptr;
    }
    return make_struct(std::move(fields));
  }
  if (type.is_builder() && type.kind() != TypeKind::kVecMerger) return make_new_builder(type);
  return nullptr;
}

// Without a type: the parts of every type that a program may give.
void add_parts(const ExprPtr& expr, std::optional<Type> type, std::vector<ExprPtr>* found) {
  for (const ExprPtr& child : expr->children()) {
    const bool fits = type ? child->type() == *type : !child->type().is_function() && !child->type().contains_builder();
    if (fits && !child->is(NodeKind::kIter)) found->push_back(child);
    add_parts(child, type, found);
  }
}

// Of the parts in the order of their sizes, so many from both ends.
std::vector<ExprPtr> smallest_and_largest(const std::vector<ExprPtr>& parts, size_t count) {
  std::vector<std::pair<int64_t, size_t>> order;
  for (size_t i = 0; i < parts.size(); i++) order.emplace_back(size_of(parts[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<ExprPtr> found;
  for (size_t i = 0; i < order.size(); i++) {
    if (i < count || i + count >= order.size()) found.push_back(parts[order[i].second]);
  }
  return found;
}

// The elements without the first half, the second half, and each of a few.
template <class T>
std::vector<std::vector<T>> shortened(const std::vector<T>& elements) {
  constexpr size_t kFew = 8;
  std::vector<std::vector<T>> found;
  const auto middle = elements.begin() + static_cast<ptrdiff_t>(elements.size() / 2);
  if (elements.size() > 1) found.push_back({elements.begin(), middle});
  if (elements.size() > 1) found.push_back({middle, elements.end()});
  for (size_t i = 0; i < std::min(elements.size(), kFew); i++) {
    found.push_back(elements);
    found.back().erase(found.back().begin() + static_cast<ptrdiff_t>(i));
  }
  return found;
}

std::vector<ScalarValue> simpler_numbers(const ScalarValue& value) {
  std::vector<ScalarValue> found;
  const uint64_t one = value.kind == ScalarKind::kF64   ? ScalarValue::f64(1).bits
                       : value.kind == ScalarKind::kF32 ? ScalarValue::f32(1).bits
                                                        : 1;
  if (value.bits != 0) found.push_back({value.kind, 0});
  if (value.bits != 0 && value.bits != one) found.push_back({value.kind, one});
  if (is_integer(value.kind) && value.bits > 2) found.push_back({value.kind, value.bits / 2});
  return found;
}

// What may stand in a part's place and is simpler, the simplest first.
std::vector<ExprPtr> simpler(const ExprPtr& expr, bool is_body) {
  std::vector<ExprPtr> found;
  if (expr->is(NodeKind::kLiteral)) {
    for (const ScalarValue& value : simpler_numbers(expr->literal())) found.push_back(make_literal(value));
    return found;
  }
  if (expr->is(NodeKind::kLambda) || expr->is(NodeKind::kIter) || expr->type().is_function()) return found;
  if (ExprPtr value = simplest(expr->type()); value != nullptr && !equal(value, expr) && size_of(value) <= size_of(expr)) {
    found.push_back(value);
  }
  if (is_body && expr->is(NodeKind::kMakeStruct)) {
    for (const ExprPtr& field : expr->children()) found.push_back(field);
    for (std::vector<ExprPtr>& fields : shortened(copied_children(expr))) found.push_back(make_struct(std::move(fields)));
  }
  if (is_body && expr->is(NodeKind::kLet) && expr->body()->is(NodeKind::kMakeStruct)) {
    for (std::vector<ExprPtr>& fields : shortened(copied_children(expr->body()))) {
      found.push_back(with_children(expr, {expr->child(0), make_struct(std::move(fields))}));
    }
  }
  if (expr->is(NodeKind::kMakeVector)) {
    for (std::vector<ExprPtr>& elements : shortened(copied_children(expr)))
      found.push_back(make_vector(std::move(elements), expr->type()));
  }
  if (expr->is(NodeKind::kStringLiteral) && !expr->bytes().empty()) {
    found.push_back(make_string(expr->bytes().substr(0, expr->bytes().size() / 2)));
  }
  std::vector<ExprPtr> parts;
  add_parts(expr, is_body ? std::nullopt : std::optional(expr->type()), &parts);
  for (const ExprPtr& part : smallest_and_largest(parts, is_body ? 40 : 6)) found.push_back(part);
  return found;
}

// --- arguments ---

std::vector<Value> simpler_values(Type type, const Value& value) {
  std::vector<Value> found;
  if (type.is_scalar()) {
    for (const ScalarValue& number : simpler_numbers(value.scalar())) found.push_back(make_scalar(number));
  } else if (type.is_vec()) {
    for (std::vector<Value>& elements : shortened(value.elements())) found.push_back(make_vec(std::move(elements)));
    constexpr size_t kFew = 4;
    for (size_t i = 0; i < std::min(value.elements().size(), kFew); i++) {
      for (Value& element : simpler_values(type.child(0), value.elements()[i])) {
        std::vector<Value> elements = value.elements();
        elements[i] = std::move(element);
        found.push_back(make_vec(std::move(elements)));
      }
    }
  } else if (type.is_struct()) {
    std::vector<Value> fields;
    for (const auto& cell : value.cells()) fields.push_back(*cell->value);
    for (size_t i = 0; i < fields.size(); i++) {
      for (Value& field : simpler_values(type.child(i), fields[i])) {
        std::vector<Value> changed = fields;
        changed[i] = std::move(field);
        found.push_back(make_struct(std::move(changed)));
      }
    }
  }
  return found;
}

class Reducer {
 public:
  Reducer(const ShowsFault& shows_fault, int most_questions) : shows_fault_(shows_fault), questions_left_(most_questions) {}

  Specimen run(const Specimen& specimen) {
    Result<ExprPtr> typed = compile_to_ir(specimen.program);
    if (!typed.ok()) return specimen;
    program_ = *typed;
    if (matrix::is_maker(specimen.arguments)) {
      maker_ = specimen.arguments;
    } else if (!read_arguments(*typed, specimen.arguments)) {
      return specimen;
    }
    // Printed from the typed expression, the program is not quite the same text: it may no longer show the fault.
    if (!shows(program_, arguments_)) return specimen;
    bool smaller = true;
    while (smaller && questions_left_ > 0) {
      smaller = shrink_program();
      if (!maker_.empty()) continue;
      smaller = drop_parameters() || smaller;
      smaller = shrink_arguments() || smaller;
    }
    return {print(program_), text_of(arguments_)};
  }

 private:
  bool read_arguments(const ExprPtr& program, const std::string& text) {
    std::vector<Type> types;
    for (const Parameter& parameter : program->parameters()) types.push_back(parameter.type);
    Result<OwnedArguments> parsed = parse_values(text, types);
    if (!parsed.ok()) return false;
    const Value all = read_value(Type::structure(types), parsed->data());
    for (const auto& cell : all.cells()) arguments_.push_back(*cell->value);
    return true;
  }

  std::string text_of(const std::vector<Value>& arguments) const {
    std::string text = maker_;
    for (const Value& argument : arguments) text += (text.empty() ? "" : ", ") + to_text(argument);
    return text;
  }

  bool shows(const ExprPtr& program, const std::vector<Value>& arguments) {
    if (questions_left_-- <= 0) return false;
    return shows_fault_({print(program), text_of(arguments)});
  }

  bool accept(const ExprPtr& candidate) {
    const ExprPtr unique = make_names_unique(candidate);
    if (!verify(unique).empty() || !shows(unique, arguments_)) return false;
    program_ = unique;
    return true;
  }

  bool shrink_program() {
    bool smaller = false;
    std::vector<Path> paths = all_paths(program_);
    for (size_t i = 0; i < paths.size() && questions_left_ > 0;) {
      if (!shrink_at(paths[i])) {
        i++;
        continue;
      }
      smaller = true;
      paths = all_paths(program_);
    }
    return smaller;
  }

  bool shrink_at(const Path& path) {
    const ExprPtr part = at(program_, path);
    const bool is_body = path.size() == 1;
    for (const ExprPtr& candidate : simpler(part, is_body)) {
      if (accept(replace_at(program_, path, candidate))) return true;
    }
    if (part->is(NodeKind::kLet) && !free_names(part->body()).contains(part->name())) {
      return accept(replace_at(program_, path, part->body()));
    }
    return false;
  }

  bool drop_parameters() {
    bool smaller = false;
    for (size_t i = program_->parameters().size(); i-- > 0;) {
      Parameters parameters = program_->parameters();
      if (free_names(program_->body()).contains(parameters[i].name)) continue;
      std::vector<Value> arguments = arguments_;
      parameters.erase(parameters.begin() + static_cast<ptrdiff_t>(i));
      arguments.erase(arguments.begin() + static_cast<ptrdiff_t>(i));
      const ExprPtr candidate = make_lambda(std::move(parameters), program_->body());
      if (!shows(candidate, arguments)) continue;
      program_ = candidate;
      arguments_ = std::move(arguments);
      smaller = true;
    }
    return smaller;
  }

  bool shrink_arguments() {
    bool smaller = false;
    for (size_t i = 0; i < arguments_.size() && questions_left_ > 0;) {
      const bool shrunk = shrink_argument(i);
      smaller = smaller || shrunk;
      if (!shrunk) i++;
    }
    return smaller;
  }

  bool shrink_argument(size_t index) {
    for (Value& value : simpler_values(program_->parameters()[index].type, arguments_[index])) {
      std::vector<Value> arguments = arguments_;
      arguments[index] = std::move(value);
      if (!shows(program_, arguments)) continue;
      arguments_ = std::move(arguments);
      return true;
    }
    return false;
  }

  const ShowsFault& shows_fault_;
  int questions_left_;
  ExprPtr program_;
  std::vector<Value> arguments_;
  std::string maker_;  // of arguments that stay as they are; else empty
};

}  // namespace

Specimen reduce(const Specimen& specimen, const ShowsFault& shows_fault, int most_questions) {
  Specimen reduced = specimen;
  run_on_deep_stack([&] { reduced = Reducer(shows_fault, most_questions).run(specimen); });
  return reduced;
}

std::string as_text_case(const Specimen& specimen, const std::string& name, const std::string& expected) {
  std::string text = "#= " + name + "\n" + specimen.program + "\n#! run";
  if (!specimen.arguments.empty()) text += " " + specimen.arguments;
  return text + "\n#> " + expected + "\n";
}

}  // namespace weld::reference
