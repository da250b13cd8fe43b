// A program: parameters, some lets, and a struct of results.
#include "tests/generator/generator.h"

#include <optional>

#include "tests/generator/writer.h"

namespace weld::generator {
namespace {

constexpr int kArgumentLists = 3;

// How much is written. Most programs are small: many of these are compiled in the time of a large one, and what only shows when
// much comes together is left to the others.
struct Size {
  int64_t lets;  // at most
  int64_t results;
  int let_depth;
  int result_depth;
};
constexpr Size kSmall = {1, 1, 3, 3};
constexpr Size kLarge = {3, 3, 4, 5};
constexpr int kPercentLarge = 15;

std::string argument(Random& random, Type type, int64_t length) {
  if (type.is_scalar()) return scalar_literal(random, type.scalar_kind(), Numbers::kAll);
  if (type.is_struct()) {
    std::vector<std::string> fields;
    for (Type child : type.children()) {
      const int64_t inner = random.below(4);
      fields.push_back(argument(random, child, inner));
    }
    return "{" + tuple(fields) + "}";
  }
  if (type.child(0) == Type::i8()) {
    std::string text;
    for (int64_t i = 0; i < length; i++) text += random.pick<std::string>({"a", "b", "c", "\\xff", "\\0"});
    return "\"" + text + "\"";
  }
  std::vector<std::string> elements;
  for (int64_t i = 0; i < length; i++) {
    const int64_t inner = random.below(4);
    elements.push_back(argument(random, type.child(0), inner));
  }
  return "[" + tuple(elements) + "]";
}

// Short vecs mostly; now and then one that takes several morsels of 1024 rows, or just one.
std::string argument_list(Random& random, const std::vector<Type>& parameters) {
  std::vector<std::string> arguments;
  bool has_long = false;
  for (Type type : parameters) {
    int64_t length = random.pick<int64_t>({0, 1, 2, 3, 4, 5, 17, 33});
    if (!has_long && type.is_vec() && !type.child(0).is_vec() && random.chance(3)) {
      length = random.pick<int64_t>({1023, 1024, 1025, 3000});
      has_long = true;
    }
    arguments.push_back(argument(random, type, length));
  }
  return tuple(arguments);
}

// A loop that needs more than the limit, whose result is the program's.
std::string too_large(Random& random) {
  const std::string loop = "result(for(rangeiter(0L, 20000L, 1L), ";
  const std::string hint = random.chance(50) ? "(20000L)" : "";
  switch (random.below(4)) {
    case 0:
      return loop + "appender[i64]" + hint + ", |b, i, e| merge(b, e * 3L)))";
    case 1:
      return loop + "appender[{i64,f64}]" + hint + ", |b, i, e| if(e % 3L > 0L, merge(b, {e, f64(i)}), b)))";
    case 2:
      return loop + "dictmerger[i64,i64,+]" + hint + ", |b, i, e| merge(b, {e, i})))";
    default:
      return loop + "groupmerger[i64,i64]" + hint + ", |b, i, e| merge(b, {e & 7L, i})))";
  }
}

// The results of a program, each an expression.
std::vector<std::string> results(Writer& writer, const Size& size, Program* program) {
  Random& random = writer.random();
  std::vector<std::string> texts;
  for (int64_t i = random.between(1, size.results); i > 0; i--) {
    const Type type = writer.any_type(2);
    texts.push_back(writer.expr(type, size.result_depth));
  }
  if (program->functions == FunctionUse::kLast) {
    const Type type = Type::vec(random.chance(30) ? Type::f32() : Type::f64());
    texts.push_back(writer.functions_of_numbers(type, 4));
  }
  if (program->must_fail) {
    Type type;
    texts.push_back(writer.failure(&type));
  }
  if (program->memory_limit != 0) texts.push_back(too_large(random));
  return texts;
}

// What kind of program a seed gives is drawn apart from what is in it.
Program kind_of(uint64_t seed, Size* size) {
  Random random(seed * 2 + 1);
  Program program;
  program.seed = seed;
  const int64_t kind = random.below(100);
  program.may_fail = kind < 25;
  program.must_fail = kind >= 25 && kind < 40;
  if (kind == 40 || kind == 41) program.memory_limit = 100'000;
  const int64_t functions = random.below(100);
  if (functions < 40) program.functions = functions < 20 ? FunctionUse::kLast : FunctionUse::kAny;
  *size = random.chance(kPercentLarge) ? kLarge : kSmall;
  return program;
}

}  // namespace

namespace {

// What a program takes beside what has literals: builders first, and perhaps a dictionary. The texts are of a writer of its own,
// which knows no names and does not fail.
class Makers {
 public:
  // None where there is a limit of memory, which is meant for the program alone.
  Makers(uint64_t seed, bool is_limited) : writer_(seed, false, Functions::kNone) {
    if (!writer_.random().chance(15) || is_limited) return;
    for (int64_t i = writer_.random().between(1, 2); i > 0; i--) builders_.push_back(writer_.new_builders());
    if (writer_.random().chance(40)) {
      const Type key = writer_.key_type(1);
      dict_ = Type::dict(key, writer_.reduced_type(1));
    }
  }

  bool any() const { return !builders_.empty(); }

  // Adds parameters; the dictionary's name is then known to the writer.
  void declare(Writer& writer, std::vector<std::string>* declared) const {
    for (size_t i = 0; i < builders_.size(); i++) declared->push_back(name(i) + ": " + builders_[i].type().to_string());
    if (!dict_) return;
    declared->push_back("d0: " + dict_->to_string());
    writer.add_name("d0", *dict_);
  }

  void add_results(Writer& writer, std::vector<std::string>* results) const {
    for (size_t i = 0; i < builders_.size(); i++) results->push_back(writer.taken(name(i), builders_[i], 3));
  }

  // A program that gives these, and literals for the others.
  std::string maker(const std::vector<Type>& others) {
    std::vector<std::string> fields;
    for (const Writer::Builders& builders : builders_) fields.push_back(writer_.filled(builders, 3));
    if (dict_) fields.push_back(writer_.expr(*dict_, 2));
    for (Type type : others) {
      const int64_t length = writer_.random().pick<int64_t>({0, 1, 2, 3, 5, 17, 33});
      fields.push_back(concat({"(", argument(writer_.random(), type, length), ": ", type.to_string(), ")"}));
    }
    return "|| {" + tuple(fields) + "}";
  }

 private:
  static std::string name(size_t number) { return "b0" + std::to_string(number); }

  Writer writer_;
  std::vector<Writer::Builders> builders_;
  std::optional<Type> dict_;
};

}  // namespace

Program generate(uint64_t seed) {
  Size size = kSmall;
  Program program = kind_of(seed, &size);
  Writer writer(seed, program.may_fail, program.functions == FunctionUse::kAny ? Functions::kAll : Functions::kNone);
  Random& random = writer.random();

  std::vector<Type> parameters = {Type::vec(writer.element_type(1))};
  for (int64_t i = random.between(1, 3); i > 0; i--) {
    parameters.push_back(random.chance(50) ? Type::vec(writer.element_type(2)) : writer.element_type(1));
  }
  Makers makers(seed * 3 + 2, program.memory_limit != 0);
  std::vector<std::string> declared;
  makers.declare(writer, &declared);
  for (size_t i = 0; i < parameters.size(); i++) {
    const std::string name = "a" + std::to_string(i);
    declared.push_back(name + ": " + parameters[i].to_string());
    writer.add_name(name, parameters[i]);
  }
  program.text = "|" + tuple(declared) + "|\n";
  for (int64_t i = random.between(0, size.lets); i > 0; i--) {
    const Type type = writer.element_type(2);
    const std::string name = "c" + std::to_string(i);
    program.text += concat({"  let ", name, " = ", writer.expr(type, size.let_depth), ";\n"});
    writer.add_name(name, type);
  }
  program.text += "  {";
  std::vector<std::string> values = results(writer, size, &program);
  makers.add_results(writer, &values);
  for (size_t i = 0; i < values.size(); i++) program.text += (i > 0 ? ",\n   " : "") + values[i];
  program.text += "}";
  for (int i = 0; i < kArgumentLists; i++) {
    program.arguments.push_back(makers.any() ? makers.maker(parameters) : argument_list(random, parameters));
  }
  return program;
}

}  // namespace weld::generator
