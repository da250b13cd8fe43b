// What is said of branches follows emit_if: an `if` over builders is predicated when its branches have a predicable path and all
// appenders of the loop have their room before it; any other one is a select when its branches are speculatable.
#include "weld/codegen/loop_plan.h"

#include <fmt/format.h>

#include "weld/codegen/analysis.h"
#include "weld/codegen/staging.h"
#include "weld/ir/annotations.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/optimizer/cost.h"
#include "weld/optimizer/dataflow.h"
#include "weld/optimizer/tiling.h"

namespace weld::codegen {

namespace {

// A short text of what an iterator goes over.
std::string text_of(const ExprPtr& expr) {
  constexpr size_t kLongest = 48;
  if (expr->is(NodeKind::kRes) || expr->is(NodeKind::kSort)) return fmt::format("a {} made for it", expr->type().to_string());
  std::string text = print(expr, {.indent = false});
  return text.size() <= kLongest ? text : fmt::format("a {}", expr->type().to_string());
}

std::string text_of_iterator(const ExprPtr& iterator, bool reads_elements) {
  switch (iterator->iter_kind()) {
    case IterKind::kVector:
      if (iterator->children().size() == 1 && !reads_elements)
        return fmt::format("no elements of {}, but as many rows as it has", text_of(iterator->child(0)));
      if (iterator->children().size() == 1) return fmt::format("each element of {}", text_of(iterator->child(0)));
      return fmt::format("{} from {} to {} by {}", text_of(iterator->child(0)), text_of(iterator->child(1)),
                         text_of(iterator->child(2)), text_of(iterator->child(3)));
    case IterKind::kRange:
      return fmt::format("the numbers from {} to {} by {}", text_of(iterator->child(0)), text_of(iterator->child(1)),
                         text_of(iterator->child(2)));
    case IterKind::kNd:
      return fmt::format("a view of {} with several dimensions", text_of(iterator->child(0)));
    case IterKind::kSimd:
      return fmt::format("{}, a simd value at a time", text_of(iterator->child(0)));
    case IterKind::kFringe:
      return fmt::format("the last elements of {}, which fill no simd value", text_of(iterator->child(0)));
  }
  return "";
}

bool has_place(const MergeCount& count, size_t builder) { return count.origin == static_cast<int>(builder); }

std::string code_of_builder(Type type, const MergeCount& count, bool has_place) {
  switch (type.kind()) {
    case TypeKind::kMerger:
      return "in registers, one for each thread";
    case TypeKind::kDictMerger:
      return "a hash table for each thread, combined at the end";
    case TypeKind::kGroupMerger:
      return "a log of keys and values for each thread, put in order at the end";
    case TypeKind::kVecMerger:
      return "a vec for each thread, added up at the end";
    default:
      break;
  }
  if (!has_place || count.maximum > 1) return "grows as elements come";
  if (count.minimum == 1) return "each row writes its own place";
  return "room for all rows, then as many as were kept";
}

// Why is_speculatable() says no.
std::string why_not_speculatable(const ExprPtr& expr) {
  std::string why;
  walk(expr, [&](const ExprPtr& node) {
    if (!why.empty()) return false;
    switch (node->kind()) {
      case NodeKind::kFor:
      case NodeKind::kIterate:
        why = "it has a loop";
        break;
      case NodeKind::kSort:
        why = "it sorts";
        break;
      case NodeKind::kLookup:
      case NodeKind::kOptLookup:
      case NodeKind::kKeyExists:
        why = "it looks something up";
        break;
      case NodeKind::kCudf:
        why = "it calls a C function";
        break;
      case NodeKind::kAssert:
        why = "it has an assert";
        break;
      default:
        break;
    }
    return true;
  });
  if (!why.empty()) return why;
  if (may_fail(expr)) return "it may fail";
  return may_allocate(expr) ? "it allocates memory" : "it costs more than a wrong guess of the branch";
}

// Looks through a loop's body for what becomes a branch. Loops inside have plans of their own.
class BranchFinder {
 public:
  explicit BranchFinder(bool appenders_have_room) : appenders_have_room_(appenders_have_room) {}

  std::string find(const ExprPtr& body) {
    walk(body, [&](const ExprPtr& node) { return reason_.empty() && !looks_at(node); });
    return reason_;
  }

 private:
  // True when nothing inside the node needs to be looked at.
  bool looks_at(const ExprPtr& node) {
    if (node->is(NodeKind::kFor)) return true;
    if (node->is(NodeKind::kBinary) && (info(node->binary_op()).flags & kLazy) != 0 && !is_speculatable(node->child(1))) {
      reason_ = fmt::format("the right side of `{}` is not always evaluated: {}", info(node->binary_op()).symbol,
                            why_not_speculatable(node->child(1)));
    }
    if (!node->is(NodeKind::kIf)) return false;
    if (!node->type().contains_builder()) {
      if (has_speculatable_branches(node)) return false;
      reason_ = why_not_speculatable(node->child(is_speculatable(node->child(1)) ? 2 : 1));
      return true;
    }
    if (appenders_have_room_ && predicable_branches(node, true)) return false;
    reason_ = why_not_predicable(node);
    return true;
  }

  std::string why_not_predicable(const ExprPtr& node) const {
    std::string why;
    walk(node, [&](const ExprPtr& part) {
      const bool is_inner_if = part->is(NodeKind::kIf) && part != node;
      if (why.empty() && is_inner_if && !is_speculatable(part->child(0)))
        why = "in a condition inside it, " + why_not_speculatable(part->child(0));
      if (!part->is(NodeKind::kMerge) || !why.empty()) return why.empty();
      const TypeKind kind = part->child(0)->type().kind();
      if (kind != TypeKind::kMerger && kind != TypeKind::kAppender) {
        why = fmt::format("it merges into a {}", part->child(0)->type().to_string());
      } else if (!is_speculatable(part->child(1))) {
        why = "in what it merges, " + why_not_speculatable(part->child(1));
      }
      return true;
    });
    if (!why.empty()) return why;
    if (!is_harmless(node->child(0))) return "in its condition, " + why_not_speculatable(node->child(0));
    return appenders_have_room_ ? "it has a loop or a value that is not always needed" : "rows may append more than one element";
  }

  bool appenders_have_room_;
  std::string reason_;
};

std::string obstacle_in(const ExprPtr& body) {
  std::string obstacle;
  walk(body, [&](const ExprPtr& node) {
    if (!obstacle.empty()) return false;
    switch (node->kind()) {
      case NodeKind::kFor:
      case NodeKind::kIterate:
      case NodeKind::kSort:
        obstacle = "each row has a loop of its own";
        break;
      case NodeKind::kCudf:
        obstacle = "a C function is called for each row";
        break;
      case NodeKind::kLookup:
      case NodeKind::kOptLookup:
      case NodeKind::kKeyExists:
        if (node->child(0)->type().is_dict()) obstacle = "a dictionary is probed for each row";
        break;
      case NodeKind::kMerge: {
        const TypeKind kind = node->child(0)->type().kind();
        if (kind == TypeKind::kDictMerger || kind == TypeKind::kGroupMerger) obstacle = "a hash table is probed for each row";
        if (kind == TypeKind::kVecMerger) obstacle = "two rows may merge into the same element";
        break;
      }
      default:
        break;
    }
    return true;
  });
  return obstacle;
}

void find_inner(const ExprPtr& body, std::vector<LoopPlan>* inner);

void describe_stages(const ExprPtr& loop, LoopPlan* plan) {
  using runtime::FilterStrategy;
  const std::optional<StagedRows> stages = staged_rows(loop);
  if (!stages) return;
  if (stages->key != nullptr) {
    for (BuilderPlan& builder : plan->builders) {
      if (builder.type == stages->dictionary) builder.code += "; an array by key while its keys are consecutive numbers";
    }
  }
  if (stages->dense == StagedRows::Dense::kAppend) plan->obstacle = "";
  if (stages->dense == StagedRows::Dense::kValues)
    plan->obstacle += "; but values are computed for a block of rows at once, before";
  if (stages->dense == StagedRows::Dense::kBranches && stages->lists_values())
    plan->obstacle += "; but values of listed rows are computed at once, before";
  if (stages->condition == nullptr) return;
  const char* dense = "values computed for every row";
  if (stages->dense == StagedRows::Dense::kAppend) dense = "moved together in vector registers";
  if (stages->dense == StagedRows::Dense::kBranches) dense = "a branch for every row";
  const FilterStrategy form = annotated_form(loop);
  if (stages->dense == StagedRows::Dense::kNone) {
    plan->filter = "one by one, from a list of them";
  } else if (form == FilterStrategy::kBranch) {
    plan->filter = "one by one, from a list of them, as annotated";
  } else if (form == FilterStrategy::kCompress && stages->dense == StagedRows::Dense::kAppend) {
    plan->filter = std::string(dense) + ", as annotated";
  } else {
    plan->filter = fmt::format("few in a block: one by one, from a list of them; many: {}", dense);
  }
}

// Of the annotations that say which form of code is wanted.
std::string ignored_annotation(const ExprPtr& loop) {
  const std::string form = annotated_text(*loop, "impl");
  if (!form.empty() && !loop->function()->contains(NodeKind::kIf))
    return fmt::format("`impl: {}` at the loop: it has no condition that keeps some of its rows", form);
  return "";
}

// Of a loop that is not in tiles.
LoopPlan plan_of_rows(const ExprPtr& loop) {
  LoopPlan result;
  result.node = loop;
  const ExprPtr& body = loop->function()->body();
  const std::vector<MergeCount> counts = count_merges(body, loop->function()->parameters()[0].name);
  const std::vector<bool> reads = reads_elements(loop);
  for (size_t i = 0; i < reads.size(); ++i) result.reads.push_back(text_of_iterator(loop->iterators()[i], reads[i]));
  const std::vector<Type> builders = builders_of(loop->type());
  bool appenders_have_room = true;
  bool compacts = false;
  for (size_t i = 0; i < builders.size(); i++) {
    const bool placed = has_place(counts[i], i);
    result.is_pipeline = result.is_pipeline && placed;
    result.builders.push_back({builders[i], code_of_builder(builders[i], counts[i], placed)});
    if (builders[i].kind() != TypeKind::kAppender) continue;
    appenders_have_room = appenders_have_room && placed && counts[i].maximum == 1;
    compacts = compacts || counts[i].minimum != 1 || counts[i].maximum != 1;
  }
  result.branch_reason = BranchFinder(appenders_have_room).find(body);
  result.has_branches = !result.branch_reason.empty();
  result.obstacle = obstacle_in(body);
  if (result.obstacle.empty() && compacts) result.obstacle = "where an element goes depends on how many were kept before it";
  if (result.obstacle.empty() && result.has_branches) result.obstacle = "it has branches";
  if (result.obstacle.empty() && !may_vectorize(*loop)) result.obstacle = "it is annotated with `vectorize: false`";
  describe_stages(loop, &result);
  result.ignored = ignored_annotation(loop);
  result.row_cost = estimated_cost(body);
  find_inner(body, &result.inner);
  return result;
}

// What a row does is what that of the loop over the rest does.
LoopPlan plan(const ExprPtr& loop) {
  LoopPlan result = plan_of_rows(loop);
  const std::optional<Tiling> tiling = tiling_of(loop);
  if (!tiling) return result;
  LoopPlan tiles = plan_of_rows(tiling->tiles);
  result.tile_rows = tiling->rows;
  result.is_pipeline = tiles.is_pipeline;
  result.builders = std::move(tiles.builders);
  result.row_cost = tiles.row_cost / tiling->rows;
  result.reads.clear();
  for (const ExprPtr& iterator : loop->iterators())
    result.reads.push_back(fmt::format("each element of {}", text_of(iterator->child(0))));
  return result;
}

void find_inner(const ExprPtr& body, std::vector<LoopPlan>* inner) {
  walk(body, [&](const ExprPtr& node) {
    if (!node->is(NodeKind::kFor)) return true;
    inner->push_back(plan(node));
    inner->back().is_pipeline = false;
    for (const ExprPtr& iterator : node->iterators()) find_inner(iterator, inner);
    const std::optional<Tiling> tiling = tiling_of(node);
    find_inner(tiling ? tiling->tiles->builder() : node->builder(), inner);
    return false;
  });
}

}  // namespace

LoopPlan plan_of(const ExprPtr& loop) { return plan(loop); }

SortPlan plan_of_sort(const ExprPtr& sort) {
  SortPlan plan;
  plan.node = sort;
  plan.reads = fmt::format("each element of {}", text_of(sort->child(0)));
  const ExprPtr& order = sort->child(1);
  plan.has_key = order->is(NodeKind::kLambda) && order->parameters().size() == 1;
  constexpr size_t kLongest = 96;
  plan.order = print(order, {.indent = false});
  if (plan.order.size() > kLongest) plan.order = plan.has_key ? order->body()->type().to_string() : "a long comparator";
  if (sort->children().size() > 2) plan.limit = text_of(sort->child(2));
  const bool is_trivial = plan.has_key && order->body()->is(NodeKind::kIdentifier);
  plan.code = plan.has_key && !is_trivial ? "a stable merge sort, which computes the keys of both elements for each comparison"
                                          : "a stable merge sort";
  return plan;
}

}  // namespace weld::codegen
