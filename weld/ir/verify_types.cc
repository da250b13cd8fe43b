// The typing rules of the language, one function for each group of nodes, over trees whose every node already has a type: the
// rule for what a node's type is from its parts is type_by_parts (expr.h); here is what the parts must be.
#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "weld/ir/rewrite.h"
#include "weld/ir/verify_parts.h"

namespace weld {
namespace {

bool is_number(Type type) { return type.is_scalar() && !type.is_scalar(ScalarKind::kBool); }

// What a merger, dictmerger or vecmerger can combine.
bool is_combinable(Type type) {
  if (!type.is_struct()) return is_number(type);
  return !type.children().empty() && std::all_of(type.children().begin(), type.children().end(), is_number);
}

// A builder, or a struct of nothing but builders.
bool is_builder_state(Type type) {
  if (!type.is_struct()) return type.is_builder();
  return !type.children().empty() && std::all_of(type.children().begin(), type.children().end(), is_builder_state);
}

bool fits(OperandClass operands, Type type) {
  bool lanes = type.is_scalar() || type.is_simd();
  if (operands == OperandClass::kComparable) return type.is_simd() || type.is_hashable();
  if (!lanes) return false;
  ScalarKind kind = type.scalar_kind();
  switch (operands) {
    case OperandClass::kBool:
      return kind == ScalarKind::kBool;
    case OperandClass::kBits:
      return !is_float(kind);
    case OperandClass::kInteger:
      return is_integer(kind);
    case OperandClass::kNumeric:
      return kind != ScalarKind::kBool;
    default:
      return is_float(kind);
  }
}

class TypeVerifier {
 public:
  explicit TypeVerifier(Faults& faults) : faults_(faults) {}

  void check(const Expr& expr) {
    check_places(expr);
    if (expr.type().contains_unknown()) return fault(expr, fmt::format("the type of this {} is unknown", node_name(expr.kind())));
    bool untyped_child = std::any_of(expr.children().begin(), expr.children().end(),
                                     [](const ExprPtr& child) { return child->type().contains_unknown(); });
    if (untyped_child) return;  // the child has been reported
    if (!check_value_type(expr)) return;
    check_node(expr);
    Type computed = expr.is(NodeKind::kIdentifier) ? expr.type() : type_by_parts(expr);
    // An empty vector's type may have come from its use, and then it is written nowhere in the node.
    bool said_elsewhere = expr.is(NodeKind::kMakeVector) && expr.children().empty() && computed.contains_unknown();
    if (computed != expr.type() && !said_elsewhere && !any_fault_at(expr)) {
      fault(expr, fmt::format("this {} is of type {} but its parts make it {}", node_name(expr.kind()), text(expr.type()),
                              text(computed)));
    }
  }

  void check_root(const ExprPtr& root) {
    if (!root->is(NodeKind::kLambda)) {
      if (root->type().is_function()) fault(*root, "the program's function must be written as a lambda");
      return;
    }
    for (const Parameter& parameter : root->parameters()) {
      if (!parameter.type.contains_unknown() && !is_storable(parameter.type, true)) {
        fault(*root, fmt::format("the parameter {} cannot be of type {}", parameter.name.text(), text(parameter.type)));
      }
    }
    Type result = root->body()->type();
    if (!result.contains_unknown() && !is_storable(result, true)) {
      fault(*root->body(), fmt::format("a program cannot return {}", text(result)));
    }
  }

 private:
  static std::string text(Type type) { return type.to_string(); }

  void fault(const Expr& expr, std::string message) {
    last_faulty_ = &expr;
    faults_.add(expr.span(), std::move(message));
  }
  bool any_fault_at(const Expr& expr) const { return last_faulty_ == &expr; }

  void require(bool condition, const Expr& expr, const char* message) {
    if (!condition) fault(expr, message);
  }
  void require_type(const Expr& parent, size_t child, Type type) {
    const Expr& expr = *parent.child(child);
    if (expr.type() != type) {
      last_faulty_ = &parent;
      faults_.add(expr.span(), fmt::format("{} needs {} here, not {}", node_name(parent.kind()), text(type), text(expr.type())));
    }
  }

  // A value that lies in memory. A builder inside a vec or dict is that type's own fault.
  static bool is_storable(Type type, bool builders_allowed) {
    return type.has_layout() && (builders_allowed || !type.contains_builder());
  }

  bool is_good_part(Type type) {
    switch (type.kind()) {
      case TypeKind::kVec:
      case TypeKind::kAppender:
        return is_storable(type.child(0), false);
      case TypeKind::kDict:
      case TypeKind::kGroupMerger:
        return type.child(0).is_hashable() && is_storable(type.child(1), false);
      case TypeKind::kMerger:
      case TypeKind::kVecMerger:
        return is_combinable(type.child(0));
      case TypeKind::kDictMerger:
        return type.child(0).is_hashable() && is_combinable(type.child(1));
      case TypeKind::kStruct:
        return std::none_of(type.children().begin(), type.children().end(), [](Type field) { return field.is_function(); });
      default:
        return true;
    }
  }

  // The first part of a type that no value can have; each type is looked at once.
  Type bad_part(Type type) {
    auto found = bad_parts_.find(type);
    if (found != bad_parts_.end()) return found->second;
    Type bad = is_good_part(type) ? Type() : type;
    for (Type child : type.children()) {
      if (bad == Type()) bad = bad_part(child);
    }
    bad_parts_[type] = bad;
    return bad;
  }

  bool check_value_type(const Expr& expr) {
    Type type = expr.type();
    if (type.node_count() > kMaximumTypeNodes) {
      fault(expr, fmt::format("the type of this {} has more than {} parts", node_name(expr.kind()), kMaximumTypeNodes));
      return false;
    }
    Type bad = bad_part(type);
    if (bad == Type()) return true;
    fault(expr, fmt::format("there is no type {}: {}", text(bad), why_bad(bad)));
    return false;
  }

  static const char* why_bad(Type type) {
    switch (type.kind()) {
      case TypeKind::kDict:
      case TypeKind::kGroupMerger:
      case TypeKind::kDictMerger:
        if (!type.child(0).is_hashable()) return "its keys cannot be hashed";
        [[fallthrough]];
      case TypeKind::kMerger:
      case TypeKind::kVecMerger:
        if (type.kind() == TypeKind::kDict || type.kind() == TypeKind::kGroupMerger) return "its values cannot be kept in memory";
        return "it combines numbers, or structs of numbers";
      case TypeKind::kStruct:
        return "a function cannot be a field";
      default:
        return "its elements cannot be kept in memory";
    }
  }

  static bool function_may_stand(const Expr& parent, size_t child) {
    switch (parent.kind()) {
      case NodeKind::kLet:
      case NodeKind::kApply:
        return child == 0;
      case NodeKind::kFor:
      case NodeKind::kIterate:
        return child + 1 == parent.children().size();
      case NodeKind::kSort:
        return child == 1;
      default:
        return false;
    }
  }

  static bool builder_may_stand(const Expr& parent, size_t child) {
    switch (parent.kind()) {
      case NodeKind::kLet:
      case NodeKind::kLambda:
      case NodeKind::kApply:
      case NodeKind::kMakeStruct:
      case NodeKind::kGetField:
      case NodeKind::kAscribe:
      case NodeKind::kRes:
        return true;
      case NodeKind::kIf:
        return child > 0;
      case NodeKind::kMerge:
      case NodeKind::kIterate:
        return child == 0;
      case NodeKind::kFor:
        return child + 2 == parent.children().size();
      default:
        return false;
    }
  }

  // Functions, iterators and builders as children of expr.
  void check_places(const Expr& expr) {
    for (size_t i = 0; i < expr.children().size(); ++i) {
      const Expr& child = *expr.child(i);
      bool is_function = child.is(NodeKind::kLambda) || child.type().is_function();
      if (is_function && !function_may_stand(expr, i)) {
        fault(child, "a function may stand only as what is called, as the last argument of for, iterate and sort, or in a let");
      } else if (is_function && !child.is(NodeKind::kLambda) && !child.is(NodeKind::kIdentifier)) {
        fault(child, "a function must be written as a lambda or be the name of one");
      }
      bool may_be_iterator = expr.is(NodeKind::kFor) && i + 2 < expr.children().size();
      if (child.is(NodeKind::kIter) && !may_be_iterator) fault(child, "an iterator may stand only as what a for goes over");
      if (!child.is(NodeKind::kIter) && may_be_iterator) fault(child, "a for goes over iterators");
      if (child.type().contains_builder() && !builder_may_stand(expr, i)) {
        fault(child, fmt::format("a builder may not be used in this way by {}", node_name(expr.kind())));
      }
    }
  }

  void check_node(const Expr& expr) {
    switch (expr.kind()) {
      case NodeKind::kLet:
        if (!expr.operand_type().contains_unknown() && !expr.child(0)->type().is_function()) {
          require_type(expr, 0, expr.operand_type());
        }
        break;
      case NodeKind::kApply:
        check_call(expr);
        break;
      case NodeKind::kBinary:
        check_binary(expr);
        break;
      case NodeKind::kUnary: {
        const UnaryOpInfo& op = info(expr.unary_op());
        if (!fits(op.operands, expr.child(0)->type())) {
          fault(expr, fmt::format("{} takes {}, not {}", op.name, operand_class_text(op.operands), text(expr.child(0)->type())));
        }
        break;
      }
      case NodeKind::kCast:
        require(expr.child(0)->type().is_scalar() || expr.child(0)->type().is_simd(), expr, "only scalars and simd can be cast");
        break;
      case NodeKind::kBroadcast:
        require(expr.child(0)->type().is_scalar(), expr, "broadcast takes a scalar");
        break;
      case NodeKind::kAscribe:
        if (!expr.operand_type().contains_unknown()) require_type(expr, 0, expr.operand_type());
        break;
      case NodeKind::kGetField:
        check_field(expr);
        break;
      case NodeKind::kMakeVector:
        for (size_t i = 0; i < expr.children().size() && expr.type().is_vec(); ++i) require_type(expr, i, expr.type().child(0));
        require(expr.type().is_vec(), expr, "a vector literal must be of a vec type");
        break;
      case NodeKind::kIf:
        require_type(expr, 0, Type::boolean());
        require_type(expr, 2, expr.child(1)->type());
        break;
      case NodeKind::kSelect:
        check_select(expr);
        break;
      case NodeKind::kIterate:
        check_iterate(expr);
        break;
      case NodeKind::kFor:
        check_for(expr);
        break;
      case NodeKind::kIter:
        check_iterator(expr);
        break;
      case NodeKind::kNewBuilder:
        check_new_builder(expr);
        break;
      case NodeKind::kMerge:
        check_merge(expr);
        break;
      case NodeKind::kRes:
        require(expr.child(0)->type().is_builder(), expr, "result takes one builder");
        break;
      default:
        check_collection_node(expr);
    }
  }

  void check_collection_node(const Expr& expr) {
    if (expr.children().empty()) return;
    Type first = expr.child(0)->type();
    switch (expr.kind()) {
      case NodeKind::kLookup:
        if (first.is_vec()) return require_type(expr, 1, Type::i64());
        [[fallthrough]];
      case NodeKind::kOptLookup:
      case NodeKind::kKeyExists:
        if (!first.is_dict()) return fault(expr, fmt::format("{} does not take {}", node_name(expr.kind()), text(first)));
        return require_type(expr, 1, first.child(0));
      case NodeKind::kLen:
        return require(first.is_vec() || first.is_dict(), expr, "len takes a vec or a dict");
      case NodeKind::kSlice:
        require(first.is_vec(), expr, "slice takes a vec");
        require_type(expr, 1, Type::i64());
        return require_type(expr, 2, Type::i64());
      case NodeKind::kSort:
        return check_sort(expr);
      case NodeKind::kToVec:
        return require(first.is_dict(), expr, "tovec takes a dict");
      case NodeKind::kSerialize:
        return require(is_storable(first, false), expr, "this value cannot be serialized");
      case NodeKind::kDeserialize:
        require(is_storable(expr.type(), false), expr, "a value of this type cannot be deserialized");
        return require_type(expr, 0, Type::vec(Type::u8()));
      case NodeKind::kCudf:
        return check_cudf(expr);
      case NodeKind::kAssert:
        return require_type(expr, 0, Type::boolean());
      default:
        return;
    }
  }

  void check_call(const Expr& expr) {
    Type function = expr.child(0)->type();
    if (!function.is_function()) return fault(expr, fmt::format("{} is not a function", text(function)));
    if (function.children().size() != expr.children().size()) {
      return fault(expr, fmt::format("the function takes {} arguments but has {}", function.children().size() - 1,
                                     expr.children().size() - 1));
    }
    for (size_t i = 1; i < expr.children().size(); ++i) require_type(expr, i, function.child(i - 1));
  }

  void check_binary(const Expr& expr) {
    const BinaryOpInfo& op = info(expr.binary_op());
    Type left = expr.child(0)->type();
    Type right = expr.child(1)->type();
    const char* name = *op.symbol == '\0' ? op.name : op.symbol;
    bool integer_power =
        op.operands == OperandClass::kPow && left.is_scalar() && right.is_scalar() && is_integer(right.scalar_kind());
    if (!fits(op.operands, left)) {
      fault(expr, fmt::format("{} takes {}, not {}", name, operand_class_text(op.operands), text(left)));
    } else if (left != right && !integer_power) {
      fault(expr, fmt::format("the sides of {} are {} and {}", name, text(left), text(right)));
    }
  }

  void check_field(const Expr& expr) {
    Type type = expr.child(0)->type();
    if (!type.is_struct()) {
      fault(expr, fmt::format("{} has no fields", text(type)));
    } else if (expr.index() >= type.children().size()) {
      fault(expr, fmt::format("there is no field ${} in {}", expr.index(), text(type)));
    }
  }

  void check_select(const Expr& expr) {
    Type condition = expr.child(0)->type();
    require_type(expr, 2, expr.child(1)->type());
    bool lanes = condition == Type::simd(ScalarKind::kBool) && expr.child(1)->type().is_simd();
    require(lanes || condition == Type::boolean(), expr, "select chooses by bool, or by simd[bool] between simd values");
  }

  // True when child has this parameter list.
  bool check_function(const Expr& parent, const Expr& function, std::vector<Type> parameters) {
    if (!function.type().is_function()) {
      fault(parent, fmt::format("{} needs a function", node_name(parent.kind())));
      return false;
    }
    std::span<const Type> actual = function.type().children().first(function.type().children().size() - 1);
    if (std::equal(actual.begin(), actual.end(), parameters.begin(), parameters.end())) return true;
    fault(function, fmt::format("{} needs a function of {} and not {}", node_name(parent.kind()),
                                text(Type::structure(parameters)), text(Type::structure(actual))));
    return false;
  }

  void check_result(const Expr& parent, const Expr& function, Type result) {
    Type actual = function.type().children().back();
    if (actual == result) return;
    fault(function,
          fmt::format("{} needs a function that returns {} and not {}", node_name(parent.kind()), text(result), text(actual)));
  }

  void check_iterate(const Expr& expr) {
    Type state = expr.child(0)->type();
    const Type next[] = {state, Type::boolean()};
    if (check_function(expr, *expr.child(1), {state})) check_result(expr, *expr.child(1), Type::structure(next));
  }

  void check_for(const Expr& expr) {
    if (expr.children().size() < 3) return fault(expr, "a for needs an iterator, a builder and a function");
    Type builder = expr.builder()->type();
    if (!is_builder_state(builder)) {
      return fault(*expr.builder(), fmt::format("a for needs a builder or a struct of builders, not {}", text(builder)));
    }
    Type element = element_type(expr.iterators());
    if (check_function(expr, *expr.function(), {builder, Type::i64(), element})) check_result(expr, *expr.function(), builder);
  }

  void check_iterator(const Expr& expr) {
    static constexpr size_t kCounts[] = {4, 3, 6, 1, 1};
    size_t count = expr.children().size();
    bool bare = expr.iter_kind() == IterKind::kVector && count == 1;
    if (!bare && count != kCounts[static_cast<size_t>(expr.iter_kind())]) {
      return fault(expr, "an iterator with a wrong number of arguments");
    }
    bool is_range = expr.iter_kind() == IterKind::kRange;
    if (!is_range && !expr.child(0)->type().is_vec()) {
      return fault(*expr.child(0), fmt::format("a for goes over vecs, not {}", text(expr.child(0)->type())));
    }
    bool by_lanes = expr.iter_kind() == IterKind::kSimd || expr.iter_kind() == IterKind::kFringe;
    if (by_lanes && !expr.child(0)->type().child(0).is_scalar()) fault(expr, "simditer and fringeiter go over vecs of scalars");
    for (size_t i = is_range ? 0 : 1; i < count; ++i) require_type(expr, i, i < 4 ? Type::i64() : Type::vec(Type::i64()));
  }

  void check_new_builder(const Expr& expr) {
    Type builder = expr.operand_type();
    if (!builder.is_builder()) return fault(expr, fmt::format("{} is not a builder", text(builder)));
    bool starts_from_vec = builder.kind() == TypeKind::kVecMerger;
    if (expr.children().empty()) return require(!starts_from_vec, expr, "a vecmerger needs the vec that it starts from");
    if (starts_from_vec || builder.kind() == TypeKind::kMerger) return require_type(expr, 0, result_type(builder));
    require_type(expr, 0, Type::i64());
  }

  // Mergers and appenders of scalars also take a simd of them: its lanes, one by one.
  void check_merge(const Expr& expr) {
    Type builder = expr.child(0)->type();
    if (!builder.is_builder()) return fault(expr, fmt::format("merge takes a builder, not {}", text(builder)));
    Type value = expr.child(1)->type();
    bool by_lanes = builder.kind() == TypeKind::kMerger || builder.kind() == TypeKind::kAppender;
    bool lanes = by_lanes && value.is_simd() && builder.child(0) == Type::scalar(value.scalar_kind());
    if (!lanes) require_type(expr, 1, merge_type(builder));
  }

  void check_sort(const Expr& expr) {
    const Expr& function = *expr.child(1);
    if (!expr.child(0)->type().is_vec()) return fault(expr, "sort takes a vec");
    if (!function.type().is_function()) return fault(expr, "sort needs a function");
    Type element = expr.child(0)->type().child(0);
    if (expr.children().size() > 2) require_type(expr, 2, Type::i64());
    bool by_key = function.type().children().size() == 2;
    if (!check_function(expr, function, by_key ? std::vector{element} : std::vector{element, element})) return;
    if (!by_key) return check_result(expr, function, Type::i32());
    require(function.type().children().back().is_hashable(), function, "sort keys are scalars, and vecs and structs of them");
  }

  void check_cudf(const Expr& expr) {
    for (const ExprPtr& argument : expr.children()) {
      require(is_storable(argument->type(), false), *argument, "this value cannot be passed to a C function");
    }
    require(is_storable(expr.type(), false), expr, "a C function cannot return this type");
  }

  Faults& faults_;
  const Expr* last_faulty_ = nullptr;
  std::unordered_map<Type, Type> bad_parts_;
};

}  // namespace

void verify_types(const ExprPtr& root, Faults& faults) {
  TypeVerifier verifier(faults);
  walk_post_order(root, [&](const ExprPtr& node) { verifier.check(*node); });
  verifier.check_root(root);
}

}  // namespace weld
