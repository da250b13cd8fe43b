// unroll: takes loops over few known elements, and vectors of them, apart.
//
//   before   for([x, y], B, |b, i, e| body)
//   after    let b1 = (let b = B; let i = 0L; let e = x; body); let i1 = 1L; let e1 = y; body1
//
//   before   let v = [x, y]; lookup(v, 0L) + lookup(v, 1L) * len(v)
//   after    let v = {x, y}; v.$0 + v.$1 * 2L
//
//   before   result(merge(merge(merger[i64,+], x), y))        result(merge(merge(appender[T], x), y))
//   after    x + y                                            [x, y]
//
// So no vector is made for each row of a loop around. A loop reads vector literals of one length or rangeiters with literal
// bounds; its body is copied for all elements but the first, up to a number of nodes. The elements' names are lets, so what
// nothing needs is not computed. A merger that begins with something that counts, such as the 0.0 of a sum of floats, is begun
// with it.
//
// Requires inline-lets before it, which brings a vector used once into its loop, and fuse-maps, which wants loops. split-structs
// takes the struct of the second form apart.
#include <algorithm>
#include <optional>

#include "weld/optimizer/merger_values.h"
#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

constexpr size_t kMostElements = 16;
constexpr size_t kMostNodes = 256;  // of all copies of a body

// Of an iterator with so few known elements that a loop over it may be unrolled.
std::optional<std::vector<ExprPtr>> known_elements(const ExprPtr& iterator) {
  const std::span<const ExprPtr> parts = iterator->children();
  if (goes_over_all(iterator)) {
    bool few = parts[0]->is(NodeKind::kMakeVector) && parts[0]->children().size() <= kMostElements;
    return few ? std::optional(copied_children(parts[0])) : std::nullopt;
  }
  if (iterator->iter_kind() != IterKind::kRange) return std::nullopt;
  for (const ExprPtr& part : parts) {
    if (!part->is(NodeKind::kLiteral)) return std::nullopt;
  }
  int64_t start = parts[0]->literal().as_signed();
  int64_t end = parts[1]->literal().as_signed();
  int64_t stride = parts[2]->literal().as_signed();
  bool plain = start >= 0 && end >= start && stride >= 1 && (end - start) % stride == 0;
  if (!plain || (end - start) / stride > static_cast<int64_t>(kMostElements)) return std::nullopt;
  std::vector<ExprPtr> elements;
  for (int64_t element = start; element < end; element += stride) elements.push_back(make_i64(element, iterator->span()));
  return elements;
}

// The elements of a loop, one for each iteration; nullopt when it has to stay.
std::optional<std::vector<ExprPtr>> elements_of_loop(const ExprPtr& loop) {
  if (!loop->function()->is(NodeKind::kLambda) || loop->function()->parameters().size() != 3) return std::nullopt;
  std::vector<std::vector<ExprPtr>> columns;
  for (const ExprPtr& iterator : loop->iterators()) {
    std::optional<std::vector<ExprPtr>> elements = known_elements(iterator);
    if (!elements || (!columns.empty() && elements->size() != columns[0].size())) return std::nullopt;
    columns.push_back(std::move(*elements));
  }
  if (columns.size() == 1) return columns[0];
  std::vector<ExprPtr> rows;
  for (size_t row = 0; row < columns[0].size(); ++row) {
    std::vector<ExprPtr> fields;
    for (const std::vector<ExprPtr>& column : columns) fields.push_back(column[row]);
    rows.push_back(make_struct(std::move(fields)));
  }
  return rows;
}

// A chain of merges of scalars into a new merger, or of anything into a new appender, with the lets that stand in it.
struct MergeChain {
  std::vector<ExprPtr> lets;    // outermost first
  std::vector<ExprPtr> values;  // the last one first
  ExprPtr builder;
};

std::optional<MergeChain> merge_chain(const ExprPtr& result) {
  MergeChain chain;
  ExprPtr at = result->child(0);
  while (at->is(NodeKind::kMerge) || at->is(NodeKind::kLet)) {
    bool is_let = at->is(NodeKind::kLet);
    if (is_let ? at->child(0)->type().contains_builder() : at->child(1)->type().is_simd()) return std::nullopt;
    (is_let ? chain.lets : chain.values).push_back(is_let ? at : at->child(1));
    at = is_let ? at->body() : at->child(0);
  }
  TypeKind kind = at->type().kind();
  bool is_merger = kind == TypeKind::kMerger && at->type().child(0).is_scalar();
  bool is_appender = kind == TypeKind::kAppender && at->children().empty();
  if (chain.values.empty() || !at->is(NodeKind::kNewBuilder) || !(is_merger || is_appender)) return std::nullopt;
  chain.builder = std::move(at);
  return chain;
}

// The result of a chain without its builder; of anything else, the same.
ExprPtr without_builder(const ExprPtr& result) {
  std::optional<MergeChain> chain = merge_chain(result);
  if (!chain) return result;
  std::reverse(chain->values.begin(), chain->values.end());
  ExprPtr total;
  if (chain->builder->type().kind() == TypeKind::kAppender) {
    total = make_vector(std::move(chain->values), result->type(), result->span());
  } else {
    BinaryOp op = binary_op_of(chain->builder->type().merge_op());
    total = start_of_merger(chain->builder);
    for (const ExprPtr& value : chain->values) {
      if (total == nullptr) {
        total = value;
      } else {
        total = make_binary(op, total, value, result->span());
      }
    }
  }
  return around(chain->lets, std::move(total));
}

class Unroller {
 public:
  explicit Unroller(const ExprPtr& program) : program_(program) {
    if (program->contains(NodeKind::kMakeVector)) count_uses_of_vectors();
  }

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kFor, NodeKind::kRes, NodeKind::kMakeVector, NodeKind::kLookup, NodeKind::kLen)) return expr;
    if (expr->is(NodeKind::kLet) && becomes_struct(expr)) return rewrite_vector_let(expr);
    if (is_literal_lookup(expr)) {
      auto vector = structs_.find(expr->child(0)->name());
      if (vector != structs_.end()) return make_get_field(vector->second, static_cast<uint32_t>(expr->child(1)->literal().bits));
    }
    if (expr->is(NodeKind::kLen) && expr->child(0)->is(NodeKind::kIdentifier)) {
      auto vector = structs_.find(expr->child(0)->name());
      if (vector != structs_.end()) return make_i64(static_cast<int64_t>(vector->second->type().children().size()), expr->span());
    }
    ExprPtr result = map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
    if (result->is(NodeKind::kFor)) return unrolled(result);
    return result->is(NodeKind::kRes) ? without_builder(result) : result;
  }

 private:
  void count_uses_of_vectors() {
    walk_tree(program_, [&](const ExprPtr& expr) {
      if (expr->is(NodeKind::kIdentifier)) ++uses_[expr->name()];
      if (expr->is(NodeKind::kLen) && expr->child(0)->is(NodeKind::kIdentifier)) ++known_uses_[expr->child(0)->name()];
      if (is_literal_lookup(expr)) {
        ++known_uses_[expr->child(0)->name()];
        int64_t& most = most_indexes_[expr->child(0)->name()];
        most = std::max(most, expr->child(1)->literal().as_signed());
      }
    });
  }

  // lookup(name, literal) with an index that may be one.
  static bool is_literal_lookup(const ExprPtr& expr) {
    return expr->is(NodeKind::kLookup) && expr->child(0)->is(NodeKind::kIdentifier) && expr->child(0)->type().is_vec() &&
           expr->child(1)->is(NodeKind::kLiteral) && expr->child(1)->literal().as_signed() >= 0;
  }

  // The let of a vector literal of which only known elements and the length are used.
  bool becomes_struct(const ExprPtr& let) {
    const ExprPtr& vector = let->child(0);
    if (!vector->is(NodeKind::kMakeVector) || vector->children().empty() || vector->children().size() > kMostElements)
      return false;
    auto known = known_uses_.find(let->name());
    if (known == known_uses_.end() || known->second != uses_[let->name()]) return false;
    auto most = most_indexes_.find(let->name());
    return most == most_indexes_.end() || most->second < static_cast<int64_t>(vector->children().size());
  }

  ExprPtr rewrite_vector_let(const ExprPtr& let) {
    ExprPtr vector = map_children(let->child(0), [this](const ExprPtr& child) { return rewrite(child); });
    ExprPtr structure = make_struct(copied_children(vector), vector->span());
    structs_[let->name()] = make_identifier(let->name(), structure->type(), let->span());
    return make_let(let->name(), std::move(structure), rewrite(let->body()), let->span());
  }

  ExprPtr unrolled(const ExprPtr& loop) {
    std::optional<std::vector<ExprPtr>> elements = elements_of_loop(loop);
    if (!elements) return loop;
    const ExprPtr& function = loop->function();
    if (elements->size() > 1) {
      size_t limit = kMostNodes / (elements->size() - 1);
      if (node_count(function->body(), limit + 1) > limit) return loop;
    }
    ExprPtr builder = loop->builder();
    for (size_t i = 0; i < elements->size(); ++i) {
      ExprPtr copy = i == 0 ? function : copier().copy(function);
      const Parameters& parameters = copy->parameters();
      ExprPtr body = make_let(parameters[2].name, (*elements)[i], copy->body());
      body = make_let(parameters[1].name, make_i64(static_cast<int64_t>(i)), std::move(body));
      builder = make_let(parameters[0].name, std::move(builder), std::move(body));
    }
    return builder;
  }

  Copier& copier() {
    if (!copier_) copier_.emplace(supply_.emplace(program_));
    return *copier_;
  }

  ExprPtr program_;
  UseCounts uses_;
  UseCounts known_uses_;
  NameMap<int64_t> most_indexes_;
  NameMap<ExprPtr> structs_;  // the names that a struct takes the place of a vector under
  std::optional<NameSupply> supply_;
  std::optional<Copier> copier_;
};

}  // namespace

ExprPtr unroll(const ExprPtr& program) { return Unroller(program).rewrite(program); }

}  // namespace weld
