// The reasons, in the order in which they are looked for: what the producer is, how it is read, who else reads it, and whether
// what it drops or adds matters to the consumer.
#include "weld/optimizer/missed_fusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "weld/optimizer/cost.h"
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/refusals.h"

namespace weld {

namespace {

std::string name_of(const ExprPtr& node) {
  if (node->is(NodeKind::kBinary)) return info(node->binary_op()).symbol;
  return node->is(NodeKind::kNewBuilder) ? node->type().to_string() : std::string(node_name(node->kind()));
}

class Reasons {
 public:
  Reasons(const ExprPtr& program, const Dataflow& flow)
      : flow_(flow),
        fuser_(program),
        uses_(count_uses(program)),
        recomputing_(reasons_against_recomputing(program)),
        groups_(reasons_against_reducing_groups(program)) {}

  std::string find(size_t producer, size_t consumer, const Read& read) const {
    std::string reason = of_producer(flow_.steps[producer]);
    if (reason.empty()) reason = of_read(flow_.steps[consumer], read);
    if (reason.empty()) reason = of_readers(producer, consumer);
    if (reason.empty()) reason = of_rows(flow_.steps[producer], flow_.steps[consumer], read);
    if (reason.empty()) reason = "no rule fuses this";
    return reason;
  }

  // Of two loops that go over the same parameter.
  std::string find_beside(size_t first, size_t second) const {
    if (depends_on(second, first)) return "the second needs what the first makes";
    if (flow_.steps[first].tile_rows > 1 || flow_.steps[second].tile_rows > 1) return "one of them goes over its rows in tiles";
    const ExprPtr& one = flow_.steps[first].node;
    const ExprPtr& other = flow_.steps[second].node;
    for (const ExprPtr& node : {one, other}) {
      if (!is_plain_loop(node)) return "the body of one is no lambda";
      if (const char* why = why_not_beside_others(Loop(node))) return fmt::format("of one of them, {}", why);
    }
    const LoopForm form = loop_form(one);
    const LoopForm other_form = loop_form(other);
    if (form == LoopForm::kDictionary && other_form == LoopForm::kDictionary)
      return "each fills a dictionary, which wants the cache for itself";
    if (!may_share_loop(form, other_form))
      return "one computes functions in vector registers, which the other would make it do row by row";
    return "they do not always run both, or would have too many builders";
  }

 private:
  std::string of_producer(const Step& step) const {
    if (step.kind == StepKind::kSort) return "a sort knows its first element only when it has seen all";
    switch (step.type.kind()) {
      case TypeKind::kGroupMerger:
        if (auto why = groups_.find(step.node->builder().get()); why != groups_.end())
          return "groups are complete only when their loop has ended, and they are not reduced while they are made: " +
                 why->second;
        [[fallthrough]];
      case TypeKind::kDictMerger:
        return "a dictionary is complete only when its loop has ended";
      case TypeKind::kVecMerger:
        return "the elements of a vecmerger change until its loop has ended";
      case TypeKind::kStruct:
        return "its loop fills several builders at once";
      default:
        break;
    }
    const ExprPtr& builder = step.node->builder();
    if (!builder->is(NodeKind::kNewBuilder)) return "its loop goes on with a builder that already holds elements";
    if (!builder->children().empty() && may_fail(builder->child(0))) return "the size that its builder is given may fail";
    const Loop loop(step.node);
    if (loop.reads(IterKind::kSimd) || loop.reads(IterKind::kFringe)) return "its loop goes over simd values";
    return "";
  }

  static std::string of_read(const Step& consumer, const Read& read) {
    switch (read.kind) {
      case ReadKind::kIterate:
        break;
      case ReadKind::kInner:
        return "a loop inside the reading one goes over it again for each row";
      case ReadKind::kLookup:
        return "it is looked up, not read in order";
      case ReadKind::kLength:
        return "its length is used";
      case ReadKind::kSlice:
        return "only a slice of it is used";
      case ReadKind::kBuilder:
        return "the next loop goes on with its builder";
      case ReadKind::kValue:
        return read.use == nullptr ? "it is used as a whole" : fmt::format("it is used by `{}` as a whole", name_of(read.use));
    }
    if (consumer.kind == StepKind::kSort) return "a sort needs all of its elements before it begins";
    if (consumer.kind != StepKind::kLoop) return fmt::format("`{}` needs it as a whole", node_name(consumer.node->kind()));
    switch (read.use->iter_kind()) {
      case IterKind::kSimd:
        return "it is read through simditer, several elements at a time";
      case IterKind::kFringe:
        return "it is read through fringeiter, which needs its end";
      case IterKind::kNd:
        return "it is read through nditer, in an order of its own";
      default:
        break;
    }
    if (consumer.tile_rows > 1) return "the reading loop goes over it in tiles";
    if (read.use->children().size() > 1) return "it is read with bounds and a stride";
    if (read.data->is(NodeKind::kSlice)) return "only a slice of it is read";
    const Loop loop(consumer.node);
    if (loop.reads(IterKind::kSimd) || loop.reads(IterKind::kFringe)) return "the reading loop goes over simd values";
    if (!read.data->is(NodeKind::kIdentifier) && !read.data->is(NodeKind::kRes))
      return "the vec to read is chosen when the program runs";
    return "";
  }

  std::string of_readers(size_t producer, size_t consumer) const {
    const std::vector<size_t> readers = flow_.readers_of(producer);
    std::vector<size_t> others;
    for (size_t reader : readers) {
      if (reader != consumer) others.push_back(reader);
    }
    if (others.empty()) return "";
    if (flow_.steps[others.back()].kind == StepKind::kResult && others.size() == 1) return "it is part of the result as well";
    const bool depend = std::any_of(others.begin(), others.end(),
                                    [&](size_t other) { return depends_on(other, consumer) || depends_on(consumer, other); });
    return fmt::format("it is read by {} steps{}, and {}", readers.size(), depend ? ", of which one depends on another" : "",
                       why_not_recomputed(flow_.steps[producer]));
  }

  std::string why_not_recomputed(const Step& producer) const {
    const auto why = recomputing_.find(producer.name);
    if (why == recomputing_.end()) return "only vecs with a name are computed again for each";
    return why->second.empty() ? "recompute-maps, which would compute it for each, did not run" : why->second;
  }

  // Through any number of steps.
  bool depends_on(size_t step, size_t earlier) const {
    if (step <= earlier) return false;
    std::vector<bool> reached(flow_.steps.size(), false);
    reached[earlier] = true;
    for (size_t i = earlier + 1; i <= step; ++i) {
      const std::vector<Read>& reads = flow_.steps[i].reads;
      reached[i] = std::any_of(reads.begin(), reads.end(), [&](const Read& read) { return reached[read.from]; });
    }
    return reached[step];
  }

  std::string of_rows(const Step& producer, const Step& consumer, const Read& read) const {
    const Loop made(producer.node);
    const bool is_map = fuser_.merged_value(made) != nullptr;
    const bool is_zipped = consumer.node->iterators().size() > 1;
    if (is_map) {
      if (is_zipped && made.reads(IterKind::kNd)) return "its loop goes over an nditer, which is not zipped with other vecs";
    } else {
      if (is_zipped) return "its loop drops or adds elements, and it is zipped with other vecs";
      auto used = uses_.find(Loop(consumer.node).index_name());
      if (used != uses_.end() && used->second > 0) {
        return "its loop drops or adds elements, and the reading loop uses the index of those that are left";
      }
    }
    auto bound = read.data->is(NodeKind::kIdentifier) ? uses_.find(read.data->name()) : uses_.end();
    if (bound != uses_.end() && bound->second > 1) return "the reading loop uses it in several places";
    if (bound != uses_.end()) return "between making and reading it stands what may not be moved";
    if (!is_map) return "the body of the reading loop is too large to be copied to each place that adds an element";
    return "";
  }

  const Dataflow& flow_;
  LoopFuser fuser_;
  UseCounts uses_;
  std::unordered_map<Name, std::string> recomputing_;
  std::unordered_map<const Expr*, std::string> groups_;
};

bool consists_of_mergers(Type type) {
  if (!type.is_struct()) return type.kind() == TypeKind::kMerger && !type.child(0).contains_pointer();
  return std::all_of(type.children().begin(), type.children().end(), consists_of_mergers);
}

}  // namespace

bool makes_memory(const Step& step) {
  return step.kind == StepKind::kSort || (step.kind == StepKind::kLoop && !consists_of_mergers(step.type));
}

namespace {

// Makes the list, consumer by consumer.
class Finder {
 public:
  Finder(const ExprPtr& program, const Dataflow& flow)
      : flow_(flow), reasons_(program, flow), last_reader_(flow.steps.size(), 0) {}

  std::vector<MissedFusion> find() {
    for (size_t consumer = 0; consumer < flow_.steps.size(); ++consumer) {
      seen_.clear();
      const std::vector<Read>& reads = flow_.steps[consumer].reads;
      for (const Read& read : reads) {
        if (!makes_memory(flow_.steps[read.from]) || is_given_back(flow_.steps[consumer], read.from) || !is_new(read.from))
          continue;
        missed_.push_back({read.from, consumer, false, reasons_.find(read.from, consumer, read)});
      }
      for (const Read& read : reads) {
        if (flow_.steps[read.from].kind == StepKind::kParameter) add_beside(consumer, read);
      }
    }
    return std::move(missed_);
  }

 private:
  // Of the pairs of one consumer.
  bool is_new(size_t producer) {
    if (std::find(seen_.begin(), seen_.end(), producer) != seen_.end()) return false;
    seen_.push_back(producer);
    return true;
  }

  // Parameters come first, so that 0 is never a reader.
  void add_beside(size_t consumer, const Read& read) {
    const bool goes_over = flow_.steps[consumer].kind == StepKind::kLoop && read.kind == ReadKind::kIterate;
    if (!goes_over || read.data == nullptr || !read.data->is(NodeKind::kIdentifier)) return;
    const size_t before = std::exchange(last_reader_[read.from], consumer);
    if (before == 0 || before == consumer || !is_new(before)) return;
    missed_.push_back({before, consumer, true, reasons_.find_beside(before, consumer)});
  }

  const Dataflow& flow_;
  const Reasons reasons_;
  std::vector<size_t> last_reader_;  // of each step, the last loop that goes over it
  std::vector<size_t> seen_;
  std::vector<MissedFusion> missed_;
};

}  // namespace

std::vector<MissedFusion> missed_fusions(const ExprPtr& program, const Dataflow& flow) { return Finder(program, flow).find(); }

}  // namespace weld
