// eliminate-common-subexpressions: computes equal expressions once.
//
//   before   if(x * y > 3L, f(x * y), 0L)
//   after    let common = x * y; if(common > 3L, f(common), 0L)
//
//   before   let a = result(for(v, …)); let b = result(for(v, …)) + 1L; a * b
//   after    let a = result(for(v, …)); let b = a + 1L; a * b
//
// An expression is taken from an earlier one only when that one has run wherever it runs. So the program is seen as blocks
// (rewriting.h). What a statement computes, outside of the blocks in it, is known in the rest of its block and in the blocks
// there; it is bound just before its statement, or is the value of the statement's own let. Nothing is moved out of a block, so
// no loop body or branch loses or gains work that fails.
//
// Equality is by value numbering: every expression has a class, found by its kind, payload, type and the classes of its children.
// A let-bound name has the class of its value, a parameter that of its place and the number of lambdas around it, so loops that
// differ in names only are equal. Builders are never shared, nor are calls of C functions, nor what costs nothing (fields,
// lengths of names).
//
// Requires nothing; runs after fuse-maps, which wants each consumer to have a producer of its own.
#include <optional>

#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

using Class = uint32_t;

// Gives each expression of a program its class.
class Numbering {
 public:
  explicit Numbering(const ExprPtr& program) : asserts_(program) { number(program, 0); }

  Class class_of(const ExprPtr& expr) const { return classes_.at(expr.get()); }

 private:
  Class number(const ExprPtr& expr, uint32_t lambdas) {
    auto known = classes_.find(expr.get());
    if (known != classes_.end()) return known->second;
    Class result = compute(expr, lambdas);
    classes_.emplace(expr.get(), result);
    return result;
  }

  Class compute(const ExprPtr& expr, uint32_t lambdas) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier:
        return names_.at(expr->name());
      case NodeKind::kLet: {
        names_[expr->name()] = number(expr->child(0), lambdas);
        Class body = number(expr->body(), lambdas);
        return asserts_.contains(expr->child(0)) ? next_++ : body;
      }
      case NodeKind::kLambda: {
        std::string key = start_key(expr);
        for (size_t i = 0; i < expr->parameters().size(); ++i) {
          const Parameter& parameter = expr->parameters()[i];
          std::string place = "parameter";
          append(place, lambdas);
          append(place, i);
          append(place, parameter.type.id());
          names_[parameter.name] = class_of_key(std::move(place));
        }
        append(key, number(expr->body(), lambdas + 1));
        return class_of_key(std::move(key));
      }
      case NodeKind::kCudf:
        for (const ExprPtr& child : expr->children()) number(child, lambdas);
        return next_++;
      default: {
        std::string key = start_key(expr);
        for (const ExprPtr& child : expr->children()) append(key, number(child, lambdas));
        return class_of_key(std::move(key));
      }
    }
  }

  static std::string start_key(const ExprPtr& expr) {
    std::string key;
    append(key, expr->kind());
    append(key, expr->type().id());
    append(key, expr->operand_type().id());
    if (const auto* scalar = std::get_if<ScalarValue>(&expr->payload())) {
      append(key, scalar->kind);
      append(key, scalar->bits);
    } else if (const auto* text = std::get_if<std::string>(&expr->payload())) {
      key += *text;
    } else if (const auto* binary = std::get_if<BinaryOp>(&expr->payload())) {
      append(key, *binary);
    } else if (const auto* unary = std::get_if<UnaryOp>(&expr->payload())) {
      append(key, *unary);
    } else if (const auto* index = std::get_if<uint32_t>(&expr->payload())) {
      append(key, *index);
    } else if (const auto* iter = std::get_if<IterKind>(&expr->payload())) {
      append(key, *iter);
    }
    return key;
  }

  template <class T>
  static void append(std::string& key, T part) {
    key.append(reinterpret_cast<const char*>(&part), sizeof part);
  }

  Class class_of_key(std::string key) {
    auto [entry, is_new] = keys_.emplace(std::move(key), next_);
    if (is_new) ++next_;
    return entry->second;
  }

  AssertIndex asserts_;
  std::unordered_map<const Expr*, Class> classes_;
  std::unordered_map<std::string_view, Class> names_;
  std::unordered_map<std::string, Class> keys_;
  Class next_ = 0;
};

bool is_free(const ExprPtr& expr) { return is_atom(expr) || (expr->is(NodeKind::kGetField) && is_free(expr->child(0))); }

bool may_share(const ExprPtr& expr) {
  if (expr->type().contains_builder() || expr->type().is_function()) return false;
  switch (expr->kind()) {
    case NodeKind::kLiteral:
    case NodeKind::kStringLiteral:
    case NodeKind::kIdentifier:
    case NodeKind::kLet:
    case NodeKind::kLambda:
    case NodeKind::kIter:
    case NodeKind::kMakeStruct:
    case NodeKind::kCudf:
      return false;
    case NodeKind::kGetField:
      return !is_free(expr);
    case NodeKind::kLen:
    case NodeKind::kBroadcast:
      return !is_free(expr->child(0));
    default:
      return true;
  }
}

// Two traversals in the same order: the first finds which occurrences are equal to an earlier one, the second replaces them.
// Occurrences are told apart by the order in which they are visited, since a subtree may be shared by several parents.
class Eliminator {
 public:
  explicit Eliminator(const ExprPtr& program) : program_(program), numbering_(program) {}

  ExprPtr run() {
    find_in_block(program_);
    if (!found_) return program_;
    supply_.emplace(program_);
    return rewrite_block(program_);
  }

 private:
  // Equal occurrences of which the first has run wherever the others run.
  struct Group {
    std::string name;  // what the others are replaced by: the let that the first is the value of, or a new one
    bool repeated = false;
  };
  struct Occurrence {
    size_t group;
    bool first;
  };

  void find_in_block(ExprPtr expr) {
    size_t known_before = known_.size();
    for (; expr->is(NodeKind::kLet); expr = expr->body()) find(expr->child(0), expr->name());
    find(expr, "");
    for (; known_.size() > known_before; known_.pop_back()) available_.erase(known_.back());
  }

  // let: the name of the let whose whole value expr is, or "".
  void find(const ExprPtr& expr, const std::string& let) {
    if (expr->is(NodeKind::kLet)) return find_in_block(expr);
    bool shareable = may_share(expr);
    size_t occurrence = occurrences_.size();
    if (shareable) {
      auto earlier = available_.find(numbering_.class_of(expr));
      if (earlier != available_.end()) {
        groups_[earlier->second].repeated = found_ = true;
        occurrences_.push_back({earlier->second, false});
        return;
      }
      occurrences_.push_back({0, true});
    }
    for (size_t i = 0; i < expr->children().size(); ++i) {
      if (is_block(expr, i)) {
        find_in_block(expr->child(i));
      } else {
        find(expr->child(i), "");
      }
    }
    if (!shareable) return;
    occurrences_[occurrence].group = groups_.size();
    available_.emplace(numbering_.class_of(expr), groups_.size());
    known_.push_back(numbering_.class_of(expr));
    groups_.push_back({let, false});
  }

  struct BoundValue {
    ExprPtr let;  // null for a new one
    std::string name;
    ExprPtr value;
  };

  ExprPtr rewrite_block(ExprPtr expr) {
    std::vector<BoundValue> bound;
    std::vector<BoundValue>* outer = std::exchange(statement_, &bound);
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      ExprPtr value = rewrite(expr->child(0), expr->name());
      bound.push_back({expr, expr->name(), std::move(value)});
    }
    ExprPtr result = rewrite(expr, "");
    statement_ = outer;
    for (size_t i = bound.size(); i-- > 0;) {
      BoundValue& value = bound[i];
      result = value.let ? with_children(value.let, {std::move(value.value), std::move(result)})
                         : make_let(value.name, std::move(value.value), std::move(result));
    }
    return result;
  }

  ExprPtr rewrite(const ExprPtr& expr, const std::string& let) {
    if (expr->is(NodeKind::kLet)) return rewrite_block(expr);
    if (!may_share(expr)) return rewrite_children(expr);
    Occurrence occurrence = occurrences_[next_occurrence_++];
    Group& group = groups_[occurrence.group];
    if (!occurrence.first) return make_identifier(group.name, expr->type(), expr->span());
    ExprPtr result = rewrite_children(expr);
    if (!group.repeated || (!let.empty() && group.name == let)) return result;
    group.name = supply_->fresh("common");
    statement_->push_back({nullptr, group.name, std::move(result)});
    return make_identifier(group.name, expr->type(), expr->span());
  }

  ExprPtr rewrite_children(const ExprPtr& expr) {
    size_t child = 0;
    return map_children(expr,
                        [&](const ExprPtr& part) { return is_block(expr, child++) ? rewrite_block(part) : rewrite(part, ""); });
  }

  ExprPtr program_;
  Numbering numbering_;
  std::vector<Occurrence> occurrences_;
  std::vector<Group> groups_;
  std::unordered_map<Class, size_t> available_;  // the groups known at this point of the first traversal
  std::vector<Class> known_;                     // their classes, oldest first
  bool found_ = false;
  size_t next_occurrence_ = 0;
  std::vector<BoundValue>* statement_ = nullptr;  // what the block around this point of the second traversal has bound so far
  std::optional<NameSupply> supply_;
};

}  // namespace

ExprPtr eliminate_common_subexpressions(const ExprPtr& program) { return Eliminator(program).run(); }

}  // namespace weld
