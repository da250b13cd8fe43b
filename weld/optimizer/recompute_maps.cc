// recompute-maps: computes a cheap map again in each loop that reads it, rather than keep it in memory between them.
//
//   before   let p = map(v, |x| x * 2.0); let mean = sum(p) / n; sum(map(p, |x| (x - mean) * (x - mean)))
//   after    let mean = sum(map(v, |x| x * 2.0)) / n; sum(map(map(v, |y| y * 2.0), |x| (x - mean) * (x - mean)))
//
// A vector that is kept is written once, to memory that is fresh and therefore slow, and read by each of the loops. It is
// computed again when
//
// - it is a map, of scalars and structs of them, and without asserts;
// - what it reads is at hand: a name or a field of one, not what a sort or another loop makes for it alone;
// - all that reads it are loops in the same lambda, which will take it in: not over simd values, nor zipped with an nditer;
// - computing it for all readers but one costs less than the writing (cost.h).
//
// Of maps over such maps, one is dealt with each time the pass runs: what it costs is known when it has taken in the other.
//
// The loops take the copies in at once, as fuse-maps does.
//
// Requires fuse-horizontal before it: loops that can share the vector in one pass over it have become one.
#include <fmt/format.h>

#include <optional>

#include "weld/optimizer/cost.h"
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"
#include "weld/optimizer/refusals.h"

namespace weld {
namespace {

// Copies make the program longer.
constexpr size_t kMostRecomputations = 4;

std::string nanoseconds(int64_t picoseconds) {
  constexpr double kPicoseconds = 1000;
  constexpr double kWhole = 100;  // from which on there are no decimals
  const double value = static_cast<double>(picoseconds) / kPicoseconds;
  return value < kWhole ? fmt::format("{:.3g} ns", value) : fmt::format("{:.0f} ns", value);
}

class MapRecomputer {
 public:
  explicit MapRecomputer(const ExprPtr& program) : program_(program), fuser_(program) {}

  std::unordered_map<Name, std::string> reasons() {
    find(program_);
    std::unordered_map<Name, std::string> reasons;
    for (const ExprPtr& let : lets_) {
      const auto readings = readings_.find(let->name());
      reasons.emplace(let->name(), why_not(let, readings == readings_.end() ? 0 : readings->second));
    }
    return reasons;
  }

  ExprPtr run() {
    find(program_);
    for (const ExprPtr& let : lets_) choose(let);
    if (chosen_.empty()) return program_;
    supply_.emplace(program_);
    return fuse_maps(rewrite(program_));
  }

 private:
  void find(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kFor)) return;
    if (expr->is(NodeKind::kLet)) return find_lets(&expr);
    if (is_plain_loop(expr)) find_readings(Loop(expr));
    uint32_t outer = lambda_;
    if (expr->is(NodeKind::kLambda)) lambda_ = ++lambdas_;
    for (const ExprPtr& child : expr->children()) find(child);
    lambda_ = outer;
  }

  void find_lets(const ExprPtr* let) {
    for (; (*let)->is(NodeKind::kLet); let = &(*let)->body()) {
      if (producer_of((*let)->child(0))) {
        lambdas_of_lets_[(*let)->name()] = lambda_;
        lets_.push_back(*let);
      }
      find((*let)->child(0));
    }
    find(*let);
  }

  void find_readings(const Loop& loop) {
    if (loop.reads_simd() || loop.reads(IterKind::kNd)) return;
    for (const ExprPtr& iterator : loop.node->iterators()) {
      if (!goes_over_all_of_name(iterator)) continue;
      auto let = lambdas_of_lets_.find(iterator->child(0)->name());
      if (let != lambdas_of_lets_.end() && let->second == lambda_) ++readings_[let->first];
    }
  }

  void choose(const ExprPtr& let) {
    const auto readings = readings_.find(let->name());
    if (readings == readings_.end() || readings->second < 2) return;
    if (why_not(let, readings->second).empty()) chosen_.emplace(let->name(), let->child(0));
  }

  // Why the vector that a let binds, and that loops read so often, is not computed again; empty when it is.
  std::string why_not(const ExprPtr& let, size_t readings) {
    if (static_cast<size_t>(fuser_.uses_of(let->name())) != readings)
      return "not all that uses it are loops that could take it in";
    if (readings > kMostRecomputations) return fmt::format("it is computed again for {} loops at most", kMostRecomputations);
    Loop map = *producer_of(let->child(0));
    Type element = let->child(0)->type().child(0);
    if (element.contains_pointer()) return "its elements hold vecs or dictionaries, which are not computed again";
    if (map.reads(IterKind::kNd)) return "its loop goes over an nditer";
    if (contains_assert(let->child(0))) return "its loop has an assert, which is not repeated";
    for (const ExprPtr& iterator : map.node->iterators()) {
      const ExprPtr& data = iterator->child(0);
      bool at_hand = !data->is(NodeKind::kIdentifier) || !chosen_.contains(data->name());
      for (const ExprPtr& child : iterator->children()) at_hand &= is_at_hand(child);
      if (!at_hand) return "what its loop reads would have to be computed again, too";
    }
    const ExprPtr value = fuser_.merged_value(map);
    if (value == nullptr) return "its loop drops or adds elements; only maps are computed again for each reader";
    const int64_t again = estimated_cost(value) * (static_cast<int64_t>(readings) - 1);
    const int64_t kept = kept_cost(layout_of(element).size);
    if (again < kept) return "";
    return fmt::format("computing an element again is estimated to cost {}, keeping it {}", nanoseconds(again),
                       nanoseconds(kept));
  }

  ExprPtr rewrite(const ExprPtr& expr) {
    if (expr->is(NodeKind::kLet)) return rewrite_lets(expr);
    if (expr->is(NodeKind::kIter) && expr->child(0)->is(NodeKind::kIdentifier)) {
      auto map = chosen_.find(expr->child(0)->name());
      if (map != chosen_.end()) return with_children(expr, {Copier(*supply_).copy(map->second)});
    }
    return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
  }

  ExprPtr rewrite_lets(ExprPtr expr) {
    std::vector<BoundValue> lets;
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      if (!chosen_.contains(expr->name())) lets.push_back({expr, rewrite(expr->child(0))});
    }
    return around(std::move(lets), rewrite(expr));
  }

  ExprPtr program_;
  LoopFuser fuser_;
  std::vector<ExprPtr> lets_;  // that bind what a producer makes
  NameMap<uint32_t> lambdas_of_lets_;
  NameMap<size_t> readings_;  // by loops in the let's lambda
  NameMap<ExprPtr> chosen_;
  uint32_t lambda_ = 0;  // the number of the one around this point of the traversal
  uint32_t lambdas_ = 0;
  std::optional<NameSupply> supply_;
};

}  // namespace

std::unordered_map<Name, std::string> reasons_against_recomputing(const ExprPtr& program) {
  return MapRecomputer(program).reasons();
}

ExprPtr recompute_maps(const ExprPtr& program) { return MapRecomputer(program).run(); }

}  // namespace weld
