// Numbers, truths and keys.
#include "tests/generator/writer.h"
#include "weld/ir/ops.h"

namespace weld::generator {
namespace {

const std::vector<std::string>& inexact_functions() {
  static const std::vector<std::string> names = {"exp", "exp2", "log",  "log2", "log10", "cbrt", "sin",  "cos",
                                                 "tan", "asin", "acos", "atan", "sinh",  "cosh", "tanh", "erf"};
  return names;
}

bool is_float_type(Type type) { return type.is_scalar() && is_float(type.scalar_kind()); }

}  // namespace

std::string Writer::scalar(Type type, int depth) {
  if (random_.chance(15)) return leaf(type);
  if (type == Type::boolean()) return boolean(depth);
  if (loops_ < 2 && random_.chance(22)) return reduction(type, depth);
  return number(type.scalar_kind(), depth);
}

std::string Writer::boolean(int depth) {
  if (depth <= 0) return leaf(Type::boolean());
  switch (random_.below(7)) {
    case 0: {
      const std::string_view op = random_.pick<std::string_view>({" && ", " || "});
      return concat({"(", boolean(depth - 1), op, boolean(depth - 1), ")"});
    }
    case 1: {
      const std::string_view op = random_.pick<std::string_view>({" & ", " | ", " ^ "});
      return concat({"(", boolean(depth - 1), op, boolean(depth - 1), ")"});
    }
    case 2:
      return concat({"!(", boolean(depth - 1), ")"});
    case 3:
      return concat({"bool(", expr(scalar_type(), depth - 1), ")"});
    default: {
      const Type type = random_.chance(75) ? scalar_type() : element_type(2);
      const std::string_view op = random_.pick<std::string_view>({" < ", " > ", " <= ", " >= ", " == ", " != "});
      return concat({"(", expr(type, depth - 1), op, expr(type, depth - 1), ")"});
    }
  }
}

std::string Writer::integer_division(Type type, int depth) {
  const std::string_view op = random_.pick<std::string_view>({" / ", " % "});
  const std::string name = scalar_name(type.scalar_kind());
  const std::string left = expr(type, depth - 1);
  if (may_fail_ && random_.chance(30)) return concat({"(", left, op, expr(type, depth - 1), ")"});
  if (random_.chance(50)) return concat({"(", left, op, std::to_string(random_.between(2, 9)), name, ")"});
  const std::string divisor = fresh("q");
  const std::string minus = is_unsigned(type.scalar_kind()) ? "" : concat({" || ", divisor, " == (-1", name, ")"});
  return concat({"(let ", divisor, " = ", expr(type, depth - 1), "; if(", divisor, " == 0", name, minus, ", 0", name, ", ", left,
                 op, divisor, "))"});
}

std::string Writer::function_of_float(Type type, int depth) {
  if (functions_ == Functions::kNone || random_.chance(20)) {
    const std::string function = random_.pick<std::string>({"sqrt", "floor", "ceil", "round", "abs"});
    return concat({function, "(", expr(type, depth - 1), ")"});
  }
  if (random_.chance(15)) {
    const Type exponent = random_.chance(50) ? type : scalar_type();
    const bool fits = exponent == type || (exponent.is_scalar() && is_integer(exponent.scalar_kind()));
    return concat({"pow(", expr(type, depth - 1), ", ", expr(fits ? exponent : type, depth - 1), ")"});
  }
  const std::string function = random_.pick(inexact_functions());
  return concat({function, "(", expr(type, depth - 1), ")"});
}

std::string Writer::functions_of_numbers(Type type, int depth) {
  Scope scope(*this);
  const Type element = type.child(0);
  const std::string vec = any_vec(Type::vec(element), depth - 1);
  const std::string name = fresh("fe");
  loops_++;
  add_name(name, element);
  const std::string value = number(element.scalar_kind(), depth - 2);
  std::vector<std::string> values;
  for (int i = 0; i < 3; i++) {
    const bool power = random_.chance(15);
    const std::string function = power ? "pow" : random_.pick(inexact_functions());
    const std::string exponent = power ? ", " + leaf(random_.chance(50) ? element : Type::i64()) : "";
    values.push_back(concat({function, "(", value, exponent, ")"}));
  }
  loops_--;
  return concat({"map(", vec, ", |", name, "| {", tuple(values), "})"});
}

std::string Writer::number(ScalarKind kind, int depth) {
  const Type type = Type::scalar(kind);
  const bool floats = is_float(kind);
  if (depth <= 0) return leaf(type);
  switch (random_.below(8)) {
    case 0:
    case 1: {
      const std::string_view op = random_.pick<std::string_view>({" + ", " - ", " * "});
      return concat({"(", expr(type, depth - 1), op, expr(type, depth - 1), ")"});
    }
    case 2: {
      if (!floats) return integer_division(type, depth);
      const std::string_view op = random_.chance(70) ? " / " : " % ";
      return concat({"(", expr(type, depth - 1), op, expr(type, depth - 1), ")"});
    }
    case 3: {
      const std::string_view function = random_.pick<std::string_view>({"min(", "max("});
      return concat({function, expr(type, depth - 1), ", ", expr(type, depth - 1), ")"});
    }
    case 4: {
      if (floats) return function_of_float(type, depth);
      const std::string_view op = random_.pick<std::string_view>({" & ", " | ", " ^ ", " << ", " >> "});
      return concat({"(", expr(type, depth - 1), op, expr(type, depth - 1), ")"});
    }
    case 5: {
      const std::string_view function = random_.pick<std::string_view>({"-(", "abs("});
      return concat({function, expr(type, depth - 1), ")"});
    }
    case 6:
      if (!floats && random_.chance(15)) return concat({"sum(", any_vec(Type::vec(type), depth - 1), ")"});
      if (kind == ScalarKind::kI64 && random_.chance(40)) {
        const Type element = element_type(1);
        if (random_.chance(25)) return concat({"len(serialize(", expr(Type::vec(element), depth - 1), "))"});
        return concat({"len(", any_vec(Type::vec(element), depth - 1), ")"});
      }
      [[fallthrough]];
    default:
      return concat({scalar_name(kind), "(", expr(scalar_type(), depth - 1), ")"});
  }
}

std::string Writer::key(Type type, int depth, Numbers numbers) {
  if (type.is_struct()) {
    std::vector<std::string> fields;
    for (Type child : type.children()) fields.push_back(key(child, depth - 1, numbers));
    return "{" + tuple(fields) + "}";
  }
  if (is_float_type(type)) {
    if (numbers == Numbers::kAll && random_.chance(30)) return expr(type, depth - 1);
    return concat({scalar_name(type.scalar_kind()), "(", expr(Type::i8(), depth - 1), ")"});
  }
  // Few different keys, so that they meet.
  if (type.is_scalar() && is_integer(type.scalar_kind()) && random_.chance(60)) {
    return concat({"(", expr(type, depth - 1), " & 3", scalar_name(type.scalar_kind()), ")"});
  }
  return expr(type, depth - 1);
}

std::string Writer::reduced(Type type, MergeOp op, int depth) {
  if (type.is_struct()) {
    std::vector<std::string> fields;
    for (Type child : type.children()) fields.push_back(reduced(child, op, depth - 1));
    return "{" + tuple(fields) + "}";
  }
  if (!is_float_type(type)) return expr(type, depth - 1);
  if (op == MergeOp::kAdd) return concat({scalar_name(type.scalar_kind()), "(", expr(Type::i8(), depth - 1), ")"});
  if (op == MergeOp::kMultiply) {
    const std::string_view suffix = type == Type::f32() ? "f" : "";
    return concat({"select(", boolean(depth - 1), ", 2.0", suffix, ", -1.0", suffix, ")"});
  }
  return expr(type, depth - 1);
}

}  // namespace weld::generator
