// `for`: loops, and the outlining of parallel loops into step functions.
//
// An outlined loop's argument block is an array of 8-byte words in the caller's frame: the literals' address, the iterators'
// leaves, then the leaves of the captured values.

#include <algorithm>
#include <cstdlib>

#include "weld/codegen/emit.h"
#include "weld/codegen/lifetime.h"
#include "weld/codegen/staging.h"
#include "weld/ir/annotations.h"
#include "weld/ir/rewrite.h"
#include "weld/optimizer/cost.h"
#include "weld/optimizer/cost_table.h"

namespace weld::codegen {

namespace {

// Byte offsets of the builders inside a state, in the order of builders_of().
void builder_offsets(Type type, int64_t base, std::vector<int64_t>* offsets) {
  if (type.is_builder()) {
    offsets->push_back(base);
  } else if (type.is_struct()) {
    std::vector<int64_t> fields = field_offsets(type);
    for (size_t i = 0; i < fields.size(); i++) builder_offsets(type.child(i), base + fields[i], offsets);
  }
}

// Every builder of the state comes out where it went in, so that partial states can be combined.
bool keeps_places(const std::vector<MergeCount>& counts) {
  for (size_t i = 0; i < counts.size(); i++) {
    if (counts[i].origin != static_cast<int>(i)) return false;
  }
  return true;
}

bool is_positional(const MergeCount& count) { return count.minimum == 1 && count.maximum == 1; }

// The first of a builder's leaves in a state.
size_t leaf_of_builder(Type state, size_t builder) {
  size_t leaf = 0;
  const std::vector<Type> builders = builders_of(state);
  for (size_t i = 0; i < builder; i++) leaf += leaf_count(builders[i]);
  return leaf;
}

}  // namespace

Value FunctionEmitter::emit_for(const ExprPtr& expr) {
  Iterators iterators = emit_iterators(expr);
  Value state = emit(expr->builder());
  const ExprPtr& lambda = expr->function();
  std::vector<MergeCount> counts = count_merges(lambda->body(), lambda->parameters()[0].name);
  if (kind_ == Kind::kEntry && !in_loop_ && keeps_places(counts)) return emit_parallel_for(expr, iterators, state, counts);
  auto emit_in_line = [&] {
    bool outer = std::exchange(in_loop_, true);
    Value result = emit_loop(expr, iterators, state, counts, llvm::ConstantInt::get(module_.i64_type(), 0), iterators.rows);
    in_loop_ = outer;
    return result;
  };
  if (!may_be_long(iterators, counts)) return emit_in_line();
  llvm::Value* cost = llvm::ConstantInt::get(module_.i64_type(), static_cast<uint64_t>(estimated_cost(lambda->body())));
  llvm::Value* most =
      llvm::IRBuilder<>(entry_end_).CreateCall(module_.runtime_function("weld_rt_rows_in_line"), {context_argument_, cost});
  llvm::MDBuilder metadata(module_.context());
  return emit_branches(
      builder_.CreateICmpSGT(iterators.rows, most), metadata.createBranchWeights(1, 2000),
      [&] { return emit_parallel_for(expr, iterators, state, counts); }, emit_in_line);
}

bool FunctionEmitter::may_be_long(const Iterators& iterators, const std::vector<MergeCount>& counts) const {
  constexpr int64_t kFew = 64;
  if (kind_ != Kind::kStep || is_innermost_step_ || !keeps_places(counts)) return false;
  // What is not merged into stays as it is in line, and the loop around may rely on that.
  for (const MergeCount& count : counts) {
    if (count.maximum == 0) return false;
  }
  auto* rows = llvm::dyn_cast<llvm::ConstantInt>(iterators.rows);
  return rows == nullptr || rows->getSExtValue() > kFew;
}

std::vector<std::pair<Name, FunctionEmitter::Binding>> FunctionEmitter::captures(const ExprPtr& lambda) {
  std::vector<Name> pending;
  for (const Name& name : free_names(lambda)) pending.push_back(name);
  std::unordered_set<Name> seen(pending.begin(), pending.end());
  std::vector<std::pair<Name, Binding>> captured;
  while (!pending.empty()) {
    Name name = std::move(pending.back());
    pending.pop_back();
    if (auto function = functions_.find(name); function != functions_.end()) {
      // What a let-bound function uses is captured in its place.
      for (const Name& used : free_names(function->second)) {
        if (seen.insert(used).second) pending.push_back(used);
      }
    } else {
      captured.emplace_back(name, names_.at(name));
    }
  }
  std::sort(captured.begin(), captured.end(),
            [](const auto& left, const auto& right) { return left.first.text() < right.first.text(); });
  return captured;
}

llvm::Value* FunctionEmitter::capture(const ExprPtr& lambda, FunctionEmitter* inner, llvm::Value* inner_arguments,
                                      Iterators* iterators) {
  std::vector<llvm::Value*> words;
  auto add = [&](llvm::Value* word) {
    auto offset = static_cast<int64_t>(words.size()) * 8;
    words.push_back(word);
    // A simd value takes several words.
    const uint64_t size = module_.module().getDataLayout().getTypeStoreSize(module_.memory_type(word->getType()));
    words.resize(words.size() + (size - 1) / 8, nullptr);
    return inner->load_argument(inner_arguments, offset, word->getType());
  };
  inner->set_literals(add(literals_));
  if (iterators != nullptr) {
    for (Iterator& iterator : iterators->all) {
      for (llvm::Value** part : {&iterator.data, &iterator.start, &iterator.stride, &iterator.view}) {
        // A constant is as good inside as outside, and lets a stride of 1 be one.
        if (*part != nullptr && !llvm::isa<llvm::Constant>(*part)) *part = add(*part);
      }
    }
  }
  for (auto& [name, binding] : captures(lambda)) {
    Value outer = binding.element != nullptr
                      ? element_leaves(binding.element, 0, binding.element->leaves.size(), binding.element->type)
                      : binding.value;
    Value value{outer.type, {}};
    for (llvm::Value* leaf : outer.leaves) value.leaves.push_back(llvm::isa<llvm::Constant>(leaf) ? leaf : add(leaf));
    inner->bind(name, value);
  }
  inner->functions_ = functions_;
  inner->strings_ = strings_;

  llvm::Value* block = temporary(static_cast<int64_t>(words.size()) * 8);
  for (size_t i = 0; i < words.size(); i++) {
    if (words[i] == nullptr) continue;
    llvm::Value* word = builder_.CreateZExt(words[i], module_.memory_type(words[i]->getType()));
    builder_.CreateAlignedStore(word, offset_address(block, static_cast<int64_t>(i) * 8), llvm::Align(8));
  }
  return block;
}

Value FunctionEmitter::emit_parallel_for(const ExprPtr& expr, const Iterators& iterators, const Value& state,
                                         const std::vector<MergeCount>& counts) {
  llvm::PointerType* pointer = module_.pointer_type();
  auto* signature =
      llvm::FunctionType::get(module_.i32_type(), {pointer, pointer, module_.i64_type(), module_.i64_type(), pointer}, false);
  llvm::Function* function = module_.new_function("loop", signature);
  std::string name = function->getName().str();
  const int number = module_.add_loop({name, expr->span(), loop_number_, {}, expr.get()});
  for (unsigned argument : {1U, 4U}) function->addParamAttr(argument, llvm::Attribute::NoAlias);

  FunctionEmitter step(module_, function, Kind::kStep);
  step.set_context(function->getArg(0));
  step.set_in_loop();
  step.set_loop_number(number);
  if (kind_ == Kind::kStep) step.set_innermost_step();
  Iterators inner = iterators;
  llvm::Value* arguments = capture(expr->function(), &step, function->getArg(1), &inner);
  step.use_scratch_for(expr->function(), state.type, expr->span());
  Value local = step.load_value(state.type, function->getArg(4), MemoryKind::kArguments);
  Value result = step.emit_loop(expr, inner, local, counts, function->getArg(2), function->getArg(3));
  step.check_remembered_failures();
  step.store_value(result, function->getArg(4), MemoryKind::kOther);
  step.return_success();

  std::vector<Type> builders = builders_of(state.type);
  std::vector<int64_t> offsets;
  builder_offsets(state.type, 0, &offsets);
  std::vector<uint32_t> flags;
  std::vector<int64_t> elements;
  for (size_t i = 0; i < builders.size(); i++) {
    uint32_t flag = 0;
    if (builders[i].kind() == TypeKind::kAppender) {
      if (is_positional(counts[i])) flag |= WELD_POSITIONAL;
      if (counts[i].maximum <= 1 && !counts[i].is_simd) flag |= WELD_AT_MOST_ONE;
    } else if (builders[i].kind() != TypeKind::kGroupMerger && has_float_leaf(builders[i].children().back())) {
      flag |= WELD_ORDER_SENSITIVE;
    }
    flags.push_back(flag);
    elements.push_back((flag & WELD_POSITIONAL) != 0 ? row_elements(counts[i]) : 0);
  }
  llvm::Constant* fields[] = {function,
                              module_.word(size_of(state.type)),
                              module_.builder_table(builders, offsets, flags, elements),
                              module_.word(static_cast<int64_t>(builders.size())),
                              module_.word(annotated_number(*expr, "grain_size").value_or(0)),
                              module_.word(estimated_cost(expr->function()->body())),
                              module_.word(has_loop(expr->function()->body()) ? 1 : 0),
                              module_.word(cost_table().parallel_from),
                              module_.constant_bytes(name)};
  llvm::Constant* pipeline = llvm::ConstantStruct::getAnon(fields);
  auto* global = new llvm::GlobalVariable(module_.module(), pipeline->getType(), true, llvm::GlobalValue::PrivateLinkage,
                                          pipeline, "pipeline");

  llvm::Value* slot = temporary(size_of(state.type));
  store_value(state, slot, MemoryKind::kOther);
  fail_unless_ok(builder_.CreateCall(module_.runtime_function("weld_rt_for"),
                                     {context_for(expr->builder()), global, arguments, iterators.rows, slot}),
                 expr->span());
  // A vec made for this loop alone has served, unless a builder may hold on to its elements.
  bool holds_pointers = std::any_of(builders.begin(), builders.end(), [](Type builder) {
    return std::any_of(builder.children().begin(), builder.children().end(), [](Type part) { return part.contains_pointer(); });
  });
  for (size_t i = 0; i < iterators.all.size() && !holds_pointers; i++) {
    const ExprPtr& iter = expr->iterators()[i];
    if (iterators.all[i].data != nullptr && makes_own_memory(iter->child(0))) {
      release(Value{iter->child(0)->type(), {iterators.all[i].data}});
    }
  }
  return load_value(state.type, slot, MemoryKind::kOther);
}

int64_t FunctionEmitter::row_elements(const MergeCount& count) const { return count.is_simd ? module_.lanes() : 1; }

std::vector<FunctionEmitter::Reserved> FunctionEmitter::reserve_appenders(const ExprPtr& expr,
                                                                          const std::vector<MergeCount>& counts,
                                                                          llvm::Value* rows, Value* state,
                                                                          std::vector<bool>* invariant) {
  constexpr int64_t kMostRows = int64_t{1} << 50;  // no room for more of any; times the lanes it is still an i64
  const Name& parameter = expr->function()->parameters()[0].name;
  std::vector<Reserved> reserved;
  size_t leaf = 0;
  std::vector<Type> builders = builders_of(state->type);
  for (size_t i = 0; i < builders.size(); leaf += leaf_count(builders[i]), i++) {
    const MergeCount& count = counts[i];
    bool positional = is_positional(count);
    if (builders[i].kind() != TypeKind::kAppender || count.origin != static_cast<int>(i)) continue;
    if (count.maximum > 1 || (count.is_simd && !positional)) continue;
    (*invariant)[leaf] = (*invariant)[leaf + 2] = true;
    (*invariant)[leaf + 1] = positional || count.maximum == 0;
    if (count.maximum == 0) continue;
    Reserved each = {leaf, positional ? module_.word(row_elements(count)) : nullptr};
    // What is written before it is known to count needs room behind the rows.
    llvm::Value* room = builder_.CreateAdd(rows, module_.word(WELD_APPENDER_SLACK));
    if (positional) {
      room = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, rows, module_.word(kMostRows));
      room = builder_.CreateMul(room, each.row_elements);
    }
    Value appender{builders[i], {}};
    appender.leaves.append(state->leaves.begin() + leaf, state->leaves.begin() + leaf + 3);
    bool own = own_builders_.contains(parameter);
    appender = reserve(appender, room, own ? context_argument_ : context_for(expr->builder()), expr->span());
    std::copy(appender.leaves.begin(), appender.leaves.end(), state->leaves.begin() + leaf);
    reserved.push_back(each);
  }
  WELD_CHECK(leaf == state->leaves.size(), "a loop's state that is not made of builders");
  return reserved;
}

std::vector<llvm::Value*> FunctionEmitter::view_dictionaries(const ExprPtr& expr, const std::vector<MergeCount>& counts,
                                                             const Value& state, std::vector<bool>* invariant) {
  std::vector<llvm::Value*> viewed;
  // A loop inside may be a step of its own, whose merges no view here would show.
  if (has_loop(expr->function()->body())) return viewed;
  const std::vector<Type> builders = builders_of(state.type);
  for (size_t i = 0; i < builders.size(); i++) {
    const bool is_merged = counts[i].origin == static_cast<int>(i) && counts[i].maximum > 0;
    if (builders[i].kind() != TypeKind::kDictMerger || !is_merged) continue;
    const size_t leaf = leaf_of_builder(state.type, i);
    (*invariant)[leaf] = true;
    open_dict_view(state.leaves[leaf], builders[i].child(0));
    viewed.push_back(state.leaves[leaf]);
  }
  return viewed;
}

Value FunctionEmitter::emit_loop(const ExprPtr& expr, const Iterators& iterators, const Value& state,
                                 const std::vector<MergeCount>& counts, llvm::Value* begin, llvm::Value* end) {
  const ExprPtr& lambda = expr->function();
  const Parameters& parameters = lambda->parameters();
  llvm::Value* zero = llvm::ConstantInt::get(module_.i64_type(), 0);
  llvm::Value* rows = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, builder_.CreateSub(end, begin), zero);

  Value current = state;
  std::vector<bool> invariant(current.leaves.size(), false);
  const std::vector<Reserved> reserved = reserve_appenders(expr, counts, rows, &current, &invariant);
  const std::vector<llvm::Value*> viewed = view_dictionaries(expr, counts, current, &invariant);
  std::vector<llvm::AllocaInst*> slots(current.leaves.size(), nullptr);
  for (size_t i = 0; i < slots.size(); i++) {
    if (invariant[i]) continue;
    slots[i] = temporary_leaf(current.leaves[i]->getType());
    builder_.CreateStore(current.leaves[i], slots[i]);
  }
  auto load_state = [&] {
    Value value = current;
    for (size_t i = 0; i < slots.size(); i++) {
      if (slots[i] != nullptr) value.leaves[i] = builder_.CreateLoad(slots[i]->getAllocatedType(), slots[i]);
    }
    return value;
  };

  std::vector<LaneSum> lane_sums = open_lane_sums(lambda, state.type, counts);
  bool nested = own_builders_.empty() || !own_builders_.contains(parameters[0].name);
  if (nested && extends_own_builder(expr->builder())) own_builders_.insert(parameters[0].name);
  bool empties_scratch = !nested && scratch_ != context_argument_;
  bool is_morsel = kind_ == Kind::kStep && llvm::isa<llvm::Argument>(end);
  // What emit_inside() emits may use the row's index and element.
  auto in_row = [&](const Row& row, const std::function<void()>& emit_inside) {
    element_loads_.emplace_back();
    bind(parameters[1].name, Value{parameters[1].type, {row.number}});
    names_[parameters[2].name] = Binding{{}, element_at(*row.iterators, row.place)};
    emit_inside();
    for (auto& [element, loaded] : element_loads_.back()) element->values[loaded] = nullptr;
    element_loads_.pop_back();
  };
  // Within a row's scope.
  auto emit_body = [&](llvm::Value* row, const ExprPtr& body) {
    llvm::Value* mark = nullptr;
    if (empties_scratch) mark = builder_.CreateCall(module_.runtime_function("weld_rt_mark"), {scratch_});
    for (const Reserved& each : reserved) {
      AppenderMode mode;
      if (each.row_elements != nullptr) {
        llvm::Value* before = builder_.CreateMul(builder_.CreateSub(row, begin), each.row_elements);
        mode.position = builder_.CreateAdd(current.leaves[each.leaf + 1], before);
      }
      appender_modes_[current.leaves[each.leaf]] = mode;
    }
    bind(parameters[0].name, load_state());
    Value next = emit(body);
    for (size_t i = 0; i < slots.size(); i++) {
      if (slots[i] != nullptr) builder_.CreateStore(next.leaves[i], slots[i]);
    }
    if (empties_scratch) builder_.CreateCall(module_.runtime_function("weld_rt_release_to"), {scratch_, mark});
  };
  auto emit_row = [&](const Iterators& at, llvm::Value* row, const ExprPtr& body) {
    in_row({row, &at, row}, [&] { emit_body(row, body); });
  };
  auto emit_rows = [&](llvm::Value* from, llvm::Value* to) {
    const RowLoop form = {is_morsel, may_vectorize(*expr)};
    loop_over(iterators, from, to, form, [&](const Iterators& at, llvm::Value* row) { emit_row(at, row, lambda->body()); });
  };
  std::optional<StagedRows> stages = is_morsel ? staged_rows(expr) : std::nullopt;
  if (stages) {
    loop_in_stages({*stages, expr, iterators, begin, end, in_row, emit_body,
                    [&](size_t builder) {
                      const size_t leaf = leaf_of_builder(state.type, builder);
                      return std::pair(current.leaves[leaf], slots[leaf + 1]);
                    },
                    viewed});
  } else if (is_morsel) {
    emit_rows(begin, end);
  } else {
    in_stretches(begin, end, estimated_cost(lambda->body()), expr->span(), emit_rows);
  }
  for (const Reserved& each : reserved) appender_modes_.erase(current.leaves[each.leaf]);
  for (llvm::Value* dict : viewed) dict_views_.erase(dict);

  Value result = load_state();
  for (const Reserved& each : reserved) {
    if (each.row_elements == nullptr) continue;
    llvm::Value* merged = builder_.CreateMul(rows, each.row_elements);
    result.leaves[each.leaf + 1] = builder_.CreateAdd(current.leaves[each.leaf + 1], merged);
  }
  close_lane_sums(lane_sums, &result);
  return result;
}

}  // namespace weld::codegen
