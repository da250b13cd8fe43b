// Builders that one program gives and another one takes.
#include "tests/generator/writer.h"

namespace weld::generator {

Type Writer::Builders::type() const {
  if (!is_struct) return all[0].type;
  std::vector<Type> types;
  for (const Builder& builder : all) types.push_back(builder.type);
  return Type::structure(types);
}

Writer::Builders Writer::new_builders() {
  Builders made;
  made.is_struct = random_.chance(30);
  for (int64_t i = made.is_struct ? random_.between(1, 3) : 1; i > 0; i--) {
    const int64_t kind = random_.below(3);
    if (kind == 0) {
      made.all.push_back(merger(reduced_type(1), 2));
    } else if (kind == 1) {
      const Type key_of = key_type(1);
      made.all.push_back(
          builder_for_dict(Type::dict(key_of, random_.chance(50) ? Type::vec(element_type(1)) : reduced_type(1)), Numbers::kAll));
    } else {
      made.all.push_back(builder_for_vec(Type::vec(element_type(1)), 2));
    }
  }
  return made;
}

std::string Writer::filled(const Builders& builders, int depth) {
  std::vector<std::string> texts;
  for (const Builder& builder : builders.all) texts.push_back(builder.text);
  const std::string fresh_state = builders.is_struct ? "{" + tuple(texts) + "}" : texts[0];
  return random_.chance(15) ? fresh_state : loop(fresh_state, builders.all, depth, builders.is_struct);
}

std::string Writer::taken(const std::string& name, const Builders& builders, int depth) {
  std::string state = name;
  if (random_.chance(85)) {
    state = random_.chance(70)   ? loop(name, builders.all, depth, builders.is_struct)
            : builders.is_struct ? merges(name, builders.all, depth)
                                 : merge_one(name, builders.all[0], depth);
  }
  if (random_.chance(30)) return state;
  if (!builders.is_struct) return concat({"result(", state, ")"});
  const std::string bound = fresh("r");
  std::vector<std::string> results;
  for (size_t i = 0; i < builders.all.size(); i++) results.push_back(concat({"result(", bound, ".$", std::to_string(i), ")"}));
  return concat({"(let ", bound, " = ", state, "; {", tuple(results), "})"});
}

}  // namespace weld::generator
