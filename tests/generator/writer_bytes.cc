// serialize, deserialize and cudf. The C functions are those of tests/functions/functions.c.
#include "tests/generator/writer.h"

namespace weld::generator {

namespace {

bool contains_dict(Type type) {
  if (type.is_dict()) return true;
  for (Type part : type.children()) {
    if (contains_dict(part)) return true;
  }
  return false;
}

}  // namespace

std::string Writer::packed(int depth) {
  // Of a key, whose bits do not depend on the machine: no NaN.
  const Type type = key_type(1);
  return concat({"serialize(", key(type, depth - 1, Numbers::kOrdered), ")"});
}

std::string Writer::unpacked(Type type, int depth) {
  const std::string value = expr(type, depth - 1);
  // Where which byte of a dictionary is depends on the order of its entries, which no program may rely on.
  if (!may_fail_ || functions_ != Functions::kNone || contains_dict(type) || random_.chance(40)) {
    return concat({"deserialize[", type.to_string(), "](serialize(", value, "))"});
  }
  // One byte is another: that may still be a value.
  const std::string row = std::to_string(random_.below(24)) + "L";
  const std::string bits = std::to_string(random_.pick({1, 2, 64, 128, 255})) + "u8";
  return concat({"deserialize[", type.to_string(), "](result(for(serialize(", value,
                 "), appender[u8], |b, i, e| merge(b, if(i == ", row, ", e ^ ", bits, ", e)))))"});
}

std::string Writer::unreadable(Type type, int depth) {
  // At least a byte, so that there is one to be missing.
  const std::string bytes = fresh("by");
  const std::string wrong =
      random_.pick<std::string>({concat({"slice(", bytes, ", 0L, len(", bytes, ") - 1L)"}),
                                 concat({"flatten([", bytes, ", [0u8]])"}), "slice(" + bytes + ", 0L, 0L)"});
  return concat({"(let ", bytes, " = serialize({", expr(type, depth - 1), ", 1c}); deserialize[{", type.to_string(), ", i8}](",
                 wrong, "))"});
}

std::optional<std::string> Writer::client_call(Type type, int depth) {
  auto argument = [&](Type of) { return expr(of, depth - 1); };
  if (type == Type::boolean()) return concat({"cudf[weld_test_negate, bool](", argument(Type::boolean()), ")"});
  if (type == Type::vec(Type::i64())) {
    return concat({"cudf[weld_test_primes, vec[i64]](", argument(Type::i64()), ")"});
  }
  if (type == Type::vec(Type::i8())) {
    return concat({"cudf[weld_test_longest, vec[i8]](", any_vec(Type::vec(type), depth - 1), ")"});
  }
  if (type.is_dict() && random_.chance(50)) {
    return concat({"cudf[weld_test_same_dict, ", type.to_string(), "](", argument(type), ")"});
  }
  if (type.is_dict()) {
    const std::string both = Type::structure(std::vector<Type>{type, type}).to_string();
    const std::string first = argument(Type::boolean());
    const std::string one = argument(type);
    return concat({"cudf[weld_test_choose_dict, {", type.to_string(), ",i64}](", first, ", {", one, ", ", argument(type),
                   "}: ", both, ").$0"});
  }
  if (type != Type::i64()) return std::nullopt;
  if (random_.chance(40)) return concat({"cudf[weld_test_length, i64](", any_vec(Type::vec(Type::i8()), depth - 1), ")"});
  const std::string left = argument(type);
  return concat({"cudf[weld_test_add, i64](", left, ", ", argument(type), ")"});
}

}  // namespace weld::generator
