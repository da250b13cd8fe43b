// A loop is cut into morsels: runs of rows whose number depends on the loop alone, never on the threads, so that whatever is
// combined per morsel comes out the same at any thread count. The calling thread runs them in order until the rest is worth
// running in parallel, mostly at once or never: what rows with loops of their own cost shows only when they run, and a loop
// inside a step leaves the other threads alone while they have morsels of the loop around it to take. In parallel, runners take
// morsels in ascending order from a shared counter; each has its own context and its own state struct. A failure stops the others
// at their next morsel.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <vector>

#include "weld/runtime/builders.h"
#include "weld/runtime/context.h"
#include "weld/runtime/groups.h"
#include "weld/runtime/partitions.h"

namespace weld::runtime {

namespace {

constexpr int64_t kParallelPicoseconds = 100'000'000;
constexpr int64_t kInLinePicoseconds = 200'000'000;  // one in a step that is estimated to take less is not made for threads
constexpr int64_t kMorselPicoseconds = 100'000'000;
constexpr int64_t kLargestMorsel = 64 << 10;
// A long loop has no more than these before they are of that size: what the first rows of a morsel read has not been fetched.
constexpr int64_t kMorselsOfLongLoop = 512;
// Rows with loops of their own: so many morsels, unless they are estimated to be shorter than this.
constexpr int64_t kMorselsOfLoops = 64;
constexpr int64_t kShortMorselPicoseconds = 1'000'000;
constexpr int64_t kStepPicoseconds =
    1'000'000'000;                       // a morsel estimated to take longer is run in several steps, with polls between
constexpr int64_t kMorselMultiple = 64;  // keeps morsels of positional appenders on cache lines of their own
constexpr int64_t kUnknownRowCost = 5'000;
constexpr int64_t kVecMergerElementPicoseconds = 4'000;  // to make and combine an element of a private copy
constexpr int64_t kStateAlignment = 128;

// Why a loop, or the rest of it, is or is not run in parallel, when that was last considered.
struct ThreadChoice {
  enum class Reason : uint8_t { kOneMorsel, kOneThread, kGivenMorsels, kOthersWait, kShort, kCopies, kLong };
  Reason reason = Reason::kOneMorsel;
  int64_t done = 0;        // morsels that were run in this time
  double picoseconds = 0;  // that they took
  double expected = 0;     // picoseconds for the rest

  bool is_parallel() const { return reason == Reason::kGivenMorsels || reason == Reason::kLong; }
};

struct Loop {
  WeldRunContext* context;
  const WeldPipeline* pipeline;
  const void* arguments;
  int64_t rows;
  uint8_t* state;
  LoopProfile* profile = nullptr;  // null when the run is not recorded

  int64_t morsel_rows = 0;
  int64_t morsels = 0;
  bool holds_no_memory = false;  // no builder's state points to memory that a step allocated
  ThreadChoice choice = {};

  const WeldBuilder* begin() const { return pipeline->builders; }
  const WeldBuilder* end() const { return pipeline->builders + pipeline->builder_count; }
  int64_t parallel_from() const { return pipeline->parallel_from > 0 ? pipeline->parallel_from : kParallelPicoseconds; }
  int64_t row_cost() const { return pipeline->row_cost > 0 ? pipeline->row_cost : kUnknownRowCost; }
  bool morsel_is_given() const { return context->engine.morsel_rows() > 0 || pipeline->grain > 0; }
  Morsel morsel(int64_t number) const {
    const int64_t begin = number * morsel_rows;
    return {number, begin, rows - begin < morsel_rows ? rows : begin + morsel_rows};
  }
};

int64_t choose_morsel_rows(const Loop& loop) {
  if (loop.context->engine.morsel_rows() > 0) return loop.context->engine.morsel_rows();
  if (loop.pipeline->grain > 0) return loop.pipeline->grain;
  int64_t rows = std::max(kMorselPicoseconds / loop.row_cost(), loop.rows / kMorselsOfLongLoop);
  rows = std::clamp<int64_t>(rows, 1, kLargestMorsel);
  if (loop.pipeline->loops != 0) {
    const int64_t least = std::max<int64_t>(kShortMorselPicoseconds / loop.row_cost(), 1);
    rows = std::min(rows, std::max(loop.rows / kMorselsOfLoops, least));
  }
  return rows < kMorselMultiple ? rows : rows / kMorselMultiple * kMorselMultiple;
}

bool is_ordered_merger(const WeldBuilder& builder) {
  return builder.kind == WELD_MERGER && (builder.flags & WELD_ORDER_SENSITIVE) != 0;
}

ThreadChoice consider_threads(const Loop& loop, int64_t done, double picoseconds) {
  using Reason = ThreadChoice::Reason;
  const int threads = loop.context->engine.threads();
  ThreadChoice choice{.done = done, .picoseconds = picoseconds};
  const auto because = [&](Reason reason) {
    choice.reason = reason;
    return choice;
  };
  if (threads < 2) return because(Reason::kOneThread);
  if (loop.morsel_is_given()) return because(Reason::kGivenMorsels);
  if (loop.context->control.waiting() >= threads) return because(Reason::kOthersWait);
  const int64_t rows_done = done * loop.morsel_rows;
  const double measured = rows_done == 0 ? 0 : picoseconds / static_cast<double>(rows_done);
  choice.expected = static_cast<double>(loop.rows - rows_done) * std::max(measured, static_cast<double>(loop.row_cost()));
  double copies = 0;
  for (const WeldBuilder& builder : loop) {
    if (builder.kind != WELD_VECMERGER) continue;
    const auto* vec = reinterpret_cast<const WeldVec*>(loop.state + builder.offset);
    copies += static_cast<double>(vec->length) * kVecMergerElementPicoseconds * (threads - 1);
  }
  if (choice.expected < static_cast<double>(loop.parallel_from())) return because(Reason::kShort);
  return because(choice.expected < 2 * copies ? Reason::kCopies : Reason::kLong);
}

// The rest of a loop of which `done` morsels were run in this time.
bool worth_parallel(Loop& loop, int64_t done, double picoseconds) {
  if (loop.morsels - done < 2) return false;
  loop.choice = consider_threads(loop, done, picoseconds);
  return loop.choice.is_parallel();
}

// Runs the step for a morsel's rows, and frees what it allocated when no builder can hold on to it.
weld_status run_step(const Loop& loop, WeldRunContext* context, int64_t begin, int64_t end, void* local) {
  const int64_t most = std::max<int64_t>(kStepPicoseconds / loop.row_cost(), 1);
  while (begin < end) {
    if (weld_status status = context->control.poll(); status != 0) return status;
    const int64_t stop = end - begin < most ? end : begin + most;
    const uint64_t mark = context->arena.mark();
    const weld_status status = loop.pipeline->step(context, loop.arguments, begin, stop, local);
    if (loop.holds_no_memory) context->arena.release_to(mark);
    if (status != 0) return status;
    begin = stop;
  }
  return 0;
}

weld_status reserve_positional(const Loop& loop) {
  for (const WeldBuilder& builder : loop) {
    if (builder.kind != WELD_APPENDER || (builder.flags & WELD_POSITIONAL) == 0) continue;
    auto* appender = reinterpret_cast<WeldAppender*>(loop.state + builder.offset);
    const weld_status status = reserve_rows(loop.context, builder, appender, loop.rows);
    if (status != 0) return status;
  }
  return 0;
}

class Stopwatch {
 public:
  double picoseconds() const {
    return std::chrono::duration<double, std::pico>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Null for builders without one.
Dict* dictionary_of(const Loop& loop, const WeldBuilder& builder) {
  uint8_t* state = loop.state + builder.offset;
  if (builder.kind == WELD_DICTMERGER) return as_dict(*reinterpret_cast<WeldDict**>(state));
  return builder.kind == WELD_GROUPMERGER ? (*reinterpret_cast<WeldGroups**>(state))->dict : nullptr;
}

template <typename Action>
void for_dicts(const Loop& loop, const Action& action) {
  for (const WeldBuilder& builder : loop) {
    if (builder.kind == WELD_DICTMERGER) action(dictionary_of(loop, builder), builder);
  }
}

// Morsels in order on the loop's own state, until the rest is worth running in parallel; *done is how many. Order-sensitive
// mergers start every morsel from the identity, as in parallel; their sums so far wait in a second state struct meanwhile.
weld_status run_serial(Loop& loop, int64_t* done) {
  const bool any_ordered = std::any_of(loop.begin(), loop.end(), is_ordered_merger);
  ScratchArray<uint8_t> sums(loop.context->arena, any_ordered ? loop.pipeline->local_size : 0);
  if (!sums.ok()) return WELD_OUT_OF_MEMORY;
  auto for_ordered = [&](auto action) {
    for (const WeldBuilder& builder : loop) {
      if (is_ordered_merger(builder)) action(builder, loop.state + builder.offset, sums.data() + builder.offset);
    }
  };
  for_ordered([](const WeldBuilder& builder, void* state, void* sum) { std::memcpy(sum, state, builder.element_size); });
  const Stopwatch stopwatch;
  do {
    const Morsel morsel = loop.morsel(*done);
    for_ordered([](const WeldBuilder& builder, void* state, void*) { builder.set_identity(state); });
    for_dicts(loop, [&](Dict* dict, const WeldBuilder& builder) {
      consider_partitions(loop.context, dict, builder, morsel.end - morsel.begin, loop.rows - morsel.begin);
    });
    if (weld_status status = run_step(loop, loop.context, morsel.begin, morsel.end, loop.state); status != 0) return status;
    for_ordered([](const WeldBuilder& builder, void* state, void* sum) { builder.combine(sum, state); });
    ++*done;
  } while (*done < loop.morsels && !worth_parallel(loop, *done, stopwatch.picoseconds()));
  for_ordered([](const WeldBuilder& builder, void* state, void* sum) { std::memcpy(state, sum, builder.element_size); });
  weld_status status = 0;
  for_dicts(loop, [&](Dict* dict, const WeldBuilder& builder) {
    WeldDict* state = dict;
    const bool is_over = *done == loop.morsels && dict->partitions != nullptr;
    if (is_over && status == 0) status = combine_dicts(loop.context, &state, nullptr, 0, builder);
  });
  return status;
}

class ParallelLoop {
 public:
  // Of the morsels from the first one on.
  ParallelLoop(const Loop& loop, int64_t first)
      : loop_(loop),
        first_(first),
        size_{first * loop.morsel_rows, loop.rows - first * loop.morsel_rows, loop.morsels - first,
              static_cast<int>(std::min<int64_t>(loop.context->engine.threads(), loop.morsels - first))},
        runners_(std::make_unique<Runner[]>(size_.runners)) {
    builders_.reserve(loop.pipeline->builder_count);
    for (const WeldBuilder& builder : loop) {
      builders_.push_back(make_parallel_builder(loop.context, size_, builder, loop.state + builder.offset));
    }
    const int64_t stride = (loop.pipeline->local_size + kStateAlignment) / kStateAlignment * kStateAlignment;
    locals_.reset(static_cast<uint8_t*>(std::aligned_alloc(kStateAlignment, stride * size_.runners)));
    for (int runner = 0; locals_ != nullptr && runner < size_.runners; ++runner)
      runners_[runner].local = locals_.get() + stride * runner;
  }

  weld_status run() {
    if (locals_ == nullptr) return WELD_OUT_OF_MEMORY;
    for (const auto& builder : builders_) {
      if (weld_status status = builder->prepare(); status != 0) return status;
    }
    if (loop_.profile != nullptr) loop_.profile->parallel_runs = 1;
    RunControl& control = loop_.context->control;
    auto body = [&](int runner, int64_t number) {
      control.add_waiting(-1);
      Morsel morsel = loop_.morsel(first_ + number);
      morsel.number = number;
      run_morsel(runner, morsel);
    };
    control.add_waiting(size_.morsels);
    const int64_t taken = parallel_tasks(loop_.context->engine.scheduler(), size_.morsels, body, &stopped_);
    control.add_waiting(taken - size_.morsels);
    if (status_ != 0) return status_;
    for (int runner = 1; runner < size_.runners; ++runner) {
      if (runners_[runner].context) loop_.context->adopt(*runners_[runner].context);
    }
    if (loop_.profile != nullptr) count_threads();
    for (const auto& builder : builders_) {
      if (weld_status status = builder->finish(); status != 0) return status;
    }
    return 0;
  }

 private:
  struct Runner {
    std::optional<WeldRunContext> context;  // none for runner 0
    uint8_t* local = nullptr;
    bool is_open = false;
  };
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };

  void run_morsel(int number, const Morsel& morsel) {
    if (weld_status status = try_morsel(number, morsel); status != 0) fail(morsel.number, status);
  }

  weld_status try_morsel(int number, const Morsel& morsel) {
    Runner& runner = runners_[number];
    if (!runner.is_open && number > 0) runner.context.emplace(loop_.context);
    WeldRunContext* context = number > 0 ? &*runner.context : loop_.context;
    for (int64_t i = 0; i < loop_.pipeline->builder_count; ++i) {
      void* local = runner.local + loop_.pipeline->builders[i].offset;
      if (!runner.is_open) {
        if (weld_status status = builders_[i]->open(context, number, local); status != 0) return status;
      }
      if (weld_status status = builders_[i]->begin(context, number, morsel, local); status != 0) return status;
    }
    runner.is_open = true;
    if (weld_status status = run_step(loop_, context, morsel.begin, morsel.end, runner.local); status != 0) return status;
    for (int64_t i = 0; i < loop_.pipeline->builder_count; ++i) {
      builders_[i]->end(number, morsel, runner.local + loop_.pipeline->builders[i].offset);
    }
    return 0;
  }

  void count_threads() {
    const auto used =
        std::count_if(runners_.get(), runners_.get() + size_.runners, [](const Runner& each) { return each.is_open; });
    loop_.profile->threads = std::max(loop_.profile->threads, static_cast<int>(used));
  }

  // Of several failures the one of the lowest morsel is reported.
  void fail(int64_t morsel, weld_status status) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (status_ == 0 || morsel < failed_morsel_) {
      status_ = status;
      failed_morsel_ = morsel;
    }
    stopped_.store(true, std::memory_order_relaxed);
  }

  const Loop& loop_;
  int64_t first_;
  LoopSize size_;
  std::unique_ptr<Runner[]> runners_;
  std::unique_ptr<uint8_t[], Free> locals_;
  std::vector<std::unique_ptr<ParallelBuilder>> builders_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  weld_status status_ = 0;
  int64_t failed_morsel_ = 0;
};

weld_status run_parallel(const Loop& loop, int64_t done) {
  const uint64_t mark = loop.context->arena.mark();
  const weld_status status = ParallelLoop(loop, done).run();
  if (loop.holds_no_memory) loop.context->arena.release_to(mark);
  return status;
}

// What a dictionary may spend on its index depends on the rows that go into it.
void tell_rows(const Loop& loop) {
  for (const WeldBuilder& builder : loop) {
    Dict* dict = dictionary_of(loop, builder);
    if (dict == nullptr) continue;
    dict->rows = loop.rows;
    dict->seen = dict->count;
    dict->is_partitioned = false;
  }
}

weld_status run_loop(Loop& loop) {
  tell_rows(loop);
  loop.morsel_rows = choose_morsel_rows(loop);
  loop.morsels = (loop.rows - 1) / loop.morsel_rows + 1;
  loop.holds_no_memory = std::all_of(loop.begin(), loop.end(), [](const WeldBuilder& builder) {
    return builder.kind == WELD_MERGER || builder.kind == WELD_VECMERGER;
  });
  if (worth_parallel(loop, 0, 0)) return run_parallel(loop, 0);
  if (weld_status status = reserve_positional(loop); status != 0) return status;
  if (loop.morsels == 1) return run_step(loop, loop.context, 0, loop.rows, loop.state);
  int64_t done = 0;
  if (weld_status status = run_serial(loop, &done); status != 0) return status;
  return done < loop.morsels ? run_parallel(loop, done) : 0;
}

// Bytes that a builder holds.
int64_t output_bytes(const WeldBuilder& builder, const uint8_t* state) {
  const uint8_t* at = state + builder.offset;
  switch (builder.kind) {
    case WELD_APPENDER:
      return reinterpret_cast<const WeldAppender*>(at)->size * builder.element_size;
    case WELD_DICTMERGER:
      return (*reinterpret_cast<WeldDict* const*>(at))->count * builder.dict->entry_size;
    case WELD_GROUPMERGER:
      return groups_bytes(*reinterpret_cast<WeldGroups* const*>(at), builder.dict);
    case WELD_VECMERGER:
      return reinterpret_cast<const WeldVec*>(at)->length * builder.element_size;
    default:
      return 0;
  }
}

// Of each builder, what it holds and did not hold before. A vecmerger's vec is there before the loop, but it is the loop that
// fills it.
std::vector<uint64_t> output_of_builders(const Loop& loop, const std::vector<uint64_t>& before) {
  std::vector<uint64_t> bytes;
  for (const WeldBuilder& builder : loop) {
    const bool is_new = before.empty() || builder.kind == WELD_VECMERGER;
    bytes.push_back(output_bytes(builder, loop.state) - (is_new ? 0 : before[bytes.size()]));
  }
  return bytes;
}

// What was expected, and of what.
std::string expectation_text(const Loop& loop) {
  const ThreadChoice& choice = loop.choice;
  constexpr double kPicosecondsPerNanosecond = 1000;
  auto duration = [](double picoseconds) { return duration_text(picoseconds / kPicosecondsPerNanosecond); };
  const std::string from = duration(static_cast<double>(loop.parallel_from()));
  if (choice.done == 0) return fmt::format(", estimated to take {}; threads pay from {}", duration(choice.expected), from);
  return fmt::format("; after {} of them, which took {}, the rest was expected to take {}; threads pay from {}", choice.done,
                     duration(choice.picoseconds), duration(choice.expected), from);
}

std::string reason_text(const Loop& loop) {
  using Reason = ThreadChoice::Reason;
  switch (loop.choice.reason) {
    case Reason::kOneMorsel:
      return ", which is the least that a thread takes";
    case Reason::kOneThread:
      return "; the engine has one thread";
    case Reason::kGivenMorsels:
      return "; their size is given";
    case Reason::kOthersWait:
      return "; the loop around it has enough to do for all threads";
    case Reason::kCopies:
      return expectation_text(loop) + ", and where a copy of its vecmerger for each of them costs less than half of that";
    case Reason::kShort:
    case Reason::kLong:
      break;
  }
  return expectation_text(loop);
}

Decision thread_decision(const Loop& loop) {
  std::string evidence = "no rows";
  if (loop.morsels == 1) evidence = fmt::format("{} rows in one morsel", loop.rows);
  if (loop.morsels > 1) evidence = fmt::format("{} rows in {} morsels of {}", loop.rows, loop.morsels, loop.morsel_rows);
  if (loop.morsels > 0) evidence += reason_text(loop);
  return {"threads", loop.profile->parallel_runs > 0 ? "parallel" : "serial", std::move(evidence)};
}

// Why a dictionary is not what was asked for.
std::string refusal_text(const Loop& loop, const WeldDictLayout& layout, const Dict& dict) {
  if (layout.direct_bits > 0) return "keys of so few bits always have a slot for each number";
  if (dict.strategy == DictionaryStrategy::kPartitioned) {
    return loop.morsels < 2 ? "a loop of one morsel makes no partitions" : "there was no memory for partitions";
  }
  if (dict.strategy == DictionaryStrategy::kDense) {
    return has_numbers(&layout) ? fmt::format("a slot for each number is made up to a range of {}", dict_most_range(&dict))
                                : "such keys are no numbers";
  }
  return "it cannot be used here";
}

std::string request_text(const Loop& loop, const WeldDictLayout& layout, const Dict& dict, DictionaryStrategy taken) {
  if (dict.strategy == DictionaryStrategy::kAuto) return "";
  if (dict.strategy == taken) return "; as asked for";
  return fmt::format("; {} was asked for, but {}", name_of(dict.strategy), refusal_text(loop, layout, dict));
}

Decision dictionary_decision(const Loop& loop, const WeldDictLayout& layout, const Dict& dict) {
  std::string evidence = fmt::format("{} keys of {} rows; ", dict.count, loop.rows);
  if (dict.range != 0) {
    evidence += fmt::format("they lie in a range of {}, in {} slots", dict_key_window(&dict).range, dict.range);
  } else if (has_numbers(&layout)) {
    evidence += fmt::format("{} slots for hashes; a range of at most {} would have had a slot for each number",
                            dict.slot_mask + 1, dict_most_range(&dict));
  } else {
    evidence += fmt::format("{} slots for hashes", dict.slot_mask + 1);
  }
  const DictionaryStrategy hashed = dict.is_partitioned ? DictionaryStrategy::kPartitioned : DictionaryStrategy::kHash;
  const DictionaryStrategy taken = dict.range != 0 ? DictionaryStrategy::kDense : hashed;
  return {"dictionary", std::string(name_of(taken)), std::move(evidence) + request_text(loop, layout, dict, taken)};
}

weld_status run_recorded(Loop& loop, ProfileRecorder& recorder) {
  LoopProfile profile;
  loop.profile = &profile;
  profile.runs = profile.threads = 1;
  profile.rows = loop.rows;
  const WeldRunContext& context = *loop.context;
  const uint64_t allocated = context.allocated_bytes();
  const uint64_t by_rows = context.row_bytes();
  const std::vector<uint64_t> held = output_of_builders(loop, {});
  const auto start = std::chrono::steady_clock::now();
  const weld_status status = loop.rows > 0 ? run_loop(loop) : 0;
  profile.nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
  profile.morsels = loop.morsels;
  if (status == 0) profile.builder_bytes = output_of_builders(loop, held);
  profile.output_bytes = std::accumulate(profile.builder_bytes.begin(), profile.builder_bytes.end(), uint64_t{0});
  profile.row_bytes = context.row_bytes() - by_rows;
  profile.allocated_bytes = context.allocated_bytes() - allocated;
  profile.decide(thread_decision(loop));
  for (const WeldBuilder& builder : loop) {
    const Dict* dict = status == 0 ? dictionary_of(loop, builder) : nullptr;
    if (dict != nullptr && dict->count > 0) profile.decide(dictionary_decision(loop, *builder.dict, *dict));
  }
  recorder.add(loop.pipeline, profile);
  return status;
}

}  // namespace

}  // namespace weld::runtime

int64_t weld_rt_rows_in_line(WeldRunContext* context, int64_t row_cost) {
  // Morsels of a given size are for tests, which want threads wherever there can be some.
  if (context->engine.morsel_rows() > 0) return context->engine.morsel_rows();
  return weld::runtime::kInLinePicoseconds / std::max<int64_t>(row_cost, 1);
}

weld_status weld_rt_for(WeldRunContext* context, const WeldPipeline* pipeline, const void* arguments, int64_t rows, void* state) {
  weld::runtime::ProfileRecorder* recorder = context->control.recorder();
  if (rows <= 0 && recorder == nullptr) return 0;
  try {
    weld::runtime::Loop loop{context, pipeline, arguments, std::max<int64_t>(rows, 0), static_cast<uint8_t*>(state)};
    return recorder == nullptr ? weld::runtime::run_loop(loop) : weld::runtime::run_recorded(loop, *recorder);
  } catch (const std::bad_alloc&) {
    return WELD_OUT_OF_MEMORY;
  }
}
