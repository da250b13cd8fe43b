#include "weld/codegen/analysis.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <unordered_map>
#include <utility>

#include "weld/ir/rewrite.h"
#include "weld/optimizer/cost.h"
#include "weld/optimizer/cost_table.h"

namespace weld::codegen {

void builders_of(Type type, std::vector<Type>* builders) {
  if (type.is_builder()) {
    builders->push_back(type);
  } else if (type.is_struct()) {
    for (Type field : type.children()) builders_of(field, builders);
  }
}

std::vector<Type> builders_of(Type type) {
  std::vector<Type> builders;
  builders_of(type, &builders);
  return builders;
}

namespace {

using Counts = std::vector<MergeCount>;

// Merge counting follows the data: each builder-typed expression gives one count per builder of its type.
class MergeCounter {
 public:
  explicit MergeCounter(const Name& parameter) : parameter_(parameter) {}

  Counts count(const ExprPtr& expr) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier:
        return identifier(expr);
      case NodeKind::kGetField:
        return get_field(expr);
      case NodeKind::kMerge: {
        Counts counts = count(expr->child(0));
        for (MergeCount& entry : counts) {
          entry.is_simd = expr->child(1)->type().is_simd();
          add(&entry, 1, 1);
        }
        return counts;
      }
      case NodeKind::kMakeStruct: {
        Counts counts;
        for (const ExprPtr& field : expr->children()) {
          if (!field->type().contains_builder()) continue;
          Counts part = count(field);
          counts.insert(counts.end(), part.begin(), part.end());
        }
        return counts;
      }
      case NodeKind::kIf:
        return join(count(expr->child(1)), count(expr->child(2)));
      case NodeKind::kLet:
        if (expr->child(0)->type().contains_builder()) bound_[expr->name()] = count(expr->child(0));
        return count(expr->body());
      case NodeKind::kFor: {
        Counts counts = count(expr->builder());
        Counts inner = count_merges(expr->function()->body(), expr->function()->parameters()[0].name);
        for (size_t i = 0; i < counts.size(); i++) {
          if (i >= inner.size() || inner[i].origin != static_cast<int>(i)) {
            counts[i].origin = -1;
          } else if (inner[i].maximum > 0) {
            add(&counts[i], 0, MergeCount::kMany);
          }
        }
        return counts;
      }
      default:
        return unknown(expr->type());
    }
  }

 private:
  static void add(MergeCount* entry, int minimum, int maximum) {
    entry->minimum = std::min(entry->minimum + minimum, MergeCount::kMany);
    entry->maximum = std::min(entry->maximum + maximum, MergeCount::kMany);
  }

  static Counts unknown(Type type) { return Counts(builders_of(type).size(), MergeCount{-1, 0, MergeCount::kMany, false}); }

  static Counts join(const Counts& left, const Counts& right) {
    Counts counts = left;
    for (size_t i = 0; i < counts.size() && i < right.size(); i++) {
      if (left[i].origin != right[i].origin) counts[i].origin = -1;
      counts[i].minimum = std::min(left[i].minimum, right[i].minimum);
      counts[i].maximum = std::max(left[i].maximum, right[i].maximum);
      counts[i].is_simd = left[i].is_simd || right[i].is_simd;
      const bool mixed = left[i].maximum > 0 && right[i].maximum > 0 && left[i].is_simd != right[i].is_simd;
      if (mixed) counts[i].maximum = MergeCount::kMany;
    }
    return counts;
  }

  Counts identifier(const ExprPtr& expr) {
    if (expr->name() == parameter_) {
      Counts counts(builders_of(expr->type()).size());
      for (size_t i = 0; i < counts.size(); i++) counts[i].origin = static_cast<int>(i);
      return counts;
    }
    auto found = bound_.find(expr->name());
    return found != bound_.end() ? found->second : unknown(expr->type());
  }

  Counts get_field(const ExprPtr& expr) {
    Counts all = count(expr->child(0));
    std::span<const Type> fields = expr->child(0)->type().children();
    size_t first = 0;
    for (uint32_t i = 0; i < expr->index(); i++) first += builders_of(fields[i]).size();
    size_t length = builders_of(expr->type()).size();
    if (first + length > all.size()) return unknown(expr->type());
    return Counts(all.begin() + static_cast<ptrdiff_t>(first), all.begin() + static_cast<ptrdiff_t>(first + length));
  }

  Name parameter_;
  std::unordered_map<Name, Counts> bound_;
};

constexpr int64_t kSpeculationLimit = 8000;

}  // namespace

std::vector<MergeCount> count_merges(const ExprPtr& body, const Name& parameter) { return MergeCounter(parameter).count(body); }

bool has_loop(const ExprPtr& expr) {
  bool loops = false;
  walk(expr, [&](const ExprPtr& node) {
    loops = loops || node->is(NodeKind::kFor) || node->is(NodeKind::kIterate) || node->is(NodeKind::kSort);
    return !loops;
  });
  return loops;
}

bool combines_after_insertion(const ExprPtr& merge) {
  return merge->is(NodeKind::kMerge) && merge->child(0)->type().kind() == TypeKind::kDictMerger &&
         merge->child(1)->is(NodeKind::kMakeStruct);
}

std::vector<bool> lets_of_merged_value(const std::vector<ExprPtr>& lets, const ExprPtr& merge) {
  NoteSet<Name> needed = free_names(merge->child(0));
  const auto need = [&](const ExprPtr& expr) {
    for (const Name& name : free_names(expr)) needed.insert(name);
  };
  need(merge->child(1)->child(0));
  std::vector<bool> late(lets.size(), false);
  for (size_t i = lets.size(); i-- > 0;) {
    const ExprPtr& value = lets[i]->child(0);
    late[i] = !needed.contains(lets[i]->name()) && !value->type().is_function() && !value->type().contains_builder() &&
              !value->is(NodeKind::kStringLiteral) && is_speculatable(value);
    if (!late[i]) need(value);
  }
  return late;
}

bool is_harmless(const ExprPtr& expr) {
  bool harmless = true;
  walk(expr, [&](const ExprPtr& node) {
    switch (node->kind()) {
      case NodeKind::kFor:
      case NodeKind::kIterate:
      case NodeKind::kLambda:
      case NodeKind::kApply:
      case NodeKind::kAssert:
      case NodeKind::kLookup:
      case NodeKind::kOptLookup:
      case NodeKind::kKeyExists:
      case NodeKind::kSort:
      case NodeKind::kCudf:
        harmless = false;
        break;
      case NodeKind::kBinary:
        // A comparison of vecs loops over their elements.
        if (node->child(0)->type().contains_pointer()) harmless = false;
        break;
      default:
        break;
    }
    return harmless;
  });
  return harmless && !may_fail(expr) && !may_allocate(expr);
}

namespace {

// Adds the cost of an expression, as far as that is of interest.
void add_cost(const ExprPtr& expr, int64_t* cost) {
  walk(expr, [&](const ExprPtr& node) {
    *cost += node_cost(*node);
    return *cost <= kSpeculationLimit;
  });
}

}  // namespace

bool is_speculatable(const ExprPtr& expr) {
  int64_t cost = 0;
  add_cost(expr, &cost);
  return cost <= kSpeculationLimit && is_harmless(expr);
}

namespace {

// Whether nothing but errors is a branch in it. What probes a dictionary or compares vectors ends in a branch, and to join the
// two sides of that only to decide again gains nothing.
bool is_straight(const ExprPtr& expr) {
  bool straight = true;
  walk(expr, [&](const ExprPtr& node) {
    const bool takes_dict = !node->children().empty() && node->child(0)->type().is_dict();
    const bool compares_vectors = node->is(NodeKind::kBinary) && node->child(0)->type().contains_pointer();
    straight = straight && !takes_dict && !compares_vectors && !node->is(NodeKind::kCudf) && !node->is(NodeKind::kIterate);
    return straight;
  });
  return straight && !may_allocate(expr);
}

// Whether branches of an `if` may be evaluated both, as far as their cost goes. A condition that may fail is evaluated row by
// row, where a function of the C library costs more than a wrong guess of a branch.
bool are_cheap_branches(const ExprPtr& expr) {
  int64_t cost = 0;
  for (size_t branch : {1U, 2U}) add_cost(expr->child(branch), &cost);
  if (is_harmless(expr->child(0))) return cost <= kSpeculationLimit;
  return cost < cost_table().function && is_straight(expr->child(0));
}

}  // namespace

bool has_speculatable_branches(const ExprPtr& expr) {
  return are_cheap_branches(expr) && is_harmless(expr->child(1)) && is_harmless(expr->child(2));
}

namespace {

// Marks the builders of loops that a program's result consists of.
class ResultFinder {
 public:
  std::unordered_map<const Expr*, std::vector<bool>> find(const ExprPtr& body) {
    pending_.push_back({body, {}});
    while (!pending_.empty()) {
      Part part = std::move(pending_.back());
      pending_.pop_back();
      visit(part.expr, std::move(part.fields));
    }
    return std::move(loops_);
  }

 private:
  using Fields = std::vector<uint32_t>;  // of fields of fields, the outermost last
  struct Part {
    ExprPtr expr;
    Fields fields;
  };

  void visit(const ExprPtr& expr, Fields fields) {
    switch (expr->kind()) {
      case NodeKind::kLet:
        values_[expr->name()] = expr->child(0);
        pending_.push_back({expr->body(), std::move(fields)});
        break;
      case NodeKind::kIdentifier: {
        auto value = values_.find(expr->name());
        if (value != values_.end() && seen_[expr->name()].insert(fields).second) {
          pending_.push_back({value->second, std::move(fields)});
        }
        break;
      }
      case NodeKind::kGetField:
        fields.push_back(expr->index());
        pending_.push_back({expr->child(0), std::move(fields)});
        break;
      case NodeKind::kMakeStruct:
        visit_struct(expr, std::move(fields));
        break;
      case NodeKind::kRes:
      case NodeKind::kMerge:
        pending_.push_back({expr->child(0), {}});
        break;
      case NodeKind::kFor:
        mark(expr, fields);
        pending_.push_back({expr->builder(), std::move(fields)});
        break;
      case NodeKind::kIf:
      case NodeKind::kSelect:
        pending_.push_back({expr->child(1), fields});
        pending_.push_back({expr->child(2), std::move(fields)});
        break;
      default:
        break;
    }
  }

  void visit_struct(const ExprPtr& expr, Fields fields) {
    if (fields.empty()) {
      for (const ExprPtr& field : expr->children()) pending_.push_back({field, {}});
    } else {
      const uint32_t index = fields.back();
      fields.pop_back();
      pending_.push_back({expr->child(index), std::move(fields)});
    }
  }

  void mark(const ExprPtr& loop, const Fields& fields) {
    std::vector<bool>& marks = loops_[loop.get()];
    marks.resize(builders_of(loop->type()).size(), false);
    Type type = loop->type();
    size_t first = 0;
    for (size_t i = fields.size(); i-- > 0 && type.is_struct();) {
      for (uint32_t field = 0; field < fields[i]; field++) first += builders_of(type.child(field)).size();
      type = type.child(fields[i]);
    }
    std::fill_n(marks.begin() + static_cast<ptrdiff_t>(first), builders_of(type).size(), true);
  }

  std::unordered_map<const Expr*, std::vector<bool>> loops_;
  std::unordered_map<Name, ExprPtr> values_;  // of the lets around
  std::unordered_map<Name, std::set<Fields>> seen_;
  std::vector<Part> pending_;
};

}  // namespace

std::unordered_map<const Expr*, std::vector<bool>> builders_of_result(const ExprPtr& body) { return ResultFinder().find(body); }

std::optional<BuilderPath> root_path(const ExprPtr& builder) {
  switch (builder->kind()) {
    case NodeKind::kIdentifier:
      return BuilderPath{builder->name(), {}};
    case NodeKind::kMerge:
      return root_path(builder->child(0));
    case NodeKind::kGetField: {
      std::optional<BuilderPath> path = root_path(builder->child(0));
      if (path) path->fields.push_back(builder->index());
      return path;
    }
    default:
      return std::nullopt;
  }
}

std::vector<BuilderPath> simd_merger_paths(const ExprPtr& body, const Name& parameter) {
  std::vector<BuilderPath> paths;
  walk(body, [&](const ExprPtr& node) {
    if (!node->is(NodeKind::kMerge) || !node->child(1)->type().is_simd()) return true;
    if (node->child(0)->type().kind() != TypeKind::kMerger) return true;
    std::optional<BuilderPath> path = root_path(node->child(0));
    if (!path || path->name != parameter) return true;
    if (std::find(paths.begin(), paths.end(), *path) == paths.end()) paths.push_back(*path);
    return true;
  });
  return paths;
}

namespace {

std::optional<BuilderPath> path_of_branches(const ExprPtr& expr, bool appender_allowed) {
  std::optional<BuilderPath> left = predicable_path(expr->child(1), appender_allowed);
  if (!left || left != predicable_path(expr->child(2), appender_allowed)) return std::nullopt;
  return left;
}

}  // namespace

std::optional<BuilderPath> predicable_branches(const ExprPtr& expr, bool appender_allowed) {
  const bool may_be = is_harmless(expr->child(0)) || are_cheap_branches(expr);
  return may_be ? path_of_branches(expr, appender_allowed) : std::nullopt;
}

std::optional<BuilderPath> predicable_path(const ExprPtr& expr, bool appender_allowed) {
  switch (expr->kind()) {
    case NodeKind::kIdentifier:
      return BuilderPath{expr->name(), {}};
    case NodeKind::kGetField: {
      if (!expr->child(0)->is(NodeKind::kIdentifier) && !expr->child(0)->is(NodeKind::kGetField)) return std::nullopt;
      std::optional<BuilderPath> path = predicable_path(expr->child(0), appender_allowed);
      if (path) path->fields.push_back(expr->index());
      return path;
    }
    case NodeKind::kMerge: {
      TypeKind kind = expr->child(0)->type().kind();
      bool allowed = kind == TypeKind::kMerger || (kind == TypeKind::kAppender && appender_allowed);
      if (!allowed || !is_speculatable(expr->child(1))) return std::nullopt;
      return predicable_path(expr->child(0), appender_allowed);
    }
    case NodeKind::kIf:
      return is_speculatable(expr->child(0)) ? path_of_branches(expr, appender_allowed) : std::nullopt;
    case NodeKind::kLet:
      if (expr->child(0)->type().contains_builder() || !is_speculatable(expr->child(0))) return std::nullopt;
      return predicable_path(expr->body(), appender_allowed);
    case NodeKind::kMakeStruct: {
      std::optional<BuilderPath> whole;
      for (size_t i = 0; i < expr->children().size(); i++) {
        std::optional<BuilderPath> field = predicable_path(expr->child(i), appender_allowed);
        if (!field || field->fields.empty() || field->fields.back() != i) return std::nullopt;
        field->fields.pop_back();
        if (whole && whole != field) return std::nullopt;
        whole = field;
      }
      return whole;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace weld::codegen
