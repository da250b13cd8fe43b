// Vecs, sorting and dictionaries.
#include "tests/generator/writer.h"

namespace weld::generator {

std::string Writer::dict(Type type, int depth, Numbers keys) {
  const Builder builder = builder_for_dict(type, keys);
  return concat({"result(", loop(builder.text, {builder}, depth, false), ")"});
}

std::string Writer::with_dict(Type type, int depth) {
  const std::string name = fresh("d");
  const Type key_of = key_type(1);
  const Type dict_type = Type::dict(key_of, type.is_vec() || is_reducible(type) ? type : Type::i64());
  const bool fits = dict_type.child(1) == type;
  const std::string made = dict(dict_type, depth - 1, Numbers::kAll);
  const std::string probe = key(key_of, depth - 1, Numbers::kAll);
  const std::string start = concat({"(let ", name, " = ", made, "; "});
  if (!fits || random_.chance(15)) {
    if (type == Type::i64()) return concat({start, "len(", name, "))"});
    if (type == Type::boolean()) return concat({start, "keyexists(", name, ", ", probe, "))"});
    if (!fits) return concat({start, "if(keyexists(", name, ", ", probe, "), ", leaf(type), ", ", leaf(type), "))"});
  }
  if (may_fail_ && random_.chance(25)) return concat({start, "lookup(", name, ", ", probe, "))"});
  if (random_.chance(40)) return concat({start, "optlookup(", name, ", ", probe, ").$1)"});
  const std::string bound = fresh("k");
  return concat({start, "let ", bound, " = ", probe, "; if(keyexists(", name, ", ", bound, "), lookup(", name, ", ", bound, "), ",
                 leaf(type), "))"});
}

std::string Writer::sort(Type type, int depth) {
  Scope scope(*this);
  const std::string vec = any_vec(type, depth - 1);
  const std::string first = random_.chance(30) ? ", " + expr(Type::i64(), depth - 1) : "";
  const std::string name = fresh("o");
  // A comparison that fails may or may not be made.
  const bool outer = may_fail_;
  may_fail_ = false;
  loops_ += 2;
  add_name(name, type.child(0));
  const Type by_type = key_type(1);
  const std::string by = key(by_type, depth - 1, Numbers::kOrdered);
  loops_ -= 2;
  may_fail_ = outer;
  if (random_.chance(50)) return concat({"sort(", vec, ", |", name, "| ", by, first, ")"});
  const std::string function = fresh("g");
  const bool descending = random_.chance(50);
  return concat({"(let ", function, " = |", name, ": ", type.child(0).to_string(), "| ", by, "; sort(", vec, ", |l, r| compare(",
                 function, descending ? "(r), " : "(l), ", function, descending ? "(l))" : "(r))", first, "))"});
}

std::string Writer::vec_from_dict(Type type, int depth) {
  Scope scope(*this);
  const Type key_of = key_type(1);
  const Type value = random_.chance(40) ? Type::vec(element_type(1)) : reduced_type(1);
  const std::string made = dict(Type::dict(key_of, value), depth - 1, Numbers::kOrdered);
  const std::string name = fresh("t");
  loops_++;
  add_name(name, Type::structure(std::vector<Type>{key_of, value}));
  const std::string body = expr(type.child(0), depth - 1);
  loops_--;
  return concat({"map(sort(tovec(", made, "), |t| t.$0), |", name, "| ", body, ")"});
}

std::string Writer::slice(Type type, int depth) {
  const std::string name = fresh("v");
  const std::string of = any_vec(type, depth - 1);
  const std::string at = expr(Type::i64(), depth - 1);
  const bool unchecked = may_fail_ && random_.chance(30);
  const std::string place = unchecked ? at + " & 3L" : concat({"min(max(", at, ", 0L), len(", name, "))"});
  return concat({"(let ", name, " = ", of, "; slice(", name, ", ", place, ", ", expr(Type::i64(), depth - 1), "))"});
}

std::string Writer::vec(Type type, int depth) {
  const Type element = type.child(0);
  if (element == Type::u8() && random_.chance(40)) return packed(depth);
  switch (random_.below(12)) {
    case 0: {
      if (element == Type::i8()) return leaf(type);
      std::vector<std::string> elements;
      for (int64_t i = random_.between(1, 4); i > 0; i--) elements.push_back(expr(element, depth - 1));
      return "[" + tuple(elements) + "]";
    }
    case 1:
    case 2: {
      Scope scope(*this);
      const std::string vec = any_vec(type, depth - 1);
      const std::string name = fresh("p");
      loops_++;
      add_name(name, element);
      const std::string keep = boolean(depth - 1);
      loops_--;
      return concat({"filter(", vec, ", |", name, "| ", keep, ")"});
    }
    case 3:
      return slice(type, depth);
    case 4:
      return element.is_dict() ? leaf(type) : sort(type, depth);
    case 5:
      return concat({"flatten(", any_vec(Type::vec(type), depth - 1), ")"});
    case 6:
      return loops_ < 2 ? vec_from_dict(type, depth) : leaf(type);
    case 7:
      return leaf(type);
    default: {
      if (loops_ >= 2) return leaf(type);
      const Builder builder = builder_for_vec(type, depth);
      const bool by_lanes = builder.type.kind() == TypeKind::kAppender && element.is_scalar();
      if (by_lanes && random_.chance(25)) return concat({"result(", simd_loops(builder, depth), ")"});
      return concat({"result(", loop(builder.text, {builder}, depth, false), ")"});
    }
  }
}

}  // namespace weld::generator
