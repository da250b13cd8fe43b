// tile-loops: several rows of a loop go over the data of an inner loop together.
//
//   before   for(q, B, |b, i, x| merge(b, g(x, result(for(p, M, |c, j, y| merge(c, f(x, y)))))))
//   after    let whole = len(q) - len(q) % 4L;
//            for(iter(q, whole, len(q), 1L),
//              for(rangeiter(0L, whole, 4L), B, |b, i, k|
//                let x_0 = lookup(q, k); … let x_3 = lookup(q, k + 3L);
//                let tile = for(p, {M, M, M, M}, |c, j, y| {merge(c.$0, f(x_0, y)), … merge(c.$3, f(x_3, y))});
//                merge(merge(merge(merge(b, g(x_0, result(tile.$0))), … ), g(x_3, result(tile.$3)))),
//              |b, i, x| … as before, the iteration number being i + whole)
//
// Each element of p is read once for four rows, and four sums that do not wait for each other are computed at once. The order in
// which rows merge, and elements within a row, stays. When the vectors of a zip differ in length, no row is tiled, and the loop
// over the rest fails as it did.
//
// A loop is tiled when
//
// - it goes over whole vectors, and in each of its rows, under no condition, there is one loop: into mergers, over vectors and
//   ranges that are at hand outside, one vector at least;
// - an iteration of that costs less than a function of the C library: else it is not reading that takes the time (cost.h);
// - the rows are not long in text, for they are copied.
//
// How many rows go together is said by @(tile_size: N) at either loop, 1 being none.
//
// Requires fusion before it. Leaves lets of atoms and structs behind for inline-lets and split-structs. Does not tile again what
// it made: that is no loop over whole vectors.
#include <algorithm>
#include <cstdlib>
#include <optional>

#include "weld/ir/annotations.h"
#include "weld/optimizer/cost.h"
#include "weld/optimizer/cost_table.h"
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"
#include "weld/optimizer/retyper.h"
#include "weld/optimizer/tiling.h"

namespace weld {
namespace {

constexpr int64_t kRowsOfTile = 4;
constexpr int64_t kMostRowsOfTile = 16;
// All copies of a row.
constexpr size_t kMaximumNodes = 1024;
constexpr const char* kAnnotation = "tile_size";

// The rows of a loop: lets, then a statement in which the inner loop stands, and what comes after it.
struct Rows {
  std::vector<ExprPtr> lets;
  ExprPtr rest;
  ExprPtr inner;
};

// Looks for loops that run whenever the expression does; those under conditions and in other functions count too, but are not it.
void find_loops(const ExprPtr& expr, bool always_runs, int* count, ExprPtr* loop) {
  if (!expr->contains(NodeKind::kFor, NodeKind::kIterate, NodeKind::kSort)) return;
  if (expr->is(NodeKind::kFor) || expr->is(NodeKind::kIterate) || expr->is(NodeKind::kSort)) {
    ++*count;
    if (always_runs && is_plain_loop(expr)) *loop = expr;
  }
  for (size_t i = 0; i < expr->children().size(); ++i) find_loops(expr->child(i), always_runs && !is_block(expr, i), count, loop);
}

// Nullopt when there is not exactly one loop, or it cannot come before the statement that it stands in.
std::optional<Rows> rows_of(const ExprPtr& body) {
  Rows rows;
  rows.rest = body;
  while (true) {
    const bool is_let = rows.rest->is(NodeKind::kLet);
    const ExprPtr& statement = is_let ? rows.rest->child(0) : rows.rest;
    int loops = 0;
    if (!statement->is(NodeKind::kLet)) find_loops(statement, true, &loops, &rows.inner);
    if (loops > 0 || !is_let) break;
    if (statement->type().contains_builder()) return std::nullopt;
    rows.lets.push_back(rows.rest);
    rows.rest = rows.rest->body();
  }
  int loops = 0;
  ExprPtr any;
  find_loops(rows.rest, true, &loops, &any);
  return loops == 1 && rows.inner != nullptr ? std::optional(std::move(rows)) : std::nullopt;
}

bool is_measure(const ExprPtr& expr) { return is_at_hand(expr) || (expr->is(NodeKind::kLen) && is_at_hand(expr->child(0))); }

bool is_new_merger(const ExprPtr& builder) {
  return builder->is(NodeKind::kNewBuilder) && builder->operand_type().kind() == TypeKind::kMerger;
}

bool makes_mergers(const ExprPtr& builder) {
  if (!builder->is(NodeKind::kMakeStruct)) return is_new_merger(builder);
  return std::all_of(builder->children().begin(), builder->children().end(), is_new_merger);
}

class LoopTiler {
 public:
  explicit LoopTiler(const ExprPtr& program) : fuser_(program) {}

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kFor)) return expr;
    if (is_plain_loop(expr)) {
      const std::optional<Rows> rows = rows_of(Loop(expr).body);
      const int64_t count = rows && may_tile(expr, *rows) ? rows_of_tile(expr, *rows) : 1;
      if (count > 1) return tile(Loop(expr), count);
    }
    return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
  }

 private:
  static int64_t rows_of_tile(const ExprPtr& loop, const Rows& rows) {
    std::optional<int64_t> count = annotated_number(*rows.inner, kAnnotation);
    if (!count) count = annotated_number(*loop, kAnnotation);
    if (!count && estimated_cost(rows.inner->function()->body()) >= cost_table().function) return 1;
    const auto most = static_cast<int64_t>(kMaximumNodes / node_count(loop->function(), kMaximumNodes));
    return std::min({count.value_or(kRowsOfTile), kMostRowsOfTile, most});
  }

  static bool may_tile(const ExprPtr& loop, const Rows& rows) {
    for (const ExprPtr& iterator : loop->iterators()) {
      if (iterator->iter_kind() != IterKind::kVector || iterator->children().size() != 1) return false;
    }
    if (!makes_mergers(rows.inner->builder())) return false;
    NameSet inside;  // names that rows bind
    walk_tree(loop->function(), [&](const ExprPtr& expr) {
      if (expr->is(NodeKind::kLet)) inside.insert(expr->name());
      if (!expr->is(NodeKind::kLambda)) return;
      for (const Parameter& parameter : expr->parameters()) inside.insert(parameter.name);
    });
    bool reads_vector = false;
    for (const ExprPtr& iterator : rows.inner->iterators()) {
      const IterKind kind = iterator->iter_kind();
      if (kind != IterKind::kVector && kind != IterKind::kRange) return false;
      reads_vector |= kind == IterKind::kVector;
      for (const ExprPtr& child : iterator->children()) {
        bool is_outside = is_measure(child);
        walk_tree(child,
                  [&](const ExprPtr& part) { is_outside &= !part->is(NodeKind::kIdentifier) || !inside.contains(part->name()); });
        if (!is_outside) return false;
      }
    }
    return reads_vector;
  }

  ExprPtr tile(const Loop& loop, int64_t count) {
    Lets lets;
    std::vector<ExprPtr> vectors;
    for (const ExprPtr& iterator : loop.node->iterators())
      vectors.push_back(named(rewrite(iterator->child(0)), "rows", supply(), lets));
    const ExprPtr length = named(make_len(vectors[0]), "length", supply(), lets);
    const ExprPtr remainder = make_binary(BinaryOp::kModulo, length, make_i64(count));
    ExprPtr tiled = make_binary(BinaryOp::kSubtract, length, remainder);
    for (size_t i = 1; i < vectors.size(); ++i) {
      ExprPtr same = make_binary(BinaryOp::kEqual, length, make_len(vectors[i]));
      tiled = make_if(std::move(same), std::move(tiled), make_i64(0));
    }
    const ExprPtr whole = named(tiled, "whole", supply(), lets);
    return with_lets(lets, rest_of(loop, vectors, whole, tiles_of(loop, vectors, whole, count)));
  }

  // The loop over tiles.
  ExprPtr tiles_of(const Loop& loop, const std::vector<ExprPtr>& vectors, const ExprPtr& whole, int64_t count) {
    const Parameter builder{supply().fresh(loop.builder_name()), loop.parameter(0).type};
    const Parameter index{supply().fresh("i"), Type::i64()};
    const Parameter first{supply().fresh("first"), Type::i64()};
    std::vector<ExprPtr> functions;  // copies of the loop's, one for each row
    std::vector<Rows> rows;
    Lets lets;
    for (int64_t row = 0; row < count; ++row) {
      functions.push_back(Copier(supply()).copy(loop.node->function()));
      rows.push_back(*rows_of(functions.back()->body()));
      ExprPtr place = make_identifier(first.name, first.type);
      if (row > 0) place = named(make_binary(BinaryOp::kAdd, place, make_i64(row)), "place", supply(), lets);
      std::vector<ExprPtr> elements;
      for (const ExprPtr& vector : vectors) elements.push_back(make_lookup(vector, place));
      const Parameters& parameters = functions.back()->parameters();
      if (fuser_.uses_of(loop.index_name()) > 0) lets.emplace_back(parameters[1].name, place);
      lets.emplace_back(parameters[2].name, struct_of(std::move(elements)));
      for (const ExprPtr& let : rows.back().lets) lets.emplace_back(let->name(), let->child(0));
    }
    const ExprPtr inner = inner_loop(rows);
    const ExprPtr tile = make_identifier(supply().fresh("tile"), inner->type());
    lets.emplace_back(tile->name(), inner);
    ExprPtr state = make_identifier(builder.name, builder.type);
    for (size_t row = 0; row < rows.size(); ++row) {
      lets.emplace_back(functions[row]->parameters()[0].name, std::move(state));
      state = replace_node(rows[row].rest, rows[row].inner, make_get_field(tile, static_cast<uint32_t>(row)));
    }
    return loop.with_parts({make_iter(IterKind::kRange, {make_i64(0), whole, make_i64(count)})}, builder_of(loop, vectors[0]),
                           {builder, index, first}, with_lets(lets, std::move(state)));
  }

  // One loop for the inner loops of all rows, with a field for what each of them makes.
  ExprPtr inner_loop(const std::vector<Rows>& rows) {
    const Loop loop(rows[0].inner);
    std::vector<ExprPtr> builders;
    for (const Rows& row : rows) builders.push_back(row.inner->builder());
    ExprPtr builder = make_struct(std::move(builders));
    const Parameter state{supply().fresh(loop.builder_name()), builder->type()};
    const ExprPtr all = make_identifier(state.name, state.type);
    std::vector<ExprPtr> bodies;
    for (const Rows& row : rows) {
      const Loop own(row.inner);
      const auto place = static_cast<uint32_t>(bodies.size());
      bodies.push_back(
          replace_names(own.body, {{own.builder_name(), make_get_field(all, place)},
                                   {own.index_name(), make_identifier(loop.index_name(), Type::i64())},
                                   {own.element_name(), make_identifier(loop.element_name(), loop.parameter(2).type)}}));
    }
    return loop.with_parts({loop.node->iterators().begin(), loop.node->iterators().end()}, std::move(builder),
                           {state, loop.parameter(1), loop.parameter(2)}, make_struct(std::move(bodies)));
  }

  // The loop over the rows that fill no tile, into the builder that the tiles were merged into.
  ExprPtr rest_of(const Loop& loop, const std::vector<ExprPtr>& vectors, const ExprPtr& whole, ExprPtr builder) {
    std::vector<ExprPtr> iterators;
    for (const ExprPtr& vector : vectors) {
      iterators.push_back(make_iter(IterKind::kVector, {vector, whole, make_len(vector), make_i64(1)}));
    }
    Parameter index = loop.parameter(1);
    ExprPtr body = loop.body;
    if (fuser_.uses_of(index.name) > 0) {
      index.name = supply().fresh(index.name);
      ExprPtr place = make_binary(BinaryOp::kAdd, make_identifier(index.name, index.type), whole);
      body = make_let(loop.index_name(), std::move(place), std::move(body));
    }
    return loop.with_parts(std::move(iterators), std::move(builder), {loop.parameter(0), index, loop.parameter(2)},
                           std::move(body));
  }

  // What the loop merges into. Where each row appends one element, there is room for all.
  ExprPtr builder_of(const Loop& loop, const ExprPtr& vector) {
    ExprPtr builder = rewrite(loop.node->builder());
    const bool has_size = builder->is(NodeKind::kNewBuilder) && builder->operand_type().kind() == TypeKind::kAppender &&
                          builder->children().empty() && fuser_.merged_value(loop) != nullptr;
    if (!has_size) return builder;
    ExprPtr sized = make_new_builder(builder->operand_type(), make_len(vector), builder->span());
    return builder->annotations().empty() ? sized : with_annotations(sized, builder->annotations());
  }

  static ExprPtr replace_node(const ExprPtr& expr, const ExprPtr& node, const ExprPtr& replacement) {
    if (expr == node) return replacement;
    if (!expr->contains(NodeKind::kFor)) return expr;
    return map_children(expr, [&](const ExprPtr& child) { return replace_node(child, node, replacement); });
  }

  NameSupply& supply() { return fuser_.supply(); }

  LoopFuser fuser_;
};

// Whether a loop stands in another.
bool has_nest(const ExprPtr& expr, bool in_loop) {
  if (!expr->contains(NodeKind::kFor)) return false;
  if (expr->is(NodeKind::kFor) && in_loop) return true;
  return std::any_of(expr->children().begin(), expr->children().end(), [&](const ExprPtr& child) {
    return has_nest(child, in_loop || (expr->is(NodeKind::kFor) && child->is(NodeKind::kLambda)));
  });
}

bool is_name(const ExprPtr& expr, const ExprPtr& name) { return expr->is(NodeKind::kIdentifier) && expr->name() == name->name(); }

}  // namespace

std::optional<Tiling> tiling_of(const ExprPtr& loop) {
  const ExprPtr& tiles = loop->builder();
  if (!tiles->is(NodeKind::kFor) || tiles->iterators().size() != 1) return std::nullopt;
  const ExprPtr& range = tiles->iterators()[0];
  if (range->iter_kind() != IterKind::kRange) return std::nullopt;
  const ExprPtr& whole = range->child(1);
  const ExprPtr& step = range->child(2);
  if (!whole->is(NodeKind::kIdentifier) || !step->is(NodeKind::kLiteral)) return std::nullopt;
  for (const ExprPtr& iterator : loop->iterators()) {
    const bool is_rest =
        iterator->iter_kind() == IterKind::kVector && iterator->children().size() > 1 && is_name(iterator->child(1), whole);
    if (!is_rest) return std::nullopt;
  }
  const int64_t rows = step->literal().as_signed();
  return rows > 1 ? std::optional(Tiling{tiles, rows}) : std::nullopt;
}

ExprPtr tile_loops(const ExprPtr& program) { return has_nest(program, false) ? LoopTiler(program).rewrite(program) : program; }

}  // namespace weld
