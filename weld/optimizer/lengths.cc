// A map is as long as what it reads, a sort as what it sorts, and rangeiter(0L, len(v), 1L) as v. What these are made of is
// looked through down to what is at hand; a let keeps what was found for its name, so a chain of lets is looked through once.
#include "weld/optimizer/lengths.h"

#include <algorithm>

namespace weld {
namespace {

// More are not worth it: the vector stands for itself.
constexpr size_t kMostMeasures = 8;

bool is_integer(const ExprPtr& expr, int64_t value) {
  return expr->is(NodeKind::kLiteral) && expr->literal().as_signed() == value;
}

bool is_length_at_hand(const ExprPtr& expr) { return expr->is(NodeKind::kLen) && is_at_hand(expr->child(0)); }

// The vector whose elements a range numbers; null when it is another range.
ExprPtr numbered_vector(const ExprPtr& range) {
  bool is_numbering = range->iter_kind() == IterKind::kRange && is_integer(range->child(0), 0) &&
                      is_length_at_hand(range->child(1)) && is_integer(range->child(2), 1) &&
                      range->child(1)->child(0)->type().kind() == TypeKind::kVec;
  return is_numbering ? range->child(1)->child(0) : nullptr;
}

}  // namespace

void Lengths::note(const ExprPtr& let) {
  const ExprPtr& value = let->child(0);
  if (is_at_hand(value) || value->type().kind() != TypeKind::kVec) return;
  Measures measures = measures_of(value);
  if (!measures.empty()) of_lets_.emplace(let->name(), std::move(measures));
}

Measures Lengths::of_iterator(const ExprPtr& iterator, int levels) const {
  if (goes_over_all(iterator)) return of_vector(iterator->child(0), levels);
  if (ExprPtr vector = numbered_vector(iterator)) return of_vector(vector, levels);
  if (iterator->iter_kind() != IterKind::kVector && iterator->iter_kind() != IterKind::kRange) return {};
  bool is_cheap = std::all_of(iterator->children().begin(), iterator->children().end(),
                              [](const ExprPtr& child) { return is_at_hand(child) || is_length_at_hand(child); });
  return is_cheap ? Measures{iterator} : Measures{};
}

Measures Lengths::of_vector(const ExprPtr& vector, int levels) const {
  if (is_at_hand(vector)) {
    auto known = vector->is(NodeKind::kIdentifier) ? of_lets_.find(vector->name()) : of_lets_.end();
    return known == of_lets_.end() ? Measures{make_iter(IterKind::kVector, {vector})} : known->second;
  }
  if (levels == 0) return {};
  if (vector->is(NodeKind::kSort)) {
    const bool keeps_length = vector->children().size() == 2 && !may_fail(vector->child(1));
    return keeps_length ? of_vector(vector->child(0), levels - 1) : Measures{};
  }
  std::optional<Loop> producer = producer_of(vector);
  if (!producer || producer->reads(IterKind::kNd) || fuser_.merged_value(*producer) == nullptr) return {};
  return of_map(*producer, levels - 1);
}

Measures Lengths::of_map(const Loop& map, int levels) const {
  Measures all;
  for (const ExprPtr& iterator : map.node->iterators()) {
    Measures some = of_iterator(iterator, levels);
    if (some.empty()) return {};
    for (ExprPtr& measure : some) {
      if (!contains_measure(all, measure)) all.push_back(std::move(measure));
    }
    if (all.size() > kMostMeasures) return {};
  }
  return all;
}

bool contains_measure(const Measures& measures, const ExprPtr& measure) {
  return std::any_of(measures.begin(), measures.end(), [&](const ExprPtr& other) { return equal(other, measure); });
}

ExprPtr only_vector(const Measures& measures) {
  return measures.size() == 1 && goes_over_all(measures[0]) ? measures[0]->child(0) : nullptr;
}

}  // namespace weld
