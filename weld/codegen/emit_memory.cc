// The life of memory: what is freed early, what a result takes with it.
//
// A step keeps two contexts apart: the run's, for its own builders, and a scratch one, for everything that a row allocates when
// no builder can hold on to it. The scratch one is emptied after each row.
#include "weld/codegen/emit.h"
#include "weld/codegen/lifetime.h"
#include "weld/ir/rewrite.h"

namespace weld::codegen {

void FunctionEmitter::release(const Value& value) {
  const char* function = value.type.is_dict() ? "weld_rt_dict_release" : "weld_rt_release";
  builder_.CreateCall(module_.runtime_function(function), {context_argument_, value.leaves[0]});
}

bool FunctionEmitter::extends_own_builder(const ExprPtr& expr) {
  switch (expr->kind()) {
    case NodeKind::kNewBuilder:
      return false;
    case NodeKind::kIdentifier:
      return own_builders_.contains(expr->name());
    case NodeKind::kMerge:
    case NodeKind::kGetField:
      return extends_own_builder(expr->child(0));
    case NodeKind::kFor:
      return extends_own_builder(expr->builder());
    default:
      return true;
  }
}

llvm::Value* FunctionEmitter::context_for(const ExprPtr& builder) {
  return scratch_ == context_argument_ || extends_own_builder(builder) ? context_argument_ : scratch_;
}

namespace {

// True when evaluating the body allocates other memory than its loop's own builders do.
bool row_allocates(const ExprPtr& body) {
  bool allocates = false;
  walk(body, [&](const ExprPtr& node) {
    switch (node->kind()) {
      case NodeKind::kNewBuilder:
        allocates = allocates || node->type().kind() != TypeKind::kMerger;
        break;
      case NodeKind::kMakeVector:
      case NodeKind::kSort:
      case NodeKind::kSerialize:
        allocates = true;
        break;
      case NodeKind::kDeserialize:
        allocates = allocates || node->type().contains_pointer();
        break;
      default:
        break;
    }
    return !allocates;
  });
  return allocates;
}

}  // namespace

void FunctionEmitter::use_scratch_for(const ExprPtr& lambda, Type state, Span span) {
  for (Type builder : builders_of(state)) {
    for (Type part : builder.children()) {
      if (part.contains_pointer()) return;
    }
  }
  if (!row_allocates(lambda->body())) return;
  own_builders_.insert(lambda->parameters()[0].name);
  scratch_ = builder_.CreateCall(module_.runtime_function("weld_rt_scratch"), {context_argument_});
  require(builder_.CreateIsNotNull(scratch_), WELD_OUT_OF_MEMORY, span);
}

void FunctionEmitter::copy_bytes(llvm::Value* to, llvm::Value* from, llvm::Value* bytes, Span span) {
  fail_unless_ok(builder_.CreateCall(module_.runtime_function("weld_rt_copy"), {context_argument_, to, from, bytes}), span);
}

Value FunctionEmitter::copy(const Value& value, ModuleEmitter::Referred referred, Span span) {
  llvm::Value* slot = temporary(size_of(value.type));
  store_value(value, slot, MemoryKind::kOther);
  fail_unless_ok(builder_.CreateCall(module_.runtime_function("weld_rt_copy_value"),
                                     {context_argument_, module_.packing(value.type, referred), slot}),
                 span);
  return load_value(value.type, slot, MemoryKind::kOther);
}

Value FunctionEmitter::argument_value(const Value& value, Span span) {
  return value.type.contains_builder() ? copy(value, ModuleEmitter::Referred::kShared, span) : value;
}

Value FunctionEmitter::emit_result_value(const ExprPtr& program) {
  Value value = emit(program->body());
  bool borrowed = InputAliases(program->parameters()).may_refer_to_inputs(program->body());
  return borrowed ? copy(value, ModuleEmitter::Referred::kOwned, program->body()->span()) : value;
}

}  // namespace weld::codegen
