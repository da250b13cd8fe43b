// One walk in the order of evaluation. The value of an expression outside of all loops comes from some steps, its sources; a let
// keeps those of its value under its name. Where a step is made, it reads the sources of its operands, and of every outer name
// that its body uses.
#include "weld/optimizer/dataflow.h"

#include <algorithm>
#include <utility>

#include "weld/ir/rewrite.h"
#include "weld/optimizer/rewriting.h"
#include "weld/optimizer/tiling.h"

namespace weld {

namespace {

using Sources = std::vector<Read>;

// How a node reads its child of that number.
ReadKind kind_of_read(const ExprPtr& node, size_t child) {
  if (child > 0 && !node->is(NodeKind::kIter)) return ReadKind::kValue;
  switch (node->kind()) {
    case NodeKind::kIter:
      return child == 0 && node->iter_kind() != IterKind::kRange ? ReadKind::kInner : ReadKind::kValue;
    case NodeKind::kLookup:
    case NodeKind::kOptLookup:
    case NodeKind::kKeyExists:
      return ReadKind::kLookup;
    case NodeKind::kLen:
      return ReadKind::kLength;
    case NodeKind::kSlice:
      return ReadKind::kSlice;
    default:
      return ReadKind::kValue;
  }
}

void add(Sources* into, const Read& read) {
  for (const Read& known : *into) {
    if (known.from == read.from && known.kind == read.kind && known.use == read.use) return;
  }
  into->push_back(read);
}

void add(Sources* into, const Sources& reads) {
  for (const Read& read : reads) add(into, read);
}

// Whether a node takes a value in memory as a whole and does not give it on: compares it, or begins a vecmerger with a copy of
// it.
bool is_end_of_memory(const ExprPtr& node, size_t child) {
  const bool is_end = node->is(NodeKind::kBinary) || node->is(NodeKind::kNewBuilder);
  return is_end && node->child(child)->type().contains_pointer();
}

class Builder {
 public:
  Dataflow build(const ExprPtr& program) {
    for (const Parameter& parameter : program->parameters()) {
      Step step;
      step.name = parameter.name.text();
      step.type = parameter.type;
      names_[parameter.name] = {Read{new_step(std::move(step)), ReadKind::kValue, nullptr, nullptr}};
    }
    const Sources given = sources_of(program->body());
    Step result;
    result.kind = StepKind::kResult;
    result.type = program->body()->type();
    result.reads = given;
    flow_.steps.push_back(std::move(result));
    return std::move(flow_);
  }

 private:
  size_t new_step(Step step) {
    flow_.steps.push_back(std::move(step));
    return flow_.steps.size() - 1;
  }

  Sources sources_of(const ExprPtr& expr) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier: {
        auto found = names_.find(expr->name());
        return found == names_.end() ? Sources{} : with_data(found->second, expr);
      }
      case NodeKind::kLet:
        bind(expr);
        return sources_of(expr->body());
      case NodeKind::kLambda:
        return sources_inside(expr);
      case NodeKind::kFor:
      case NodeKind::kSort:
        return made_by(expr);
      case NodeKind::kMakeVector:
      case NodeKind::kToVec:
      case NodeKind::kSerialize:
      case NodeKind::kDeserialize:
      case NodeKind::kCudf:
        return expr->type().contains_pointer() ? made_by(expr) : sources_of_children(expr);
      case NodeKind::kIterate:
        // Its function is evaluated outside of loops, so a loop in it is a step.
        for (const Parameter& parameter : expr->child(1)->parameters()) names_[parameter.name] = sources_of(expr->child(0));
        return sources_of(expr->child(1)->body());
      default:
        return sources_of_children(expr);
    }
  }

  Sources sources_of_children(const ExprPtr& expr) {
    Sources sources;
    for (size_t i = 0; i < expr->children().size(); ++i) {
      Sources of_child = sources_of(expr->child(i));
      const ReadKind kind = kind_of_read(expr, i);
      for (Read& read : of_child) {
        if (read.kind != ReadKind::kValue || read.use != nullptr) continue;
        if (kind == ReadKind::kValue && !is_end_of_memory(expr, i)) continue;
        read.kind = kind;
        read.use = expr;
      }
      add(&sources, of_child);
    }
    return sources;
  }

  void bind(const ExprPtr& let) {
    const ExprPtr& value = let->child(0);
    Sources sources = sources_of(value);
    const bool is_made = value->is(NodeKind::kRes) || value->is(NodeKind::kSort) || value->is(NodeKind::kMakeVector) ||
                         value->is(NodeKind::kToVec);
    if (is_made && sources.size() == 1) {
      // A loop with several builders makes several values.
      std::string& name = flow_.steps[sources[0].from].name;
      name += (name.empty() ? "" : ", ") + let->name().text();
    }
    names_[let->name()] = std::move(sources);
  }

  // The step that a node is, which alone its value comes from.
  Sources made_by(const ExprPtr& expr) {
    Step step;
    step.node = expr;
    step.type = expr->type();
    step.kind = expr->is(NodeKind::kFor) ? StepKind::kLoop : expr->is(NodeKind::kSort) ? StepKind::kSort : StepKind::kMake;
    if (step.kind == StepKind::kLoop) {
      const std::optional<Tiling> tiling = tiling_of(expr);
      if (tiling) step.tile_rows = tiling->rows;
      for (const ExprPtr& iterator : expr->iterators()) add_reads(&step, iterator, tiling ? 1 : iterator->children().size());
      for (Read read : sources_of(tiling ? tiling->tiles->builder() : expr->builder())) {
        if (tiling && read.kind == ReadKind::kLength) continue;  // the size of the builder, which goes by the rows
        const bool is_builder = read.data != nullptr && read.data->type().contains_builder();
        if (is_builder && read.kind == ReadKind::kValue && read.use == nullptr) read.kind = ReadKind::kBuilder;
        add(&step.reads, read);
      }
      add(&step.reads, sources_inside(expr->function()));
    } else {
      add_reads(&step, expr, expr->children().size());
    }
    return {Read{new_step(std::move(step)), ReadKind::kValue, nullptr, expr}};
  }

  // What an iterator or a sort goes over; what else there is, bounds and comparators, is read as values. Of the first `count`
  // children.
  void add_reads(Step* step, const ExprPtr& reader, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const ExprPtr& child = reader->child(i);
      const bool is_range = reader->is(NodeKind::kIter) && reader->iter_kind() == IterKind::kRange;
      for (Read read : sources_of(child)) {
        const bool is_data = read.kind == ReadKind::kSlice || (read.kind == ReadKind::kValue && read.use == nullptr);
        if (i == 0 && !is_range && is_data) {
          read.kind = ReadKind::kIterate;
          read.use = reader;
          read.data = child;
        }
        add(&step->reads, read);
      }
    }
  }

  // Of the outer names that a function uses. Inside a function nothing is a step of its own.
  Sources sources_inside(const ExprPtr& function) {
    Sources sources;
    walk(function, [&](const ExprPtr& node) {
      for (size_t i = 0; i < node->children().size(); ++i) {
        const ExprPtr& child = node->child(i);
        if (!child->is(NodeKind::kIdentifier)) continue;
        auto found = names_.find(child->name());
        if (found == names_.end()) continue;
        const ReadKind kind = kind_of_read(node, i);
        for (Read read : with_data(found->second, child)) {
          // A name of what a lookup gave, for example, keeps to that.
          if (read.kind == ReadKind::kValue && read.use == nullptr) {
            read.kind = kind;
            if (kind != ReadKind::kValue) read.use = node;
          }
          add(&sources, read);
        }
      }
      return true;
    });
    return sources;
  }

  static Sources with_data(Sources sources, const ExprPtr& data) {
    for (Read& read : sources) read.data = data;
    return sources;
  }

  Dataflow flow_;
  NameMap<Sources> names_;
};

}  // namespace

std::vector<size_t> Dataflow::readers_of(size_t step) const {
  std::vector<size_t> readers;
  for (size_t i = step + 1; i < steps.size(); ++i) {
    const std::vector<Read>& reads = steps[i].reads;
    if (std::any_of(reads.begin(), reads.end(), [&](const Read& read) { return read.from == step; })) readers.push_back(i);
  }
  return readers;
}

bool is_given_back(const Step& consumer, size_t producer) {
  return consumer.kind == StepKind::kResult && std::any_of(consumer.reads.begin(), consumer.reads.end(), [&](const Read& read) {
           return read.from == producer && read.kind == ReadKind::kValue && read.use == nullptr;
         });
}

std::vector<bool> reads_elements(const ExprPtr& loop) {
  std::vector<bool> reads(loop->iterators().size(), true);
  if (!loop->function()->is(NodeKind::kLambda) || loop->function()->parameters().size() != 3) return reads;
  const FieldUses uses(loop->function());
  const Name& element = loop->function()->parameters()[2].name;
  for (size_t i = 0; i < reads.size(); ++i) {
    if (loop->iterators()[i]->iter_kind() == IterKind::kRange) continue;
    reads[i] = uses.count_whole(element) > 0 || (reads.size() > 1 && uses.count(element, i) > 0);
    if (reads.size() == 1) reads[i] = uses.count(element) > 0;
  }
  return reads;
}

Dataflow dataflow_of(const ExprPtr& program) { return Builder().build(program); }

}  // namespace weld
