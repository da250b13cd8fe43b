// Loops and builders.
#include "tests/generator/writer.h"

namespace weld::generator {

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
  if (type.is_scalar() && random_.chance(25)) return concat({"result(", simd_loops(builder, depth), ")"});
  return concat({"result(", loop(builder.text, {builder}, depth, false), ")"});
}

}  // namespace weld::generator
