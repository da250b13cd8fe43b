// fuse-maps: runs a loop's producer inside it, so that the vector between them is never made.
//
// A producer is `result(for(…, appender, …))` as a bare iterator of the loop, the consumer.
//
// 1. A map merges exactly once in each iteration. Any number of a consumer's zipped iterators may be maps:
//
//   before   for(zip(result(for(x, appender, |b1, i1, e1| merge(b1, f(i1, e1)))), y), B, |b, i, e| body)
//   after    for(zip(x, y), B, |b, i, z| let i1 = i; let e1 = z.$0; let e = {f(i1, e1), z.$1}; body)
//
//   Iteration i of the consumer is iteration i of each map, and as a map is as long as what it reads, the new loop's check that
//   all are of one length fails exactly when one of the old loops' did.
//
// 2. A filter or a nest of loops merges any number of times. It must be the only iterator, and the consumer must not use its
// index,
//    which is the number of merges so far and not that of iterations:
//
//   before   for(result(for(x, appender, |b1, i1, e1| if(p(e1), merge(b1, f(e1)), b1))), B, |b, i, e| body)
//   after    for(x, B, |b1, i1, e1| if(p(e1), (let b = b1; let e = f(e1); body), b1))
//
//   The consumer's body stands where the merge was, also inside inner loops over b1; where there are several merges it is copied,
//   when it is small.
//
// An element is from then on a let of the consumer's body: where nothing needs it, it need not be computed.
//
// Requires inline-lets before it, which brings producers used once into the iterators of their consumers. Leaves lets of atoms
// and of struct literals behind, for inline-lets and split-structs.
#include <optional>

#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

// Consumers' bodies of up to this many nodes, times the merges of the producer beyond the first, are copied.
constexpr size_t kMaximumCopiedNodes = 256;

// The parts of a loop.
struct Loop {
  explicit Loop(const ExprPtr& loop) : node(loop), body(loop->function()->body()) {}
  const Parameter& parameter(size_t index) const { return node->function()->parameters()[index]; }
  const std::string& builder_name() const { return parameter(0).name; }
  const std::string& index_name() const { return parameter(1).name; }
  const std::string& element_name() const { return parameter(2).name; }
  bool reads_only_elements() const {
    for (const ExprPtr& iterator : node->iterators()) {
      if (iterator->iter_kind() == IterKind::kSimd || iterator->iter_kind() == IterKind::kFringe) return false;
    }
    return true;
  }
  bool reads_nd() const {
    for (const ExprPtr& iterator : node->iterators()) {
      if (iterator->iter_kind() == IterKind::kNd) return true;
    }
    return false;
  }

  ExprPtr node;
  ExprPtr body;
};

ExprPtr with_lambda(const ExprPtr& loop, std::vector<ExprPtr> iterators, ExprPtr builder, std::vector<Parameter> parameters,
                    ExprPtr body) {
  const ExprPtr& function = loop->function();
  ExprPtr lambda =
      with_annotations(make_lambda(std::move(parameters), std::move(body), function->span()), function->annotations());
  ExprPtr result = make_for(std::move(iterators), std::move(builder), std::move(lambda), loop->span());
  return loop->annotations().empty() ? result : with_annotations(result, loop->annotations());
}

bool is_plain_loop(const ExprPtr& expr) {
  return expr->is(NodeKind::kFor) && expr->function()->is(NodeKind::kLambda) && expr->function()->parameters().size() == 3;
}

// The loop whose elements a bare iterator reads, when it starts with an empty appender.
std::optional<Loop> producer_of(const ExprPtr& iterator) {
  if (iterator->iter_kind() != IterKind::kVector || iterator->children().size() != 1) return std::nullopt;
  const ExprPtr& data = iterator->child(0);
  if (!data->is(NodeKind::kRes) || !is_plain_loop(data->child(0))) return std::nullopt;
  Loop producer(data->child(0));
  const ExprPtr& builder = producer.node->builder();
  bool fresh = builder->is(NodeKind::kNewBuilder) && builder->type().kind() == TypeKind::kAppender;
  if (!fresh || (!builder->children().empty() && may_fail(builder->child(0)))) return std::nullopt;
  if (!producer.reads_only_elements()) return std::nullopt;
  return producer;
}

// Where an element of a zip is found among the iterators of the fused loop.
struct FusedIterators {
  // Adds an iterator, or finds an equal one.
  size_t add(const ExprPtr& iterator) {
    for (size_t i = 0; i < iterators.size(); ++i) {
      if (is_bare_name(iterator) && equal(iterator, iterators[i])) return i;
    }
    iterators.push_back(iterator);
    return iterators.size() - 1;
  }
  static bool is_bare_name(const ExprPtr& iterator) {
    return iterator->children().size() == 1 && iterator->child(0)->is(NodeKind::kIdentifier);
  }
  ExprPtr element(const ExprPtr& all, size_t index) const {
    return iterators.size() == 1 ? all : make_get_field(all, static_cast<uint32_t>(index));
  }

  std::vector<ExprPtr> iterators;
};

class MapFuser {
 public:
  explicit MapFuser(const ExprPtr& program) : program_(program), uses_(count_uses(program)) {}

  // depth: of the place in the program where expr stands.
  ExprPtr rewrite(const ExprPtr& expr, uint32_t depth) {
    ExprPtr fused = is_plain_loop(expr) ? fuse(expr, depth) : expr;
    return map_children(fused, [&](const ExprPtr& child) { return rewrite(child, depth + 1); });
  }

 private:
  // A zipped iterator of a consumer: a map to be fused, or an iterator that stays.
  struct Source {
    std::optional<Loop> map;
    ExprPtr value;               // of the map
    std::vector<size_t> places;  // of the map's iterators, or of the iterator, in the fused loop
  };

  // Fuses producers, and theirs in turn, until none is left. The consumer's body grows at its front only, so a chain takes time
  // linear in its length.
  ExprPtr fuse(ExprPtr loop, uint32_t depth) {
    for (;;) {
      ExprPtr fused = fuse_maps_of(loop);
      if (fused == nullptr) fused = fuse_only_producer(loop);
      if (fused == nullptr || fused->depth() + depth > kMaximumDepth) return loop;
      loop = std::move(fused);
    }
  }

  int uses_of(const std::string& name) const {
    auto uses = uses_.find(name);
    return uses == uses_.end() ? 0 : uses->second;
  }

  void set_uses(const std::string& name, int uses) {
    auto known = uses_.find(name);
    if (known == uses_.end()) known = uses_.emplace(*names_.insert(name).first, 0).first;
    known->second = uses;
  }

  NameSupply& supply() {
    if (!supply_) supply_.emplace(program_);
    return *supply_;
  }

  // What a map's body merges, as a value; null when it is not a map. Counts the merges found.
  ExprPtr merged_value(const ExprPtr& body, const std::string& builder, int& merges) {
    if (body->is(NodeKind::kMerge)) {
      const ExprPtr& target = body->child(0);
      if (!target->is(NodeKind::kIdentifier) || target->name() != builder) return nullptr;
      ++merges;
      return body->child(1);
    }
    if (body->is(NodeKind::kLet)) {
      ExprPtr value = merged_value(body->body(), builder, merges);
      return value == nullptr ? nullptr : with_children(body, {body->child(0), std::move(value)});
    }
    if (body->is(NodeKind::kIf)) {
      ExprPtr then_value = merged_value(body->child(1), builder, merges);
      ExprPtr else_value = then_value == nullptr ? nullptr : merged_value(body->child(2), builder, merges);
      return else_value == nullptr ? nullptr
                                   : with_children(body, {body->child(0), std::move(then_value), std::move(else_value)});
    }
    return nullptr;
  }

  Source source_of(const ExprPtr& iterator, bool may_fuse) {
    Source source;
    source.map = may_fuse ? producer_of(iterator) : std::nullopt;
    if (!source.map) return source;
    int merges = 0;
    source.value = merged_value(source.map->body, source.map->builder_name(), merges);
    if (source.value == nullptr || merges != uses_of(source.map->builder_name())) source.map.reset();
    return source;
  }

  // Form 1. Null when none of the iterators is a map.
  ExprPtr fuse_maps_of(const ExprPtr& node) {
    Loop consumer(node);
    if (!consumer.reads_only_elements()) return nullptr;
    bool zipped = node->iterators().size() > 1;
    FusedIterators fused;
    std::vector<Source> sources;
    bool any = false;
    for (const ExprPtr& iterator : node->iterators()) {
      Source source = source_of(iterator, true);
      // A zip is not made to read an nd view beside other iterators where it did not.
      if (source.map && source.map->reads_nd() && (zipped || source.map->node->iterators().size() > 1)) source.map.reset();
      any |= source.map.has_value();
      if (source.map) {
        for (const ExprPtr& inner : source.map->node->iterators()) source.places.push_back(fused.add(inner));
      } else {
        source.places.push_back(fused.add(iterator));
      }
      sources.push_back(std::move(source));
    }
    if (!any) return nullptr;
    if (!zipped) return fuse_single_map(consumer, sources[0]);
    return fuse_zipped_maps(consumer, std::move(fused), sources);
  }

  // The map's element becomes the loop's: no name changes.
  ExprPtr fuse_single_map(const Loop& consumer, const Source& source) {
    const Loop& map = *source.map;
    ExprPtr body = make_let(consumer.element_name(), source.value, consumer.body);
    body = bind_index(consumer, map, std::move(body));
    std::vector<ExprPtr> iterators(map.node->iterators().begin(), map.node->iterators().end());
    return with_lambda(consumer.node, std::move(iterators), consumer.node->builder(),
                       {consumer.parameter(0), consumer.parameter(1), map.parameter(2)}, std::move(body));
  }

  ExprPtr fuse_zipped_maps(const Loop& consumer, FusedIterators fused, const std::vector<Source>& sources) {
    Parameter element{supply().fresh("e"), element_type(fused.iterators)};
    ExprPtr all = make_identifier(element.name, element.type);
    std::vector<ExprPtr> fields;
    for (const Source& source : sources) fields.push_back(source.map ? source.value : fused.element(all, source.places[0]));
    ExprPtr body = make_let(consumer.element_name(), make_struct(std::move(fields)), consumer.body);
    for (const Source& source : sources) {
      if (!source.map) continue;
      if (uses_of(source.map->element_name()) > 0) {
        body = make_let(source.map->element_name(), element_of_map(fused, source, all), std::move(body));
      }
      body = bind_index(consumer, *source.map, std::move(body));
    }
    return with_lambda(consumer.node, std::move(fused.iterators), consumer.node->builder(),
                       {consumer.parameter(0), consumer.parameter(1), std::move(element)}, std::move(body));
  }

  static ExprPtr element_of_map(const FusedIterators& fused, const Source& source, const ExprPtr& all) {
    std::vector<ExprPtr> fields;
    for (size_t place : source.places) fields.push_back(fused.element(all, place));
    return fields.size() == 1 ? fields[0] : make_struct(std::move(fields));
  }

  ExprPtr bind_index(const Loop& consumer, const Loop& map, ExprPtr body) {
    if (uses_of(map.index_name()) == 0) return body;
    set_uses(consumer.index_name(), uses_of(consumer.index_name()) + 1);
    return make_let(map.index_name(), make_identifier(consumer.index_name(), Type::i64()), std::move(body));
  }

  // Form 2. Null when it does not apply.
  ExprPtr fuse_only_producer(const ExprPtr& node) {
    Loop consumer(node);
    if (node->iterators().size() != 1 || uses_of(consumer.index_name()) > 0) return nullptr;
    std::optional<Loop> producer = producer_of(node->iterators()[0]);
    if (!producer) return nullptr;
    Retargeting retargeting{consumer, {producer->builder_name()}, 0, uses_of(producer->builder_name()), 0};
    if (!can_retarget(producer->body, retargeting) || retargeting.expected_uses != retargeting.seen_uses) return nullptr;
    if (retargeting.merges > 1) {
      size_t limit = kMaximumCopiedNodes / (retargeting.merges - 1);
      if (node_count(consumer.body, limit + 1) > limit) return nullptr;
    }
    retargeting.merges = 0;
    ExprPtr body = retarget(producer->body, retargeting);
    Parameter builder{producer->builder_name(), consumer.parameter(0).type};
    std::vector<ExprPtr> iterators(producer->node->iterators().begin(), producer->node->iterators().end());
    return with_lambda(node, std::move(iterators), node->builder(),
                       {std::move(builder), producer->parameter(1), producer->parameter(2)}, std::move(body));
  }

  // Turns an expression over the producer's appender into one over the consumer's builder.
  struct Retargeting {
    const Loop& consumer;
    std::unordered_set<std::string> builders;  // the names that stand for the producer's builder
    int seen_uses;
    int expected_uses;
    size_t merges;
  };

  // Whether retarget() handles the expression; counts its merges and the uses of its builder names. Uses anywhere else, in a
  // condition or in a merged value, are not seen.
  bool can_retarget(const ExprPtr& expr, Retargeting& state) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier:
        ++state.seen_uses;
        return state.builders.contains(expr->name());
      case NodeKind::kMerge:
        ++state.merges;
        return can_retarget(expr->child(0), state);
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

  void add_builder(const std::string& name, Retargeting& state) {
    state.builders.insert(name);
    state.expected_uses += uses_of(name);
  }

  ExprPtr retarget(const ExprPtr& expr, Retargeting& state) {
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
        std::vector<ExprPtr> iterators(expr->iterators().begin(), expr->iterators().end());
        return with_lambda(expr, std::move(iterators), std::move(builder),
                           {std::move(parameter), inner.parameter(1), inner.parameter(2)}, retarget(inner.body, state));
      }
    }
  }

  // The consumer's body for one merged value; from the second merge on a copy with names of its own.
  ExprPtr consume(ExprPtr builder, ExprPtr value, Retargeting& state) {
    const Loop& consumer = state.consumer;
    ExprPtr body = make_let(consumer.element_name(), std::move(value), consumer.body);
    body = make_let(consumer.builder_name(), std::move(builder), std::move(body));
    return state.merges++ == 0 ? body : copy_consumer(body);
  }

  // Copies the lets of builder and element and the body, but not what they bind. Names in the copy are used as often as the
  // originals.
  ExprPtr copy_consumer(const ExprPtr& lets) {
    Copier copier(supply());
    ExprPtr shell = make_lambda({{lets->name(), lets->child(0)->type()}, {lets->body()->name(), lets->body()->child(0)->type()}},
                                lets->body()->body());
    ExprPtr copy = copier.copy(shell);
    for (const auto& [name, new_name] : copier.new_names()) set_uses(new_name, uses_of(name));
    ExprPtr body = make_let(copy->parameters()[1].name, lets->body()->child(0), copy->body());
    return make_let(copy->parameters()[0].name, lets->child(0), std::move(body));
  }

  ExprPtr program_;
  UseCounts uses_;
  std::optional<NameSupply> supply_;
  std::unordered_set<std::string> names_;  // holds the keys of uses_ that no identifier of the program does
};

}  // namespace

ExprPtr fuse_maps(const ExprPtr& program) { return MapFuser(program).rewrite(program, 1); }

}  // namespace weld
