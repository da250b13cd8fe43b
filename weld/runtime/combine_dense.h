// Combining dictionaries that are all dense.
#pragma once

#include <cstdint>
#include <vector>

#include "weld/runtime/context.h"
#include "weld/runtime/dict.h"

namespace weld::runtime {

// True, and the least window that has all keys of the dictionaries, when they are dense and it is no larger than `most`; of
// direct keys one that has all their slots, for these may have to be all numbers. There is at least one dictionary, and none is
// empty.
bool find_common_window(const std::vector<Dict*>& dicts, const WeldDictLayout& layout, uint64_t most, Window* window);

// Makes *into a dense dictionary over the window with the entries of all, values of equal keys combined. The dictionaries stay as
// they are. Runs in parallel.
weld_status combine_dense(WeldRunContext* context, const std::vector<Dict*>& dicts, const Window& window,
                          const WeldBuilder& builder, Dict* into);

}  // namespace weld::runtime
