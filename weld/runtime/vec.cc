// Copies, and the growth of appenders. An appender's data is one allocation, and its capacity is all of that allocation.
#include <algorithm>
#include <cstring>
#include <limits>

#include "weld/runtime/context.h"
#include "weld/runtime/runtime.h"

weld_status weld_rt_copy(WeldRunContext* context, void* to, const void* from, int64_t bytes) {
  constexpr int64_t kStretch = 1 << 20;
  return weld::runtime::in_stretches(context, bytes, kStretch, [&](int64_t begin, int64_t end) {
    std::memcpy(static_cast<uint8_t*>(to) + begin, static_cast<const uint8_t*>(from) + begin, end - begin);
  });
}

weld_status weld_rt_appender_reserve(WeldRunContext* context, WeldAppender* appender, int64_t element_size, int64_t extra) {
  constexpr int64_t kFirstBytes = 64;
  int64_t needed = 0;
  if (extra < 0 || __builtin_add_overflow(appender->size, extra, &needed)) return WELD_OUT_OF_MEMORY;
  if (needed <= appender->capacity) return 0;
  if (element_size == 0) {
    appender->capacity = std::numeric_limits<int64_t>::max();
    if (appender->data == nullptr) appender->data = static_cast<uint8_t*>(context->arena.allocate(0));
    return appender->data == nullptr ? WELD_OUT_OF_MEMORY : 0;
  }
  int64_t needed_bytes = 0;
  if (__builtin_mul_overflow(needed, element_size, &needed_bytes)) return WELD_OUT_OF_MEMORY;
  const int64_t old_bytes = appender->capacity * element_size;
  const int64_t grown_bytes = std::max({needed_bytes, old_bytes > needed_bytes / 2 ? 2 * old_bytes : needed_bytes, kFirstBytes});
  if (appender->data != nullptr && context->arena.extend(appender->data, old_bytes, grown_bytes)) {
    appender->capacity = grown_bytes / element_size;
    return 0;
  }
  int64_t usable = 0;
  void* data = context->arena.allocate(grown_bytes, &usable);
  if (data == nullptr && grown_bytes > needed_bytes) data = context->arena.allocate(needed_bytes, &usable);
  if (data == nullptr) return WELD_OUT_OF_MEMORY;
  if (weld_status status = weld_rt_copy(context, data, appender->data, appender->size * element_size); status != 0) return status;
  context->arena.release(appender->data);
  appender->data = static_cast<uint8_t*>(data);
  appender->capacity = usable / element_size;
  return 0;
}
