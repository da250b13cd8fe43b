// Types, names, leaves, structs and the forms that fit every type.
#include "tests/generator/writer.h"

namespace weld::generator {
namespace {

constexpr int kMaximumWritten = 220;

}  // namespace

bool is_reducible(Type type) {
  if (type.is_scalar()) return !type.is_scalar(ScalarKind::kBool);
  if (!type.is_struct() || type.children().empty()) return false;
  for (Type child : type.children()) {
    if (!child.is_scalar() || child.is_scalar(ScalarKind::kBool)) return false;
  }
  return true;
}

// --- types ---

Type Writer::scalar_type() {
  return Type::scalar(random_.pick({ScalarKind::kI64, ScalarKind::kI64, ScalarKind::kI64, ScalarKind::kF64, ScalarKind::kF64,
                                    ScalarKind::kBool, ScalarKind::kI32, ScalarKind::kI8, ScalarKind::kI16, ScalarKind::kU8,
                                    ScalarKind::kU16, ScalarKind::kU32, ScalarKind::kU64, ScalarKind::kF32}));
}

Type Writer::element_type(int depth) {
  if (depth <= 0 || random_.chance(60)) return scalar_type();
  if (random_.chance(25)) return Type::vec(Type::i8());
  if (random_.chance(25)) return Type::vec(element_type(depth - 1));
  std::vector<Type> fields;
  const int64_t count = random_.chance(3) ? 12 : random_.chance(2) ? 0 : random_.between(1, 3);
  for (int64_t i = 0; i < count; i++) fields.push_back(element_type(count > 3 ? 0 : depth - 1));
  return Type::structure(fields);
}

Type Writer::any_type(int depth) {
  if (random_.chance(15)) {
    const Type key = key_type(1);
    const int64_t value = random_.below(20);
    // A groupmerger's values may be anything: also dictionaries.
    if (value == 0) return Type::dict(key, Type::vec(Type::dict(key_type(0), Type::i64())));
    return Type::dict(key, value < 8 ? Type::vec(element_type(1)) : reduced_type(1));
  }
  if (random_.chance(4)) {
    const Type key = key_type(1);
    const Type dict = Type::dict(key, reduced_type(1));
    return random_.chance(50) ? Type::vec(dict) : Type::structure(std::vector<Type>{dict, element_type(1)});
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

std::string Writer::leaf(Type type, Numbers numbers) {
  if (numbers == Numbers::kAll && random_.chance(70)) {
    if (auto name = named(type)) return *name;
    if (type.is_scalar()) {
      if (auto name = named(scalar_type())) return concat({scalar_name(type.scalar_kind()), "(", *name, ")"});
    }
  }
  if (type.is_scalar()) return scalar_literal(random_, type.scalar_kind(), numbers);
  if (type.is_struct()) {
    std::vector<std::string> fields;
    for (Type child : type.children()) fields.push_back(leaf(child, numbers));
    return "{" + tuple(fields) + "}";
  }
  if (type.is_dict()) return dict(type, 0, numbers);
  if (type.child(0) == Type::i8()) {
    return random_.pick<std::string>({"\"\"", "\"a\"", "\"b\"", "\"ab\"", "\"abc\"", "\"longer than one word\"", "\"\\0\""});
  }
  const int64_t count = random_.below(4);
  if (count == 0) return "([]: " + type.to_string() + ")";
  std::vector<std::string> elements;
  for (int64_t i = 0; i < count; i++) elements.push_back(leaf(type.child(0), numbers));
  return "[" + tuple(elements) + "]";
}

std::string Writer::expr(Type type, int depth) {
  if (depth <= 0 || ++written_ > kMaximumWritten) return leaf(type);
  if (random_.chance(type.is_scalar() ? 1 : 7)) return unpacked(type, depth);
  if (type.is_dict() && !random_.chance(8)) return dict(type, depth, Numbers::kAll);
  if (random_.chance(type.is_dict() ? 100 : 3)) {
    if (auto call = client_call(type, depth)) return *call;
  }
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
  const std::string declared = random_.chance(10) ? ": " + bound.to_string() : "";
  return concat({"(let ", name, declared, " = ", value, "; ", expr(type, depth - 1), ")"});
}

std::string Writer::call(Type type, int depth) {
  Scope scope(*this);
  const std::string function = fresh("fn");
  const std::string parameter = fresh("y");
  const Type takes = element_type(1);
  const std::string argument = expr(takes, depth - 1);
  add_name(parameter, takes);
  return concat({"(let ", function, " = |", parameter, ": ", takes.to_string(), "| ", expr(type, depth - 1), "; ", function, "(",
                 argument, "))"});
}

std::string Writer::iterate(Type type, int depth) {
  Scope scope(*this);
  const std::string state = fresh("st");
  const std::string first = expr(type, depth - 1);
  add_name(state + ".$0", type);
  add_name(state + ".$1", Type::i64());
  const std::string rounds = std::to_string(random_.below(4)) + "L";
  return concat({"iterate({", first, ", 0L}, |", state, "| {{", expr(type, depth - 1), ", ", state, ".$1 + 1L}, ", state,
                 ".$1 < ", rounds, "}).$0"});
}

std::string Writer::lookup(Type type, int depth) {
  const std::string vec = fresh("v");
  const std::string index = fresh("n");
  const std::string values = any_vec(Type::vec(type), depth - 1);
  const std::string at = expr(Type::i64(), depth - 1);
  const std::string start = concat({"(let ", vec, " = ", values, "; let ", index, " = ", at, "; "});
  if (may_fail_ && random_.chance(25)) {
    return concat({start, "lookup(", vec, ", ", index, random_.chance(60) ? " & 1L" : "", "))"});
  }
  return concat(
      {start, "if(", index, " >= 0L && ", index, " < len(", vec, "), lookup(", vec, ", ", index, "), ", leaf(type), "))"});
}

std::string Writer::asserted(Type type, int depth) {
  const std::string condition = boolean(depth - 1);
  // Certain, but not plainly so.
  const std::string held = may_fail_ && random_.chance(40) ? condition : concat({"(", condition, ") | !(", condition, ")"});
  const std::string value = expr(type, depth - 1);
  if (random_.chance(50)) return concat({"if(assert(", held, "), ", value, ", ", leaf(type), ")"});
  return concat({"(let ", fresh("held"), " = assert(", held, "); ", value, ")"});
}

std::string Writer::common(Type type, int depth) {
  switch (random_.below(11)) {
    case 0:
      return concat({"if(", boolean(depth - 1), ", ", expr(type, depth - 1), ", ", expr(type, depth - 1), ")"});
    case 1:
      return concat({"select(", boolean(depth - 1), ", ", expr(type, depth - 1), ", ", expr(type, depth - 1), ")"});
    case 2: {
      const Type other = element_type(1);
      return concat({"{", expr(other, depth - 1), ", ", expr(type, depth - 1), "}.$1"});
    }
    case 3:
      return lookup(type, depth);
    case 4:
      return loops_ < 2 ? with_dict(type, depth) : let(type, depth);
    case 5:
      return call(type, depth);
    case 6:
      return type.is_scalar() ? iterate(type, depth) : let(type, depth);
    case 7:
      return random_.chance(40) ? asserted(type, depth) : concat({"(", expr(type, depth - 1), ": ", type.to_string(), ")"});
    case 8:
    case 9:
      return loops_ == 0 ? pipeline(type, depth) : let(type, depth);
    default:
      return let(type, depth);
  }
}

// --- structs ---

std::string Writer::structure(Type type, int depth) {
  bool buildable = loops_ < 2 && !type.children().empty() && random_.chance(40);
  for (Type child : type.children()) buildable = buildable && (child.is_vec() || child.is_dict() || is_reducible(child));
  if (!buildable) {
    if (random_.chance(20)) return leaf(type);
    std::vector<std::string> fields;
    for (Type child : type.children()) fields.push_back(expr(child, depth - 1));
    return "{" + tuple(fields) + "}";
  }
  std::vector<Builder> builders;
  std::vector<std::string> texts;
  for (Type child : type.children()) {
    builders.push_back(child.is_vec()    ? builder_for_vec(child, depth)
                       : child.is_dict() ? builder_for_dict(child, Numbers::kAll)
                                         : merger(child, depth));
    texts.push_back(builders.back().text);
  }
  const std::string state = fresh("r");
  std::vector<std::string> results;
  for (size_t i = 0; i < builders.size(); i++) results.push_back(concat({"result(", state, ".$", std::to_string(i), ")"}));
  const std::string body = loop("{" + tuple(texts) + "}", builders, depth, true);
  return concat({"(let ", state, " = ", body, "; {", tuple(results), "})"});
}

}  // namespace weld::generator
