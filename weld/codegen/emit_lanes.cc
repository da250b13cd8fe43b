// Simd values: one LLVM vector each, of as many lanes as all others of the program (weld/ir/lanes.h). What works on scalars and
// vectors alike stands with the operators; here is what does not.
#include "weld/codegen/emit.h"

namespace weld::codegen {

namespace {
constexpr unsigned kAvx512Bytes = 64;
}

llvm::Value* FunctionEmitter::broadcast(llvm::Value* scalar) { return builder_.CreateVectorSplat(module_.lanes(), scalar); }

llvm::Value* FunctionEmitter::math_call(const std::string& name, std::initializer_list<llvm::Value*> operands,
                                        const std::function<llvm::Value*(llvm::ArrayRef<llvm::Value*>)>& scalar) {
  llvm::Type* type = (*operands.begin())->getType();
  if (!type->isVectorTy()) {
    // For some processors with registers of 512 bits LLVM prefers 256: right for light loops, not for functions.
    if (vector_register_bytes() == kAvx512Bytes) function_->addFnAttr("prefer-vector-width", "512");
    return scalar(operands);
  }
  const std::string function = name + (type->getScalarType()->isFloatTy() ? "f" : "");
  if (const char* symbol = vector_math_function(function, module_.lanes())) {
    return builder_.CreateCall(module_.libm_function(symbol, type, static_cast<int>(operands.size())), operands);
  }
  llvm::Value* result = llvm::PoisonValue::get(type);
  for (uint64_t lane = 0; lane < module_.lanes(); lane++) {
    llvm::SmallVector<llvm::Value*, 2> scalars;
    for (llvm::Value* operand : operands) scalars.push_back(builder_.CreateExtractElement(operand, lane));
    result = builder_.CreateInsertElement(result, scalar(scalars), lane);
  }
  return result;
}

Value FunctionEmitter::combine_lanes(MergeOp op, const Value& lanes) {
  Value combined = lanes;
  for (int half = static_cast<int>(module_.lanes()) / 2; half > 0; half /= 2) {
    llvm::SmallVector<int, 64> low;
    llvm::SmallVector<int, 64> high;
    for (int lane = 0; lane < half; lane++) {
      low.push_back(lane);
      high.push_back(half + lane);
    }
    Value left{lanes.type, {builder_.CreateShuffleVector(combined.only(), low)}};
    Value right{lanes.type, {builder_.CreateShuffleVector(combined.only(), high)}};
    combined = combine_numbers(op, left, right);
  }
  return {Type::scalar(lanes.type.scalar_kind()), {builder_.CreateExtractElement(combined.only(), uint64_t{0})}};
}

std::vector<FunctionEmitter::LaneSum> FunctionEmitter::open_lane_sums(const ExprPtr& lambda, Type state,
                                                                      const std::vector<MergeCount>& counts) {
  std::vector<LaneSum> sums;
  for (const BuilderPath& path : simd_merger_paths(lambda->body(), lambda->parameters()[0].name)) {
    Type type = state;
    size_t builder = 0;
    for (uint32_t field : path.fields) {
      for (uint32_t i = 0; i < field; i++) builder += builders_of(type.child(i)).size();
      type = type.child(field);
    }
    // Else the merged values may be asked for before the loop ends.
    if (counts[builder].origin != static_cast<int>(builder)) continue;
    Type lanes = Type::simd(type.child(0).scalar_kind());
    Value identity = infinite_for_nan(type.merge_op(), identity_value(lanes, type.merge_op()));
    sums.push_back({path, temporary_leaf(identity.only()->getType())});
    builder_.CreateStore(identity.only(), sums.back().slot);
  }
  lane_sums_.insert(lane_sums_.end(), sums.begin(), sums.end());
  return sums;
}

void FunctionEmitter::close_lane_sums(const std::vector<LaneSum>& sums, Value* state) {
  lane_sums_.resize(lane_sums_.size() - sums.size());
  for (const LaneSum& sum : sums) {
    Value merger = state->at(sum.path.fields);
    Value lanes{Type::simd(merger.type.child(0).scalar_kind()), {builder_.CreateLoad(sum.slot->getAllocatedType(), sum.slot)}};
    state->set_at(sum.path.fields, merge_merger(merger, combine_lanes(merger.type.merge_op(), lanes), nullptr));
  }
}

Value FunctionEmitter::merge_lanes(const Value& state, const Value& value, llvm::Value* mask, const Expr& expr) {
  std::optional<BuilderPath> path = root_path(expr.child(0));
  for (const LaneSum& sum : lane_sums_) {
    if (path != sum.path) continue;
    Value current{state.type, {builder_.CreateLoad(sum.slot->getAllocatedType(), sum.slot)}};
    builder_.CreateStore(merge_merger(current, value, mask).only(), sum.slot);
    return state;
  }
  MergeOp op = state.type.merge_op();
  Value numbers = infinite_for_nan(op, value);
  return merge_merger(state, combine_lanes(op, numbers), mask);
}

}  // namespace weld::codegen
