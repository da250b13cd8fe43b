// The consumer's body is the growing part of a fused loop. Each step puts lets, or the producer's branches and loops, in front of
// it and looks at nothing but the producer, so a chain of loops is fused from its end in linear time. Names are unique in a
// program, so how often a name is used is counted once for all steps.
#include "weld/optimizer/fuse.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace weld {
namespace {

// A consumer's body that is copied to every merge but the first may add up to this many nodes.
constexpr size_t kMostCopiedBodyNodes = 256;

// The merge of a body that has one alone, when it is not in a loop inside; null otherwise.
const Expr* only_merge(const Expr& body) {
  const Expr* at = &body;
  while (at->is(NodeKind::kLet) && !at->child(0)->contains(NodeKind::kMerge)) at = at->body().get();
  if (at->is(NodeKind::kIf)) {
    const Expr* then_merge = only_merge(*at->child(1));
    return then_merge != nullptr ? then_merge : only_merge(*at->child(2));
  }
  return at->is(NodeKind::kMerge) ? at : nullptr;
}

// Appends one element for each lane.
bool merges_lanes(const ExprPtr& merge) { return merge->child(1)->type().is_simd(); }

std::vector<ExprPtr> iterators_of(const Loop& loop) { return {loop.node->iterators().begin(), loop.node->iterators().end()}; }

// The value that an expression merges once along each of its paths into the builder of a name; null when it does anything else
// with a builder. Counts the merges.
ExprPtr value_merged_into(const Name& builder, const ExprPtr& expr, int& merges) {
  switch (expr->kind()) {
    case NodeKind::kMerge: {
      const ExprPtr& target = expr->child(0);
      if (!target->is(NodeKind::kIdentifier) || target->name() != builder || merges_lanes(expr)) return nullptr;
      ++merges;
      return expr->child(1);
    }
    case NodeKind::kLet: {
      ExprPtr value = value_merged_into(builder, expr->body(), merges);
      return value == nullptr ? nullptr : with_children(expr, {expr->child(0), std::move(value)});
    }
    case NodeKind::kIf: {
      ExprPtr then_value = value_merged_into(builder, expr->child(1), merges);
      ExprPtr else_value = then_value == nullptr ? nullptr : value_merged_into(builder, expr->child(2), merges);
      if (else_value == nullptr) return nullptr;
      return with_children(expr, {expr->child(0), std::move(then_value), std::move(else_value)});
    }
    default:
      return nullptr;
  }
}

}  // namespace

bool is_plain_loop(const ExprPtr& expr) {
  return expr->is(NodeKind::kFor) && expr->function()->is(NodeKind::kLambda) && expr->function()->parameters().size() == 3;
}

bool Loop::reads(IterKind kind) const {
  for (const ExprPtr& iterator : node->iterators()) {
    if (iterator->iter_kind() == kind) return true;
  }
  return false;
}

ExprPtr Loop::with_parts(std::vector<ExprPtr> iterators, ExprPtr builder, Parameters parameters, ExprPtr new_body) const {
  const ExprPtr& function = node->function();
  ExprPtr lambda = make_lambda(std::move(parameters), std::move(new_body), function->span());
  if (!function->annotations().empty()) lambda = with_annotations(lambda, function->annotations());
  ExprPtr result = make_for(std::move(iterators), std::move(builder), std::move(lambda), node->span());
  return node->annotations().empty() ? result : with_annotations(result, node->annotations());
}

std::optional<Loop> producer_of(const ExprPtr& data) {
  if (!data->is(NodeKind::kRes) || !is_plain_loop(data->child(0))) return std::nullopt;
  Loop producer(data->child(0));
  const ExprPtr& builder = producer.node->builder();
  if (!builder->is(NodeKind::kNewBuilder) || builder->type().kind() != TypeKind::kAppender) return std::nullopt;
  bool hint_may_fail = !builder->children().empty() && may_fail(builder->child(0));
  if (hint_may_fail || producer.reads_simd()) return std::nullopt;
  return producer;
}

bool is_plain_map(const Loop& producer) {
  const ExprPtr& body = within_lets(producer.body);
  if (!body->is(NodeKind::kMerge) || body->child(1)->type().is_simd()) return false;
  return body->child(0)->is(NodeKind::kIdentifier) && body->child(0)->name() == producer.builder_name();
}

ExprPtr joined_loop(const std::vector<LoopPart>& parts, std::vector<ExprPtr> iterators, NameSupply& supply) {
  std::vector<ExprPtr> builders;
  for (const LoopPart& part : parts) builders.push_back(part.loop->builder());
  ExprPtr builder = builders.size() == 1 ? builders[0] : make_struct(std::move(builders));
  const Parameter state{supply.fresh("b"), builder->type()};
  const Parameter index{supply.fresh("i"), Type::i64()};
  const Parameter element{supply.fresh("e"), element_type(iterators)};
  const ExprPtr states = make_identifier(state.name, state.type);
  const ExprPtr row = make_identifier(element.name, element.type);

  std::vector<ExprPtr> bodies;
  for (const LoopPart& part : parts) {
    const Loop loop(part.loop);
    std::vector<ExprPtr> fields;
    for (size_t place : part.places) {
      fields.push_back(iterators.size() == 1 ? row : make_get_field(row, static_cast<uint32_t>(place)));
    }
    const ExprPtr own = fields.size() == 1 ? fields[0] : make_struct(std::move(fields));
    const ExprPtr own_state = parts.size() == 1 ? states : make_get_field(states, static_cast<uint32_t>(bodies.size()));
    bodies.push_back(replace_names(loop.body, {{loop.builder_name(), own_state},
                                               {loop.index_name(), make_identifier(index.name, index.type)},
                                               {loop.element_name(), own}}));
  }
  ExprPtr body = bodies.size() == 1 ? bodies[0] : make_struct(std::move(bodies));
  return make_for(std::move(iterators), std::move(builder), make_lambda({state, index, element}, std::move(body)),
                  parts[0].loop->span());
}

LoopFuser::LoopFuser(const ExprPtr& program) : program_(program) {}

void LoopFuser::declare(const ExprPtr& let) {
  const ExprPtr& value = let->child(0);
  if (producer_of(value) && !contains_assert(value) && uses_of(let->name()) > 0) declared_[let->name()] = {value, lambda_};
}

std::optional<LoopFuser::Producer> LoopFuser::producer_of_iterator(const ExprPtr& iterator) const {
  if (!goes_over_all(iterator)) return std::nullopt;
  ExprPtr data = iterator->child(0);
  Name let;
  if (data->is(NodeKind::kIdentifier)) {
    auto declared = declared_.find(data->name());
    bool only_here = declared != declared_.end() && declared->second.lambda == lambda_ && uses_of(data->name()) == 1;
    if (!only_here) return std::nullopt;
    let = data->name();
    data = declared->second.value;
  }
  std::optional<Loop> loop = producer_of(data);
  return loop ? std::optional<Producer>({*std::move(loop), std::move(let)}) : std::nullopt;
}

void LoopFuser::take(const Producer& producer) {
  if (!producer.let.empty()) step_.taken.push_back(producer.let);
}

void LoopFuser::finish_step() {
  for (const Name& let : step_.taken) taken_.insert(let);
  for (const Name& name : step_.repeated) set_uses(name, uses_of(name) - 1);
}

ExprPtr LoopFuser::fuse(const ExprPtr& expr, uint32_t depth) {
  ExprPtr result = expr;
  while (is_plain_loop(result)) {
    step_ = {};
    ExprPtr fused = fuse_maps_of(result);
    if (fused == nullptr) fused = zip_filters(result);
    if (fused == nullptr) fused = fuse_only_producer(result);
    if (fused == nullptr || fused->depth() + depth > kMaximumDepth) break;
    finish_step();
    result = std::move(fused);
  }
  return result;
}

ExprPtr LoopFuser::merged_value(const Loop& producer) const {
  int merges = 0;
  ExprPtr value = value_merged_into(producer.builder_name(), producer.body, merges);
  // A use that is not a merge is one inside a condition or a value.
  return merges == uses_of(producer.builder_name()) ? value : nullptr;
}

NameSupply& LoopFuser::supply() {
  if (!supply_) supply_.emplace(program_);
  return *supply_;
}

UseCounts& LoopFuser::uses() const {
  if (!uses_) uses_ = count_uses(program_);
  return *uses_;
}

int LoopFuser::uses_of(const Name& name) const {
  auto known = uses().find(name);
  return known == uses().end() ? 0 : known->second;
}

void LoopFuser::set_uses(const Name& name, int count) {
  auto known = uses().find(name);
  if (known == uses().end()) known = uses().emplace(*names_.insert(name).first, 0).first;
  known.value() = count;
}

size_t LoopFuser::FusedIterators::add(const ExprPtr& iterator) {
  if (goes_over_all_of_name(iterator)) {
    auto [known, is_new] = places.emplace(iterator->child(0)->name(), iterators.size());
    if (!is_new) {
      repeated.push_back(iterator->child(0)->name());
      return known->second;
    }
  }
  iterators.push_back(iterator);
  return iterators.size() - 1;
}

ExprPtr LoopFuser::FusedIterators::element(const ExprPtr& all, size_t place) const {
  return iterators.size() == 1 ? all : make_get_field(all, static_cast<uint32_t>(place));
}

ExprPtr LoopFuser::FusedIterators::row(const ExprPtr& all, const std::vector<size_t>& places) const {
  std::vector<ExprPtr> parts;
  for (size_t place : places) parts.push_back(element(all, place));
  return parts.size() == 1 ? parts[0] : make_struct(std::move(parts));
}

LoopFuser::Source LoopFuser::source_of(const ExprPtr& iterator, bool zipped) const {
  Source source;
  source.map = producer_of_iterator(iterator);
  if (!source.map) return source;
  // An nd view is not zipped with anything that it was not zipped with before.
  bool joins_nd = zipped && source.map->loop.reads(IterKind::kNd);
  if (!joins_nd) source.value = merged_value(source.map->loop);
  if (source.value == nullptr) source.map.reset();
  return source;
}

ExprPtr LoopFuser::fuse_maps_of(const ExprPtr& node) {
  Loop consumer(node);
  if (consumer.reads_simd()) return nullptr;
  bool zipped = node->iterators().size() > 1;
  bool any = false;
  FusedIterators fused;
  std::vector<Source> sources;
  for (const ExprPtr& iterator : node->iterators()) {
    Source source = source_of(iterator, zipped);
    any |= source.map.has_value();
    if (source.map) {
      take(*source.map);
      for (const ExprPtr& inner : source.map->loop.node->iterators()) source.places.push_back(fused.add(inner));
    } else {
      source.places.push_back(fused.add(iterator));
    }
    sources.push_back(std::move(source));
  }
  if (zipped) step_.repeated = fused.repeated;
  if (!any && step_.repeated.empty()) return nullptr;
  return zipped ? fuse_zipped_maps(consumer, std::move(fused), sources) : fuse_single_map(consumer, sources[0]);
}

// The map's element becomes the loop's, so that no name changes.
ExprPtr LoopFuser::fuse_single_map(const Loop& consumer, const Source& source) {
  const Loop& map = source.map->loop;
  ExprPtr body = make_let(consumer.element_name(), source.value, consumer.body);
  body = bind_index(consumer, map, std::move(body));
  return consumer.with_parts(iterators_of(map), consumer.node->builder(),
                             {consumer.parameter(0), consumer.parameter(1), map.parameter(2)}, std::move(body));
}

ExprPtr LoopFuser::fuse_zipped_maps(const Loop& consumer, FusedIterators fused, const std::vector<Source>& sources) {
  // A map that goes over just what the new loop does has the new loop's elements as its own.
  std::vector<size_t> all_places(fused.iterators.size());
  std::iota(all_places.begin(), all_places.end(), size_t{0});
  const auto same = std::find_if(sources.begin(), sources.end(),
                                 [&](const Source& source) { return source.map && source.places == all_places; });
  Parameter element =
      same != sources.end() ? same->map->loop.parameter(2) : Parameter{supply().fresh("e"), element_type(fused.iterators)};
  ExprPtr all = make_identifier(element.name, element.type);
  std::vector<ExprPtr> fields;
  for (const Source& source : sources) fields.push_back(source.map ? source.value : fused.element(all, source.places[0]));
  ExprPtr body = make_let(consumer.element_name(), make_struct(std::move(fields)), consumer.body);
  for (auto source = sources.begin(); source != sources.end(); ++source) {
    if (!source->map) continue;
    const Loop& map = source->map->loop;
    if (source != same) body = make_let(map.element_name(), fused.row(all, source->places), std::move(body));
    body = bind_index(consumer, map, std::move(body));
  }
  return consumer.with_parts(std::move(fused.iterators), consumer.node->builder(),
                             {consumer.parameter(0), consumer.parameter(1), std::move(element)}, std::move(body));
}

ExprPtr LoopFuser::bind_index(const Loop& consumer, const Loop& map, ExprPtr body) {
  if (uses_of(map.index_name()) == 0) return body;
  set_uses(consumer.index_name(), uses_of(consumer.index_name()) + 1);
  return make_let(map.index_name(), make_identifier(consumer.index_name(), Type::i64()), std::move(body));
}

ExprPtr LoopFuser::fuse_only_producer(const ExprPtr& node) {
  Loop consumer(node);
  if (node->iterators().size() != 1 || uses_of(consumer.index_name()) > 0) return nullptr;
  std::optional<Producer> source = producer_of_iterator(node->iterators()[0]);
  if (!source) return nullptr;
  const Loop* producer = &source->loop;
  Retargeting state{.consumer = consumer, .builders = {}};
  add_builder(producer->builder_name(), state);
  if (!can_retarget(producer->body, state) || state.seen_uses != state.expected_uses) return nullptr;
  if (state.merges > 1) {
    size_t limit = kMostCopiedBodyNodes / (state.merges - 1);
    if (node_count(consumer.body, limit + 1) > limit) return nullptr;
  }
  take(*source);
  Parameter builder{producer->builder_name(), consumer.parameter(0).type};
  Parameter element = producer->parameter(2);
  // Parameters that are merged as they are get the names that the consumer has for them, and need no lets.
  ExprPtr merging = producer->body;
  if (const Expr* merge = state.merges == 1 ? only_merge(*merging) : nullptr; merge != nullptr) {
    Replacements names;
    auto rename = [&](Parameter* parameter, const ExprPtr& merged, const Name& name) {
      if (!merged->is(NodeKind::kIdentifier) || merged->name() != parameter->name) return;
      names.emplace(merged->name(), make_identifier(name, merged->type(), merged->span()));
      set_uses(name, uses_of(name) + uses_of(parameter->name) - 1);
      parameter->name = name;
    };
    rename(&builder, merge->child(0), consumer.builder_name());
    rename(&element, merge->child(1), consumer.element_name());
    merging = replace_names(merging, names);
  }
  state.merges = 0;
  state.builders.insert(builder.name);
  ExprPtr body = retarget(merging, state);
  return consumer.with_parts(iterators_of(*producer), node->builder(),
                             {std::move(builder), producer->parameter(1), std::move(element)}, std::move(body));
}

// Whether retarget() can handle an expression of the producer's builder type.
bool LoopFuser::can_retarget(const ExprPtr& expr, Retargeting& state) const {
  switch (expr->kind()) {
    case NodeKind::kIdentifier:
      ++state.seen_uses;
      return state.builders.contains(expr->name());
    case NodeKind::kMerge:
      ++state.merges;
      return !merges_lanes(expr) && can_retarget(expr->child(0), state);
    case NodeKind::kIf:
      return can_retarget(expr->child(1), state) && can_retarget(expr->child(2), state);
    case NodeKind::kLet:
      if (expr->child(0)->type().contains_builder()) {
        if (!can_retarget(expr->child(0), state)) return false;
        add_builder(expr->name(), state);
      }
      return can_retarget(expr->body(), state);
    case NodeKind::kFor:
      if (!is_plain_loop(expr) || !can_retarget(expr->builder(), state)) return false;
      add_builder(Loop(expr).builder_name(), state);
      return can_retarget(expr->function()->body(), state);
    default:
      return false;
  }
}

void LoopFuser::add_builder(const Name& name, Retargeting& state) const {
  state.builders.insert(name);
  state.expected_uses += uses_of(name);
}

ExprPtr LoopFuser::retarget(const ExprPtr& expr, Retargeting& state) {
  switch (expr->kind()) {
    case NodeKind::kIdentifier:
      return make_identifier(expr->name(), state.consumer.parameter(0).type, expr->span());
    case NodeKind::kMerge:
      return consume(retarget(expr->child(0), state), expr->child(1), state);
    case NodeKind::kIf: {
      ExprPtr then_value = retarget(expr->child(1), state);
      return with_children(expr, {expr->child(0), std::move(then_value), retarget(expr->child(2), state)});
    }
    case NodeKind::kLet: {
      ExprPtr value = expr->child(0);
      if (state.builders.contains(expr->name())) value = retarget(value, state);
      return with_children(expr, {std::move(value), retarget(expr->body(), state)});
    }
    default: {
      Loop inner(expr);
      ExprPtr builder = retarget(expr->builder(), state);
      Parameter parameter{inner.builder_name(), state.consumer.parameter(0).type};
      return inner.with_parts(iterators_of(inner), std::move(builder),
                              {std::move(parameter), inner.parameter(1), inner.parameter(2)}, retarget(inner.body, state));
    }
  }
}

// The consumer's body for one merged value; from the second merge on a copy with names of its own.
ExprPtr LoopFuser::consume(ExprPtr builder, ExprPtr value, Retargeting& state) {
  auto named = [](const Name& name, ExprPtr what, ExprPtr in) {
    const bool has_name = what->is(NodeKind::kIdentifier) && what->name() == name;
    return has_name ? in : make_let(name, std::move(what), std::move(in));
  };
  ExprPtr body = named(state.consumer.element_name(), std::move(value), state.consumer.body);
  body = named(state.consumer.builder_name(), std::move(builder), std::move(body));
  return state.merges++ == 0 ? body : copy_consumer(body);
}

// Copies the two lets and the body, but not what they bind. Names in the copy are used as often as in the original.
ExprPtr LoopFuser::copy_consumer(const ExprPtr& lets) {
  const ExprPtr& builder = lets->child(0);
  const ExprPtr& element_let = lets->body();
  const ExprPtr& element = element_let->child(0);
  Copier copier(supply());
  ExprPtr copy =
      copier.copy(make_lambda({{lets->name(), builder->type()}, {element_let->name(), element->type()}}, element_let->body()));
  for (const auto& [name, new_name] : copier.new_names()) set_uses(new_name, uses_of(name));
  return make_let(copy->parameters()[0].name, builder, make_let(copy->parameters()[1].name, element, copy->body()));
}

}  // namespace weld
