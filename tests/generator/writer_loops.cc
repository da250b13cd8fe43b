// Iterators, loops and builders.
#include "tests/generator/writer.h"

namespace weld::generator {

// --- iterators ---

std::string Writer::any_vec(Type type, int depth) {
  std::string text = leaf(type);
  if (random_.chance(30)) text = expr(type, depth);
  return loops_ == 0 ? text : concat({"slice(", text, ", 0L, ", std::to_string(random_.between(1, 6)), "L)"});
}

std::string Writer::one_iterator(const std::string& vec) {
  const std::string length = "len(" + vec + ")";
  if (may_fail_ && random_.chance(8)) {
    return concat({"iter(", vec, ", ", std::to_string(random_.below(3)), "L, ", std::to_string(random_.below(6)), "L, ",
                   std::to_string(random_.below(3)), "L)"});
  }
  switch (random_.below(8)) {
    case 0:
      return concat({"iter(", vec, ")"});
    case 1:
      return concat({"iter(", vec, ", ", length, " % 2L, ", length, ", 2L)"});
    case 2:
      return concat({"iter(", vec, ", min(1L, ", length, "), ", length, ", 1L)"});
    case 3:
      return concat({"iter(", vec, ", 0L, ", length, " / 3L * 3L, 3L)"});
    default:
      return vec;
  }
}

// What is zipped with a vec: as long as it, unless the program may fail.
std::string Writer::second_iterator(const std::string& vec, Type element, int depth, Iterators* made) {
  const Type other = element_type(1);
  std::vector<Type> elements = {element, other};
  std::string second;
  if (may_fail_ && random_.chance(20)) {
    second = any_vec(Type::vec(other), depth - 1);
  } else if (random_.chance(40)) {
    second = concat({"rangeiter(0L, len(", vec, "), 1L)"});
    elements[1] = Type::i64();
  } else {
    Scope scope(*this);
    loops_++;
    const std::string name = fresh("m");
    add_name(name, element);
    second = fresh("z");
    made->lets += concat({"let ", second, " = map(", vec, ", |", name, "| ", expr(other, depth - 2), "); "});
    loops_--;
  }
  made->element = Type::structure(elements);
  return second;
}

Writer::Iterators Writer::iterators(int depth) {
  Iterators made;
  if (random_.chance(15)) {
    const int64_t start = random_.between(-3, 3);
    const int64_t stride = random_.between(1, 3);
    const int64_t count = random_.below(loops_ == 0 ? 30 : 5);
    made.element = Type::i64();
    made.text = concat({"rangeiter(", std::to_string(start), "L, ", std::to_string(start + count * stride), "L, ",
                        std::to_string(stride), "L)"});
    return made;
  }
  // A vec in scope, or one that is made here.
  std::vector<Name> vecs;
  for (const Name& name : names_) {
    if (name.type.is_vec()) vecs.push_back(name);
  }
  const std::string vec = fresh("w");
  Type element;
  if (!vecs.empty() && random_.chance(75)) {
    const Name chosen = random_.pick(vecs);
    element = chosen.type.child(0);
    made.lets = concat({"let ", vec, " = ", loops_ == 0 ? chosen.name : "slice(" + chosen.name + ", 0L, 7L)", "; "});
  } else {
    element = element_type(2);
    made.lets = concat({"let ", vec, " = ", any_vec(Type::vec(element), depth - 1), "; "});
  }
  if (random_.chance(65)) {
    made.text = one_iterator(vec);
    made.element = element;
    return made;
  }
  const std::string second = second_iterator(vec, element, depth, &made);
  made.text = concat({"zip(", vec, ", ", second, ")"});
  return made;
}

// --- loops ---

std::string Writer::loop(const std::string& builder, const std::vector<Builder>& builders, int depth, bool is_struct) {
  Scope scope(*this);
  const Iterators over = iterators(depth);
  const std::string state = fresh("b");
  const std::string row = fresh("n");
  const std::string element = fresh("e");
  loops_++;
  add_name(row, Type::i64());
  add_name(element, over.element);
  const std::string body = is_struct ? merges(state, builders, depth - 1) : merge_one(state, builders[0], depth - 1);
  loops_--;
  return concat({"(", over.lets, "for(", over.text, ", ", builder, ", |", state, ", ", row, ", ", element, "| ", body, "))"});
}

std::string Writer::merges(const std::string& state, const std::vector<Builder>& builders, int depth) {
  const int64_t way = depth <= 0 ? 9 : random_.below(10);
  if (way == 0 && loops_ < 2) return loop(state, builders, depth, true);
  if (way == 1) {
    Scope scope(*this);
    const std::string name = fresh("x");
    const Type type = element_type(1);
    const std::string value = expr(type, depth - 1);
    add_name(name, type);
    return concat({"(let ", name, " = ", value, "; ", merges(state, builders, depth - 1), ")"});
  }
  if (way == 2) return concat({"if(", boolean(depth - 1), ", ", merges(state, builders, depth - 1), ", ", state, ")"});
  std::vector<std::string> fields;
  for (size_t i = 0; i < builders.size(); i++) fields.push_back(merge_one(state + ".$" + std::to_string(i), builders[i], depth));
  return "{" + tuple(fields) + "}";
}

std::string Writer::merge_one(const std::string& state, const Builder& builder, int depth) {
  auto merge = [&](const std::string& into) { return concat({"merge(", into, ", ", merge_value(builder, depth), ")"}); };
  if (depth <= 0) return merge(state);
  switch (random_.below(10)) {
    case 0:
    case 1:
      return concat({"if(", boolean(depth - 1), ", ", merge(state), ", ", state, ")"});
    case 2:
      return concat({"if(", boolean(depth - 1), ", ", merge(state), ", ", merge(state), ")"});
    case 3:
      return merge(merge(state));
    case 4: {
      Scope scope(*this);
      const std::string name = fresh("x");
      const Type type = element_type(1);
      const std::string value = expr(type, depth - 1);
      add_name(name, type);
      return concat({"(let ", name, " = ", value, "; ", merge_one(state, builder, depth - 1), ")"});
    }
    case 5:
      if (loops_ < 2) return loop(state, {builder}, depth, false);
      [[fallthrough]];
    default:
      return merge(state);
  }
}

std::string Writer::merge_value(const Builder& builder, int depth) {
  const Type type = builder.type;
  switch (type.kind()) {
    case TypeKind::kAppender:
      return expr(type.child(0), depth);
    case TypeKind::kMerger:
      return reduced(type.child(0), type.merge_op(), depth);
    case TypeKind::kDictMerger:
      return concat({"{", key(type.child(0), depth, builder.keys), ", ", reduced(type.child(1), type.merge_op(), depth), "}"});
    case TypeKind::kGroupMerger:
      return concat({"{", key(type.child(0), depth, builder.keys), ", ", expr(type.child(1), depth), "}"});
    default: {
      const int64_t mask = may_fail_ && random_.chance(15) ? builder.base_length : builder.base_length - 1;
      return concat({"{", expr(Type::i64(), depth), " & ", std::to_string(mask), "L, ",
                     reduced(type.child(0), type.merge_op(), depth), "}"});
    }
  }
}

// --- builders ---

MergeOp Writer::any_op() {
  return random_.pick({MergeOp::kAdd, MergeOp::kAdd, MergeOp::kMultiply, MergeOp::kMin, MergeOp::kMax});
}

Writer::Builder Writer::merger(Type type, int depth) {
  Builder builder;
  builder.type = Type::merger(type, any_op());
  builder.text = builder.type.to_string();
  if (random_.chance(25)) builder.text += "(" + reduced(type, builder.type.merge_op(), depth - 1) + ")";
  return builder;
}

Writer::Builder Writer::builder_for_vec(Type type, int depth) {
  Builder builder;
  const Type element = type.child(0);
  if (!is_reducible(element) || random_.chance(70)) {
    builder.type = Type::appender(element);
    builder.text = builder.type.to_string() + (random_.chance(10) ? "(4L)" : "");
    return builder;
  }
  builder.type = Type::vec_merger(element, any_op());
  builder.base_length = random_.pick<int64_t>({1, 2, 4, 8});
  std::vector<std::string> base;
  for (int64_t i = 0; i < builder.base_length; i++) base.push_back(reduced(element, builder.type.merge_op(), depth > 2 ? 1 : 0));
  // A vec[i8] is written as a string only where it is read from an argument.
  builder.text = builder.type.to_string() + "([" + tuple(base) + "])";
  return builder;
}

Writer::Builder Writer::builder_for_dict(Type type, Numbers keys) {
  Builder builder;
  const Type value = type.child(1);
  builder.type =
      value.is_vec() ? Type::group_merger(type.child(0), value.child(0)) : Type::dict_merger(type.child(0), value, any_op());
  builder.text = builder.type.to_string() + (random_.chance(10) ? "(8L)" : "");
  builder.keys = keys;
  return builder;
}

std::string Writer::reduction(Type type, int depth) {
  const Builder builder = merger(type, depth);
  return concat({"result(", loop(builder.text, {builder}, depth, false), ")"});
}

}  // namespace weld::generator
