// serialize and deserialize: values that refer to other memory as packed bytes, and back.
//
// What lies where in a value is a constant list of parts (WeldPacking): runs of bytes to copy, runs of bools, vecs and dicts. C
// layout keeps fields in order, so neighbouring scalars are one run, and a vec whose elements are one run without padding is
// copied at once. Packing measures first and writes then, into one block of the right size. Unpacking trusts nothing that the
// bytes say: a count is checked against the bytes that are left before anything is allocated for it, so what is allocated is at
// most some times as large as the bytes are. A dict of keys of two bytes that lie far apart is the exception: its index takes up
// to 256 KiB. Short vecs share blocks, where they are aligned as their elements are, no more.
//
// Bytes carry no types, so both recurse along the type and no deeper.
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "weld/runtime/context.h"
#include "weld/runtime/dict.h"
#include "weld/runtime/runtime.h"

namespace weld::runtime {

namespace {

constexpr int64_t kBytesBetweenPolls = 1 << 20;
constexpr int64_t kLargestShared = 256;  // bytes of a vec that shares a block
constexpr int64_t kAlignment = 8;

bool is_one_run(const WeldPacking* packing) {
  return packing->part_count == 1 && packing->parts->kind <= WELD_PART_BOOLS && packing->parts->size == packing->size;
}

// Most runs are a scalar or two: those up to 16 bytes are two moves that overlap.
void copy_run(uint8_t* to, const uint8_t* from, int64_t size) {
  auto copy_two = [&]<class Word>(Word) {
    Word first;
    Word last;
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + size - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + size - sizeof last, &last, sizeof last);
  };
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    copy_two(uint64_t{});
  } else if (size >= 4) {
    copy_two(uint32_t{});
  } else if (size >= 2) {
    copy_two(uint16_t{});
  } else if (size == 1) {
    *to = *from;
  }
}

// Any byte but 0 is true; true is written as 1.
void copy_bools(uint8_t* to, const uint8_t* from, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[i] != 0 ? 1 : 0;
}

void copy_part(const WeldPart& part, uint8_t* to, const uint8_t* from, int64_t size) {
  part.kind == WELD_PART_BOOLS ? copy_bools(to, from, size) : copy_run(to, from, size);
}

template <class T>
T load(const uint8_t* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

template <class T>
void store(uint8_t* address, T value) {
  std::memcpy(address, &value, sizeof value);
}

// Elements that lie in memory one behind the other.
struct Elements {
  const WeldPacking* packing;
  const uint8_t* data;
  int64_t count;
};

// Those of a vec or dict; a dict's are its entries.
Elements elements_of(const WeldPart& part, const uint8_t* at) {
  if (part.kind == WELD_PART_DICT) {
    const auto* dict = load<const WeldDict*>(at);
    return {part.element, dict->entries, dict->count};
  }
  const auto vec = load<WeldVec>(at);
  return {part.element, vec.data, vec.length};
}

class Packer {
 public:
  explicit Packer(WeldRunContext* context) : context_(context), poll_(context->control) {}

  weld_status pack(const WeldPacking* packing, const uint8_t* value, WeldVec* bytes) {
    const Elements whole = {packing, value, 1};
    if (weld_status status = measure(whole); status != 0) return status;
    *bytes = {static_cast<uint8_t*>(context_->arena.allocate(size_)), size_};
    if (bytes->data == nullptr) return WELD_OUT_OF_MEMORY;
    at_ = bytes->data;
    return write(whole);
  }

 private:
  // Vecs may share memory, so the sum may be anything.
  weld_status measure(const Elements& elements) {
    const WeldPacking* packing = elements.packing;
    int64_t own = 0;
    if (__builtin_mul_overflow(elements.count, packing->least_bytes, &own)) return WELD_OUT_OF_MEMORY;
    if (__builtin_add_overflow(size_, own, &size_)) return WELD_OUT_OF_MEMORY;
    if (packing->is_fixed) return 0;
    const uint8_t* element = elements.data;
    for (int64_t i = 0; i < elements.count; ++i, element += packing->size) {
      if (weld_status status = poll_.step(); status != 0) return status;
      for (int64_t p = 0; p < packing->part_count; ++p) {
        const WeldPart& part = packing->parts[p];
        if (part.kind <= WELD_PART_BOOLS) continue;
        if (weld_status status = measure(elements_of(part, element + part.offset)); status != 0) return status;
      }
    }
    return 0;
  }

  weld_status write(const Elements& elements) {
    const WeldPacking* packing = elements.packing;
    if (packing->part_count == 0 || elements.count == 0) return 0;
    if (is_one_run(packing)) {
      const int64_t size = elements.count * packing->size;
      return in_stretches(context_, size, kBytesBetweenPolls,
                          [&](int64_t begin, int64_t end) { write_run(*packing->parts, elements.data + begin, end - begin); });
    }
    const uint8_t* element = elements.data;
    for (int64_t i = 0; i < elements.count; ++i, element += packing->size) {
      if (weld_status status = poll_.step(); status != 0) return status;
      for (int64_t p = 0; p < packing->part_count; ++p) {
        const WeldPart& part = packing->parts[p];
        if (part.kind <= WELD_PART_BOOLS) {
          write_run(part, element + part.offset, part.size);
          continue;
        }
        const Elements inner = elements_of(part, element + part.offset);
        store(at_, inner.count);
        at_ += sizeof inner.count;
        if (weld_status status = write(inner); status != 0) return status;
      }
    }
    return 0;
  }

  void write_run(const WeldPart& part, const uint8_t* from, int64_t size) {
    copy_part(part, at_, from, size);
    at_ += size;
  }

  WeldRunContext* context_;
  StepPoll poll_;
  int64_t size_ = 0;
  uint8_t* at_ = nullptr;
};

class Unpacker {
 public:
  Unpacker(WeldRunContext* context, const uint8_t* bytes, int64_t size)
      : context_(context), poll_(context->control), at_(bytes), left_(size) {}

  weld_status unpack(const WeldPacking* packing, uint8_t* value) {
    if (weld_status status = read(packing, value, 1); status != 0) return status;
    return left_ == 0 ? 0 : WELD_DESERIALIZATION_ERROR;
  }

 private:
  weld_status read(const WeldPacking* packing, uint8_t* data, int64_t count) {
    if (packing->part_count == 0 || count == 0) return 0;
    if (is_one_run(packing)) return read_runs(packing, data, count);
    for (int64_t i = 0; i < count; ++i, data += packing->size) {
      if (weld_status status = poll_.step(); status != 0) return status;
      for (int64_t p = 0; p < packing->part_count; ++p) {
        if (weld_status status = read_part(packing->parts[p], data + packing->parts[p].offset); status != 0) return status;
      }
    }
    return 0;
  }

  weld_status read_runs(const WeldPacking* packing, uint8_t* data, int64_t count) {
    weld_status failed = 0;
    const weld_status stopped =
        in_stretches(context_, count * packing->size, kBytesBetweenPolls, [&](int64_t begin, int64_t end) {
          if (failed == 0) failed = read_run(*packing->parts, data + begin, end - begin);
        });
    return stopped != 0 ? stopped : failed;
  }

  weld_status read_part(const WeldPart& part, uint8_t* to) {
    switch (part.kind) {
      case WELD_PART_VEC:
        return read_vec(part, to);
      case WELD_PART_DICT:
        return read_dict(part, to);
      default:
        return read_run(part, to, part.size);
    }
  }

  weld_status read_run(const WeldPart& part, uint8_t* to, int64_t size) {
    if (size > left_) return WELD_DESERIALIZATION_ERROR;
    copy_part(part, to, at_, size);
    at_ += size;
    left_ -= size;
    return 0;
  }

  // The number of elements; what it promises fits into the bytes that are left. Elements without bytes may be any number.
  weld_status read_count(const WeldPacking* element, int64_t* count) {
    if (left_ < static_cast<int64_t>(sizeof *count)) return WELD_DESERIALIZATION_ERROR;
    *count = load<int64_t>(at_);
    at_ += sizeof *count;
    left_ -= sizeof *count;
    const int64_t most = element->least_bytes == 0 ? std::numeric_limits<int64_t>::max() : left_ / element->least_bytes;
    return *count >= 0 && *count <= most ? 0 : WELD_DESERIALIZATION_ERROR;
  }

  weld_status read_vec(const WeldPart& part, uint8_t* to) {
    WeldVec vec = {};
    if (weld_status status = read_count(part.element, &vec.length); status != 0) return status;
    if (vec.length > 0 && part.element->size > 0) {
      vec.data = allocate_elements(vec.length, part.element->size);
      if (vec.data == nullptr) return WELD_OUT_OF_MEMORY;
    }
    store(to, vec);
    return read(part.element, vec.data, vec.length);
  }

  uint8_t* allocate_elements(int64_t count, int64_t size) {
    int64_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
    if (bytes > kLargestShared) return static_cast<uint8_t*>(context_->arena.allocate(bytes));
    bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (bytes > shared_left_) {
      // As much as the rest can be expected to need. No block of its own, which could be given back with its first vec.
      const int64_t block = std::clamp(left_, bytes, Arena::kLargestSmall);
      shared_ = static_cast<uint8_t*>(context_->arena.allocate(block));
      if (shared_ == nullptr) return nullptr;
      shared_left_ = block;
    }
    shared_left_ -= bytes;
    return std::exchange(shared_, shared_ + bytes);
  }

  weld_status read_dict(const WeldPart& part, uint8_t* to) {
    int64_t count = 0;
    if (weld_status status = read_count(part.element, &count); status != 0) return status;
    const WeldDictPacking* packing = part.dict;
    WeldDict* dict = weld_rt_dict_new(context_, packing->layout, count);
    auto* key = static_cast<uint8_t*>(context_->arena.allocate(packing->layout->key_size));
    if (dict == nullptr || key == nullptr) return WELD_OUT_OF_MEMORY;
    store(to, dict);
    for (int64_t i = 0; i < count; ++i) {
      if (weld_status status = read_entry(packing, dict, key); status != 0) return status;
    }
    context_->arena.release(key);
    return 0;
  }

  // key: room for one.
  weld_status read_entry(const WeldDictPacking* packing, WeldDict* dict, uint8_t* key) {
    if (weld_status status = poll_.step(); status != 0) return status;
    if (weld_status status = read(packing->key, key, 1); status != 0) return status;
    if (packing->canonicalize != nullptr) packing->canonicalize(key);
    const uint64_t hash = packing->layout->hash(key);
    if (dict_find(dict, packing->layout, hash, key) >= 0) return WELD_DESERIALIZATION_ERROR;
    auto* entry = static_cast<uint8_t*>(weld_rt_dict_insert(context_, dict, packing->layout, hash, key));
    if (entry == nullptr) return WELD_OUT_OF_MEMORY;
    return read(packing->value, entry + packing->layout->value_offset, 1);
  }

  WeldRunContext* context_;
  StepPoll poll_;
  const uint8_t* at_;
  int64_t left_;
  uint8_t* shared_ = nullptr;  // the rest of a block for short vecs
  int64_t shared_left_ = 0;
};

}  // namespace

}  // namespace weld::runtime

weld_status weld_rt_serialize(WeldRunContext* context, const WeldPacking* packing, const void* value, WeldVec* bytes) {
  return weld::runtime::Packer(context).pack(packing, static_cast<const uint8_t*>(value), bytes);
}

weld_status weld_rt_deserialize(WeldRunContext* context, const WeldPacking* packing, const void* bytes, int64_t size,
                                void* value) {
  return weld::runtime::Unpacker(context, static_cast<const uint8_t*>(bytes), size).unpack(packing, static_cast<uint8_t*>(value));
}
