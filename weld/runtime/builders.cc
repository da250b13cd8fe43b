// What each kind keeps:
//   positional appender   nothing: every morsel writes to its place in the output
//   appender              chunks per runner and, for each morsel, which stretch of which chunk it filled; then one parallel copy
//   order-sensitive merger  one partial value per morsel, combined in morsel order
//   merger, dictmerger, vecmerger   one state per runner; runner 0 works on the loop's own
//   groupmerger           the same, with the log cut at morsels (groups.h)
#include "weld/runtime/builders.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "weld/runtime/dict.h"
#include "weld/runtime/groups.h"
#include "weld/runtime/partitions.h"

namespace weld::runtime {

namespace {

class PositionalAppender final : public ParallelBuilder {
 public:
  PositionalAppender(WeldRunContext* context, const LoopSize& size, const WeldBuilder& builder, void* state)
      : context_(context),
        first_row_(size.first_row),
        rows_(size.rows),
        builder_(builder),
        state_(static_cast<WeldAppender*>(state)) {}

  weld_status prepare() override { return reserve_rows(context_, builder_, state_, rows_); }

  weld_status begin(WeldRunContext*, int, const Morsel& morsel, void* local) override {
    const int64_t before = (morsel.begin - first_row_) * builder_.row_elements;
    *static_cast<WeldAppender*>(local) = {state_->data, state_->size + before, state_->capacity};
    return 0;
  }

  weld_status finish() override {
    state_->size += rows_ * builder_.row_elements;
    return 0;
  }

 private:
  WeldRunContext* context_;
  int64_t first_row_;
  int64_t rows_;
  const WeldBuilder& builder_;
  WeldAppender* state_;
};

class OrderedAppender final : public ParallelBuilder {
 public:
  OrderedAppender(WeldRunContext* context, const LoopSize& size, const WeldBuilder& builder, void* state)
      : context_(context),
        element_size_(builder.element_size),
        at_most_one_((builder.flags & WELD_AT_MOST_ONE) != 0),
        state_(static_cast<WeldAppender*>(state)),
        pieces_(context->arena, size.morsels),
        runners_(size.runners) {}

  weld_status prepare() override { return pieces_.ok() ? 0 : WELD_OUT_OF_MEMORY; }

  weld_status begin(WeldRunContext* context, int runner, const Morsel& morsel, void* local) override {
    RunnerChunks& mine = runners_[runner];
    const int64_t room = at_most_one_ ? morsel.end - morsel.begin + WELD_APPENDER_SLACK : mine.last_count;
    if (mine.chunks.empty() || mine.chunks.back().capacity - mine.chunks.back().size < room) {
      if (weld_status status = new_chunk(context, mine, room); status != 0) return status;
    }
    *static_cast<WeldAppender*>(local) = mine.chunks.back();
    return 0;
  }

  void end(int runner, const Morsel& morsel, void* local) override {
    RunnerChunks& mine = runners_[runner];
    WeldAppender& chunk = mine.chunks.back();
    const int64_t begin = chunk.size;
    chunk = *static_cast<WeldAppender*>(local);  // the step may have moved it
    mine.last_count = chunk.size - begin;
    pieces_[morsel.number] = {runner, static_cast<int>(mine.chunks.size() - 1), begin, mine.last_count, 0};
  }

  weld_status finish() override {
    int64_t total = 0;
    for (int64_t i = 0; i < pieces_.size(); ++i) {
      pieces_[i].to = state_->size + total;
      total += pieces_[i].count;
    }
    if (weld_status status = weld_rt_appender_reserve(context_, state_, element_size_, total); status != 0) return status;
    if (weld_status status = copy_pieces(); status != 0) return status;
    state_->size += total;
    for (const RunnerChunks& runner : runners_) {
      for (const WeldAppender& chunk : runner.chunks) context_->arena.release(chunk.data);
    }
    return 0;
  }

 private:
  struct Piece {
    int runner;
    int chunk;
    int64_t from;
    int64_t count;
    int64_t to;
  };
  struct alignas(128) RunnerChunks {
    std::vector<WeldAppender> chunks;
    int64_t last_count = 0;
  };

  static constexpr int64_t kLargestChunk = 4 << 20;  // bytes, when a morsel does not need more
  static constexpr int64_t kCopyTasksPerThread = 4;

  weld_status new_chunk(WeldRunContext* context, RunnerChunks& mine, int64_t room) {
    const int64_t largest = kLargestChunk / std::max<int64_t>(element_size_, 1);
    const int64_t doubled = mine.chunks.empty() ? 0 : std::min(mine.chunks.back().capacity, largest / 2) * 2;
    WeldAppender chunk = {};
    if (weld_status status = weld_rt_appender_reserve(context, &chunk, element_size_, std::max(room, doubled)); status != 0)
      return status;
    try {
      mine.chunks.push_back(chunk);
    } catch (const std::bad_alloc&) {
      return WELD_OUT_OF_MEMORY;
    }
    return 0;
  }

  weld_status copy_pieces() {
    const int64_t tasks = std::min<int64_t>(pieces_.size(), context_->engine.threads() * kCopyTasksPerThread);
    parallel_tasks(context_->engine.scheduler(), tasks, [&](int, int64_t task) {
      const int64_t end = pieces_.size() * (task + 1) / tasks;
      for (int64_t i = pieces_.size() * task / tasks; i < end && context_->control.poll() == 0; ++i) {
        const Piece& piece = pieces_[i];
        if (piece.count == 0) continue;
        const uint8_t* from = runners_[piece.runner].chunks[piece.chunk].data + piece.from * element_size_;
        weld_rt_copy(context_, state_->data + piece.to * element_size_, from, piece.count * element_size_);
      }
    });
    return context_->control.stopped();
  }

  WeldRunContext* context_;
  int64_t element_size_;
  bool at_most_one_;
  WeldAppender* state_;
  ScratchArray<Piece> pieces_;
  std::vector<RunnerChunks> runners_;
};

class OrderedMerger final : public ParallelBuilder {
 public:
  OrderedMerger(WeldRunContext* context, const LoopSize& size, const WeldBuilder& builder, void* state)
      : builder_(builder),
        state_(state),
        stride_((builder.element_size + kAlignment - 1) / kAlignment * kAlignment),
        partials_(context->arena, bytes(size.morsels, stride_)) {}

  weld_status prepare() override { return partials_.ok() ? 0 : WELD_OUT_OF_MEMORY; }

  weld_status begin(WeldRunContext*, int, const Morsel&, void* local) override {
    builder_.set_identity(local);
    return 0;
  }

  void end(int, const Morsel& morsel, void* local) override {
    std::memcpy(partials_.data() + morsel.number * stride_, local, builder_.element_size);
  }

  weld_status finish() override {
    for (int64_t at = 0; at < partials_.size(); at += stride_) builder_.combine(state_, partials_.data() + at);
    return 0;
  }

 private:
  static constexpr int64_t kAlignment = 16;

  // -1, which cannot be allocated, when it overflows.
  static int64_t bytes(int64_t count, int64_t stride) {
    int64_t product = 0;
    return __builtin_mul_overflow(count, stride, &product) ? -1 : product;
  }

  const WeldBuilder& builder_;
  void* state_;
  int64_t stride_;
  ScratchArray<uint8_t> partials_;
};

// A builder with one state per runner. locals() are those of the runners that took part, runner 0's first if it did.
class PerRunner : public ParallelBuilder {
 public:
  PerRunner(WeldRunContext* context, const LoopSize& size, const WeldBuilder& builder, void* state)
      : context_(context), builder_(builder), state_(state), locals_(size.runners, nullptr) {}

  weld_status open(WeldRunContext* context, int runner, void* local) final {
    locals_[runner] = local;
    return runner == 0 ? adopt_state(local) : make_local(context, local);
  }

 protected:
  virtual weld_status adopt_state(void* local) = 0;
  virtual weld_status make_local(WeldRunContext* context, void* local) = 0;

  // Copies runner 0's state back, and gives the others'.
  template <typename State>
  std::vector<State> take_back() {
    if (locals_[0] != nullptr) *static_cast<State*>(state_) = *static_cast<State*>(locals_[0]);
    std::vector<State> others;
    for (size_t runner = 1; runner < locals_.size(); ++runner) {
      if (locals_[runner] != nullptr) others.push_back(*static_cast<State*>(locals_[runner]));
    }
    return others;
  }

  WeldRunContext* context_;
  const WeldBuilder& builder_;
  void* state_;
  std::vector<void*> locals_;
};

class UnorderedMerger final : public PerRunner {
 public:
  using PerRunner::PerRunner;

  weld_status finish() override {
    for (size_t runner = 0; runner < locals_.size(); ++runner) {
      if (locals_[runner] == nullptr) continue;
      if (runner == 0) {
        std::memcpy(state_, locals_[0], builder_.element_size);
      } else {
        builder_.combine(state_, locals_[runner]);
      }
    }
    return 0;
  }

 private:
  weld_status adopt_state(void* local) override {
    std::memcpy(local, state_, builder_.element_size);
    return 0;
  }
  weld_status make_local(WeldRunContext*, void* local) override {
    builder_.set_identity(local);
    return 0;
  }
};

class DictMerger final : public PerRunner {
 public:
  DictMerger(WeldRunContext* context, const LoopSize& size, const WeldBuilder& builder, void* state)
      : PerRunner(context, size, builder, state),
        end_(size.first_row + size.rows),
        rows_(as_dict(*static_cast<WeldDict**>(state))->rows),
        strategy_(as_dict(*static_cast<WeldDict**>(state))->strategy) {}

  weld_status begin(WeldRunContext* context, int, const Morsel& morsel, void* local) override {
    Dict* dict = as_dict(*static_cast<WeldDict**>(local));
    consider_partitions(context, dict, builder_, morsel.end - morsel.begin, end_ - morsel.begin);
    return 0;
  }

  weld_status finish() override {
    std::vector<WeldDict*> others = take_back<WeldDict*>();
    return combine_dicts(context_, static_cast<WeldDict**>(state_), others.data(), static_cast<int64_t>(others.size()), builder_);
  }

 private:
  weld_status adopt_state(void* local) override {
    *static_cast<WeldDict**>(local) = *static_cast<WeldDict**>(state_);
    return 0;
  }
  weld_status make_local(WeldRunContext* context, void* local) override {
    WeldDict* dict = weld_rt_dict_new(context, builder_.dict, 0);
    *static_cast<WeldDict**>(local) = dict;
    if (dict == nullptr) return WELD_OUT_OF_MEMORY;
    as_dict(dict)->rows = rows_;
    as_dict(dict)->strategy = strategy_;
    return 0;
  }

  int64_t end_;  // behind the last row
  // Of the state, which belongs to one of the runners while the loop runs.
  int64_t rows_;
  DictionaryStrategy strategy_;
};

class GroupMerger final : public PerRunner {
 public:
  using PerRunner::PerRunner;

  weld_status prepare() override {
    const WeldGroups* groups = *static_cast<WeldGroups**>(state_);
    before_ = groups->morsel;
    rows_ = groups->dict->rows;
    return 0;
  }

  weld_status begin(WeldRunContext*, int, const Morsel& morsel, void* local) override {
    groups_begin_morsel(*static_cast<WeldGroups**>(local), before_ + 1 + morsel.number);
    return 0;
  }

  weld_status finish() override {
    std::vector<WeldGroups*> others = take_back<WeldGroups*>();
    WeldGroups* into = *static_cast<WeldGroups**>(state_);
    return groups_combine(context_, into, others.data(), static_cast<int64_t>(others.size()), builder_.dict, before_);
  }

 private:
  weld_status adopt_state(void* local) override {
    *static_cast<WeldGroups**>(local) = *static_cast<WeldGroups**>(state_);
    return 0;
  }
  weld_status make_local(WeldRunContext* context, void* local) override {
    WeldGroups* groups = weld_rt_groups_new(context, builder_.dict, builder_.element_size, 0);
    *static_cast<WeldGroups**>(local) = groups;
    if (groups == nullptr) return WELD_OUT_OF_MEMORY;
    groups->dict->rows = rows_;
    return 0;
  }

  // Of the state, which belongs to one of the runners while the loop runs.
  int64_t before_ = -1;  // the morsel of the loop around this one that is being run
  int64_t rows_ = 0;
};

class VecMerger final : public PerRunner {
 public:
  using PerRunner::PerRunner;

  weld_status finish() override {
    const std::vector<WeldVec> others = take_back<WeldVec>();
    const WeldVec& into = *static_cast<WeldVec*>(state_);
    const int64_t ranges = (into.length + kRange - 1) / kRange;
    parallel_tasks(context_->engine.scheduler(), others.empty() ? 0 : ranges, [&](int, int64_t range) {
      if (context_->control.poll() != 0) return;
      const int64_t begin = range * kRange * builder_.element_size;
      const int64_t end = std::min((range + 1) * kRange, into.length) * builder_.element_size;
      for (const WeldVec& other : others) {
        for (int64_t at = begin; at < end; at += builder_.element_size) builder_.combine(into.data + at, other.data + at);
      }
    });
    for (const WeldVec& other : others) context_->arena.release(other.data);
    return context_->control.stopped();
  }

 private:
  static constexpr int64_t kRange = 16 << 10;  // elements made or combined in one go

  weld_status adopt_state(void* local) override {
    *static_cast<WeldVec*>(local) = *static_cast<WeldVec*>(state_);
    return 0;
  }
  weld_status make_local(WeldRunContext* context, void* local) override {
    WeldVec* copy = static_cast<WeldVec*>(local);
    copy->length = static_cast<WeldVec*>(state_)->length;
    copy->data = static_cast<uint8_t*>(context->arena.allocate_array(copy->length, builder_.element_size));
    if (copy->data == nullptr) return WELD_OUT_OF_MEMORY;
    return in_stretches(context, copy->length, kRange, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) builder_.set_identity(copy->data + i * builder_.element_size);
    });
  }
};

}  // namespace

weld_status reserve_rows(WeldRunContext* context, const WeldBuilder& builder, WeldAppender* appender, int64_t rows) {
  int64_t elements = 0;
  if (__builtin_mul_overflow(rows, builder.row_elements, &elements)) return WELD_OUT_OF_MEMORY;
  return weld_rt_appender_reserve(context, appender, builder.element_size, elements);
}

std::unique_ptr<ParallelBuilder> make_parallel_builder(WeldRunContext* context, const LoopSize& size, const WeldBuilder& builder,
                                                       void* state) {
  switch (builder.kind) {
    case WELD_APPENDER:
      if ((builder.flags & WELD_POSITIONAL) != 0) return std::make_unique<PositionalAppender>(context, size, builder, state);
      return std::make_unique<OrderedAppender>(context, size, builder, state);
    case WELD_MERGER:
      if ((builder.flags & WELD_ORDER_SENSITIVE) != 0) return std::make_unique<OrderedMerger>(context, size, builder, state);
      return std::make_unique<UnorderedMerger>(context, size, builder, state);
    case WELD_DICTMERGER:
      return std::make_unique<DictMerger>(context, size, builder, state);
    case WELD_GROUPMERGER:
      return std::make_unique<GroupMerger>(context, size, builder, state);
    default:
      return std::make_unique<VecMerger>(context, size, builder, state);
  }
}

}  // namespace weld::runtime
