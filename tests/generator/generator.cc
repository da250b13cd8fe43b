// A program: parameters, some lets, and a struct of results, one of them often of the last let's making.
#include "tests/generator/generator.h"

#include "tests/generator/writer.h"

namespace weld::generator {
namespace {

constexpr int kArgumentLists = 3;

std::string argument(Random& random, Type type, int64_t length) {
  if (type.is_scalar()) return scalar_literal(random, type.scalar_kind(), false);
  std::string text;
  if (type.is_struct()) {
    for (Type child : type.children()) text += (text.empty() ? "" : ", ") + argument(random, child, random.below(4));
    return "{" + text + "}";
  }
  if (type.child(0) == Type::i8()) {
    for (int64_t i = 0; i < length; i++) text += random.pick(std::vector<std::string>{"a", "b", "c", "\\xff", "\\0"});
    return "\"" + text + "\"";
  }
  for (int64_t i = 0; i < length; i++) text += (i > 0 ? ", " : "") + argument(random, type.child(0), random.below(4));
  return "[" + text + "]";
}

}  // namespace

Program generate(uint64_t seed) {
  Program program;
  Random choices(seed * 2 + 1);
  program.may_fail = choices.chance(30);
  Writer writer(seed, program.may_fail);
  Random& random = writer.random();

  std::vector<Type> parameters = {Type::vec(writer.element_type(1))};
  for (int64_t i = random.between(1, 3); i > 0; i--) {
    parameters.push_back(random.chance(50) ? Type::vec(writer.element_type(2)) : writer.element_type(1));
  }
  std::string text = "|";
  for (size_t i = 0; i < parameters.size(); i++) {
    const std::string name = "a" + std::to_string(i);
    text += (i > 0 ? ", " : "") + name + ": " + parameters[i].to_string();
    writer.add_name(name, parameters[i]);
  }
  text += "|\n";
  for (int64_t i = random.below(4); i > 0; i--) {
    const Type type = writer.element_type(2);
    const std::string name = "c" + std::to_string(i);
    text += "  let " + name + " = " + writer.expr(type, 4) + ";\n";
    writer.add_name(name, type);
  }
  text += "  {";
  const int64_t results = random.between(1, 3);
  for (int64_t i = 0; i < results; i++) text += (i > 0 ? ",\n   " : "") + writer.expr(writer.any_type(2), 5);
  program.text = text + "}";

  const std::vector<int64_t> lengths = {0, 1, 2, 3, 4, 5, 17, 33};
  for (int i = 0; i < kArgumentLists; i++) {
    std::string list;
    for (Type type : parameters) list += (list.empty() ? "" : ", ") + argument(random, type, random.pick(lengths));
    program.arguments.push_back(list);
  }
  return program;
}

}  // namespace weld::generator
