// sort: the comparator becomes a function of its own, called by the runtime's merge sort.
#include "weld/codegen/emit.h"
#include "weld/ir/rewrite.h"

namespace weld::codegen {

llvm::Value* FunctionEmitter::three_way(const Value& left, const Value& right) {
  llvm::Value* less = nullptr;
  llvm::Value* greater = nullptr;
  if (left.type.is_struct()) {
    llvm::Value* order = llvm::ConstantInt::get(module_.i32_type(), 0);
    for (size_t i = left.type.children().size(); i-- > 0;) {
      auto index = static_cast<uint32_t>(i);
      llvm::Value* field = three_way(left.field(index), right.field(index));
      order = builder_.CreateSelect(builder_.CreateICmpEQ(field, llvm::ConstantInt::get(module_.i32_type(), 0)), order, field);
    }
    return order;
  }
  if (left.type.is_vec()) {
    less = compare_values(BinaryOp::kLess, left, right);
    greater = compare_values(BinaryOp::kGreater, left, right);
  } else {
    ScalarKind kind = left.type.scalar_kind();
    less = scalar_compare(BinaryOp::kLess, kind, left.only(), right.only());
    greater = scalar_compare(BinaryOp::kGreater, kind, left.only(), right.only());
    if (is_float(kind)) {
      llvm::Value* left_nan = builder_.CreateFCmpUNO(left.only(), left.only());
      llvm::Value* right_nan = builder_.CreateFCmpUNO(right.only(), right.only());
      less = builder_.CreateOr(less, builder_.CreateAnd(builder_.CreateNot(left_nan), right_nan));
      greater = builder_.CreateOr(greater, builder_.CreateAnd(left_nan, builder_.CreateNot(right_nan)));
    }
  }
  return builder_.CreateSub(builder_.CreateZExt(greater, module_.i32_type()), builder_.CreateZExt(less, module_.i32_type()));
}

llvm::Value* FunctionEmitter::record_name(const ExprPtr& sort, const llvm::Function* comparator) {
  if (kind_ != Kind::kEntry || in_loop_) return llvm::ConstantPointerNull::get(module_.pointer_type());
  std::string name = comparator->getName().str();
  llvm::Value* bytes = module_.constant_bytes(name);
  module_.add_sort({std::move(name), sort.get()});
  return bytes;
}

Value FunctionEmitter::emit_sort(const ExprPtr& expr) {
  Value vec = emit(expr->child(0));
  const ExprPtr& lambda = expr->child(1);
  Type element = vec.type.child(0);
  llvm::PointerType* pointer = module_.pointer_type();
  auto* signature = llvm::FunctionType::get(module_.i32_type(), {pointer, pointer, pointer, pointer, pointer}, false);
  llvm::Function* function = module_.new_function("compare", signature);

  FunctionEmitter comparator(module_, function, Kind::kComparator);
  comparator.set_context(function->getArg(0));
  comparator.set_status_pointer(function->getArg(4));
  comparator.set_in_loop();
  llvm::Value* environment = capture(lambda, &comparator, function->getArg(1), nullptr);
  auto side = [&](unsigned argument, size_t parameter) {
    Value value = comparator.load_value(element, function->getArg(argument), MemoryKind::kOther);
    comparator.bind(lambda->parameters()[parameter].name, value);
  };
  llvm::Value* order = nullptr;
  // A sort polls after some thousand comparisons, which is too seldom for long ones.
  if (has_loop(lambda->body())) comparator.poll(expr->span());
  // What one comparison allocates dies with it.
  bool allocates = may_allocate(lambda->body());
  llvm::Value* mark = nullptr;
  if (allocates) mark = comparator.builder().CreateCall(module_.runtime_function("weld_rt_mark"), {function->getArg(0)});
  if (lambda->parameters().size() == 2) {
    side(2, 0);
    side(3, 1);
    order = comparator.emit(lambda->body()).only();
  } else {
    side(2, 0);
    Value left = comparator.emit(lambda->body());
    side(3, 0);
    Value right = comparator.emit(lambda->body());
    order = comparator.three_way(left, right);
  }
  if (allocates) comparator.builder().CreateCall(module_.runtime_function("weld_rt_release_to"), {function->getArg(0), mark});
  comparator.builder().CreateRet(order);

  const bool only_first = expr->children().size() > 2;
  llvm::Value* slot = temporary(sizeof(WeldVec));
  llvm::Value* size = llvm::ConstantInt::get(module_.i64_type(), static_cast<uint64_t>(size_of(element)));
  std::vector<llvm::Value*> arguments = {scratch_, vec.leaves[0], vec.leaves[1], size};
  if (only_first) arguments.push_back(emit(expr->child(2)).only());
  arguments.insert(arguments.end(), {function, environment, slot, record_name(expr, function)});
  fail_unless_ok(builder_.CreateCall(module_.runtime_function(only_first ? "weld_rt_sort_first" : "weld_rt_sort"), arguments),
                 expr->span());
  return load_value(expr->type(), slot, MemoryKind::kOther);
}

}  // namespace weld::codegen
