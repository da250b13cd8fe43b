// A loop that merges into a dictionary, or appends under a condition, runs row by row, and a function of the C library costs it
// five to ten times what it costs in vector registers. So such functions, as large as the expressions around them go, become
// values:
//
//   |b, i, e| if(e.$1 < limit, merge(b, {e.$0, log(e.$1) * e.$2 + 1.0}), b)
//
// has the condition `e.$1 < limit`, one value `log(e.$1) * e.$2 + 1.0`, and the counting part `merge(b, {e.$0, staged.0})`. Under
// a condition, floats with many operators are values, too.
//
// Where a row's only merge into a dictionary is by an integer, this key is noted: it may be all that it takes to find its entry
// (emit_ordered.cc, emit_fetched.cc).
//
// What a loop appends under a condition are values as well, functions or not:
//
//   |b, i, e| if(e.$1 < limit, {merge(b.$0, e.$0), merge(b.$1, e.$1 * 2.0)}, b)
//
// has the values `e.$0` for the first appender and `e.$1 * 2.0` for the second, which are moved together in vector registers.
#include "weld/codegen/staging.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_set>
#include <utility>

#include "weld/codegen/analysis.h"
#include "weld/ir/annotations.h"
#include "weld/ir/rewrite.h"
#include "weld/optimizer/cost.h"
#include "weld/optimizer/rewriting.h"

namespace weld::codegen {

namespace {

using runtime::FilterStrategy;

constexpr size_t kMaximumValues = 8;
// Larger expressions are staged in parts.
constexpr size_t kMaximumNodes = 256;
constexpr size_t kManyOperators = 4;
// What is done for a row counts as little below this.
constexpr size_t kSmallNodes = 24;
// A key is computed before the rest of its row, too.
constexpr size_t kSmallKeyNodes = 6;

bool contains_function(const ExprPtr& expr) {
  bool found = false;
  walk(expr, [&](const ExprPtr& node) {
    found = found || is_function(*node);
    return !found;
  });
  return found;
}

// Whether it is worth being computed for several rows at once, and small: there is a function of the C library in it, or so many
// operators.
bool gains_in_vectors(const ExprPtr& expr, size_t operators) {
  bool has_function = false;
  size_t found = 0;
  size_t nodes = 0;
  walk(expr, [&](const ExprPtr& node) {
    has_function = has_function || is_function(*node);
    found += node->is(NodeKind::kBinary) || node->is(NodeKind::kUnary) ? 1 : 0;
    return ++nodes < kMaximumNodes;
  });
  return (has_function || found >= operators) && nodes < kMaximumNodes;
}

// expr within those of the lets that it needs.
ExprPtr within(const std::vector<ExprPtr>& lets, const ExprPtr& expr) {
  ExprPtr result = expr;
  auto needed = free_names(expr);
  for (size_t i = lets.size(); i-- > 0;) {
    if (!needed.contains(lets[i]->name())) continue;
    result = make_let(lets[i]->name(), lets[i]->child(0), std::move(result), lets[i]->span());
    for (const Name& name : free_names(lets[i]->child(0))) needed.insert(name);
  }
  return result;
}

class Stager {
 public:
  // operators: that a value without a function of the C library must have.
  explicit Stager(size_t operators) : operators_(operators) {}

  ExprPtr stage(const ExprPtr& expr) {
    if (values_.size() >= kMaximumValues) return expr;
    if (expr->type().is_scalar() && is_float(expr->type().scalar_kind()) && gains_in_vectors(expr, operators_)) {
      ExprPtr whole = within(lets_, expr);
      if (is_harmless(whole) && !uses_late_name(whole)) {
        values_.push_back({"staged." + std::to_string(values_.size()), std::move(whole)});
        return make_identifier(values_.back().name, expr->type(), expr->span());
      }
    }
    switch (expr->kind()) {
      case NodeKind::kLet:
        return stage_let(expr);
      case NodeKind::kIf:
        return with_first_child(expr);
      case NodeKind::kBinary:
        if ((info(expr->binary_op()).flags & kLazy) != 0) return with_first_child(expr);
        break;
      case NodeKind::kLambda:
        return expr;
      default:
        break;
    }
    std::vector<ExprPtr> children;
    for (const ExprPtr& child : expr->children()) children.push_back(stage(child));
    ExprPtr staged = with_children(expr, std::move(children));
    if (staged->is(NodeKind::kMerge) && staged->type().kind() == TypeKind::kDictMerger) note_key(*staged);
    return staged;
  }

  std::vector<StagedRows::Value> take_values() { return std::move(values_); }
  // That of the last merge into a dictionary that every row that counts does; null where there is none, or the key is no small
  // integer expression that may be evaluated for any row.
  const ExprPtr& key() const { return key_; }

 private:
  // Given the merge as it is over the values: the key is to be what the row merges by, to the bit, and a function computed for
  // several rows at once may differ in the last.
  void note_key(const Expr& merge) {
    const ExprPtr& pair = merge.child(1);
    key_ = nullptr;
    const Type type = pair->type().child(0);
    if (!type.is_scalar() || !is_integer(type.scalar_kind())) return;
    ExprPtr key = within(lets_, pair->is(NodeKind::kMakeStruct) ? pair->child(0) : make_get_field(pair, 0));
    const bool is_small = node_count(key, kSmallKeyNodes) < kSmallKeyNodes && !contains_function(key);
    if (is_small && is_harmless(key) && !uses_late_name(key) && !uses_value(key)) key_ = std::move(key);
  }

  bool uses_value(const ExprPtr& expr) const {
    const auto names = free_names(expr);
    return std::any_of(values_.begin(), values_.end(),
                       [&](const StagedRows::Value& value) { return names.contains(value.name); });
  }

  // What is evaluated only at times is left as it is.
  ExprPtr with_first_child(const ExprPtr& expr) {
    std::vector<ExprPtr> children = copied_children(expr);
    children[0] = stage(children[0]);
    return with_children(expr, std::move(children));
  }

  ExprPtr stage_let(const ExprPtr& let) {
    ExprPtr value = stage(let->child(0));
    const bool is_value = !value->type().contains_builder() && !value->type().is_function();
    if (is_value && is_harmless(value) && !uses_late_name(value)) {
      lets_.push_back(with_children(let, {value, let->body()}));
    } else {
      late_names_.insert(let->name());
    }
    return with_children(let, {std::move(value), stage(let->body())});
  }

  bool uses_late_name(const ExprPtr& expr) const {
    if (late_names_.empty()) return false;
    const auto names = free_names(expr);
    return std::any_of(names.begin(), names.end(), [&](const Name& name) { return late_names_.contains(name); });
  }

  const size_t operators_;
  std::vector<ExprPtr> lets_;            // that may be evaluated for any row, outermost first
  std::unordered_set<Name> late_names_;  // of the other lets, which rows that count have alone
  std::vector<StagedRows::Value> values_;
  ExprPtr key_;
};

size_t merges_into_dictionaries(const ExprPtr& body) {
  size_t count = 0;
  walk(body, [&](const ExprPtr& node) {
    count += node->is(NodeKind::kMerge) && node->type().kind() == TypeKind::kDictMerger ? 1 : 0;
    return true;
  });
  return count;
}

// The only dictmerger among a loop's builders, if a row merges into it once at most; else `?`.
Type dictionary_of(const ExprPtr& loop) {
  const ExprPtr& lambda = loop->function();
  const std::vector<MergeCount> counts = count_merges(lambda->body(), lambda->parameters()[0].name);
  const std::vector<Type> builders = builders_of(loop->type());
  Type found;
  for (size_t i = 0; i < builders.size(); i++) {
    if (builders[i].kind() != TypeKind::kDictMerger) continue;
    if (found != Type() || counts[i].origin != static_cast<int>(i) || counts[i].maximum != 1) return Type();
    found = builders[i];
  }
  return found;
}

bool reads_single_elements(const ExprPtr& loop) {
  return std::all_of(loop->iterators().begin(), loop->iterators().end(), [](const ExprPtr& iterator) {
    return iterator->iter_kind() == IterKind::kVector || iterator->iter_kind() == IterKind::kRange;
  });
}

bool is_builder(const ExprPtr& expr, const Name& builder) { return expr->is(NodeKind::kIdentifier) && expr->name() == builder; }

bool is_builder_field(const ExprPtr& expr, const Name& builder, uint32_t field) {
  return expr->is(NodeKind::kGetField) && expr->index() == field && is_builder(expr->child(0), builder);
}

// A body that is a struct of ifs under one condition, as it comes from several loops, as one `if`; any other body as it is.
ExprPtr with_one_condition(const ExprPtr& body, const Name& builder) {
  if (!body->is(NodeKind::kMakeStruct) || body->children().empty()) return body;
  std::vector<ExprPtr> merges;
  for (uint32_t i = 0; i < body->children().size(); i++) {
    const ExprPtr& field = body->child(i);
    const bool fits = field->is(NodeKind::kIf) && is_builder_field(field->child(2), builder, i) &&
                      equal(field->child(0), body->child(0)->child(0));
    if (!fits) return body;
    merges.push_back(field->child(1));
  }
  const ExprPtr& first = body->child(0);
  return make_if(first->child(0), make_struct(std::move(merges)), make_identifier(builder, body->type()), body->span());
}

// Takes a condition around the whole of a body out of it.
void split_condition(const ExprPtr& body, const Name& builder, StagedRows* rows) {
  std::vector<ExprPtr> lets;
  ExprPtr rest = body;
  while (rest->is(NodeKind::kLet)) {
    if (rest->child(0)->type().is_function() || rest->child(0)->type().contains_builder() || !is_harmless(rest->child(0))) return;
    lets.push_back(rest);
    rest = rest->body();
  }
  rest = with_one_condition(rest, builder);
  if (!rest->is(NodeKind::kIf) || !is_harmless(rest->child(0))) return;
  if (!is_builder(rest->child(2), builder)) return;
  rows->condition = within(lets, rest->child(0));
  rows->counting = around(lets, rest->child(1));
}

// Adds what a merge appends to the values; false when it is no number or may not be evaluated for any row.
bool add_append(const std::vector<ExprPtr>& lets, const ExprPtr& merge, size_t appender, StagedRows* rows) {
  ExprPtr value = within(lets, merge->child(1));
  while (value->is(NodeKind::kLet) && value->body()->is(NodeKind::kIdentifier) && value->body()->name() == value->name())
    value = value->child(0);
  if (!value->type().is_scalar() || !is_harmless(value)) return false;
  rows->values.push_back({"staged." + std::to_string(rows->values.size()), value});
  rows->appenders.push_back(appender);
  return true;
}

// Looks through the parts of a struct of builders for what is appended and what is reduced.
class AppendFinder {
 public:
  AppendFinder(const std::vector<ExprPtr>& lets, StagedRows* rows) : lets_(lets), rows_(rows) {}

  // own: what stands for the part's builders in an iteration. False for a part that does anything else.
  bool find(const ExprPtr& part, const ExprPtr& own) {
    if (equal(part, own)) {
      builders_ += builders_of(part->type()).size();
      return true;
    }
    if (part->is(NodeKind::kMakeStruct)) {
      for (uint32_t i = 0; i < part->children().size(); i++) {
        if (!find(part->child(i), make_get_field(own, i))) return false;
      }
      return true;
    }
    if (!part->is(NodeKind::kMerge) || !equal(part->child(0), own)) return false;
    const size_t builder = builders_++;
    if (part->type().kind() == TypeKind::kAppender) return add_append(lets_, part, builder, rows_);
    reduces_ = true;
    return part->type().kind() == TypeKind::kMerger && part->child(1)->type().is_scalar() && is_harmless(part->child(1));
  }

  bool reduces() const { return reduces_; }

 private:
  const std::vector<ExprPtr>& lets_;
  StagedRows* rows_;
  size_t builders_ = 0;  // that were looked at
  bool reduces_ = false;
};

// A struct of builders without what is appended.
ExprPtr without_appends(const ExprPtr& part) {
  if (part->is(NodeKind::kMerge)) return part->type().kind() == TypeKind::kAppender ? part->child(0) : part;
  if (!part->is(NodeKind::kMakeStruct)) return part;
  std::vector<ExprPtr> fields;
  for (const ExprPtr& field : part->children()) fields.push_back(without_appends(field));
  return with_children(part, std::move(fields));
}

// Makes what the counting part appends the values, when it does no more than append and reduce.
bool find_appends(const Name& builder, StagedRows* rows) {
  std::vector<ExprPtr> lets;
  ExprPtr rest = rows->counting;
  while (rest->is(NodeKind::kLet)) {
    const ExprPtr& value = rest->child(0);
    // An assert is evaluated also where nothing needs the value that it stands in.
    if (value->type().is_function() || value->type().contains_builder() || contains_assert(value)) return false;
    lets.push_back(rest);
    rest = rest->body();
  }
  if (!rest->is(NodeKind::kMerge) && !rest->is(NodeKind::kMakeStruct)) return false;
  const ExprPtr own = make_identifier(builder, rest->type());
  AppendFinder finder(lets, rows);
  if (!finder.find(rest, own) || rows->values.empty() || rows->values.size() > kMaximumValues) return false;
  if (!finder.reduces()) return true;
  if (!std::all_of(lets.begin(), lets.end(), [](const ExprPtr& let) { return is_harmless(let->child(0)); })) return false;
  rows->reductions = make_if(make_identifier(kKept, Type::boolean()), around(lets, without_appends(rest)), own);
  return true;
}

// A loop that does no more than append and reduce numbers under a condition.
std::optional<StagedRows> staged_appends(const ExprPtr& loop) {
  const Name& builder = loop->function()->parameters()[0].name;
  StagedRows rows;
  split_condition(loop->function()->body(), builder, &rows);
  if (rows.condition == nullptr || !find_appends(builder, &rows)) return std::nullopt;
  rows.staged = rows.counting;
  rows.dense = StagedRows::Dense::kAppend;
  return rows;
}

FilterStrategy form_by_annotations(const Expr& expr) {
  constexpr double kFew = 0.1;
  const std::optional<FilterStrategy> named = runtime::filter_strategy(annotated_text(expr, "impl"));
  if (named && *named != FilterStrategy::kAuto) return *named;
  const std::string predicate = annotated_text(expr, "predicate");
  if (!predicate.empty()) return predicate == "true" ? FilterStrategy::kSelect : FilterStrategy::kBranch;
  const std::string share = annotated_text(expr, "branch_selectivity");
  if (share.empty()) return FilterStrategy::kAuto;
  return std::strtod(share.c_str(), nullptr) < kFew ? FilterStrategy::kBranch : FilterStrategy::kCompress;
}

}  // namespace

FilterStrategy annotated_form(const ExprPtr& loop) {
  FilterStrategy form = FilterStrategy::kAuto;
  auto look_at = [&](const ExprPtr& node) {
    if (form == FilterStrategy::kAuto) form = form_by_annotations(*node);
  };
  look_at(loop);
  walk(loop->function()->body(), [&](const ExprPtr& node) {
    if (node->is(NodeKind::kIf)) look_at(node);
    return !node->is(NodeKind::kFor);
  });
  return form;
}

bool may_vectorize(const Expr& loop) { return annotated_text(loop, "vectorize") != "false"; }

std::optional<StagedRows> staged_rows(const ExprPtr& loop) {
  if (!may_vectorize(*loop)) return std::nullopt;
  const LoopForm form = loop_form(loop);
  const ExprPtr& body = loop->function()->body();
  const bool may_be = form != LoopForm::kLight && form != LoopForm::kVector && !has_loop(body) && reads_single_elements(loop);
  if (!may_be || annotated_form(loop) == FilterStrategy::kSelect) return std::nullopt;
  if (std::optional<StagedRows> appends = staged_appends(loop)) return appends;
  StagedRows rows;
  rows.counting = rows.staged = body;
  split_condition(body, loop->function()->parameters()[0].name, &rows);
  // Without a condition arithmetic of a row takes its turn while the processor waits for the row's group, and no value is staged
  // for it: none has as many operators as that. Under one the rows are listed, and what is listed may as well be computed before.
  Stager stager(rows.condition != nullptr ? kManyOperators : kMaximumNodes);
  rows.staged = stager.stage(rows.counting);
  rows.values = stager.take_values();
  if (stager.key() != nullptr && merges_into_dictionaries(rows.counting) == 1) {
    rows.dictionary = dictionary_of(loop);
    if (rows.dictionary != Type()) rows.key = stager.key();
  }
  if (!rows.values.empty()) {
    // Where nearly all rows count, a row's arithmetic takes its turn while the processor waits for the row's group, as without a
    // condition: measured with up to 35 operators.
    const bool has_function = std::any_of(rows.values.begin(), rows.values.end(),
                                          [](const StagedRows::Value& value) { return contains_function(value.expr); });
    rows.dense = rows.condition == nullptr || has_function ? StagedRows::Dense::kValues : StagedRows::Dense::kBranches;
    return rows;
  }
  if (rows.key != nullptr && rows.condition == nullptr) return rows;
  // A branch for each row costs more than a list of those that count.
  const bool has_branch = rows.condition != nullptr && !predicable_path(body, true);
  // The code is there twice; where much is done for a row, a wrong guess does not count for much.
  if (!has_branch || node_count(rows.counting, kSmallNodes) >= kSmallNodes) return std::nullopt;
  rows.dense = StagedRows::Dense::kBranches;
  return rows;
}

}  // namespace weld::codegen
