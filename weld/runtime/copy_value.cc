// Copies of values that refer to other memory. A block is copied as it is, and then, where its elements refer to further memory,
// element after element. Recurses along the type and no deeper.
#include "weld/runtime/context.h"
#include "weld/runtime/dict.h"
#include "weld/runtime/groups.h"
#include "weld/runtime/runtime.h"

namespace weld::runtime {

namespace {

class Copier {
 public:
  explicit Copier(WeldRunContext* context) : context_(context), poll_(context->control) {}

  // Puts copies in the place of what each of the values in an array refers to.
  weld_status own(const WeldPacking* packing, uint8_t* values, int64_t count) {
    if (packing->is_fixed != 0) return 0;
    for (int64_t i = 0; i < count; ++i, values += packing->size) {
      if (weld_status status = poll_.step(); status != 0) return status;
      for (int64_t p = 0; p < packing->part_count; ++p) {
        if (weld_status status = own_part(packing->parts[p], values + packing->parts[p].offset); status != 0) return status;
      }
    }
    return 0;
  }

 private:
  weld_status own_part(const WeldPart& part, uint8_t* at) {
    switch (part.kind) {
      case WELD_PART_VEC: {
        auto* vec = reinterpret_cast<WeldVec*>(at);
        return own_array(part.element, &vec->data, vec->length);
      }
      case WELD_PART_APPENDER: {
        auto* appender = reinterpret_cast<WeldAppender*>(at);
        appender->capacity = appender->size;
        return own_array(part.element, &appender->data, appender->size);
      }
      case WELD_PART_DICT:
        return own_dict(part, reinterpret_cast<WeldDict**>(at));
      case WELD_PART_GROUPS:
        return own_groups(part, reinterpret_cast<WeldGroups**>(at));
      default:
        return 0;
    }
  }

  weld_status own_array(const WeldPacking* element, uint8_t** data, int64_t count) {
    const uint8_t* from = *data;
    *data = nullptr;
    if (count == 0 || element->size == 0) return 0;
    *data = static_cast<uint8_t*>(context_->arena.allocate_array(count, element->size));
    if (*data == nullptr) return WELD_OUT_OF_MEMORY;
    if (weld_status status = weld_rt_copy(context_, *data, from, count * element->size); status != 0) return status;
    return own(element, *data, count);
  }

  weld_status own_dict(const WeldPart& part, WeldDict** dict) {
    *dict = dict_copy(context_, *dict, part.dict->layout);
    if (*dict == nullptr) return WELD_OUT_OF_MEMORY;
    return own(part.element, (*dict)->entries, (*dict)->count);
  }

  weld_status own_groups(const WeldPart& part, WeldGroups** groups) {
    WeldGroups* copy = groups_copy(context_, *groups, part.dict->layout);
    if (copy == nullptr) return WELD_OUT_OF_MEMORY;
    *groups = copy;
    if (weld_status status = own(part.element, copy->dict->entries, copy->dict->count); status != 0) return status;
    return own(part.dict->value, copy->segments[0].values, copy->segments[0].count);
  }

  WeldRunContext* context_;
  StepPoll poll_;
};

}  // namespace

}  // namespace weld::runtime

weld_status weld_rt_copy_value(WeldRunContext* context, const WeldPacking* packing, void* value) {
  return weld::runtime::Copier(context).own(packing, static_cast<uint8_t*>(value), 1);
}
