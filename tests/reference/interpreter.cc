// A tree walk. Names are found by going up a chain of scopes; a run-time error is an exception that interpret() catches.
#include "tests/reference/interpreter.h"

#include <algorithm>
#include <functional>

#include "tests/reference/call.h"
#include "tests/reference/combine.h"
#include "tests/reference/compare.h"
#include "tests/reference/iterators.h"
#include "tests/reference/packing.h"
#include "tests/reference/scalars.h"
#include "tests/reference/scope.h"
#include "tests/reference/simd.h"
#include "weld/ir/rewrite.h"

namespace weld::reference {

namespace {

struct RuntimeError {
  int code;
};

Value make_i64(int64_t value) { return make_scalar(ScalarValue::integer(ScalarKind::kI64, static_cast<uint64_t>(value))); }
Value make_bool(bool value) { return make_scalar(ScalarValue::boolean(value)); }

class Interpreter {
 public:
  Interpreter(Reading reading, int lanes) : reading_(reading), lanes_(lanes) {}
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  // What still waits is never needed; its scope may hold the builder that holds it.
  ~Interpreter() {
    for (const std::weak_ptr<Cell>& waiting : waiting_) {
      if (std::shared_ptr<Cell> cell = waiting.lock()) cell->scope.reset();
    }
  }

  Value run(const ExprPtr& program, const std::vector<Value>& arguments) {
    ScopePtr scope;
    for (size_t i = 0; i < arguments.size(); i++) scope = bind(scope, program->parameters()[i].name, arguments[i]);
    Value value = read(program->body()->type(), eval(program->body(), scope));
    finish(value);
    return value;
  }

  std::vector<Value> make(const ExprPtr& program) {
    const Value value = eval(program->body(), nullptr);
    finish(value);
    std::vector<Value> fields;
    for (const auto& cell : value.cells()) fields.push_back(force(*cell));
    return fields;
  }

 private:
  // --- parts that wait ---

  bool holds_assert(const ExprPtr& expr) {
    auto known = holds_assert_.find(expr.get());
    if (known != holds_assert_.end()) return known->second;
    bool found = false;
    // What a function's name stands for is not looked at: it may assert.
    walk(expr, [&](const ExprPtr& node) {
      found = found || node->is(NodeKind::kAssert) || (node->is(NodeKind::kIdentifier) && node->type().is_function());
      return !found;
    });
    return holds_assert_[expr.get()] = found;
  }

  std::shared_ptr<Cell> suspend(const ExprPtr& expr, const ScopePtr& scope) {
    auto cell = std::make_shared<Cell>();
    const bool may_wait = reading_ != Reading::kEverything && !expr->type().contains_builder();
    bool waits = may_wait && !holds_assert(expr);
    if (reading_ == Reading::kLeast && !waits) {
      try {
        cell->value = eval(expr, scope);
        return cell;
      } catch (const RuntimeError& error) {
        if (error.code == kAssertion) throw;
        // What it asserts may be known to hold from elsewhere, and of builders nothing may take the result: what fails in them is
        // then not needed.
        waits = true;
      }
    }
    if (waits) {
      cell->expr = expr;
      cell->scope = scope;
      waiting_.push_back(cell);
    } else {
      cell->value = eval(expr, scope);
    }
    return cell;
  }

  const Value& force(Cell& cell) {
    if (cell.value) {
      cell.value = ready(*cell.value);
    } else {
      cell.value = cell.compute ? cell.compute() : eval(cell.expr, cell.scope);
      cell.compute = nullptr;
      cell.expr = nullptr;
      cell.scope = nullptr;
    }
    return *cell.value;
  }

  // A vec's element, evaluated. What eval, force and field give is ready.
  Value ready(const Value& value) {
    const auto* cell = std::get_if<std::shared_ptr<Cell>>(&value.of);
    return cell == nullptr ? value : force(**cell);
  }

  static Value waiting(std::shared_ptr<Cell> cell) { return cell->value ? *cell->value : Value{std::move(cell)}; }

  const Value& field(const Value& structure, size_t index) { return force(*structure.cells()[index]); }

  // A program's result as type_read() says.
  Value read(Type type, const Value& value) {
    if (type.kind() == TypeKind::kGroupMerger) return make_struct({});
    if (type.is_builder()) return eval_result(value);
    if (!type.contains_builder()) return value;
    std::vector<Value> fields;
    for (size_t i = 0; i < type.children().size(); i++) fields.push_back(read(type.child(i), field(value, i)));
    return make_struct(std::move(fields));
  }

  // Evaluates every part of a value.
  void finish(const Value& value) {
    step();
    if (value.is<Vec>()) {
      for (const Value& element : value.elements()) finish(ready(element));
    } else if (value.is<Struct>()) {
      for (const auto& cell : value.cells()) finish(force(*cell));
    } else if (value.is<std::shared_ptr<const Dict>>()) {
      for (const auto& [key, entry] : value.dict().entries) {
        finish(key);
        finish(ready(entry));
      }
    } else if (value.is<std::shared_ptr<Builder>>() && value.builder()->fault != 0) {
      throw RuntimeError{value.builder()->fault};
    }
  }

  // --- functions ---

  ScopePtr bind_expr(const ScopePtr& outer, const Name& name, const ExprPtr& value, const ScopePtr& scope) {
    if (value->type().is_function()) return bind_function(outer, name, function_of(value, scope));
    return bind_cell(outer, name, suspend(value, scope));
  }

  Value call(const ExprPtr& lambda, ScopePtr scope, const std::vector<Value>& arguments) {
    for (size_t i = 0; i < arguments.size(); i++) scope = bind(scope, lambda->parameters()[i].name, arguments[i]);
    return eval(lambda->body(), scope);
  }

  Value eval_apply(const ExprPtr& expr, const ScopePtr& scope) {
    auto [lambda, inner] = function_of(expr->child(0), scope);
    for (size_t i = 1; i < expr->children().size(); i++) {
      inner = bind_expr(inner, lambda->parameters()[i - 1].name, expr->child(i), scope);
    }
    return eval(lambda->body(), inner);
  }

  // --- expressions ---

  void step() {
    if (++steps_ > kMaximumSteps) throw GaveUp();
  }

  Value eval(const ExprPtr& expr, ScopePtr scope) {
    step();
    switch (expr->kind()) {
      case NodeKind::kLiteral:
        return make_scalar(expr->literal());
      case NodeKind::kStringLiteral:
        return eval_string(expr->bytes());
      case NodeKind::kIdentifier:
        return force(*find(expr->name(), scope).cell);
      case NodeKind::kLet: {
        ExprPtr at = expr;
        for (; at->is(NodeKind::kLet); at = at->body()) scope = bind_expr(scope, at->name(), at->child(0), scope);
        return eval(at, scope);
      }
      case NodeKind::kApply:
        return eval_apply(expr, scope);
      case NodeKind::kBinary:
        return eval_binary(expr, scope);
      case NodeKind::kUnary:
        return unary_value(expr->unary_op(), eval(expr->child(0), scope));
      case NodeKind::kCast:
        return cast_value(expr->type().scalar_kind(), eval(expr->child(0), scope));
      case NodeKind::kBroadcast:
        return broadcast_value(eval(expr->child(0), scope), lanes_);
      case NodeKind::kAscribe:
        return eval(expr->child(0), scope);
      case NodeKind::kMakeStruct: {
        auto fields = std::make_shared<Fields>();
        for (const ExprPtr& child : expr->children()) fields->cells.push_back(suspend(child, scope));
        return {Struct(std::move(fields))};
      }
      case NodeKind::kGetField:
        return field(eval(expr->child(0), scope), expr->index());
      case NodeKind::kMakeVector: {
        std::vector<Value> elements;
        for (const ExprPtr& child : expr->children()) elements.push_back(waiting(suspend(child, scope)));
        return make_vec(std::move(elements));
      }
      case NodeKind::kIf:
        return eval(expr->child(eval(expr->child(0), scope).truth() ? 1 : 2), scope);
      case NodeKind::kSelect: {
        Value condition = eval(expr->child(0), scope);
        const bool first = !condition.is<Simd>() && condition.truth();
        if (!condition.is<Simd>() && may_leave_out(expr->child(first ? 2 : 1))) return eval(expr->child(first ? 1 : 2), scope);
        Value left = eval(expr->child(1), scope);
        Value right = eval(expr->child(2), scope);
        if (condition.is<Simd>()) return select_lanes(condition, left, right);
        return first ? left : right;
      }
      case NodeKind::kIterate:
        return eval_iterate(expr, scope);
      case NodeKind::kFor:
        return eval_for(expr, scope);
      case NodeKind::kNewBuilder:
        return eval_new_builder(expr, scope);
      case NodeKind::kMerge:
        return eval_merge(expr, scope);
      case NodeKind::kRes:
        return eval_result(eval(expr->child(0), scope));
      case NodeKind::kLookup:
        return eval_lookup(expr, scope);
      case NodeKind::kOptLookup:
      case NodeKind::kKeyExists:
        return eval_probe(expr, scope);
      case NodeKind::kLen: {
        Value collection = eval(expr->child(0), scope);
        const bool vec = collection.is<Vec>();
        return make_i64(static_cast<int64_t>(vec ? collection.elements().size() : collection.dict().entries.size()));
      }
      case NodeKind::kSlice:
        return eval_slice(expr, scope);
      case NodeKind::kSort:
        return eval_sort(expr, scope);
      case NodeKind::kToVec: {
        Value dict = eval(expr->child(0), scope);
        std::vector<Value> elements;
        for (const auto& [key, value] : dict.dict().entries) elements.push_back(make_struct({key, value}));
        return make_vec(std::move(elements));
      }
      case NodeKind::kSerialize: {
        Value value = eval(expr->child(0), scope);
        finish(value);
        return bytes_value(pack(value));
      }
      case NodeKind::kDeserialize: {
        Value bytes = eval(expr->child(0), scope);
        finish(bytes);
        std::optional<Value> value = unpack(expr->type(), bytes_of(bytes));
        if (!value) throw RuntimeError{kDeserialization};
        return *value;
      }
      case NodeKind::kCudf: {
        std::vector<Type> types;
        std::vector<Value> arguments;
        for (const ExprPtr& child : expr->children()) {
          types.push_back(child->type());
          arguments.push_back(eval(child, scope));
          finish(arguments.back());
        }
        return call_function(expr->name().text(), expr->type(), types, arguments, call_memory_);
      }
      case NodeKind::kAssert:
        if (!eval(expr->child(0), scope).truth()) throw RuntimeError{kAssertion};
        return make_bool(true);
      default:
        WELD_CHECK(false, "an expression that is not interpreted");
    }
  }

  static Value eval_string(const std::string& bytes) {
    std::vector<Value> elements;
    for (char byte : bytes) {
      elements.push_back(make_scalar(ScalarValue::integer(ScalarKind::kI8, static_cast<uint64_t>(static_cast<uint8_t>(byte)))));
    }
    return make_vec(std::move(elements));
  }

  Value eval_iterate(const ExprPtr& expr, const ScopePtr& scope) {
    Value state = eval(expr->child(0), scope);
    for (;;) {
      Value next = call(expr->child(1), scope, {state});
      state = field(next, 0);
      finish(state);  // or what waits would grow with every round
      if (!field(next, 1).truth()) return state;
    }
  }

  // --- operators ---

  // Of what fails at most by the parts that it names.
  bool may_leave_out(const ExprPtr& expr) const { return reading_ == Reading::kLeast && !may_fail(expr); }

  std::optional<Value> value_if_any(const ExprPtr& expr, const ScopePtr& scope) {
    try {
      return eval(expr, scope);
    } catch (const RuntimeError&) {
      return std::nullopt;
    }
  }

  // The side that is the result whatever the other is, where the other may be left out.
  std::optional<Value> deciding_side(const ExprPtr& expr, const ScopePtr& scope) {
    const BinaryOp op = expr->binary_op();
    const Type type = expr->child(0)->type();
    const bool decides = op == BinaryOp::kAnd || op == BinaryOp::kOr || op == BinaryOp::kMultiply || op == BinaryOp::kBitAnd;
    if (reading_ != Reading::kLeast || !decides || !type.is_scalar() || is_float(type.scalar_kind())) return std::nullopt;
    for (const size_t side : {0, 1}) {
      if (!may_leave_out(expr->child(1 - side))) continue;
      const std::optional<Value> value = value_if_any(expr->child(side), scope);
      if (value && value->truth() == (op == BinaryOp::kOr)) return value;
    }
    return std::nullopt;
  }

  Value eval_binary(const ExprPtr& expr, const ScopePtr& scope) {
    const BinaryOp op = expr->binary_op();
    if (std::optional<Value> deciding = deciding_side(expr, scope)) return *deciding;
    Value left = eval(expr->child(0), scope);
    if (!left.is<Simd>() && (op == BinaryOp::kAnd || op == BinaryOp::kOr)) {
      const bool decided = left.truth() == (op == BinaryOp::kOr);
      return decided ? left : eval(expr->child(1), scope);
    }
    Value right = eval(expr->child(1), scope);
    if (!left.is<ScalarValue>() && !left.is<Simd>()) return make_bool(compare_values(op, left, right, ready_));
    std::optional<Value> result = binary_value(op, left, right);
    if (!result) throw RuntimeError{kDivision};
    return *result;
  }

  // --- loops ---

  struct Rows {
    int64_t count = 0;
    std::function<Value(int64_t)> at;
  };

  Rows eval_nd_iter(const ExprPtr& iter, const ScopePtr& scope) {
    const Vec elements = std::get<Vec>(eval(iter->child(0), scope).of);
    const int64_t start = eval(iter->child(1), scope).i64();
    const int64_t end = eval(iter->child(2), scope).i64();
    const int64_t stride = eval(iter->child(3), scope).i64();
    auto numbers = [&](const Value& vec) {
      std::vector<int64_t> all;
      for (const Value& element : vec.elements()) all.push_back(ready(element).i64());
      return all;
    };
    const std::vector<int64_t> shape = numbers(eval(iter->child(4), scope));
    const std::vector<int64_t> strides = numbers(eval(iter->child(5), scope));
    const auto length = static_cast<int64_t>(elements->size());
    const std::optional<std::vector<size_t>> found = view_indexes(length, start, end, stride, shape, strides);
    if (!found) throw RuntimeError{kBadIterator};
    const std::vector<size_t>& indexes = *found;
    return {end, [elements, indexes](int64_t row) { return (*elements)[indexes[static_cast<size_t>(row)]]; }};
  }

  Rows eval_iter(const ExprPtr& iter, const ScopePtr& scope) {
    if (iter->iter_kind() == IterKind::kNd) return eval_nd_iter(iter, scope);
    const bool tail = iter->iter_kind() == IterKind::kFringe;
    if (tail || iter->iter_kind() == IterKind::kSimd) {
      const Value vec = eval(iter->child(0), scope);
      for (const Value& element : vec.elements()) ready(element);
      std::vector<Value> values = tail ? simd_tail(vec, lanes_) : simd_steps(vec, lanes_);
      return {static_cast<int64_t>(values.size()), [values](int64_t row) { return values[static_cast<size_t>(row)]; }};
    }
    const bool range = iter->iter_kind() == IterKind::kRange;
    Vec elements;
    if (!range) elements = std::get<Vec>(eval(iter->child(0), scope).of);
    if (!range && iter->children().size() == 1) {
      return {static_cast<int64_t>(elements->size()), [elements](int64_t row) { return (*elements)[static_cast<size_t>(row)]; }};
    }
    const size_t first = range ? 0 : 1;
    const int64_t start = eval(iter->child(first), scope).i64();
    const int64_t end = eval(iter->child(first + 1), scope).i64();
    const int64_t stride = eval(iter->child(first + 2), scope).i64();
    const std::optional<int64_t> steps =
        range ? range_steps(start, end, stride) : slice_steps(static_cast<int64_t>(elements->size()), start, end, stride);
    if (!steps) throw RuntimeError{kBadIterator};
    const int64_t count = *steps;
    if (range) return {count, [=](int64_t row) { return make_i64(start + row * stride); }};
    return {count, [=](int64_t row) { return (*elements)[static_cast<size_t>(start + row * stride)]; }};
  }

  Value eval_for(const ExprPtr& expr, const ScopePtr& scope) {
    std::vector<Rows> iterators;
    for (const ExprPtr& iter : expr->iterators()) {
      iterators.push_back(eval_iter(iter, scope));
      if (iterators.back().count != iterators.front().count) throw RuntimeError{kMismatchedZip};
    }
    Value state = eval(expr->builder(), scope);
    for (int64_t row = 0; row < iterators.front().count; row++) {
      std::vector<Value> parts;
      for (const Rows& iterator : iterators) parts.push_back(iterator.at(row));
      Value element = parts.size() == 1 ? parts[0] : make_struct(parts);
      state = call(expr->function(), scope, {state, make_i64(row), element});
    }
    return state;
  }

  // --- builders ---

  // Gives a builder what fails at most by the parts that it names: where nothing needs the builder, nothing needs these.
  void give(Builder& builder, const ExprPtr& what, const std::function<void()>& evaluate) {
    try {
      evaluate();
    } catch (const RuntimeError& error) {
      if (error.code == kAssertion || builder.type.kind() == TypeKind::kVecMerger || !may_leave_out(what)) throw;
      builder.fault = error.code;
    }
  }

  Value eval_new_builder(const ExprPtr& expr, const ScopePtr& scope) {
    auto builder = std::make_shared<Builder>();
    builder->type = expr->operand_type();
    std::optional<Value> argument;
    if (!expr->children().empty()) give(*builder, expr->child(0), [&] { argument = eval(expr->child(0), scope); });
    if (builder->type.kind() == TypeKind::kVecMerger) builder->elements = argument->elements();
    if (builder->type.kind() == TypeKind::kMerger) {
      const MergeOp op = builder->type.merge_op();
      const bool extreme = op == MergeOp::kMin || op == MergeOp::kMax;
      builder->value = argument ? *argument : identity_of(builder->type.child(0), op);
      // A NaN gives way, also the first.
      if (argument && extreme) builder->value = combine_values(op, *argument, identity_of(builder->type.child(0), op), ready_);
    }
    return {std::move(builder)};
  }

  Value eval_merge(const ExprPtr& expr, const ScopePtr& scope) {
    Value into = eval(expr->child(0), scope);
    Builder& builder = *into.builder();
    give(builder, expr->child(1), [&] { merge_into(builder, expr->child(1), scope); });
    return into;
  }

  void merge_into(Builder& builder, const ExprPtr& what, const ScopePtr& scope) {
    const Type type = builder.type;
    if (what->type().is_simd()) {
      const Value merged = eval(what, scope);
      for (const ScalarValue& lane : merged.lanes()) {
        const Value element = make_scalar(lane);
        if (type.kind() == TypeKind::kAppender) builder.elements.push_back(element);
        if (type.kind() == TypeKind::kMerger) builder.value = combine_values(type.merge_op(), *builder.value, element, ready_);
      }
      return;
    }
    if (type.kind() == TypeKind::kAppender) {
      builder.elements.push_back(waiting(suspend(what, scope)));
      return;
    }
    Value value = eval(what, scope);
    if (type.kind() == TypeKind::kMerger) {
      builder.value = combine_values(type.merge_op(), *builder.value, value, ready_);
    } else if (type.kind() == TypeKind::kVecMerger) {
      const int64_t index = field(value, 0).i64();
      if (index < 0 || index >= static_cast<int64_t>(builder.elements.size())) throw RuntimeError{kOutOfBounds};
      Value& element = builder.elements[static_cast<size_t>(index)];
      element = combine_values(type.merge_op(), element, field(value, 1), ready_);
    } else {
      merge_entry(builder, field(value, 0), value.cells()[1]);
    }
  }

  void merge_entry(Builder& builder, const Value& key, const std::shared_ptr<Cell>& value) {
    finish(key);
    const bool groups = builder.type.kind() == TypeKind::kGroupMerger;
    if (!groups && reading_ == Reading::kEverything) finish(force(*value));
    auto [at, is_new] = builder.dict.index.emplace(key_text(key), builder.dict.entries.size());
    if (is_new) builder.dict.entries.emplace_back(key, groups ? make_vec({}) : waiting(value));
    builder.groups.resize(builder.dict.entries.size());
    if (groups || !is_new) builder.groups[at->second].push_back(waiting(value));
  }

  Value eval_result(const Value& value) {
    Builder& builder = *value.builder();
    if (builder.fault != 0) throw RuntimeError{builder.fault};
    switch (builder.type.kind()) {
      case TypeKind::kMerger:
        return *builder.value;
      case TypeKind::kAppender:
      case TypeKind::kVecMerger:
        return make_vec(builder.elements);
      case TypeKind::kGroupMerger:
        for (size_t i = 0; i < builder.groups.size(); i++) builder.dict.entries[i].second = make_vec(builder.groups[i]);
        return make_dict(builder.dict);
      default:
        for (size_t i = 0; i < builder.groups.size(); i++) {
          std::vector<Value> merged = std::exchange(builder.groups[i], {});
          Value& entry = builder.dict.entries[i].second;
          merged.insert(merged.begin(), entry);
          if (merged.size() > 1) entry = combine_later(builder.type.merge_op(), builder.type.child(1), std::move(merged), ready_);
        }
        return make_dict(builder.dict);
    }
  }

  // --- collections ---

  Value eval_lookup(const ExprPtr& expr, const ScopePtr& scope) {
    Value collection = eval(expr->child(0), scope);
    Value key = eval(expr->child(1), scope);
    if (collection.is<Vec>()) {
      const std::vector<Value>& elements = collection.elements();
      if (key.i64() < 0 || key.i64() >= static_cast<int64_t>(elements.size())) throw RuntimeError{kOutOfBounds};
      return ready(elements[static_cast<size_t>(key.i64())]);
    }
    finish(key);
    const Value* found = collection.dict().find(key_text(key));
    if (found == nullptr) throw RuntimeError{kNoKey};
    return ready(*found);
  }

  Value eval_probe(const ExprPtr& expr, const ScopePtr& scope) {
    Value dict = eval(expr->child(0), scope);
    Value key = eval(expr->child(1), scope);
    finish(key);
    const Value* found = dict.dict().find(key_text(key));
    if (expr->is(NodeKind::kKeyExists)) return make_bool(found != nullptr);
    return make_struct({make_bool(found != nullptr), found != nullptr ? *found : zero_of(expr->type().child(1))});
  }

  Value eval_slice(const ExprPtr& expr, const ScopePtr& scope) {
    Value vec = eval(expr->child(0), scope);
    const int64_t start = eval(expr->child(1), scope).i64();
    const int64_t size = eval(expr->child(2), scope).i64();
    const auto length = static_cast<int64_t>(vec.elements().size());
    if (start < 0 || start > length) throw RuntimeError{kOutOfBounds};
    auto first = vec.elements().begin() + start;
    return make_vec(std::vector<Value>(first, first + std::clamp<int64_t>(size, 0, length - start)));
  }

  Value eval_sort(const ExprPtr& expr, const ScopePtr& scope) {
    Value vec = eval(expr->child(0), scope);
    auto [lambda, names] = function_of(expr->child(1), scope);
    auto after = [&, lambda = lambda, names = names](const Value& left, const Value& right) {
      if (lambda->parameters().size() == 2) return call(lambda, names, {left, right}).i64() > 0;
      return compare_keys(BinaryOp::kGreater, call(lambda, names, {left}), call(lambda, names, {right}), ready_);
    };
    auto size = static_cast<int64_t>(vec.elements().size());
    if (expr->children().size() > 2) size = std::clamp<int64_t>(eval(expr->child(2), scope).i64(), 0, size);
    if (size == 0 && reading_ != Reading::kEverything) return make_vec({});
    std::vector<Value> sorted = sorted_by(vec.elements(), after);
    sorted.resize(static_cast<size_t>(size));
    return make_vec(std::move(sorted));
  }

  Reading reading_;
  const Ready ready_ = [this](const Value& value) { return ready(value); };
  int lanes_;  // of every simd value
  int64_t steps_ = 0;
  std::map<const Expr*, bool> holds_assert_;
  std::vector<std::weak_ptr<Cell>> waiting_;
  CallMemory call_memory_;
};

}  // namespace

namespace {

int lanes_of(const ExprPtr& program, int register_bytes) {
  const int widest = widest_simd_scalar(program);
  return widest == 0 ? 1 : register_bytes / widest;
}

}  // namespace

std::optional<std::vector<Value>> interpret_maker(const ExprPtr& program, int register_bytes) {
  try {
    return Interpreter(Reading::kEverything, lanes_of(program, register_bytes)).make(program);
  } catch (const RuntimeError&) {
    return std::nullopt;
  } catch (const GaveUp&) {
    return std::nullopt;
  }
}

Outcome interpret(const ExprPtr& program, const std::vector<Value>& arguments, Reading reading, int register_bytes) {
  try {
    return {0, Interpreter(reading, lanes_of(program, register_bytes)).run(program, arguments), false};
  } catch (const RuntimeError& error) {
    return {error.code, std::nullopt, false};
  } catch (const GaveUp&) {
    return {0, std::nullopt, true};
  }
}

}  // namespace weld::reference
