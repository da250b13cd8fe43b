// Linearity. A value's builders are its leaves: one for a builder, those of all fields, in order, for a struct. The program is
// evaluated once, symbolically, in the order of its text. Binding a value to a name gives each leaf a number; using the name (or
// a field of it) uses those leaves up, and a leaf that is already used up is the fault. The value of each expression carries,
// leaf by leaf, where the builder came from, so that a loop can be held to returning the builders that it was given.
//
// A builder that is bound and not used at all is no fault: a let whose value nothing needs is not evaluated.
#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "weld/ir/rewrite.h"
#include "weld/ir/scoped_walk.h"
#include "weld/ir/verify_parts.h"

namespace weld {
namespace {

// The number of a parameter's leaf that a builder has come from; kElsewhere for builders made on the way.
using Origin = uint32_t;
constexpr Origin kElsewhere = 0;
using Origins = std::vector<Origin>;

class BuilderVerifier {
 public:
  explicit BuilderVerifier(Faults& faults) : faults_(faults) { leaves_.emplace_back(); }

  void run(const ExprPtr& root) {
    walk_post_order(root, [&](const ExprPtr& node) {
      bool relevant = node->type().contains_builder();
      for (const ExprPtr& child : node->children()) relevant |= relevant_.contains(child.get());
      if (relevant) relevant_.insert(node.get());
    });
    if (root->is(NodeKind::kLambda)) {
      function_of(root);
    } else {
      evaluate(root);
    }
  }

 private:
  struct Leaf {
    Origin origin = kElsewhere;
    uint32_t level = 0;  // how many functions are around the binding
    bool used = false;
    bool reported = false;
    Span last_use;
  };
  struct Range {
    uint32_t first = 0;
    uint32_t count = 0;
  };
  // What a function makes of its parameters' builders.
  struct Function {
    std::vector<Range> parameters;
    Origins result;
  };

  uint32_t leaf_count(Type type) {
    if (!type.contains_builder()) return 0;
    if (type.is_builder()) return 1;
    auto found = leaf_counts_.find(type);
    if (found != leaf_counts_.end()) return found->second;
    uint32_t count = 0;
    for (Type field : type.children()) count += leaf_count(field);
    return leaf_counts_[type] = count;
  }

  // The leaves of a struct's field within the struct's.
  Range field_leaves(Type structure, uint32_t index) {
    Range range;
    for (uint32_t i = 0; i < index; ++i) range.first += leaf_count(structure.child(i));
    range.count = leaf_count(structure.child(index));
    return range;
  }

  // Numbers the leaves of a newly bound name. Without origins the leaves are their own.
  Range bind(const Name& name, Type type, const Origins* origins) {
    Range range{static_cast<uint32_t>(leaves_.size()), leaf_count(type)};
    for (uint32_t i = 0; i < range.count; ++i) {
      leaves_.push_back({origins != nullptr ? (*origins)[i] : range.first + i, level_, false, false, {}});
    }
    bound_[name] = range;
    return range;
  }

  void report(Leaf& leaf, Span span, const char* message) {
    if (leaf.reported) return;
    leaf.reported = true;
    faults_.add(span, message);
  }

  Origins use(Range range, Span span) {
    Origins origins;
    for (uint32_t i = range.first; i < range.first + range.count; ++i) {
      Leaf& leaf = leaves_[i];
      origins.push_back(leaf.origin);
      if (leaf.level < level_) report(leaf, span, "this builder is from outside the function and may not be used inside it");
      if (leaf.used) report(leaf, span, "this builder is used a second time here");
      if (!leaf.used) trail_.push_back(i);
      leaf.used = true;
      leaf.last_use = span;
    }
    return origins;
  }

  // Evaluates one of two ways that a program may go, and takes back what it used: returned are the leaves from before it.
  std::vector<uint32_t> branch(const ExprPtr& expr, Origins& origins) {
    size_t mark = trail_.size();
    uint32_t known = static_cast<uint32_t>(leaves_.size());
    origins = evaluate(expr);
    std::vector<uint32_t> used;
    for (size_t i = mark; i < trail_.size(); ++i) {
      leaves_[trail_[i]].used = false;
      if (trail_[i] < known) used.push_back(trail_[i]);
    }
    trail_.resize(mark);
    std::sort(used.begin(), used.end());
    return used;
  }

  // Goes on behind two ways of which one was taken.
  void join(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right, const char* message) {
    std::vector<uint32_t> both;
    std::vector<uint32_t> one;
    std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
    std::set_symmetric_difference(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(one));
    for (uint32_t leaf : one) report(leaves_[leaf], leaves_[leaf].last_use, message);
    for (uint32_t leaf : both) {
      leaves_[leaf].used = true;
      trail_.push_back(leaf);
    }
  }

  // Subtrees that use no builder from outside themselves are looked at once, however many parents share them.
  Origins evaluate(const ExprPtr& expr) {
    if (!relevant_.contains(expr.get())) return {};
    bool shared = may_be_shared(expr) && !expr->children().empty();
    if (shared && closed_.contains(expr.get())) return Origins(leaf_count(expr->type()), kElsewhere);
    size_t mark = trail_.size();
    size_t known = leaves_.size();
    Origins origins = evaluate_node(expr);
    if (shared) {
      bool closed = std::all_of(trail_.begin() + static_cast<std::ptrdiff_t>(mark), trail_.end(),
                                [&](uint32_t leaf) { return leaf >= known; });
      if (closed) closed_.insert(expr.get());
    }
    return origins;
  }

  Origins evaluate_node(const ExprPtr& expr) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier:
        return use(bound_[expr->name()], expr->span());
      case NodeKind::kGetField:
        return field(expr);
      case NodeKind::kMakeStruct:
        return structure(expr);
      case NodeKind::kLet:
        return let(expr);
      case NodeKind::kIf:
        return conditional(expr);
      case NodeKind::kBinary:
        return binary(expr);
      case NodeKind::kApply:
        return call(expr);
      case NodeKind::kFor:
        return loop(expr);
      case NodeKind::kIterate:
        return iterate(expr);
      case NodeKind::kAscribe:
        return evaluate(expr->child(0));
      case NodeKind::kMerge: {
        Origins builder = evaluate(expr->child(0));
        evaluate(expr->child(1));
        return builder;
      }
      case NodeKind::kSort:
        evaluate(expr->child(0));
        function_inside(expr->child(1));
        return {};
      default:
        for (const ExprPtr& child : expr->children()) evaluate(child);
        return Origins(leaf_count(expr->type()), kElsewhere);
    }
  }

  // A field of a name uses that field's builders alone.
  Origins field(const ExprPtr& expr) {
    std::vector<const Expr*> path;
    const ExprPtr* base = &expr;
    while ((*base)->is(NodeKind::kGetField)) {
      path.push_back(base->get());
      base = &(*base)->child(0);
    }
    bool is_name = (*base)->is(NodeKind::kIdentifier);
    Origins origins = is_name ? Origins() : evaluate(*base);
    Range range = is_name ? bound_[(*base)->name()] : Range{0, static_cast<uint32_t>(origins.size())};
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      Range inner = field_leaves((*step)->child(0)->type(), (*step)->index());
      range = {range.first + inner.first, inner.count};
    }
    if (is_name) return use(range, expr->span());
    return {origins.begin() + range.first, origins.begin() + range.first + range.count};
  }

  Origins structure(const ExprPtr& expr) {
    Origins all;
    for (const ExprPtr& field : expr->children()) {
      Origins origins = evaluate(field);
      origins.resize(leaf_count(field->type()), kElsewhere);
      all.insert(all.end(), origins.begin(), origins.end());
    }
    return all;
  }

  Origins let(const ExprPtr& expr) {
    const ExprPtr& value = expr->child(0);
    if (value->type().is_function()) {
      functions_[expr->name()] = function_inside(value);
    } else {
      Origins origins = evaluate(value);
      bind(expr->name(), value->type(), &origins);
    }
    return evaluate(expr->body());
  }

  Origins conditional(const ExprPtr& expr) {
    evaluate(expr->child(0));
    Origins then_origins;
    Origins else_origins;
    std::vector<uint32_t> then_used = branch(expr->child(1), then_origins);
    std::vector<uint32_t> else_used = branch(expr->child(2), else_origins);
    join(then_used, else_used, "this builder is used in one branch of an if and not in the other");
    for (size_t i = 0; i < then_origins.size(); ++i) {
      if (then_origins[i] != else_origins[i]) then_origins[i] = kElsewhere;
    }
    return then_origins;
  }

  Origins binary(const ExprPtr& expr) {
    evaluate(expr->child(0));
    if ((info(expr->binary_op()).flags & kLazy) == 0) return evaluate(expr->child(1));
    Origins none;
    std::vector<uint32_t> used = branch(expr->child(1), none);
    join(used, {}, "this builder is used where && or || may not come to");
    return {};
  }

  Origins call(const ExprPtr& expr) {
    const ExprPtr& callee = expr->child(0);
    std::vector<Origins> arguments;
    for (size_t i = 1; i < expr->children().size(); ++i) arguments.push_back(evaluate(expr->child(i)));
    if (callee->is(NodeKind::kLambda)) {
      for (size_t i = 0; i < arguments.size(); ++i) {
        const Parameter& parameter = callee->parameters()[i];
        bind(parameter.name, parameter.type, &arguments[i]);
      }
      return evaluate(callee->body());
    }
    const Function& function = functions_[callee->name()];
    Origins result = function.result;
    result.resize(leaf_count(expr->type()), kElsewhere);
    for (Origin& origin : result) origin = argument_origin(function, arguments, origin);
    return result;
  }

  // Where a builder that came from a function's parameter came from at the call.
  static Origin argument_origin(const Function& function, const std::vector<Origins>& arguments, Origin origin) {
    for (size_t i = 0; i < function.parameters.size(); ++i) {
      Range range = function.parameters[i];
      if (origin >= range.first && origin < range.first + range.count) return arguments[i][origin - range.first];
    }
    return kElsewhere;
  }

  Origins loop(const ExprPtr& expr) {
    for (const ExprPtr& iterator : expr->iterators()) evaluate(iterator);
    Origins builders = evaluate(expr->builder());
    Function function = function_inside(expr->function());
    Range given = function.parameters[0];
    function.result.resize(given.count, kElsewhere);
    for (uint32_t i = 0; i < given.count; ++i) {
      if (function.result[i] == given.first + i) continue;
      const ExprPtr& lambda = expr->function();
      report(leaves_[given.first + i], lambda->is(NodeKind::kLambda) ? lambda->body()->span() : lambda->span(),
             "a loop's function must return the builder that it is given, merged into or as it is");
    }
    return builders;
  }

  Origins iterate(const ExprPtr& expr) {
    Origins initial = evaluate(expr->child(0));
    Function function = function_inside(expr->child(1));
    for (uint32_t i = 0; i < initial.size(); ++i) {
      bool kept = i < function.result.size() && function.result[i] == function.parameters[0].first + i;
      if (!kept) initial[i] = kElsewhere;
    }
    return initial;
  }

  Function function_of(const ExprPtr& lambda) {
    Function function;
    for (const Parameter& parameter : lambda->parameters()) {
      function.parameters.push_back(bind(parameter.name, parameter.type, nullptr));
    }
    function.result = evaluate(lambda->body());
    return function;
  }

  // A function that may be called any number of times, as a lambda or by name.
  Function function_inside(const ExprPtr& expr) {
    if (expr->is(NodeKind::kIdentifier)) return functions_[expr->name()];
    ++level_;
    Function function = function_of(expr);
    --level_;
    return function;
  }

  Faults& faults_;
  std::unordered_set<const Expr*> relevant_;  // nodes with a builder anywhere in them
  std::unordered_set<const Expr*> closed_;
  std::unordered_map<Type, uint32_t> leaf_counts_;
  NameMap<Range> bound_;
  NameMap<Function> functions_;
  std::vector<Leaf> leaves_;     // by number; the first is nobody's
  std::vector<uint32_t> trail_;  // the leaves used up so far, in order
  uint32_t level_ = 0;
};

}  // namespace

void verify_builders(const ExprPtr& root, Faults& faults) { BuilderVerifier(faults).run(root); }

}  // namespace weld
