// Printing. A node is laid out as pieces: text, children with the binding strength that their place asks for, and places where a
// line may break. Nodes whose text on one line would be too wide, or that hold a let, take their breaks. Pieces wait on a stack,
// so that depth is no concern; the width of each node on one line is computed beforehand, bottom-up.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "weld/ir/frontend.h"
#include "weld/ir/parser.h"
#include "weld/ir/rewrite.h"

namespace weld {
namespace {

constexpr uint32_t kLineWidth = 100;
constexpr uint32_t kTooWide = 1'000'000;

// Binding strengths above the infix operators', which are those of ops.def.
constexpr int kAny = 0;
constexpr int kLoose = 1;  // let, lambda
constexpr int kAscription = 12;
constexpr int kPrefix = 13;
constexpr int kPostfix = 14;
constexpr int kLeaf = 15;

std::string float_text(const ScalarValue& value) {
  bool is_single = value.kind == ScalarKind::kF32;
  const char* suffix = is_single ? "f" : "";
  double number = value.as_double();
  if (std::isnan(number)) return fmt::format("(0.0{0}/0.0{0})", suffix);
  if (std::isinf(number)) return fmt::format("({1}1.0{0}/0.0{0})", suffix, number < 0 ? "-" : "");
  std::string text = is_single ? fmt::format("{}", static_cast<float>(number)) : fmt::format("{}", number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text + suffix;
}

std::string literal_text(const ScalarValue& value) {
  if (value.kind == ScalarKind::kBool) return value.bits != 0 ? "true" : "false";
  if (is_float(value.kind)) return float_text(value);
  std::string digits = is_unsigned(value.kind) ? std::to_string(value.bits) : std::to_string(value.as_signed());
  switch (value.kind) {
    case ScalarKind::kI8:
      return digits + "c";
    case ScalarKind::kI32:
      return digits;
    case ScalarKind::kI64:
      return digits + "L";
    default:
      return digits + scalar_name(value.kind);
  }
}

std::string string_text(const std::string& bytes) {
  std::string text = "\"";
  for (char byte : bytes) {
    auto code = static_cast<unsigned char>(byte);
    if (byte == '\n') {
      text += "\\n";
    } else if (byte == '\t') {
      text += "\\t";
    } else if (byte == '"' || byte == '\\') {
      text += {'\\', byte};
    } else if (code < 0x20 || code > 0x7e) {
      text += fmt::format("\\x{:02x}", code);
    } else {
      text += byte;
    }
  }
  return text + '"';
}

// What a call-like node is called; null for the nodes that are not written as one.
const char* call_name(const Expr& expr) {
  switch (expr.kind()) {
    case NodeKind::kBinary:
      return info(expr.binary_op()).precedence == 0 ? info(expr.binary_op()).name : nullptr;
    case NodeKind::kUnary:
      return *info(expr.unary_op()).symbol == '\0' ? info(expr.unary_op()).name : nullptr;
    case NodeKind::kCast:
      return scalar_name(expr.operand_type().scalar_kind());
    case NodeKind::kFor:
      return "for";
    case NodeKind::kIter: {
      static constexpr const char* kNames[] = {"iter", "rangeiter", "nditer", "simditer", "fringeiter"};
      return kNames[static_cast<size_t>(expr.iter_kind())];
    }
    case NodeKind::kBroadcast:
    case NodeKind::kIf:
    case NodeKind::kSelect:
    case NodeKind::kIterate:
    case NodeKind::kMerge:
    case NodeKind::kRes:
    case NodeKind::kLookup:
    case NodeKind::kOptLookup:
    case NodeKind::kKeyExists:
    case NodeKind::kLen:
    case NodeKind::kSlice:
    case NodeKind::kSort:
    case NodeKind::kToVec:
    case NodeKind::kSerialize:
    case NodeKind::kAssert:
      return node_name(expr.kind());
    default:
      return nullptr;
  }
}

// An iterator over a whole vector is written as the vector where a loop reads it.
bool is_bare_iterator(const Expr& expr) {
  return expr.is(NodeKind::kIter) && expr.iter_kind() == IterKind::kVector && expr.children().size() == 1 &&
         expr.annotations().empty();
}

bool is_negative(const ScalarValue& value) {
  if (is_float(value.kind)) return std::signbit(value.as_double()) && std::isfinite(value.as_double());
  return is_signed_integer(value.kind) && value.as_signed() < 0;
}

// `-5` would be read as a literal.
bool negates_literal(const Expr& expr) { return expr.unary_op() == UnaryOp::kNegate && expr.child(0)->is(NodeKind::kLiteral); }

std::optional<Type> empty_vector_type(const Expr& expr) {
  if (!expr.is(NodeKind::kMakeVector) || !expr.children().empty()) return std::nullopt;
  Type type = expr.type().contains_unknown() ? expr.operand_type() : expr.type();
  return type == Type() ? std::nullopt : std::optional(type);
}

// How strongly the node's own text, without its annotations, holds together.
int own_strength(const Expr& expr) {
  switch (expr.kind()) {
    case NodeKind::kLet:
    case NodeKind::kLambda:
      return kLoose;
    case NodeKind::kBinary:
      return call_name(expr) != nullptr ? kLeaf : info(expr.binary_op()).precedence;
    case NodeKind::kUnary:
      return call_name(expr) != nullptr ? kLeaf : kPrefix;
    case NodeKind::kLiteral:
      return is_negative(expr.literal()) ? kPrefix : kLeaf;
    case NodeKind::kMakeVector:
      return empty_vector_type(expr) ? kAscription : kLeaf;
    case NodeKind::kAscribe:
      return kAscription;
    case NodeKind::kGetField:
    case NodeKind::kApply:
      return kPostfix;
    default:
      return kLeaf;
  }
}

class Printer {
 public:
  explicit Printer(const PrintOptions& options) : options_(options) {}

  std::string run(const ExprPtr& root, int indent) {
    walk_post_order(root, [&](const ExprPtr& node) { widths_[node.get()] = width_of(*node); });
    stack_.push_back({root.get(), kAny, indent, {}});
    while (!stack_.empty()) {
      Item item = std::move(stack_.back());
      stack_.pop_back();
      if (item.node == nullptr) {
        text_ += item.text;
      } else {
        print_node(item);
      }
    }
    return std::move(text_);
  }

 private:
  enum class PieceKind : uint8_t {
    kText,
    kChild,
    kOpen,   // a break behind "(": the lines up to kClose are indented
    kComma,  // between arguments
    kClose,
    kBody,      // a break before a lambda's body, which is indented
    kOperator,  // a break before an infix operator
    kLet,       // the break behind a let's value
  };
  struct Piece {
    PieceKind kind;
    std::string text;
    const Expr* child = nullptr;
    int strength = kAny;
  };
  struct Item {
    const Expr* node;  // null: text
    int strength;
    int indent;
    std::string text;
  };

  void text(std::string piece) { pieces_.push_back({PieceKind::kText, std::move(piece)}); }
  void line_break(PieceKind kind) { pieces_.push_back({kind, {}}); }
  void child(const ExprPtr& expr, int strength = kAny) { pieces_.push_back({PieceKind::kChild, {}, expr.get(), strength}); }

  static ExprPtr read_by(const ExprPtr& iterator) { return is_bare_iterator(*iterator) ? iterator->child(0) : iterator; }

  // The children between brackets, each on a line of its own when the node is broken. A single one stays next to the brackets.
  void listed(const char* open, std::span<const ExprPtr> children, const char* close) {
    bool breaks = children.size() > 1;
    text(open);
    if (breaks) line_break(PieceKind::kOpen);
    for (size_t i = 0; i < children.size(); ++i) {
      if (i > 0) line_break(PieceKind::kComma);
      child(children[i]);
    }
    if (breaks) line_break(PieceKind::kClose);
    text(close);
  }

  void arguments(std::span<const ExprPtr> children) { listed("(", children, ")"); }

  // Fills pieces_ with the node's own text, without annotations and outer parentheses.
  void lay_out(const Expr& expr) {
    pieces_.clear();
    if (expr.is(NodeKind::kFor)) return lay_out_for(expr);
    if (const char* name = call_name(expr)) {
      text(name);
      return arguments(expr.children());
    }
    switch (expr.kind()) {
      case NodeKind::kLiteral:
        return text(literal_text(expr.literal()));
      case NodeKind::kStringLiteral:
        return text(string_text(expr.bytes()));
      case NodeKind::kIdentifier:
        return text(expr.name().text());
      case NodeKind::kLet:
        return lay_out_let(expr);
      case NodeKind::kLambda:
        return lay_out_lambda(expr);
      case NodeKind::kApply:
        child(expr.child(0), expr.child(0)->is(NodeKind::kNewBuilder) ? kLeaf + 1 : kPostfix);
        return applied_to(expr);
      case NodeKind::kBinary:
        return lay_out_infix(expr);
      case NodeKind::kUnary:
        text(info(expr.unary_op()).symbol);
        return child(expr.child(0), negates_literal(expr) ? kLeaf + 1 : kLeaf);
      case NodeKind::kAscribe:
        child(expr.child(0), kPostfix);
        return text(": " + expr.operand_type().to_string());
      case NodeKind::kMakeStruct:
        return listed("{", expr.children(), "}");
      case NodeKind::kGetField:
        child(expr.child(0), kPostfix);
        return text(".$" + std::to_string(expr.index()));
      case NodeKind::kMakeVector:
        listed("[", expr.children(), "]");
        if (std::optional<Type> type = empty_vector_type(expr)) text(": " + type->to_string());
        return;
      case NodeKind::kNewBuilder:
        text(expr.operand_type().to_string());
        if (!expr.children().empty()) arguments(expr.children());
        return;
      case NodeKind::kDeserialize:
        text("deserialize[" + expr.operand_type().to_string() + "]");
        return arguments(expr.children());
      case NodeKind::kCudf:
        text("cudf[" + expr.name().text() + ", " + expr.operand_type().to_string() + "]");
        return arguments(expr.children());
      default:
        WELD_CHECK(false, "a node that cannot be printed");
    }
  }

  // The arguments of an application; of a zip, what it reads.
  void applied_to(const Expr& expr) {
    if (!expr.child(0)->is(NodeKind::kIdentifier) || expr.child(0)->name() != kZipName) {
      return arguments(std::span(expr.children()).subspan(1));
    }
    std::vector<ExprPtr> read;
    std::transform(expr.children().begin() + 1, expr.children().end(), std::back_inserter(read), read_by);
    arguments(read);
  }

  void lay_out_let(const Expr& expr) {
    std::string head = "let " + expr.name().text();
    Type type = expr.child(0)->type();
    if (type.contains_unknown()) type = expr.operand_type();
    if (options_.types && type != Type() && !type.is_function()) head += ": " + type.to_string();
    text(head + " = ");
    child(expr.child(0));
    text(";");
    line_break(PieceKind::kLet);
    child(expr.body());
  }

  void lay_out_lambda(const Expr& expr) {
    std::string head = "|";
    for (const Parameter& parameter : expr.parameters()) {
      if (head.size() > 1) head += ", ";
      head += parameter.name.text();
      if (options_.types && parameter.type != Type()) head += ": " + parameter.type.to_string();
    }
    text(head + "|");
    line_break(PieceKind::kBody);
    child(expr.body());
  }

  void lay_out_infix(const Expr& expr) {
    const BinaryOpInfo& op = info(expr.binary_op());
    child(expr.child(0), op.precedence);
    line_break(PieceKind::kOperator);
    text(std::string(op.symbol) + " ");
    child(expr.child(1), op.precedence + 1);
  }

  void lay_out_for(const Expr& expr) {
    text("for(");
    line_break(PieceKind::kOpen);
    std::span<const ExprPtr> iterators = expr.iterators();
    if (iterators.size() == 1) {
      child(read_by(iterators[0]));
    } else {
      for (size_t i = 0; i < iterators.size(); ++i) {
        text(i == 0 ? "zip(" : ", ");
        child(read_by(iterators[i]));
      }
      text(")");
    }
    line_break(PieceKind::kComma);
    child(expr.builder());
    line_break(PieceKind::kComma);
    child(expr.function());
    line_break(PieceKind::kClose);
    text(")");
  }

  static std::string annotation_text(const Expr& expr) {
    if (expr.annotations().empty()) return {};
    std::string text = "@(";
    for (const Annotation& annotation : expr.annotations()) {
      if (text.size() > 2) text += ", ";
      text += annotation.name + ": " + annotation.value;
    }
    return text + ") ";
  }

  // On one line; parentheses that a place may ask for are not counted.
  uint32_t width_of(const Expr& expr) {
    if (!options_.indent) return 0;
    if (expr.is(NodeKind::kLet)) return kTooWide;
    lay_out(expr);
    uint64_t width = annotation_text(expr).size();
    for (const Piece& piece : pieces_) {
      width += piece.kind == PieceKind::kChild ? widths_[piece.child] : std::max<size_t>(piece.text.size(), 1);
    }
    return static_cast<uint32_t>(std::min<uint64_t>(width, kTooWide));
  }

  std::string break_text(PieceKind kind, bool broken, int indent) const {
    switch (kind) {
      case PieceKind::kOpen:
        return broken ? new_line(indent + 1) : "";
      case PieceKind::kComma:
        return broken ? "," + new_line(indent + 1) : ", ";
      case PieceKind::kClose:
        return broken ? new_line(indent) : "";
      case PieceKind::kBody:
        return broken ? new_line(indent + 1) : " ";
      case PieceKind::kLet:
        return options_.indent ? new_line(indent) : " ";
      default:
        return broken ? new_line(indent) : " ";
    }
  }

  static std::string new_line(int indent) { return "\n" + std::string(static_cast<size_t>(std::min(indent, 60)) * 2, ' '); }

  void print_node(const Item& item) {
    const Expr& expr = *item.node;
    std::string annotations = annotation_text(expr);
    bool inner_parentheses = !annotations.empty() && own_strength(expr) < kLeaf;
    int strength = annotations.empty() ? own_strength(expr) : kPrefix;
    bool outer_parentheses = strength < item.strength;
    bool broken = options_.indent && widths_[&expr] + 2 * static_cast<uint32_t>(item.indent) > kLineWidth;
    lay_out(expr);
    text_ += (outer_parentheses ? "(" : "") + annotations + (inner_parentheses ? "(" : "");
    if (inner_parentheses) text(")");
    if (outer_parentheses) text(")");
    bool indents = std::any_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) {
      return piece.kind == PieceKind::kOpen || piece.kind == PieceKind::kBody;
    });
    bool inside = false;  // between kClose and kOpen, read from the back; or a lambda's body
    for (size_t i = pieces_.size(); i-- > 0;) {
      Piece& piece = pieces_[i];
      if (piece.kind == PieceKind::kClose) inside = true;
      if (piece.kind == PieceKind::kChild) {
        bool deeper = broken && indents && (inside || expr.is(NodeKind::kLambda));
        stack_.push_back({piece.child, piece.strength, item.indent + (deeper ? 1 : 0), {}});
      } else if (piece.kind == PieceKind::kText) {
        stack_.push_back({nullptr, 0, 0, std::move(piece.text)});
      } else {
        stack_.push_back({nullptr, 0, 0, break_text(piece.kind, broken, item.indent)});
      }
      if (piece.kind == PieceKind::kOpen) inside = false;
    }
  }

  PrintOptions options_;
  std::unordered_map<const Expr*, uint32_t> widths_;
  std::vector<Piece> pieces_;
  std::vector<Item> stack_;
  std::string text_;
};

// A binding with the name of a function that is not a reserved word, such as `floor`, would turn calls of the function below it
// into calls of what is bound; such bindings are printed under another name.
ExprPtr without_shadowed_functions(const ExprPtr& root) {
  std::unordered_set<Name> called;
  walk(root, [&](const ExprPtr& node) {
    bool may_be_shadowed = node->is(NodeKind::kUnary) || node->is(NodeKind::kBinary) || node->is(NodeKind::kAssert);
    if (may_be_shadowed && call_name(*node) != nullptr) called.insert(call_name(*node));
    return true;
  });
  if (called.empty()) return root;
  NameSupply supply(root);
  return rename_bound(root, called, supply);
}

}  // namespace

std::string print(const ExprPtr& expr, const PrintOptions& options) {
  ExprPtr printable = without_shadowed_functions(expr);
  return Printer(options).run(printable, 0);
}

std::string print(const Program& program, const PrintOptions& options) {
  const char* end = options.indent ? ";\n" : "; ";
  std::string text;
  for (const auto& [name, macro] : program.macros) {
    std::string parameters;
    for (const Name& parameter : macro.parameters) parameters += (parameters.empty() ? "" : ", ") + parameter.text();
    text += fmt::format("macro {}({}) =", name, parameters);
    text += options.indent ? "\n  " : " ";
    text += Printer(options).run(macro.body, 1) + end;
  }
  return text + Printer(options).run(program.body, 0);
}

}  // namespace weld
