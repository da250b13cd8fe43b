// Literals: mostly small numbers, so that things meet, and the edges of each type.
#include "tests/generator/random.h"

namespace weld::generator {

uint64_t Random::next() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (std::string_view part : parts) text += part;
  return text;
}

std::string tuple(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += ", ";
    text += part;
  }
  return text;
}

namespace {

std::string integer_literal(Random& random, ScalarKind kind) {
  const int width = scalar_size(kind) * 8;
  const bool sign = is_signed_integer(kind);
  const uint64_t largest = (~uint64_t{0} >> (64 - width)) >> (sign ? 1 : 0);
  auto magnitude = static_cast<uint64_t>(random.below(6));
  bool negative = sign && random.chance(30);
  if (random.chance(12)) {
    magnitude = largest - static_cast<uint64_t>(random.below(2));
    if (sign && random.chance(50)) {
      negative = true;
      magnitude = largest + 1;
    }
  } else if (random.chance(20)) {
    magnitude = random.next() & largest;
  }
  const std::string digits = std::to_string(magnitude) + scalar_name(kind);
  return negative ? "(-" + digits + ")" : digits;
}

std::string float_literal(Random& random, ScalarKind kind, Numbers numbers) {
  const std::string_view suffix = kind == ScalarKind::kF32 ? "f" : "";
  if (numbers == Numbers::kAll && random.chance(25)) {
    // The largest and the smallest numbers of f32 are near the middle of f64.
    const std::string_view edge = random.pick<std::string_view>({"(-0.0_)", "(0.0_/0.0_)", "(1.0_/0.0_)", "(-1.0_/0.0_)", "1e30_",
                                                                 "(-3.4028235e38_)", "1e-30_", "1e-45_", "16777217.0_"});
    std::string text;
    for (char c : edge) text += c == '_' ? suffix : std::string_view(&c, 1);
    return text;
  }
  const std::string whole = std::to_string(random.below(10) + (numbers == Numbers::kAll ? 0 : 1));
  const std::string number = concat({whole, random.pick<std::string_view>({".0", ".5", ".25", ".1"}), suffix});
  return random.chance(30) ? "(-" + number + ")" : number;
}

}  // namespace

std::string scalar_literal(Random& random, ScalarKind kind, Numbers numbers) {
  if (kind == ScalarKind::kBool) return random.chance(50) ? "true" : "false";
  return is_float(kind) ? float_literal(random, kind, numbers) : integer_literal(random, kind);
}

}  // namespace weld::generator
