// The common window is cut into ranges. Each range's different keys are counted, which says where its entries go; then each range
// copies the entry of a key that it meets first and combines the others into it, going along the indexes in order. Entries are
// then in order of their ranges.
#include "weld/runtime/combine_dense.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weld::runtime {

namespace {

constexpr int64_t kRange = 4 << 10;  // slots

class DenseCombine {
 public:
  DenseCombine(WeldRunContext* context, const std::vector<Dict*>& sources, const Window& window, const WeldBuilder& builder)
      : context_(context),
        layout_(*builder.dict),
        builder_(builder),
        sources_(sources),
        window_(window),
        first_entries_((static_cast<int64_t>(window.range) + kRange - 1) / kRange) {}

  weld_status run(Dict* into) {
    if (weld_status status = in_ranges([this](int64_t number, int64_t begin, int64_t end) { count(number, begin, end); });
        status != 0) {
      return status;
    }
    int64_t entries = 0;
    for (int64_t& first : first_entries_) entries += std::exchange(first, entries);
    if (entries > kMostDictEntries) return WELD_OUT_OF_MEMORY;
    into->entries = static_cast<uint8_t*>(context_->arena.allocate_array(entries, layout_.entry_size));
    into->index = context_->arena.allocate_array(static_cast<int64_t>(window_.range), sizeof(uint32_t));
    if (into->entries == nullptr || into->index == nullptr) return WELD_OUT_OF_MEMORY;
    into->count = into->capacity = entries;
    into->base = window_.base;
    into->range = window_.range;
    return in_ranges([&](int64_t number, int64_t begin, int64_t end) { fill(*into, number, begin, end); });
  }

 private:
  template <typename Body>
  weld_status in_ranges(const Body& body) {
    parallel_tasks(context_->engine.scheduler(), static_cast<int64_t>(first_entries_.size()), [&](int, int64_t number) {
      if (context_->control.poll() != 0) return;
      body(number, number * kRange, std::min((number + 1) * kRange, static_cast<int64_t>(window_.range)));
    });
    return context_->control.stopped();
  }

  // Calls body(slot of the window, entry's number + 1 or 0) for the source's slots in [begin, end) of the window.
  template <typename Body>
  void for_slots(const Dict& source, int64_t begin, int64_t end, const Body& body) {
    const auto first = static_cast<int64_t>(source.base - window_.base);
    const auto* slots = static_cast<const uint32_t*>(source.index);
    const int64_t stop = std::min(end, first + static_cast<int64_t>(source.range));
    for (int64_t at = std::max(begin, first); at < stop; ++at) body(at, slots[at - first]);
  }

  void count(int64_t number, int64_t begin, int64_t end) {
    std::array<uint8_t, kRange> is_used = {};
    for (const Dict* source : sources_) {
      for_slots(*source, begin, end, [&](int64_t at, uint32_t entry) { is_used[at - begin] |= entry != 0 ? 1 : 0; });
    }
    first_entries_[number] = std::count(is_used.begin(), is_used.end(), 1);
  }

  void fill(const Dict& into, int64_t number, int64_t begin, int64_t end) {
    auto* slots = static_cast<uint32_t*>(into.index);
    std::fill(slots + begin, slots + end, 0);
    int64_t next = first_entries_[number];
    for (const Dict* source : sources_) {
      for_slots(*source, begin, end, [&](int64_t at, uint32_t entry) {
        if (entry == 0) return;
        const uint8_t* from = source->entries + (entry - 1) * layout_.entry_size;
        if (slots[at] == 0) {
          std::memcpy(into.entries + next * layout_.entry_size, from, layout_.entry_size);
          slots[at] = static_cast<uint32_t>(++next);
        } else {
          uint8_t* value = into.entries + (slots[at] - 1) * layout_.entry_size + layout_.value_offset;
          builder_.combine(value, from + layout_.value_offset);
        }
      });
    }
  }

  WeldRunContext* context_;
  const WeldDictLayout& layout_;
  const WeldBuilder& builder_;
  const std::vector<Dict*>& sources_;
  Window window_;
  std::vector<int64_t> first_entries_;  // of each range; their number until all are counted
};

}  // namespace

bool find_common_window(const std::vector<Dict*>& dicts, const WeldDictLayout& layout, uint64_t most, Window* window) {
  const auto window_of = [&](const Dict* dict) {
    return layout.direct_bits > 0 ? Window{dict->base, dict->range} : dict_key_window(dict);
  };
  *window = window_of(dicts[0]);
  return std::all_of(dicts.begin(), dicts.end(),
                     [&](const Dict* dict) { return dict->range != 0 && widen_window(window, window_of(dict), most); });
}

weld_status combine_dense(WeldRunContext* context, const std::vector<Dict*>& dicts, const Window& window,
                          const WeldBuilder& builder, Dict* into) {
  return DenseCombine(context, dicts, window, builder).run(into);
}

}  // namespace weld::runtime
