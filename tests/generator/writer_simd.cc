// Loops over simd values. How many lanes they have is not known, so what is merged must not show it: a program goes over a vec,
// or over several of one length, by simditer and then by fringeiter, and does the same with simd values and with scalars.
#include "tests/generator/writer.h"

namespace weld::generator {
namespace {

std::string literal_of(Random& random, ScalarKind kind) { return scalar_literal(random, kind, Numbers::kAll); }

}  // namespace

Writer::Twin Writer::twin(ScalarKind kind, int depth, const std::vector<ScalarKind>& elements) {
  const std::string type = scalar_name(kind);
  if (depth <= 0 || random_.chance(15)) {
    if (random_.chance(25)) {
      const std::string text = literal_of(random_, kind);
      return {concat({"broadcast(", text, ")"}), text};
    }
    const auto place = static_cast<size_t>(random_.below(static_cast<int64_t>(elements.size())));
    const std::string element = elements.size() == 1 ? "e" : "e.$" + std::to_string(place);
    const std::string text = elements[place] == kind ? element : concat({type, "(", element, ")"});
    return {text, text};
  }
  if (kind == ScalarKind::kBool) return twin_truth(depth, elements);
  const bool floats = is_float(kind);
  auto both = [&](std::string_view before, std::string_view between, std::string_view after) {
    const Twin left = twin(kind, depth - 1, elements);
    const Twin right = twin(kind, depth - 1, elements);
    return Twin{concat({before, left.simd, between, right.simd, after}),
                concat({before, left.scalar, between, right.scalar, after})};
  };
  auto one = [&](std::string_view before, ScalarKind of) {
    const Twin operand = twin(of, depth - 1, elements);
    return Twin{concat({before, operand.simd, ")"}), concat({before, operand.scalar, ")"})};
  };
  switch (random_.below(8)) {
    case 0:
      return both("(", random_.pick({" + ", " - ", " * "}), ")");
    case 1:
      return both(random_.pick({"min(", "max("}), ", ", ")");
    case 2: {
      if (floats) return both("(", random_.pick({" / ", " % "}), ")");
      if (random_.chance(60)) return both("(", random_.pick({" & ", " | ", " ^ ", " << ", " >> "}), ")");
      if (may_fail_ && random_.chance(20)) return both("(", random_.pick({" / ", " % "}), ")");
      const Twin left = twin(kind, depth - 1, elements);
      const std::string op = random_.pick({" / ", " % "});
      const std::string divisor = std::to_string(random_.between(2, 9)) + type;
      return {concat({"(", left.simd, op, "broadcast(", divisor, "))"}), concat({"(", left.scalar, op, divisor, ")"})};
    }
    case 3:
      return one(random_.pick({"-(", "abs("}), kind);
    case 4:
      if (floats) return one(random_.pick({"sqrt(", "floor(", "ceil(", "round("}), kind);
      [[fallthrough]];
    case 5: {
      const Twin condition = twin_truth(depth - 1, elements);
      const Twin left = twin(kind, depth - 1, elements);
      const Twin right = twin(kind, depth - 1, elements);
      return {concat({"select(", condition.simd, ", ", left.simd, ", ", right.simd, ")"}),
              concat({"select(", condition.scalar, ", ", left.scalar, ", ", right.scalar, ")"})};
    }
    case 6: {
      const Twin left = twin(kind, depth - 1, elements);
      const Twin right = twin(kind, depth - 1, elements);
      const std::string condition = boolean(1);
      return {concat({"if(", condition, ", ", left.simd, ", ", right.simd, ")"}),
              concat({"if(", condition, ", ", left.scalar, ", ", right.scalar, ")"})};
    }
    default:
      return one(type + "(", scalar_type().scalar_kind());
  }
}

Writer::Twin Writer::twin_truth(int depth, const std::vector<ScalarKind>& elements) {
  const bool logical = depth > 1 && random_.chance(40);
  const ScalarKind kind = logical ? ScalarKind::kBool : random_.pick(elements);
  const Twin left = twin(kind, depth - 1, elements);
  if (random_.chance(10)) {
    return {concat({"!bool(", left.simd, ")"}), concat({"!bool(", left.scalar, ")"})};
  }
  const Twin right = twin(kind, depth - 1, elements);
  // Both sides of && and || of simd are evaluated, so a failure would not be the scalars' own.
  const std::string op =
      logical ? random_.pick({" & ", " | ", " ^ "}) : random_.pick({" < ", " > ", " <= ", " >= ", " == ", " != "});
  return {concat({"(", left.simd, op, right.simd, ")"}), concat({"(", left.scalar, op, right.scalar, ")"})};
}

std::string Writer::simd_loops(const Builder& builder, int depth) {
  Scope scope(*this);
  const ScalarKind merged = builder.type.child(0).scalar_kind();
  const int64_t count = random_.chance(70) ? 1 : 2;
  std::string lets;
  std::string simd;
  std::string tail;
  std::vector<ScalarKind> elements;
  const std::string length = fresh("w");
  for (int64_t i = 0; i < count; i++) {
    const Type element = random_.chance(60) ? builder.type.child(0) : scalar_type();
    const std::string made = any_vec(Type::vec(element), depth - 1);
    const std::string name = i == 0 ? length : fresh("w");
    if (i == 0) {
      lets += concat({"let ", name, " = ", made, "; "});
    } else {
      // As long as the first.
      const std::string fill = scalar_literal(random_, element.scalar_kind(), Numbers::kAll);
      const std::string other = fresh("w");
      lets += concat({"let ",       other,       " = ", made,     "; let ", name,       " = map(rangeiter(0L, len(",
                      length,       "), 1L), |", name,  "i| if(", name,     "i < len(", other,
                      "), lookup(", other,       ", ",  name,     "i), ",   fill,       ")); "});
    }
    elements.push_back(element.scalar_kind());
    simd += concat({i == 0 ? "" : ", ", "simditer(", name, ")"});
    tail += concat({i == 0 ? "" : ", ", "fringeiter(", name, ")"});
  }
  if (count > 1) {
    simd = concat({"zip(", simd, ")"});
    tail = concat({"zip(", tail, ")"});
  }
  loops_++;
  Twin value = twin(merged, 3, elements);
  // The same sum in any order.
  const bool sums = builder.type.kind() == TypeKind::kMerger && is_float(merged) &&
                    (builder.type.merge_op() == MergeOp::kAdd || builder.type.merge_op() == MergeOp::kMultiply);
  if (sums) {
    const std::string type = scalar_name(merged);
    const Twin truth = twin_truth(2, elements);
    const std::string suffix = merged == ScalarKind::kF32 ? "f" : "";
    value = {concat({"select(", truth.simd, ", broadcast(2.0", suffix, "), broadcast(-1.0", suffix, "))"}),
             concat({"select(", truth.scalar, ", 2.0", suffix, ", -1.0", suffix, ")"})};
  }
  std::string before;
  std::string after;
  if (random_.chance(25)) {
    before = concat({"if(", boolean(1), ", "});
    after = ", b)";
  }
  loops_--;
  return concat({"(",    lets,         "for(",
                 tail,   ", for(",     simd,
                 ", ",   builder.text, ", |b, i, e| ",
                 before, "merge(b, ",  value.simd,
                 ")",    after,        "), |b, i, e| ",
                 before, "merge(b, ",  value.scalar,
                 ")",    after,        "))"});
}

}  // namespace weld::generator
