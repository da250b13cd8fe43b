#include "tests/constructs/constructs.h"

#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/macros.h"
#include "weld/ir/rewrite.h"

namespace weld::constructs {
namespace {

constexpr int kManyFields = 12;
constexpr TypeKind kBuilderKinds[] = {TypeKind::kAppender, TypeKind::kMerger, TypeKind::kDictMerger, TypeKind::kGroupMerger,
                                      TypeKind::kVecMerger};
constexpr MergeOp kMergeOps[] = {MergeOp::kAdd, MergeOp::kMultiply, MergeOp::kMin, MergeOp::kMax};

// A switch without default, so that the compiler asks for what is added to the enum.
const char* iterator_name(IterKind kind) {
  switch (kind) {
    case IterKind::kVector:
      return "iterator over a vec";
    case IterKind::kRange:
      return "rangeiter";
    case IterKind::kNd:
      return "nditer";
    case IterKind::kSimd:
      return "simditer";
    case IterKind::kFringe:
      return "fringeiter";
  }
  return "";
}

// What an operator may be applied to, as it stands in names of constructs.
std::string operands_name(Type type) {
  if (type.is_vec()) return " of vecs";
  if (type.is_struct()) return " of structs";
  if (type.is_simd()) return " of simd";
  if (!type.is_scalar()) return "";
  if (type.is_scalar(ScalarKind::kBool)) return " of bools";
  return is_float(type.scalar_kind()) ? " of floats" : " of integers";
}

std::set<std::string> operands_of_class(OperandClass operands) {
  switch (operands) {
    case OperandClass::kBool:
      return {" of bools"};
    case OperandClass::kBits:
      return {" of bools", " of integers"};
    case OperandClass::kInteger:
      return {" of integers"};
    case OperandClass::kNumeric:
      return {" of integers", " of floats"};
    case OperandClass::kFloat:
      return {" of floats"};
    case OperandClass::kComparable:
      return {" of bools", " of integers", " of floats", " of vecs", " of structs"};
    case OperandClass::kPow:
      return {" of floats", " with an integer exponent"};
  }
  return {};
}

std::string cast_name(ScalarKind from, ScalarKind to) {
  return std::string("cast ") + scalar_name(from) + " to " + scalar_name(to);
}

// "vec" of vec[i64].
std::string family_name(Type type) {
  const std::string text = type.to_string();
  return text.substr(0, text.find('['));
}

std::string builder_name(Type builder) {
  const std::string name = family_name(builder);
  if (builder.kind() == TypeKind::kAppender || builder.kind() == TypeKind::kGroupMerger) return name;
  return name + " " + merge_op_symbol(builder.merge_op());
}

std::string shape_name(Type type) {
  return type.is_vec() ? "vec" : type.is_dict() ? "dict" : type.is_struct() ? "struct" : type.is_scalar() ? "scalar" : "";
}

// A type and what stands in it.
void add_shapes(Type type, Constructs* found) {
  if (type.is_simd()) found->insert("simd type");
  const std::string outer = shape_name(type);
  if (type.is_struct() && type.children().empty()) found->insert("struct without fields");
  if (type.is_struct() && type.children().size() >= kManyFields) found->insert("struct of many fields");
  for (size_t i = 0; i < type.children().size(); i++) {
    const std::string inner = shape_name(type.child(i));
    const std::string key = type.is_dict() && i == 0 ? " by " : " of ";
    if (!outer.empty() && !inner.empty()) found->insert(outer + key + inner);
    add_shapes(type.child(i), found);
  }
}

void add_all_shapes(Constructs* found) {
  for (const char* inner : {"scalar", "vec", "struct", "dict"}) {
    for (const char* outer : {"vec", "struct", "dict"}) found->insert(outer + std::string(" of ") + inner);
    if (std::string_view(inner) != "dict") found->insert(std::string("dict by ") + inner);
  }
  found->insert({"struct without fields", "struct of many fields", "simd type"});
}

Constructs make_all() {
  Constructs found;
#define WELD_NODE(kind, name) found.insert(name);
#include "weld/ir/nodes.def"
  for (const NodeKind detailed :
       {NodeKind::kBinary, NodeKind::kUnary, NodeKind::kCast, NodeKind::kLiteral, NodeKind::kIter, NodeKind::kNewBuilder}) {
    found.erase(node_name(detailed));
  }
#define WELD_BINARY(op, name, symbol, precedence, operands, ...) \
  for (const std::string& of : operands_of_class(OperandClass::operands)) found.insert(name + of);
#define WELD_UNARY(op, name, symbol, operands, ...) \
  for (const std::string& of : operands_of_class(OperandClass::operands)) found.insert(name + of);
#include "weld/ir/ops.def"
  for (int from = 0; from < kScalarKindCount; from++) {
    found.insert(std::string("literal ") + scalar_name(static_cast<ScalarKind>(from)));
    for (int to = 0; to < kScalarKindCount; to++) {
      found.insert(cast_name(static_cast<ScalarKind>(from), static_cast<ScalarKind>(to)));
    }
  }
  for (int kind = 0; *iterator_name(static_cast<IterKind>(kind)) != '\0'; kind++) {
    found.insert(iterator_name(static_cast<IterKind>(kind)));
  }
  found.insert(
      {"iterator with stride", "sort of the first", "zip", "builder with argument", "struct of builders", "struct merger"});
  const Type i64 = Type::i64();
  for (const MergeOp op : kMergeOps) {
    for (const TypeKind kind : kBuilderKinds) {
      found.insert(builder_name(kind == TypeKind::kAppender      ? Type::appender(i64)
                                : kind == TypeKind::kMerger      ? Type::merger(i64, op)
                                : kind == TypeKind::kDictMerger  ? Type::dict_merger(i64, i64, op)
                                : kind == TypeKind::kGroupMerger ? Type::group_merger(i64, i64)
                                                                 : Type::vec_merger(i64, op)));
    }
  }
  for (const auto& [name, macro] : standard_macros()) found.insert("macro " + name);
  for (const char* name : {"appender", "merger", "dictmerger", "groupmerger", "vecmerger", "dict"}) {
    found.insert({std::string("parameter of type ") + name, std::string("given back: ") + name});
  }
  add_all_shapes(&found);
  return found;
}

void add_operator(const char* name, Type operand, const Expr& node, Constructs* found) {
  const bool integer_power = node.children().size() == 2 && node.is(NodeKind::kBinary) && node.binary_op() == BinaryOp::kPow &&
                             node.child(1)->type().is_scalar() && is_integer(node.child(1)->type().scalar_kind());
  found->insert(name + (integer_power ? " with an integer exponent" : operands_name(operand)));
}

void add_iterator(const Expr& node, Constructs* found) {
  found->insert(iterator_name(node.iter_kind()));
  if (node.iter_kind() == IterKind::kVector && node.children().size() > 1) found->insert("iterator with stride");
}

void add_builder(const Expr& node, Constructs* found) {
  const Type type = node.operand_type();
  if (!type.is_builder()) return;
  found->insert(builder_name(type));
  if (!node.children().empty()) found->insert("builder with argument");
  if (type.kind() == TypeKind::kMerger && type.child(0).is_struct()) found->insert("struct merger");
}

}  // namespace

const Constructs& all() {
  static const Constructs constructs = make_all();
  return constructs;
}

Constructs of_node(const Expr& node) {
  Constructs found;
  switch (node.kind()) {
    case NodeKind::kLiteral:
      found.insert(std::string("literal ") + scalar_name(node.literal().kind));
      break;
    case NodeKind::kBinary:
      add_operator(info(node.binary_op()).name, node.child(0)->type(), node, &found);
      break;
    case NodeKind::kUnary:
      add_operator(info(node.unary_op()).name, node.child(0)->type(), node, &found);
      break;
    case NodeKind::kCast:
      if (node.child(0)->type().is_scalar()) {
        found.insert(cast_name(node.child(0)->type().scalar_kind(), node.operand_type().scalar_kind()));
      } else {
        found.insert("cast");
      }
      break;
    case NodeKind::kIter:
      add_iterator(node, &found);
      break;
    case NodeKind::kNewBuilder:
      add_builder(node, &found);
      break;
    case NodeKind::kFor:
      if (node.iterators().size() > 1) found.insert("zip");
      if (node.builder()->type().is_struct()) found.insert("struct of builders");
      break;
    case NodeKind::kSort:
      if (node.children().size() > 2) found.insert("sort of the first");
      break;
    case NodeKind::kApply:
      if (node.child(0)->is(NodeKind::kIdentifier) && standard_macros().contains(node.child(0)->name().text())) {
        found.insert("macro " + node.child(0)->name().text());
      }
      break;
    default:
      break;
  }
  if (all().contains(node_name(node.kind()))) found.insert(node_name(node.kind()));
  add_shapes(node.type(), &found);
  return found;
}

namespace {

// The builders and dictionaries of what enters a program or leaves it.
void add_crossing(const std::string& way, Type type, Constructs* found) {
  if (type.is_builder() || type.is_dict()) found->insert(way + family_name(type));
  if (!type.is_struct()) return;
  for (Type field : type.children()) add_crossing(way, field, found);
}

}  // namespace

Constructs of_program(std::string_view source) {
  Constructs found;
  run_on_deep_stack([&] {
    Result<weld::Program> parsed = parse_program(source);
    Result<ExprPtr> typed = compile_to_ir(source);
    if (!parsed.ok() || !typed.ok()) return;
    for (const ExprPtr& root : {parsed->body, *typed}) {
      walk(root, [&](const ExprPtr& node) {
        found.merge(of_node(*node));
        return true;
      });
    }
    if (Type type = (*typed)->type(); type.is_function()) {
      for (const Parameter& parameter : (*typed)->parameters()) add_crossing("parameter of type ", parameter.type, &found);
      add_crossing("given back: ", (*typed)->body()->type(), &found);
    }
    // Operators without the types of their operands are in the parsed text.
    std::erase_if(found, [](const std::string& name) { return !all().contains(name); });
  });
  return found;
}

}  // namespace weld::constructs
