// Expressions that end in an error, one for each code that a program can bring about.
#include "tests/generator/writer.h"

namespace weld::generator {

std::string Writer::failure(Type* type) {
  Scope scope(*this);
  const bool outer = may_fail_;
  may_fail_ = false;
  *type = Type::i64();
  const Type element = element_type(1);
  const std::string vec = fresh("v");
  std::string text;
  switch (random_.below(9)) {
    case 0: {  // ArrayOutOfBounds: lookup
      const std::string index =
          random_.pick<std::string>({"len(" + vec + ")", "-1L", "9223372036854775807L", "-9223372036854775808L"});
      text = concat({"lookup(", vec, ", ", index, ")"});
      *type = element;
      break;
    }
    case 1: {  // ArrayOutOfBounds: slice
      const std::string start = random_.pick<std::string>({"len(" + vec + ") + 1L", "-1L", "-9223372036854775808L"});
      text = concat({"slice(", vec, ", ", start, ", 1L)"});
      *type = Type::vec(element);
      break;
    }
    case 2: {  // ArrayOutOfBounds: vecmerger
      const std::string index = random_.pick<std::string>({"4L", "-1L", "9223372036854775807L"});
      const std::string row = std::to_string(random_.below(9)) + "L";
      text = concat({"result(for(rangeiter(0L, 9L, 1L), vecmerger[i64,+]([1L, 2L, 3L, 4L]), |b, i, e| merge(b, {if(i == ", row,
                     ", ", index, ", i & 3L), e})))"});
      *type = Type::vec(Type::i64());
      break;
    }
    case 3: {  // BadIteratorLength
      const std::string length = "len(" + vec + ")";
      const std::string bounds = random_.pick<std::string>({"0L, " + length + " + 1L, 1L", "-1L, " + length + ", 1L",
                                                            "0L, " + length + ", 0L", length + " + 2L, " + length + ", 1L"});
      text = concat({"result(for(iter(", vec, ", ", bounds, "), merger[i64,+], |b, i, e| merge(b, i)))"});
      break;
    }
    case 4:  // MismatchedZipSize
      text = concat(
          {"result(for(zip(", vec, ", rangeiter(0L, len(", vec, ") + 1L, 1L)), merger[i64,max], |b, i, e| merge(b, e.$1)))"});
      break;
    case 5: {  // KeyNotFound
      const std::string key = "i64(" + expr(Type::i8(), 2) + ")";
      text = concat({"lookup(result(for(", vec, ", dictmerger[i64,i64,+], |b, i, e| merge(b, {i & 7L, 1L}))), ", key, " | 8L)"});
      break;
    }
    case 6:  // AssertionError
      text = concat({"assert(len(", vec, ") < 0L)"});
      *type = Type::boolean();
      break;
    case 7:  // DeserializationError
      text = unreadable(element, 2);
      *type = Type::structure(std::vector<Type>{element, Type::i8()});
      break;
    default: {  // DivisionByZero
      const ScalarKind kind = random_.pick({ScalarKind::kI8, ScalarKind::kI16, ScalarKind::kI32, ScalarKind::kI64,
                                            ScalarKind::kU8, ScalarKind::kU16, ScalarKind::kU32, ScalarKind::kU64});
      const std::string name = scalar_name(kind);
      const std::string_view op = random_.pick<std::string_view>({" / ", " % "});
      *type = Type::scalar(kind);
      text = concat({"(", expr(*type, 2), op, name, "(min(len(", vec, "), 0L)))"});
    }
  }
  may_fail_ = outer;
  const std::string value = any_vec(Type::vec(element), 2);
  return concat({"(let ", vec, " = ", value, "; ", text, ")"});
}

}  // namespace weld::generator
