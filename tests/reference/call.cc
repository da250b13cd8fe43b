#include "tests/reference/call.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "weld/runtime/runtime.h"

namespace weld::reference {
namespace {

uint8_t* allocate(int64_t bytes, CallMemory& memory) {
  memory.blocks.push_back(std::make_unique<uint8_t[]>(static_cast<size_t>(bytes + 1)));
  return memory.blocks.back().get();
}

void lay_out(Type type, const Value& value, uint8_t* address, CallMemory& memory) {
  if (type.is_scalar()) {
    std::memcpy(address, &value.scalar().bits, static_cast<size_t>(scalar_size(type.scalar_kind())));
  } else if (type.is_struct()) {
    const std::vector<int64_t> offsets = field_offsets(type);
    for (size_t i = 0; i < offsets.size(); i++) lay_out(type.child(i), *value.cells()[i]->value, address + offsets[i], memory);
  } else if (type.is_dict()) {
    memory.dicts.push_back(std::get<std::shared_ptr<const Dict>>(value.settled().of));
    const Dict* dict = memory.dicts.back().get();
    std::memcpy(address, &dict, sizeof dict);
  } else {
    const Type element = type.child(0);
    const int64_t size = layout_of(element).size;
    const auto length = static_cast<int64_t>(value.elements().size());
    const WeldVec vec = {allocate(length * size, memory), length};
    for (int64_t i = 0; i < length; i++) lay_out(element, value.elements()[static_cast<size_t>(i)], vec.data + i * size, memory);
    std::memcpy(address, &vec, sizeof vec);
  }
}

// What read_value leaves for the reader: dictionaries are addresses that lay_out wrote, or null.
Value read_dict(const void* address, const CallMemory& memory) {
  const auto known =
      std::find_if(memory.dicts.begin(), memory.dicts.end(), [&](const auto& dict) { return dict.get() == address; });
  WELD_CHECK(address == nullptr || known != memory.dicts.end(), "a function gave a dictionary that no function was given");
  return address == nullptr ? make_dict({}) : Value{*known};
}

using Addresses = std::vector<void*>;

template <size_t... kIndexes>
void call_with(void* function, const Addresses& addresses, std::index_sequence<kIndexes...>) {
  auto typed = reinterpret_cast<void (*)(decltype(static_cast<void>(kIndexes), static_cast<void*>(nullptr))...)>(function);
  typed(addresses[kIndexes]...);
}

template <size_t kCount = 1>
void call(void* function, const Addresses& addresses) {
  if (addresses.size() == kCount) return call_with(function, addresses, std::make_index_sequence<kCount>());
  if constexpr (kCount <= kMaximumArguments) call<kCount + 1>(function, addresses);
}

}  // namespace

bool can_pass(Type type) {
  if (type.is_builder()) return false;
  for (Type child : type.children()) {
    if (!can_pass(child)) return false;
  }
  return true;
}

Value call_function(const std::string& name, Type result, const std::vector<Type>& types, const std::vector<Value>& arguments,
                    CallMemory& memory) {
  void* function = dlsym(RTLD_DEFAULT, name.c_str());
  WELD_CHECK(function != nullptr, "a C function that is not in the process");
  Addresses addresses;
  for (size_t i = 0; i < types.size(); i++) {
    addresses.push_back(allocate(layout_of(types[i]).size, memory));
    lay_out(types[i], arguments[i], static_cast<uint8_t*>(addresses.back()), memory);
  }
  addresses.push_back(allocate(layout_of(result).size, memory));
  call(function, addresses);
  return read_value(result, addresses.back(), [&](const void* dict) { return read_dict(dict, memory); });
}

}  // namespace weld::reference
