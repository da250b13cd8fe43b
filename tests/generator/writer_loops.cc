// Loops, builders, vecs and dictionaries.
#include "tests/generator/writer.h"

namespace weld::generator {
namespace {

std::string tuple(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

bool is_reducible_element(Type type) {
  if (type.is_scalar()) return !type.is_scalar(ScalarKind::kBool);
  if (!type.is_struct() || type.children().empty()) return false;
  for (Type child : type.children()) {
    if (!child.is_scalar() || child.is_scalar(ScalarKind::kBool)) return false;
  }
  return true;
}

}  // namespace

// --- iterators ---

std::string Writer::any_vec(Type type, int depth) {
  std::string text = leaf(type);
  if (random_.chance(30)) text = expr(type, depth);
  return loops_ == 0 ? text : "slice(" + text + ", 0L, " + std::to_string(random_.between(1, 6)) + "L)";
}

std::string Writer::one_iterator(const std::string& vec) {
  const std::string length = "len(" + vec + ")";
  if (may_fail_ && random_.chance(8)) {
    return "iter(" + vec + ", " + std::to_string(random_.below(3)) + "L, " + std::to_string(random_.below(6)) + "L, " +
           std::to_string(random_.below(3)) + "L)";
  }
  switch (random_.below(8)) {
    case 0:
      return "iter(" + vec + ")";
    case 1:
      return "iter(" + vec + ", " + length + " % 2L, " + length + ", 2L)";
    case 2:
      return "iter(" + vec + ", min(1L, " + length + "), " + length + ", 1L)";
    case 3:
      return "iter(" + vec + ", 0L, " + length + " / 3L * 3L, 3L)";
    default:
      return vec;
  }
}

Writer::Iterators Writer::iterators(int depth) {
  Iterators made;
  if (random_.chance(15)) {
    const int64_t start = random_.below(4);
    const int64_t stride = random_.between(1, 3);
    const int64_t count = random_.below(loops_ == 0 ? 30 : 5);
    made.element = Type::i64();
    made.text = "rangeiter(" + std::to_string(start) + "L, " + std::to_string(start + count * stride) + "L, " +
                std::to_string(stride) + "L)";
    return made;
  }
  // A vec in scope, or one that is made here.
  std::vector<Name> vecs;
  for (const Name& name : names_) {
    if (name.type.is_vec()) vecs.push_back(name);
  }
  std::string vec = fresh("w");
  Type element;
  const bool by_name = !vecs.empty() && random_.chance(75);
  if (by_name) {
    const Name& chosen = random_.pick(vecs);
    element = chosen.type.child(0);
    made.lets = "let " + vec + " = " + (loops_ == 0 ? chosen.name : "slice(" + chosen.name + ", 0L, 7L)") + "; ";
  } else {
    element = element_type(2);
    made.lets = "let " + vec + " = " + any_vec(Type::vec(element), depth - 1) + "; ";
  }
  if (random_.chance(65)) {
    made.text = one_iterator(vec);
    made.element = element;
    return made;
  }
  const Type other = element_type(1);
  std::string second;
  Type second_element = other;
  if (may_fail_ && random_.chance(20)) {
    second = any_vec(Type::vec(other), depth - 1);
  } else if (random_.chance(40)) {
    second = "rangeiter(0L, len(" + vec + "), 1L)";
    second_element = Type::i64();
  } else {
    Scope scope(*this);
    loops_++;
    const std::string name = fresh("m");
    add_name(name, element);
    second = fresh("z");
    made.lets += "let " + second + " = map(" + vec + ", |" + name + "| " + expr(other, depth - 2) + "); ";
    loops_--;
  }
  made.text = "zip(" + vec + ", " + second + ")";
  made.element = Type::structure(std::vector<Type>{element, second_element});
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
  return "(" + over.lets + "for(" + over.text + ", " + builder + ", |" + state + ", " + row + ", " + element + "| " + body + "))";
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
    return "(let " + name + " = " + value + "; " + merges(state, builders, depth - 1) + ")";
  }
  if (way == 2) return "if(" + boolean(depth - 1) + ", " + merges(state, builders, depth - 1) + ", " + state + ")";
  std::vector<std::string> fields;
  for (size_t i = 0; i < builders.size(); i++) fields.push_back(merge_one(state + ".$" + std::to_string(i), builders[i], depth));
  return "{" + tuple(fields) + "}";
}

std::string Writer::merge_one(const std::string& state, const Builder& builder, int depth) {
  auto merge = [&](const std::string& into) { return "merge(" + into + ", " + merge_value(builder, depth) + ")"; };
  if (depth <= 0) return merge(state);
  switch (random_.below(10)) {
    case 0:
    case 1:
      return "if(" + boolean(depth - 1) + ", " + merge(state) + ", " + state + ")";
    case 2:
      return "if(" + boolean(depth - 1) + ", " + merge(state) + ", " + merge(state) + ")";
    case 3:
      return merge(merge(state));
    case 4: {
      Scope scope(*this);
      const std::string name = fresh("x");
      const Type type = element_type(1);
      const std::string value = expr(type, depth - 1);
      add_name(name, type);
      return "(let " + name + " = " + value + "; " + merge_one(state, builder, depth - 1) + ")";
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
      return "{" + key(type.child(0), depth) + ", " + reduced(type.child(1), type.merge_op(), depth) + "}";
    case TypeKind::kGroupMerger:
      return "{" + key(type.child(0), depth) + ", " + expr(type.child(1), depth) + "}";
    default: {
      const std::string mask =
          std::to_string(may_fail_ && random_.chance(15) ? builder.base_length : builder.base_length - 1) + "L";
      return "{" + expr(Type::i64(), depth) + " & " + mask + ", " + reduced(type.child(0), type.merge_op(), depth) + "}";
    }
  }
}

// --- builders ---

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
  if (!is_reducible_element(element) || random_.chance(70)) {
    builder.type = Type::appender(element);
    builder.text = builder.type.to_string() + (random_.chance(10) ? "(4L)" : "");
    return builder;
  }
  builder.type = Type::vec_merger(element, any_op());
  builder.base_length = random_.pick(std::vector<int64_t>{1, 2, 4, 8});
  std::vector<std::string> base;
  for (int64_t i = 0; i < builder.base_length; i++) base.push_back(reduced(element, builder.type.merge_op(), depth > 2 ? 1 : 0));
  // A vec[i8] is written as a string only where it is read from an argument.
  builder.text = builder.type.to_string() + "([" + tuple(base) + "])";
  return builder;
}

Writer::Builder Writer::builder_for_dict(Type type) {
  Builder builder;
  const Type value = type.child(1);
  builder.type =
      value.is_vec() ? Type::group_merger(type.child(0), value.child(0)) : Type::dict_merger(type.child(0), value, any_op());
  builder.text = builder.type.to_string() + (random_.chance(10) ? "(8L)" : "");
  return builder;
}

std::string Writer::reduction(Type type, int depth) {
  const Builder builder = merger(type, depth);
  return "result(" + loop(builder.text, {builder}, depth, false) + ")";
}

std::string Writer::dict(Type type, int depth) {
  const Builder builder = builder_for_dict(type);
  return "result(" + loop(builder.text, {builder}, depth, false) + ")";
}

// --- vecs ---

std::string Writer::sort(Type type, int depth) {
  Scope scope(*this);
  const std::string vec = any_vec(type, depth - 1);
  const std::string name = fresh("o");
  // A comparison that fails may or may not be made.
  const bool outer = may_fail_;
  may_fail_ = false;
  loops_ += 2;
  add_name(name, type.child(0));
  const std::string by = key(key_type(1), depth - 1);
  loops_ -= 2;
  may_fail_ = outer;
  if (random_.chance(50)) return "sort(" + vec + ", |" + name + "| " + by + ")";
  const std::string function = fresh("g");
  const bool descending = random_.chance(50);
  return "(let " + function + " = |" + name + ": " + type.child(0).to_string() + "| " + by + "; sort(" + vec +
         ", |l, r| compare(" + function + (descending ? "(r), " : "(l), ") + function + (descending ? "(l))))" : "(r))))");
}

std::string Writer::vec_from_dict(Type type, int depth) {
  Scope scope(*this);
  const Type key_of = key_type(1);
  const Type value = random_.chance(40) ? Type::vec(element_type(1)) : reduced_type(1);
  const std::string sorted = "sort(tovec(" + dict(Type::dict(key_of, value), depth - 1) + "), |t| t.$0)";
  const std::string name = fresh("t");
  loops_++;
  add_name(name, Type::structure(std::vector<Type>{key_of, value}));
  const std::string body = expr(type.child(0), depth - 1);
  loops_--;
  return "map(" + sorted + ", |" + name + "| " + body + ")";
}

std::string Writer::vec(Type type, int depth) {
  const Type element = type.child(0);
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
      return "filter(" + vec + ", |" + name + "| " + keep + ")";
    }
    case 3: {
      const std::string name = fresh("v");
      const std::string start = "(let " + name + " = " + any_vec(type, depth - 1) + "; slice(" + name + ", ";
      const std::string at = expr(Type::i64(), depth - 1);
      const std::string place = may_fail_ && random_.chance(30) ? at + " & 3L" : "min(max(" + at + ", 0L), len(" + name + "))";
      return start + place + ", " + expr(Type::i64(), depth - 1) + "))";
    }
    case 4:
      return sort(type, depth);
    case 5:
      return "flatten(" + any_vec(Type::vec(type), depth - 1) + ")";
    case 6:
      return loops_ < 2 ? vec_from_dict(type, depth) : leaf(type);
    case 7:
      return leaf(type);
    default: {
      if (loops_ >= 2) return leaf(type);
      const Builder builder = builder_for_vec(type, depth);
      return "result(" + loop(builder.text, {builder}, depth, false) + ")";
    }
  }
}

}  // namespace weld::generator
