// The logarithm is that of FDLIBM (e_log.c, Sun Microsystems 1993): x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), and
//   s = f / (2 + f),  log(1 + f) = f - s (f - R),  R = z P(z), z = s^2,
// P being the minimax polynomial of e_log.c, whose error is below 2^-58.45. Its branches for f of particular sizes are left out.
#include "weld/codegen/inline_math.h"

#include <cstdint>
#include <map>

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "weld/codegen/llvm.h"
#include "weld/codegen/vector_math.h"

namespace weld::codegen {
namespace {

constexpr double kLn2High = 6.93147180369123816490e-01;  // its last 32 bits are zero, so that k times it is exact
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kPolynomial[] = {6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
                                  2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
                                  1.479819860511658591e-01};

constexpr uint64_t kSqrtHalf = 0x3fe6a09e00000000;  // the bits of a number a little below sqrt(1/2)
constexpr uint64_t kMantissa = 0x000fffffffffffff;
constexpr uint64_t kSmallestNormal = 0x0010000000000000;
constexpr uint64_t kInfinity = 0x7ff0000000000000;
constexpr uint64_t kSign = 0x8000000000000000;
// An integer n below 2^52, as the low bits of these, is the number 2^52 + n.
constexpr uint64_t kTwoTo52Bits = 0x4330000000000000;
constexpr double kTwoTo52 = 4503599627370496.0;
constexpr double kExponentBias = 1024;

// Vectors in memory, one for each constant. Of a constant among the operands the code generator would keep one lane, and spread
// it by an instruction of its own at each use that finds no register for it; these the instruction that uses them reads.
class Constants {
 public:
  explicit Constants(llvm::Module& module) : module_(module) {}

  llvm::Value* load(llvm::Constant* vector, llvm::IRBuilder<>& builder) {
    llvm::GlobalVariable*& variable = variables_[vector];
    if (variable == nullptr) {
      variable = new llvm::GlobalVariable(module_, vector->getType(), true, llvm::GlobalValue::PrivateLinkage, vector, "math");
    }
    return builder.CreateLoad(vector->getType(), variable);
  }

 private:
  llvm::Module& module_;
  std::map<llvm::Constant*, llvm::GlobalVariable*> variables_;
};

class LogEmitter {
 public:
  LogEmitter(llvm::CallInst* call, Constants& constants)
      : call_(call),
        constants_(constants),
        builder_(call),
        type_(call->getType()),
        bits_type_(llvm::VectorType::getInteger(vector_type())) {}

  // Leaves the call in a block that runs when a lane needs it.
  void run() {
    llvm::Value* x = call_->getArgOperand(0);
    llvm::Value* bits = builder_.CreateBitCast(x, bits_type_);
    // From the smallest normal number up to infinity: one comparison of signed numbers once moved to where these begin.
    llvm::Value* moved = builder_.CreateAdd(bits, integer(kSign - kSmallestNormal));
    llvm::Value* special = builder_.CreateICmpSGE(moved, integer(kSign + (kInfinity - kSmallestNormal)));
    llvm::Value* result = logarithm(bits);

    const unsigned lanes = llvm::cast<llvm::FixedVectorType>(type_)->getNumElements();
    llvm::Value* any =
        builder_.CreateICmpNE(builder_.CreateBitCast(special, builder_.getIntNTy(lanes)), builder_.getIntN(lanes, 0));
    llvm::MDNode* unlikely = llvm::MDBuilder(call_->getContext()).createUnlikelyBranchWeights();
    llvm::BasicBlock* usual = call_->getParent();
    llvm::Instruction* end = llvm::SplitBlockAndInsertIfThen(any, call_, /*Unreachable=*/false, unlikely);
    llvm::PHINode* joined = llvm::PHINode::Create(type_, 2, "", call_->getIterator());
    call_->replaceAllUsesWith(joined);
    call_->moveBefore(end->getIterator());
    joined->addIncoming(result, usual);
    joined->addIncoming(call_, end->getParent());
  }

 private:
  llvm::VectorType* vector_type() const { return llvm::cast<llvm::VectorType>(type_); }
  llvm::Value* number(double value) { return constants_.load(llvm::ConstantFP::get(type_, value), builder_); }
  llvm::Value* integer(uint64_t value) { return constants_.load(llvm::ConstantInt::get(bits_type_, value), builder_); }
  llvm::Value* multiply_add(llvm::Value* left, llvm::Value* right, llvm::Value* addend) {
    return builder_.CreateIntrinsic(llvm::Intrinsic::fma, {type_}, {left, right, addend});
  }

  // Of normal positive numbers.
  llvm::Value* logarithm(llvm::Value* bits) {
    const uint64_t bias = (static_cast<uint64_t>(kExponentBias) << 52) - kSqrtHalf;
    llvm::Value* biased = builder_.CreateLShr(builder_.CreateAdd(bits, integer(bias)), integer(52));
    llvm::Value* k = builder_.CreateFSub(builder_.CreateBitCast(builder_.CreateOr(biased, integer(kTwoTo52Bits)), type_),
                                         number(kTwoTo52 + kExponentBias));
    llvm::Value* mantissa = builder_.CreateAnd(builder_.CreateSub(bits, integer(kSqrtHalf)), integer(kMantissa));
    llvm::Value* f =
        builder_.CreateFSub(builder_.CreateBitCast(builder_.CreateAdd(mantissa, integer(kSqrtHalf)), type_), number(1));

    llvm::Value* s = builder_.CreateFDiv(f, builder_.CreateFAdd(f, number(2)));
    llvm::Value* z = builder_.CreateFMul(s, s);
    llvm::Value* w = builder_.CreateFMul(z, z);
    llvm::Value* even = number(kPolynomial[6]);
    for (int i : {4, 2, 0}) even = multiply_add(w, even, number(kPolynomial[i]));
    llvm::Value* odd = number(kPolynomial[5]);
    for (int i : {3, 1}) odd = multiply_add(w, odd, number(kPolynomial[i]));
    llvm::Value* r = multiply_add(z, even, builder_.CreateFMul(w, odd));

    // The sum with the low part is rounded to an ulp of f, a quarter of one of the result or less unless k is 0, when it is
    // exact.
    llvm::Value* low = multiply_add(k, number(kLn2Low), f);
    return multiply_add(k, number(kLn2High), multiply_add(s, builder_.CreateFSub(r, f), low));
  }

  llvm::CallInst* call_;
  Constants& constants_;
  llvm::IRBuilder<> builder_;
  llvm::Type* type_;
  llvm::Type* bits_type_;
};

}  // namespace

void inline_math(llvm::Module& module, const llvm::TargetMachine& machine) {
  if (!machine.getMCSubtargetInfo()->checkFeatures("+fma")) return;
  Constants constants(module);
  for (llvm::Function& function : module) {
    const VectorFunction* known = function.isDeclaration() ? find_vector_symbol(function.getName()) : nullptr;
    if (known == nullptr || known->scalar != "log") continue;
    llvm::SmallVector<llvm::CallInst*, 8> calls;
    for (llvm::User* user : function.users()) {
      auto* call = llvm::dyn_cast<llvm::CallInst>(user);
      if (call != nullptr && call->getCalledFunction() == &function) calls.push_back(call);
    }
    for (llvm::CallInst* call : calls) LogEmitter(call, constants).run();
  }
}

}  // namespace weld::codegen
