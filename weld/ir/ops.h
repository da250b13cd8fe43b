// The operators of ops.def as enums and descriptions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weld {

enum class BinaryOp : uint8_t {
#define WELD_BINARY(op, ...) k##op,
#include "weld/ir/ops.def"
};

enum class UnaryOp : uint8_t {
#define WELD_UNARY(op, ...) k##op,
#include "weld/ir/ops.def"
};

// The operand types an operator takes. Both sides of a binary operator have the same type, save for kPow.
enum class OperandClass : uint8_t {
  kBool,        // bool, simd[bool]
  kBits,        // integers and bool, and simd of them
  kInteger,     // integers, and simd of them
  kNumeric,     // integers and floats, and simd of them
  kFloat,       // floats, and simd of them
  kComparable,  // scalars and simd; vecs and structs of comparables (lexicographic; never simd inside)
  kPow,         // float and the same float, or float and any integer; and simd of equal floats
};
enum class ResultRule : uint8_t { kSame, kBool };
enum OpFlag : uint8_t {
  kCommutative = 1,     // may swap its sides (floats included)
  kLazy = 2,            // evaluates the right side only when needed
  kFailsOnInteger = 4,  // integer operands can fail with DivisionByZero
  kInstruction = 8,     // has a name in the C library, but is an instruction or a few
};

struct BinaryOpInfo {
  const char* name;
  const char* symbol;  // "" without infix form
  int precedence;
  OperandClass operands;
  ResultRule result;
  uint8_t flags;
};
struct UnaryOpInfo {
  const char* name;
  const char* symbol;  // "" without prefix form
  OperandClass operands;
  const char* libm_name;  // of the f64 function; the f32 one has an "f" behind it; "" when code generation has its own form
  uint8_t flags;
};

const BinaryOpInfo& info(BinaryOp op);
const UnaryOpInfo& info(UnaryOp op);
// What an operator takes, in words, for messages.
const char* operand_class_text(OperandClass operands);
std::optional<BinaryOp> binary_op_named(std::string_view name);
std::optional<BinaryOp> binary_op_with_symbol(std::string_view symbol);
std::optional<UnaryOp> unary_op_named(std::string_view name);

}  // namespace weld
