// Types, literals, scalars, structs and the forms that fit every type.
#include "tests/generator/writer.h"

#include <limits>

namespace weld::generator {

uint64_t Random::next() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

namespace {

constexpr int kMaximumWritten = 220;

std::string integer_literal(Random& random, ScalarKind kind) {
  const int width = scalar_size(kind) * 8;
  const bool sign = is_signed_integer(kind);
  const uint64_t largest = (~uint64_t{0} >> (64 - width)) >> (sign ? 1 : 0);
  uint64_t magnitude = static_cast<uint64_t>(random.below(6));
  bool negative = sign && random.chance(30);
  if (random.chance(12)) {
    magnitude = largest - static_cast<uint64_t>(random.below(2));
    if (sign && random.chance(50)) {
      negative = true;
      magnitude = largest + 1;
    }
  } else if (random.chance(20)) {
    magnitude = random.next() & largest;
  }
  const std::string digits = std::to_string(magnitude) + scalar_name(kind);
  return negative ? "(-" + digits + ")" : digits;
}

std::string float_literal(Random& random, ScalarKind kind, bool ordered) {
  const std::string suffix = kind == ScalarKind::kF32 ? "f" : "";
  if (!ordered && random.chance(25)) {
    const std::vector<std::string> edges = {"(-0.0_)", "(0.0_/0.0_)", "(1.0_/0.0_)", "(-1.0_/0.0_)",
                                            "1e30_",   "(-1e30_)",    "1e-30_"};
    std::string edge = random.pick(edges);
    std::string text;
    for (char c : edge) text += c == '_' ? suffix : std::string(1, c);
    return text;
  }
  const std::vector<std::string> fractions = {".0", ".5", ".25", ".1"};
  const std::string number = std::to_string(random.below(10) + 1) + random.pick(fractions) + suffix;
  return random.chance(30) ? "(-" + number + ")" : number;
}

bool is_reducible(Type type) {
  if (type.is_scalar()) return !type.is_scalar(ScalarKind::kBool);
  if (!type.is_struct() || type.children().empty()) return false;
  for (Type child : type.children()) {
    if (!child.is_scalar() || child.is_scalar(ScalarKind::kBool)) return false;
  }
  return true;
}

}  // namespace

std::string scalar_literal(Random& random, ScalarKind kind, bool ordered) {
  if (kind == ScalarKind::kBool) return random.chance(50) ? "true" : "false";
  return is_float(kind) ? float_literal(random, kind, ordered) : integer_literal(random, kind);
}

// --- types ---

Type Writer::scalar_type() {
  const std::vector<ScalarKind> kinds = {ScalarKind::kI64, ScalarKind::kI64,  ScalarKind::kI64, ScalarKind::kF64,
                                         ScalarKind::kF64, ScalarKind::kBool, ScalarKind::kI32, ScalarKind::kI8,
                                         ScalarKind::kI16, ScalarKind::kU8,   ScalarKind::kU16, ScalarKind::kU32,
                                         ScalarKind::kU64, ScalarKind::kF32};
  return Type::scalar(random_.pick(kinds));
}

Type Writer::element_type(int depth) {
  if (depth <= 0 || random_.chance(60)) return scalar_type();
  if (random_.chance(25)) return Type::vec(Type::i8());
  if (random_.chance(25)) return Type::vec(element_type(depth - 1));
  std::vector<Type> fields;
  for (int64_t i = random_.between(1, 3); i > 0; i--) fields.push_back(element_type(depth - 1));
  return Type::structure(fields);
}

Type Writer::any_type(int depth) {
  if (random_.chance(15)) {
    const bool group = random_.chance(40);
    return Type::dict(key_type(1), group ? Type::vec(element_type(1)) : reduced_type(1));
  }
  return random_.chance(60) ? Type::vec(element_type(depth - 1)) : element_type(depth);
}

Type Writer::key_type(int depth) {
  if (depth > 0 && random_.chance(15)) return Type::vec(Type::i8());
  if (depth > 0 && random_.chance(6)) return Type::vec(Type::i64());
  if (depth > 0 && random_.chance(25)) {
    std::vector<Type> fields;
    for (int64_t i = random_.between(1, 3); i > 0; i--) fields.push_back(key_type(depth - 1));
    return Type::structure(fields);
  }
  return scalar_type();
}

Type Writer::reduced_type(int depth) {
  if (depth > 0 && random_.chance(25)) {
    std::vector<Type> fields;
    for (int64_t i = random_.between(1, 3); i > 0; i--) fields.push_back(reduced_type(0));
    return Type::structure(fields);
  }
  Type type = scalar_type();
  return type.is_scalar(ScalarKind::kBool) ? Type::i64() : type;
}

MergeOp Writer::any_op() {
  return random_.pick(std::vector<MergeOp>{MergeOp::kAdd, MergeOp::kAdd, MergeOp::kMultiply, MergeOp::kMin, MergeOp::kMax});
}

// --- names ---

void Writer::add_name(const std::string& name, Type type) {
  names_.push_back({name, type});
  if (!type.is_struct() || name.size() > 24) return;
  for (size_t i = 0; i < type.children().size(); i++) add_name(name + ".$" + std::to_string(i), type.child(i));
}

std::optional<std::string> Writer::named(Type type) {
  std::vector<std::string> fitting;
  for (const Name& name : names_) {
    if (name.type == type) fitting.push_back(name.name);
  }
  if (fitting.empty()) return std::nullopt;
  // What was bound last is likely to be what a loop is about.
  return random_.chance(40) ? fitting.back() : random_.pick(fitting);
}

// --- any type ---

std::string Writer::leaf(Type type, bool ordered) {
  if (!ordered && random_.chance(70)) {
    if (auto name = named(type)) return *name;
    if (type.is_scalar()) {
      if (auto name = named(scalar_type())) return std::string(scalar_name(type.scalar_kind())) + "(" + *name + ")";
    }
  }
  if (type.is_scalar()) return scalar_literal(random_, type.scalar_kind(), ordered);
  if (type.is_struct()) {
    std::string text;
    for (Type child : type.children()) text += (text.empty() ? "" : ", ") + leaf(child, ordered);
    return "{" + text + "}";
  }
  if (type.is_dict()) return dict(type, 0);
  if (type.child(0) == Type::i8()) {
    return random_.pick(
        std::vector<std::string>{"\"\"", "\"a\"", "\"b\"", "\"ab\"", "\"abc\"", "\"longer than one word\"", "\"\\0\""});
  }
  const int64_t count = random_.below(4);
  if (count == 0) return "([]: " + type.to_string() + ")";
  std::string text;
  for (int64_t i = 0; i < count; i++) text += (i > 0 ? ", " : "") + leaf(type.child(0), ordered);
  return "[" + text + "]";
}

std::string Writer::expr(Type type, int depth) {
  if (depth <= 0 || ++written_ > kMaximumWritten) return leaf(type);
  if (type.is_dict()) return dict(type, depth);
  if (random_.chance(22)) return common(type, depth);
  if (type.is_scalar()) return scalar(type, depth);
  return type.is_vec() ? vec(type, depth) : structure(type, depth);
}

std::string Writer::let(Type type, int depth) {
  Scope scope(*this);
  const Type bound = element_type(1);
  const std::string name = fresh("x");
  const std::string value = expr(bound, depth - 1);
  add_name(name, bound);
  return "(let " + name + " = " + value + "; " + expr(type, depth - 1) + ")";
}

std::string Writer::iterate(Type type, int depth) {
  Scope scope(*this);
  const std::string state = fresh("st");
  const std::string first = expr(type, depth - 1);
  add_name(state + ".$0", type);
  add_name(state + ".$1", Type::i64());
  const std::string rounds = std::to_string(random_.below(4)) + "L";
  return "iterate({" + first + ", 0L}, |" + state + "| {{" + expr(type, depth - 1) + ", " + state + ".$1 + 1L}, " + state +
         ".$1 < " + rounds + "}).$0";
}

std::string Writer::lookup(Type type, int depth) {
  const std::string vec = fresh("v");
  const std::string index = fresh("n");
  const std::string values = any_vec(Type::vec(type), depth - 1);
  const std::string start = "(let " + vec + " = " + values + "; let " + index + " = " + expr(Type::i64(), depth - 1) + "; ";
  if (may_fail_ && random_.chance(25)) {
    return start + "lookup(" + vec + ", " + (random_.chance(60) ? index + " & 1L" : index) + "))";
  }
  return start + "if(" + index + " >= 0L && " + index + " < len(" + vec + "), lookup(" + vec + ", " + index + "), " + leaf(type) +
         "))";
}

std::string Writer::with_dict(Type type, int depth) {
  const std::string name = fresh("d");
  const Type key_of = key_type(1);
  const Type dict_type = Type::dict(key_of, type.is_vec() || is_reducible(type) ? type : Type::i64());
  const std::string start = "(let " + name + " = " + dict(dict_type, depth - 1) + "; ";
  const std::string probe = key(key_of, depth - 1);
  if (dict_type.child(1) != type || random_.chance(15)) {
    if (type == Type::i64()) return start + "len(" + name + "))";
    if (type == Type::boolean()) return start + "keyexists(" + name + ", " + probe + "))";
    if (dict_type.child(1) != type)
      return start + "if(keyexists(" + name + ", " + probe + "), " + leaf(type) + ", " + leaf(type) + "))";
  }
  if (may_fail_ && random_.chance(25)) return start + "lookup(" + name + ", " + probe + "))";
  if (random_.chance(40)) return start + "optlookup(" + name + ", " + probe + ").$1)";
  const std::string bound = fresh("k");
  return start + "let " + bound + " = " + probe + "; if(keyexists(" + name + ", " + bound + "), lookup(" + name + ", " + bound +
         "), " + leaf(type) + "))";
}

std::string Writer::common(Type type, int depth) {
  switch (random_.below(8)) {
    case 0:
      return "if(" + boolean(depth - 1) + ", " + expr(type, depth - 1) + ", " + expr(type, depth - 1) + ")";
    case 1:
      return "select(" + boolean(depth - 1) + ", " + expr(type, depth - 1) + ", " + expr(type, depth - 1) + ")";
    case 2: {
      const Type other = element_type(1);
      return "{" + expr(other, depth - 1) + ", " + expr(type, depth - 1) + "}.$1";
    }
    case 3:
      return lookup(type, depth);
    case 4:
      return loops_ < 2 ? with_dict(type, depth) : let(type, depth);
    case 5: {
      Scope scope(*this);
      const std::string function = fresh("fn");
      const std::string parameter = fresh("y");
      const Type takes = element_type(1);
      const std::string argument = expr(takes, depth - 1);
      add_name(parameter, takes);
      return "(let " + function + " = |" + parameter + ": " + takes.to_string() + "| " + expr(type, depth - 1) + "; " + function +
             "(" + argument + "))";
    }
    case 6:
      if (type.is_scalar()) return iterate(type, depth);
      [[fallthrough]];
    default:
      return let(type, depth);
  }
}

// --- scalars ---

std::string Writer::scalar(Type type, int depth) {
  if (random_.chance(15)) return leaf(type);
  if (type == Type::boolean()) return boolean(depth);
  if (loops_ < 2 && random_.chance(22)) return reduction(type, depth);
  return number(type.scalar_kind(), depth);
}

std::string Writer::boolean(int depth) {
  if (depth <= 0) return leaf(Type::boolean());
  switch (random_.below(7)) {
    case 0:
      return "(" + boolean(depth - 1) + (random_.chance(50) ? " && " : " || ") + boolean(depth - 1) + ")";
    case 1:
      return "(" + boolean(depth - 1) + random_.pick(std::vector<std::string>{" & ", " | ", " ^ "}) + boolean(depth - 1) + ")";
    case 2:
      return "!(" + boolean(depth - 1) + ")";
    case 3:
      return "bool(" + expr(scalar_type(), depth - 1) + ")";
    default: {
      const Type type = random_.chance(75) ? scalar_type() : element_type(2);
      const std::vector<std::string> operators = {" < ", " > ", " <= ", " >= ", " == ", " != "};
      return "(" + expr(type, depth - 1) + random_.pick(operators) + expr(type, depth - 1) + ")";
    }
  }
}

std::string Writer::integer_division(Type type, int depth) {
  const std::string op = random_.chance(50) ? " / " : " % ";
  const std::string left = expr(type, depth - 1);
  if (may_fail_ && random_.chance(30)) return "(" + left + op + expr(type, depth - 1) + ")";
  if (random_.chance(50)) return "(" + left + op + std::to_string(random_.between(2, 9)) + scalar_name(type.scalar_kind()) + ")";
  const std::string divisor = fresh("q");
  const std::string name = scalar_name(type.scalar_kind());
  const std::string minus = is_unsigned(type.scalar_kind()) ? "" : " || " + divisor + " == (-1" + name + ")";
  return "(let " + divisor + " = " + expr(type, depth - 1) + "; if(" + divisor + " == 0" + name + minus + ", 0" + name + ", " +
         left + op + divisor + "))";
}

std::string Writer::number(ScalarKind kind, int depth) {
  const Type type = Type::scalar(kind);
  const bool floats = is_float(kind);
  switch (random_.below(8)) {
    case 0:
    case 1:
      return "(" + expr(type, depth - 1) + random_.pick(std::vector<std::string>{" + ", " - ", " * "}) + expr(type, depth - 1) +
             ")";
    case 2:
      if (floats) return "(" + expr(type, depth - 1) + (random_.chance(70) ? " / " : " % ") + expr(type, depth - 1) + ")";
      return integer_division(type, depth);
    case 3:
      return (random_.chance(50) ? "min(" : "max(") + expr(type, depth - 1) + ", " + expr(type, depth - 1) + ")";
    case 4:
      if (!floats) {
        const std::vector<std::string> operators = {" & ", " | ", " ^ ", " << ", " >> "};
        return "(" + expr(type, depth - 1) + random_.pick(operators) + expr(type, depth - 1) + ")";
      }
      return random_.pick(std::vector<std::string>{"sqrt(", "floor(", "ceil(", "round("}) + expr(type, depth - 1) + ")";
    case 5:
      return (random_.chance(50) ? "-(" : "abs(") + expr(type, depth - 1) + ")";
    case 6:
      if (kind == ScalarKind::kI64 && random_.chance(40)) return "len(" + any_vec(Type::vec(element_type(1)), depth - 1) + ")";
      [[fallthrough]];
    default:
      return std::string(scalar_name(kind)) + "(" + expr(scalar_type(), depth - 1) + ")";
  }
}

std::string Writer::key(Type type, int depth) {
  if (type.is_struct()) {
    std::string text;
    for (Type child : type.children()) text += (text.empty() ? "" : ", ") + key(child, depth - 1);
    return "{" + text + "}";
  }
  if (type.is_scalar() && is_float(type.scalar_kind())) {
    return std::string(scalar_name(type.scalar_kind())) + "(" + expr(Type::i8(), depth - 1) + ")";
  }
  // Few different keys, so that they meet.
  if (type.is_scalar() && is_integer(type.scalar_kind()) && random_.chance(60)) {
    return "(" + expr(type, depth - 1) + " & 3" + scalar_name(type.scalar_kind()) + ")";
  }
  return expr(type, depth - 1);
}

std::string Writer::reduced(Type type, MergeOp op, int depth) {
  if (type.is_struct()) {
    std::string text;
    for (Type child : type.children()) text += (text.empty() ? "" : ", ") + reduced(child, op, depth - 1);
    return "{" + text + "}";
  }
  if (!is_float(type.scalar_kind())) return expr(type, depth - 1);
  if (op == MergeOp::kAdd) return std::string(scalar_name(type.scalar_kind())) + "(" + expr(Type::i8(), depth - 1) + ")";
  if (op == MergeOp::kMultiply) {
    const std::string suffix = type == Type::f32() ? "f" : "";
    return "select(" + boolean(depth - 1) + ", 2.0" + suffix + ", -1.0" + suffix + ")";
  }
  return expr(type, depth - 1);
}

// --- structs ---

std::string Writer::structure(Type type, int depth) {
  bool buildable = loops_ < 2 && random_.chance(40);
  for (Type child : type.children()) buildable = buildable && (child.is_vec() || child.is_dict() || is_reducible(child));
  if (!buildable) {
    if (random_.chance(20)) return leaf(type);
    std::string text;
    for (Type child : type.children()) text += (text.empty() ? "" : ", ") + expr(child, depth - 1);
    return "{" + text + "}";
  }
  std::vector<Builder> builders;
  std::string builder;
  for (Type child : type.children()) {
    builders.push_back(child.is_scalar() || child.is_struct() ? merger(child, depth)
                       : child.is_vec()                       ? builder_for_vec(child, depth)
                                                              : builder_for_dict(child));
    builder += (builder.empty() ? "" : ", ") + builders.back().text;
  }
  const std::string state = fresh("r");
  std::string results;
  for (size_t i = 0; i < builders.size(); i++) {
    results += (i > 0 ? ", result(" : "result(") + state + ".$" + std::to_string(i) + ")";
  }
  return "(let " + state + " = " + loop("{" + builder + "}", builders, depth, true) + "; {" + results + "})";
}

}  // namespace weld::generator
