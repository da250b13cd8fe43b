// Columns that were filtered one by one and are read together: the third form of fuse-maps.
//
//   before   for(zip(result(for(zip(x, m), appender, |b1, i1, e1| if(e1.$1, merge(b1, f(e1.$0)), b1))),
//                    result(for(zip(y, m), appender, |b2, i2, e2| if(e2.$1, merge(b2, g(e2.$0)), b2)))), B, |b, i, e| body)
//   after    for(result(for(zip(x, m, y), appender, |b1, i1, z| let e2 = {z.$2, z.$1}; let i2 = i1; let e1 = {z.$0, z.$1};
//                           if(e1.$1, merge(b1, {f(e1.$0), g(e2.$0)}), b1))), B, |b, i, e| body)
//
// One vector of structs takes the place of the zipped columns, and the other forms can take it into its consumer. All iterators
// of the consumer must be such columns, merge at the same places of the same conditions, and read one vector in common: then the
// columns are of one length, and the fused producer's check of its lengths fails exactly when one of theirs did.
//
// Whether two conditions are the same is seen after their names are replaced by what they stand for in the fused loop.
#include <algorithm>
#include <utility>

#include "weld/optimizer/fuse.h"

namespace weld {
namespace {

// A condition that is larger, names replaced, is not compared.
constexpr size_t kMaximumConditionNodes = 256;

// The fields of struct literals instead of the literals.
ExprPtr take_fields(const ExprPtr& root) {
  return rewrite_bottom_up(root, [](const ExprPtr& expr) -> ExprPtr {
    bool direct = expr->is(NodeKind::kGetField) && expr->child(0)->is(NodeKind::kMakeStruct);
    return direct ? expr->child(0)->child(expr->index()) : expr;
  });
}

// What is left of a column's body on the way to its merges.
struct Column {
  const Loop* loop;
  ExprPtr rest;
  std::unordered_map<Name, ExprPtr> meanings;  // of names bound in the loop
};

// Null when it would be too large to compare.
ExprPtr meaning_of(const ExprPtr& condition, const Column& column) {
  if (node_count(condition, kMaximumConditionNodes) >= kMaximumConditionNodes) return nullptr;
  ExprPtr meaning = take_fields(substitute(condition, column.meanings));
  return node_count(meaning, kMaximumConditionNodes) < kMaximumConditionNodes ? meaning : nullptr;
}

bool all_are(const std::vector<Column>& columns, NodeKind kind) {
  return std::all_of(columns.begin(), columns.end(), [&](const Column& column) { return column.rest->is(kind); });
}

bool is_own_builder(const ExprPtr& expr, const Column& column) {
  return expr->is(NodeKind::kIdentifier) && expr->name() == column.loop->builder_name();
}

// One body that merges structs of what the columns merge into the builder; null when they do not merge at the same places.
ExprPtr zip_bodies(std::vector<Column> columns, const ExprPtr& builder) {
  for (Column& column : columns) {
    const ExprPtr let = column.rest;
    if (!let->is(NodeKind::kLet)) continue;
    if (let->child(0)->type().contains_builder()) return nullptr;
    if (ExprPtr meaning = meaning_of(let->child(0), column)) column.meanings[let->name()] = std::move(meaning);
    column.rest = let->body();
    ExprPtr body = zip_bodies(std::move(columns), builder);
    return body == nullptr ? nullptr : with_children(let, {let->child(0), std::move(body)});
  }
  const ExprPtr first = columns[0].rest;
  if (all_are(columns, NodeKind::kIdentifier)) return builder;
  if (all_are(columns, NodeKind::kMerge)) {
    std::vector<ExprPtr> values;
    for (const Column& column : columns) {
      if (!is_own_builder(column.rest->child(0), column)) return nullptr;
      values.push_back(column.rest->child(1));
    }
    return make_merge(builder, make_struct(std::move(values)), first->span());
  }
  if (!all_are(columns, NodeKind::kIf)) return nullptr;
  const ExprPtr condition = meaning_of(first->child(0), columns[0]);
  if (condition == nullptr) return nullptr;
  std::vector<Column> others = columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    const ExprPtr branches = columns[i].rest;
    ExprPtr meaning = meaning_of(branches->child(0), columns[i]);
    if (meaning == nullptr || !equal(meaning, condition)) return nullptr;
    columns[i].rest = branches->child(1);
    others[i].rest = branches->child(2);
  }
  ExprPtr then_body = zip_bodies(std::move(columns), builder);
  ExprPtr else_body = then_body == nullptr ? nullptr : zip_bodies(std::move(others), builder);
  return else_body == nullptr ? nullptr : with_children(first, {first->child(0), std::move(then_body), std::move(else_body)});
}

// Whether all of several lists have a number in common.
bool share_one(const std::vector<std::vector<size_t>>& lists) {
  return std::any_of(lists[0].begin(), lists[0].end(), [&](size_t number) {
    return std::all_of(lists.begin(), lists.end(), [&](const std::vector<size_t>& list) {
      return std::find(list.begin(), list.end(), number) != list.end();
    });
  });
}

}  // namespace

ExprPtr LoopFuser::zip_filters(const ExprPtr& node) {
  if (node->iterators().size() < 2) return nullptr;
  std::vector<Producer> producers;
  std::vector<Loop> loops;
  for (const ExprPtr& iterator : node->iterators()) {
    std::optional<Producer> producer = producer_of_iterator(iterator);
    if (!producer || producer->loop.reads(IterKind::kNd)) return nullptr;
    loops.push_back(producer->loop);
    producers.push_back(*std::move(producer));
  }
  FusedIterators fused;
  std::vector<std::vector<size_t>> places;
  for (const Loop& loop : loops) {
    places.emplace_back();
    for (const ExprPtr& iterator : loop.node->iterators()) places.back().push_back(fused.add(iterator));
  }
  if (!share_one(places)) return nullptr;

  const Parameter row{supply().fresh("row"), element_type(fused.iterators)};
  const ExprPtr all = make_identifier(row.name, row.type);
  const ExprPtr index = make_identifier(loops[0].index_name(), Type::i64());
  std::vector<Column> columns;
  std::vector<std::pair<Name, ExprPtr>> names;
  for (size_t i = 0; i < loops.size(); ++i) {
    ExprPtr element = fused.row(all, places[i]);
    columns.push_back({&loops[i], loops[i].body, {{loops[i].element_name(), element}}});
    names.emplace_back(loops[i].element_name(), std::move(element));
    if (i == 0 || uses_of(loops[i].index_name()) == 0) continue;
    columns.back().meanings[loops[i].index_name()] = index;
    names.emplace_back(loops[i].index_name(), index);
  }
  const Parameter builder{loops[0].builder_name(), Type::appender(element_type(node->iterators()))};
  ExprPtr body = zip_bodies(std::move(columns), make_identifier(builder.name, builder.type));
  if (body == nullptr) return nullptr;
  for (const Producer& producer : producers) take(producer);
  step_.repeated = fused.repeated;
  for (auto& [name, value] : names) {
    if (value == index) set_uses(index->name(), uses_of(index->name()) + 1);
    body = make_let(name, std::move(value), std::move(body));
  }
  ExprPtr producer = loops[0].with_parts(std::move(fused.iterators), make_new_builder(builder.type),
                                         {builder, loops[0].parameter(1), row}, std::move(body));
  const Loop consumer(node);
  return consumer.with_parts({make_iter(IterKind::kVector, {make_result(std::move(producer))})}, node->builder(),
                             node->function()->parameters(), consumer.body);
}

}  // namespace weld
