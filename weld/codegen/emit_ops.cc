// Operators, casts, comparisons, and the merge operations that builders share with them.

#include "weld/codegen/emit.h"

namespace weld::codegen {

namespace {

bool is_comparison(BinaryOp op) { return info(op).result == ResultRule::kBool; }

// Operands whose literals only feed data: they are passed to the code rather than compiled into it.
bool takes_data_literals(BinaryOp op) {
  switch (op) {
    case BinaryOp::kDivide:
    case BinaryOp::kModulo:
    case BinaryOp::kShiftLeft:
    case BinaryOp::kShiftRight:
    case BinaryOp::kPow:
      return false;
    default:
      return true;
  }
}

}  // namespace

Value FunctionEmitter::emit_binary(const ExprPtr& expr) {
  BinaryOp op = expr->binary_op();
  if ((info(op).flags & kLazy) != 0) return emit_logical(expr);
  if (op == BinaryOp::kEqual || op == BinaryOp::kNotEqual) {
    for (size_t side : {0U, 1U}) {
      const std::string* bytes = string_constant(expr->child(side));
      if (bytes == nullptr) continue;
      llvm::Value* equal = equals_string(expr->child(1 - side), *bytes);
      return {expr->type(), {op == BinaryOp::kEqual ? equal : builder_.CreateNot(equal)}};
    }
  }
  bool as_data = takes_data_literals(op);
  Value left = emit_operand(expr->child(0), as_data);
  Value right = emit_operand(expr->child(1), as_data);
  if (is_comparison(op)) return {expr->type(), {compare_values(op, left, right)}};
  if (op == BinaryOp::kPow) return {expr->type(), {power(expr, left, right)}};

  ScalarKind kind = left.type.scalar_kind();
  llvm::Value* a = left.only();
  llvm::Value* b = right.only();
  bool floating = is_float(kind);
  llvm::Value* result = nullptr;
  switch (op) {
    case BinaryOp::kAdd:
      result = floating ? builder_.CreateFAdd(a, b) : builder_.CreateAdd(a, b);
      break;
    case BinaryOp::kSubtract:
      result = floating ? builder_.CreateFSub(a, b) : builder_.CreateSub(a, b);
      break;
    case BinaryOp::kMultiply:
      result = floating ? builder_.CreateFMul(a, b) : builder_.CreateMul(a, b);
      break;
    case BinaryOp::kDivide:
    case BinaryOp::kModulo:
      result = divide(op, kind, a, b, *expr);
      break;
    case BinaryOp::kBitAnd:
      result = builder_.CreateAnd(a, b);
      break;
    case BinaryOp::kBitOr:
      result = builder_.CreateOr(a, b);
      break;
    case BinaryOp::kBitXor:
      result = builder_.CreateXor(a, b);
      break;
    case BinaryOp::kShiftLeft:
    case BinaryOp::kShiftRight: {
      // The count is taken modulo the width.
      auto width = static_cast<uint64_t>(scalar_size(kind)) * 8;
      llvm::Value* count = builder_.CreateAnd(b, llvm::ConstantInt::get(b->getType(), width - 1));
      if (op == BinaryOp::kShiftLeft) {
        result = builder_.CreateShl(a, count);
      } else {
        result = is_unsigned(kind) ? builder_.CreateLShr(a, count) : builder_.CreateAShr(a, count);
      }
      break;
    }
    case BinaryOp::kMin:
      result = combine_leaf(MergeOp::kMin, kind, a, b);
      break;
    case BinaryOp::kMax:
      result = combine_leaf(MergeOp::kMax, kind, a, b);
      break;
    default:
      WELD_CHECK(false, "a binary operator without code");
  }
  return {expr->type(), {result}};
}

const std::string* FunctionEmitter::string_constant(const ExprPtr& expr) const {
  if (expr->is(NodeKind::kStringLiteral)) return &expr->bytes();
  if (!expr->is(NodeKind::kIdentifier)) return nullptr;
  auto found = strings_.find(expr->name());
  return found == strings_.end() ? nullptr : &found->second;
}

llvm::Value* FunctionEmitter::equals_string(const ExprPtr& expr, const std::string& bytes) {
  Value vec = emit(expr);
  llvm::Value* size = llvm::ConstantInt::get(module_.i64_type(), bytes.size());
  llvm::Value* same_length = builder_.CreateICmpEQ(vec.leaves[1], size);
  if (bytes.empty()) return same_length;
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* compare = new_block("compare_bytes");
  llvm::BasicBlock* after = new_block("compared");
  builder_.CreateCondBr(same_length, compare, after);
  builder_.SetInsertPoint(compare);
  // With a constant length LLVM compares in registers.
  llvm::Value* equal = bytes_equal(vec.leaves[0], module_.constant_bytes(bytes), size);
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
  llvm::PHINode* result = builder_.CreatePHI(builder_.getInt1Ty(), 2);
  result->addIncoming(builder_.getFalse(), before);
  result->addIncoming(equal, compare);
  return result;
}

Value FunctionEmitter::emit_logical(const ExprPtr& expr) {
  bool conjunction = expr->binary_op() == BinaryOp::kAnd;
  Value left = emit(expr->child(0));
  // The lanes decide apart from each other, so both sides are needed.
  if (left.type.is_simd() || is_speculatable(expr->child(1))) {
    Value right = emit(expr->child(1));
    llvm::Value* both =
        conjunction ? builder_.CreateAnd(left.only(), right.only()) : builder_.CreateOr(left.only(), right.only());
    return {expr->type(), {both}};
  }
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* evaluate = new_block("right");
  llvm::BasicBlock* after = new_block("logical");
  builder_.CreateCondBr(left.only(), conjunction ? evaluate : after, conjunction ? after : evaluate);
  builder_.SetInsertPoint(evaluate);
  element_loads_.emplace_back();
  Value right = emit(expr->child(1));
  for (auto& [element, leaf] : element_loads_.back()) element->values[leaf] = nullptr;
  element_loads_.pop_back();
  llvm::BasicBlock* last = builder_.GetInsertBlock();
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
  llvm::PHINode* phi = builder_.CreatePHI(builder_.getInt1Ty(), 2);
  phi->addIncoming(builder_.getInt1(!conjunction), before);
  phi->addIncoming(right.only(), last);
  return {expr->type(), {phi}};
}

llvm::Value* FunctionEmitter::divide(BinaryOp op, ScalarKind kind, llvm::Value* left, llvm::Value* right, const Expr& expr) {
  bool quotient = op == BinaryOp::kDivide;
  if (is_float(kind)) return quotient ? builder_.CreateFDiv(left, right) : builder_.CreateFRem(left, right);
  llvm::Value* zero = llvm::ConstantInt::get(right->getType(), 0);
  llvm::Value* legal = builder_.CreateICmpNE(right, zero);
  if (!is_unsigned(kind)) {
    unsigned width = right->getType()->getScalarSizeInBits();
    llvm::Value* lowest = llvm::ConstantInt::get(right->getType(), llvm::APInt::getSignedMinValue(width));
    llvm::Value* overflows = builder_.CreateAnd(
        builder_.CreateICmpEQ(left, lowest), builder_.CreateICmpEQ(right, llvm::ConstantInt::getAllOnesValue(right->getType())));
    legal = builder_.CreateAnd(legal, builder_.CreateNot(overflows));
  }
  if (legal->getType()->isVectorTy()) legal = builder_.CreateAndReduce(legal);
  require(legal, WELD_DIVISION_BY_ZERO, expr.span());
  if (is_unsigned(kind)) return quotient ? builder_.CreateUDiv(left, right) : builder_.CreateURem(left, right);
  return quotient ? builder_.CreateSDiv(left, right) : builder_.CreateSRem(left, right);
}

llvm::Value* FunctionEmitter::power(const ExprPtr& expr, const Value& base, const Value& exponent) {
  llvm::Value* to = exponent.only();
  if (!is_float(exponent.type.scalar_kind())) to = convert(to, exponent.type.scalar_kind(), expr->type().scalar_kind());
  return math_call("pow", {base.only(), to}, [&](llvm::ArrayRef<llvm::Value*> operands) {
    return builder_.CreateBinaryIntrinsic(llvm::Intrinsic::pow, operands[0], operands[1]);
  });
}

Value FunctionEmitter::emit_unary(const ExprPtr& expr) {
  Value operand = emit(expr->child(0));
  ScalarKind kind = operand.type.scalar_kind();
  llvm::Value* value = operand.only();
  auto intrinsic = [&](llvm::Intrinsic::ID id) { return builder_.CreateUnaryIntrinsic(id, value); };
  const std::string name = info(expr->unary_op()).libm_name;
  auto function = [&](llvm::Intrinsic::ID id) {
    return math_call(name, {value},
                     [&](llvm::ArrayRef<llvm::Value*> operands) { return builder_.CreateUnaryIntrinsic(id, operands[0]); });
  };
  auto library = [&] {
    return math_call(name, {value}, [&](llvm::ArrayRef<llvm::Value*> operands) {
      const std::string function_name = name + (kind == ScalarKind::kF32 ? "f" : "");
      return builder_.CreateCall(module_.libm_function(function_name, operands[0]->getType(), 1), operands);
    });
  };
  llvm::Value* result = nullptr;
  switch (expr->unary_op()) {
    case UnaryOp::kNot:
      result = builder_.CreateNot(value);
      break;
    case UnaryOp::kNegate:
      result = is_float(kind) ? builder_.CreateFNeg(value) : builder_.CreateNeg(value);
      break;
    case UnaryOp::kAbs:
      if (is_float(kind)) {
        result = intrinsic(llvm::Intrinsic::fabs);
      } else {
        // The most negative integer wraps to itself.
        result = is_unsigned(kind) ? value : builder_.CreateBinaryIntrinsic(llvm::Intrinsic::abs, value, builder_.getFalse());
      }
      break;
    case UnaryOp::kSqrt:
      result = intrinsic(llvm::Intrinsic::sqrt);
      break;
    case UnaryOp::kFloor:
      result = intrinsic(llvm::Intrinsic::floor);
      break;
    case UnaryOp::kCeil:
      result = intrinsic(llvm::Intrinsic::ceil);
      break;
    case UnaryOp::kRound:
      result = intrinsic(llvm::Intrinsic::round);
      break;
    case UnaryOp::kExp:
      result = function(llvm::Intrinsic::exp);
      break;
    case UnaryOp::kLog:
      result = function(llvm::Intrinsic::log);
      break;
    case UnaryOp::kSin:
      result = function(llvm::Intrinsic::sin);
      break;
    case UnaryOp::kCos:
      result = function(llvm::Intrinsic::cos);
      break;
    default:
      result = library();
      break;
  }
  return {expr->type(), {result}};
}

Value FunctionEmitter::emit_cast(const ExprPtr& expr) {
  Value operand = emit(expr->child(0));
  return {expr->type(), {convert(operand.only(), operand.type.scalar_kind(), expr->type().scalar_kind())}};
}

llvm::Value* FunctionEmitter::convert(llvm::Value* value, ScalarKind from, ScalarKind to) {
  if (from == to) return value;
  llvm::Type* type = value->getType()->getWithNewType(module_.scalar_type(to));
  if (to == ScalarKind::kBool) {
    llvm::Value* zero = llvm::Constant::getNullValue(value->getType());
    return is_float(from) ? builder_.CreateFCmpUNE(value, zero) : builder_.CreateICmpNE(value, zero);
  }
  if (is_float(from) && is_float(to)) return builder_.CreateFPCast(value, type);
  if (is_float(from)) {
    llvm::Intrinsic::ID saturating = is_unsigned(to) ? llvm::Intrinsic::fptoui_sat : llvm::Intrinsic::fptosi_sat;
    return builder_.CreateIntrinsic(saturating, {type, value->getType()}, {value});
  }
  bool sign = is_signed_integer(from);
  if (is_float(to)) return sign ? builder_.CreateSIToFP(value, type) : builder_.CreateUIToFP(value, type);
  return builder_.CreateIntCast(value, type, sign);
}

llvm::Value* FunctionEmitter::scalar_compare(BinaryOp op, ScalarKind kind, llvm::Value* left, llvm::Value* right) {
  if (is_float(kind)) {
    switch (op) {
      case BinaryOp::kEqual:
        return builder_.CreateFCmpOEQ(left, right);
      case BinaryOp::kNotEqual:
        return builder_.CreateFCmpUNE(left, right);
      case BinaryOp::kLess:
        return builder_.CreateFCmpOLT(left, right);
      case BinaryOp::kLessEqual:
        return builder_.CreateFCmpOLE(left, right);
      case BinaryOp::kGreater:
        return builder_.CreateFCmpOGT(left, right);
      default:
        return builder_.CreateFCmpOGE(left, right);
    }
  }
  // bool orders as 0 and 1.
  bool sign = is_signed_integer(kind);
  switch (op) {
    case BinaryOp::kEqual:
      return builder_.CreateICmpEQ(left, right);
    case BinaryOp::kNotEqual:
      return builder_.CreateICmpNE(left, right);
    case BinaryOp::kLess:
      return sign ? builder_.CreateICmpSLT(left, right) : builder_.CreateICmpULT(left, right);
    case BinaryOp::kLessEqual:
      return sign ? builder_.CreateICmpSLE(left, right) : builder_.CreateICmpULE(left, right);
    case BinaryOp::kGreater:
      return sign ? builder_.CreateICmpSGT(left, right) : builder_.CreateICmpUGT(left, right);
    default:
      return sign ? builder_.CreateICmpSGE(left, right) : builder_.CreateICmpUGE(left, right);
  }
}

llvm::Value* FunctionEmitter::compare_values(BinaryOp op, const Value& left, const Value& right) {
  Type type = left.type;
  if (type.is_scalar() || type.is_simd()) return scalar_compare(op, type.scalar_kind(), left.only(), right.only());
  if (type.is_vec()) {
    return builder_.CreateCall(module_.vec_compare_function(type, op),
                               {left.leaves[0], left.leaves[1], right.leaves[0], right.leaves[1]});
  }
  WELD_CHECK(type.is_struct(), "a comparison of values that do not compare");
  if (op == BinaryOp::kNotEqual) return builder_.CreateNot(compare_values(BinaryOp::kEqual, left, right));
  bool when_equal = op == BinaryOp::kEqual || op == BinaryOp::kLessEqual || op == BinaryOp::kGreaterEqual;
  llvm::Value* result = builder_.getInt1(when_equal);
  // Where fields differ, <= decides as < does.
  BinaryOp strict = op;
  if (op == BinaryOp::kLessEqual) strict = BinaryOp::kLess;
  if (op == BinaryOp::kGreaterEqual) strict = BinaryOp::kGreater;
  for (size_t i = type.children().size(); i-- > 0;) {
    Value left_field = left.field(static_cast<uint32_t>(i));
    Value right_field = right.field(static_cast<uint32_t>(i));
    llvm::Value* equal = compare_values(BinaryOp::kEqual, left_field, right_field);
    if (op == BinaryOp::kEqual) {
      result = builder_.CreateAnd(equal, result);
    } else {
      result = builder_.CreateSelect(equal, result, compare_values(strict, left_field, right_field));
    }
  }
  return result;
}

llvm::Value* FunctionEmitter::combine_leaf(MergeOp op, ScalarKind kind, llvm::Value* left, llvm::Value* right) {
  bool floating = is_float(kind);
  switch (op) {
    case MergeOp::kAdd:
      return floating ? builder_.CreateFAdd(left, right) : builder_.CreateAdd(left, right);
    case MergeOp::kMultiply:
      return floating ? builder_.CreateFMul(left, right) : builder_.CreateMul(left, right);
    case MergeOp::kMin:
    case MergeOp::kMax:
      break;
  }
  bool minimum = op == MergeOp::kMin;
  if (floating) return float_extreme(minimum, left, right);
  if (is_signed_integer(kind))
    return builder_.CreateBinaryIntrinsic(minimum ? llvm::Intrinsic::smin : llvm::Intrinsic::smax, left, right);
  return builder_.CreateBinaryIntrinsic(minimum ? llvm::Intrinsic::umin : llvm::Intrinsic::umax, left, right);
}

// IEEE 754-2019 minimumNumber: a NaN gives way to a number, and -0.0 is less than 0.0; so the order of merging does not matter.
// Not llvm.minimumnum: where LLVM 22 knows that one side is no NaN, its code for AVX-512 gives NaN when the other side is.
llvm::Value* FunctionEmitter::float_extreme(bool minimum, llvm::Value* left, llvm::Value* right) {
  llvm::IRBuilder<>::FastMathFlagGuard guard(builder_);
  builder_.clearFastMathFlags();
  llvm::Type* type = left->getType();
  llvm::Type* bits = type->getWithNewType(builder_.getIntNTy(type->getScalarSizeInBits()));
  llvm::Value* left_bits = builder_.CreateBitCast(left, bits);
  llvm::Value* right_bits = builder_.CreateBitCast(right, bits);
  // Equal numbers have equal bits, or are zeros, whose signs are combined.
  llvm::Value* same = minimum ? builder_.CreateOr(left_bits, right_bits) : builder_.CreateAnd(left_bits, right_bits);
  llvm::Value* first = minimum ? builder_.CreateFCmpOLT(left, right) : builder_.CreateFCmpOGT(left, right);
  first = builder_.CreateOr(first, builder_.CreateFCmpUNO(right, right));
  llvm::Value* result = builder_.CreateSelect(first, left, right);
  return builder_.CreateSelect(builder_.CreateFCmpOEQ(left, right), builder_.CreateBitCast(same, type), result);
}

Value FunctionEmitter::infinite_for_nan(MergeOp op, Value value) {
  if (op != MergeOp::kMin && op != MergeOp::kMax) return value;
  for (llvm::Value*& leaf : value.leaves) {
    if (!leaf->getType()->isFPOrFPVectorTy()) continue;
    llvm::Value* infinity = llvm::ConstantFP::getInfinity(leaf->getType(), op == MergeOp::kMax);
    leaf = builder_.CreateSelect(builder_.CreateFCmpUNO(leaf, leaf), infinity, leaf);
  }
  return value;
}

llvm::Value* FunctionEmitter::identity_leaf(MergeOp op, ScalarKind kind) {
  llvm::Type* type = module_.scalar_type(kind);
  if (is_float(kind)) {
    switch (op) {
      case MergeOp::kAdd:
        return llvm::ConstantFP::get(type, -0.0);  // the identity of +, also for -0.0
      case MergeOp::kMultiply:
        return llvm::ConstantFP::get(type, 1.0);
      case MergeOp::kMin:
      case MergeOp::kMax:
        return llvm::ConstantFP::getNaN(type);  // gives way to every number; an infinity would change a NaN
    }
  }
  unsigned width = type->getIntegerBitWidth();
  bool sign = is_signed_integer(kind);
  switch (op) {
    case MergeOp::kAdd:
      return llvm::ConstantInt::get(type, 0);
    case MergeOp::kMultiply:
      return llvm::ConstantInt::get(type, 1);
    case MergeOp::kMin:
      return llvm::ConstantInt::get(type, sign ? llvm::APInt::getSignedMaxValue(width) : llvm::APInt::getMaxValue(width));
    case MergeOp::kMax:
      return llvm::ConstantInt::get(type, sign ? llvm::APInt::getSignedMinValue(width) : llvm::APInt::getMinValue(width));
  }
  return nullptr;
}

Value FunctionEmitter::combine_numbers(MergeOp op, const Value& left, const Value& right) {
  if (op != MergeOp::kMin && op != MergeOp::kMax) return combine_values(op, left, right);
  Value value{left.type, {}};
  for (size_t i = 0; i < left.leaves.size(); i++) {
    llvm::Value* a = left.leaves[i];
    if (a->getType()->isFPOrFPVectorTy()) {
      // The one form of a minimum with signed zeros that the loop vectorizer knows.
      llvm::Intrinsic::ID intrinsic = op == MergeOp::kMin ? llvm::Intrinsic::minimumnum : llvm::Intrinsic::maximumnum;
      value.leaves.push_back(builder_.CreateBinaryIntrinsic(intrinsic, a, right.leaves[i]));
    } else {
      value.leaves.push_back(combine_leaf(op, leaves_of(left.type)[i].scalar, a, right.leaves[i]));
    }
  }
  return value;
}

Value FunctionEmitter::combine_values(MergeOp op, const Value& left, const Value& right) {
  Value value{left.type, {}};
  std::vector<Leaf> leaves = leaves_of(left.type);
  // Only merges may be reassociated, never the program's own arithmetic.
  llvm::IRBuilder<>::FastMathFlagGuard guard(builder_);
  llvm::FastMathFlags flags;
  flags.setAllowReassoc();
  builder_.setFastMathFlags(flags);
  for (size_t i = 0; i < leaves.size(); i++) {
    value.leaves.push_back(combine_leaf(op, leaves[i].scalar, left.leaves[i], right.leaves[i]));
  }
  return value;
}

Value FunctionEmitter::identity_value(Type type, MergeOp op) {
  Value value{type, {}};
  for (const Leaf& leaf : leaves_of(type)) {
    llvm::Value* identity = identity_leaf(op, leaf.scalar);
    value.leaves.push_back(leaf.is_simd ? broadcast(identity) : identity);
  }
  return value;
}

}  // namespace weld::codegen
