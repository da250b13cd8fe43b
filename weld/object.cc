#include "weld/object.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "weld/ir/fragment.h"
#include "weld/ir/frontend.h"
#include "weld/ir/shared_cache.h"
#include "weld/stitch.h"

namespace weld {

namespace {

constexpr size_t kKnownTypes = 1024;

using SharedDependencies = std::shared_ptr<const Object::Dependencies>;

thread_local std::vector<SharedDependencies>* pending_release = nullptr;

// The last user of a long chain collects the dependencies of every object freed below it in a list and works the list off, so
// that an object's destructor runs inside at most one other.
void release(SharedDependencies dependencies) {
  if (dependencies == nullptr) return;
  if (pending_release != nullptr) {
    pending_release->push_back(std::move(dependencies));
    return;
  }
  std::vector<SharedDependencies> pending;
  pending.push_back(std::move(dependencies));
  pending_release = &pending;
  while (!pending.empty()) {
    SharedDependencies last = std::move(pending.back());
    pending.pop_back();
    last.reset();
  }
  pending_release = nullptr;
}

// Blocks that a copied value consists of.
using Blocks = std::vector<std::unique_ptr<std::byte[]>>;

std::byte* new_copy(Blocks& blocks, const void* data, size_t size) {
  blocks.push_back(std::make_unique<std::byte[]>(std::max<size_t>(size, 1)));
  if (size > 0) std::memcpy(blocks.back().get(), data, size);
  return blocks.back().get();
}

bool is_copyable(Type type) {
  if (type.is_scalar()) return true;
  if (!type.is_vec() && !type.is_struct()) return false;
  return std::all_of(type.children().begin(), type.children().end(), is_copyable);
}

// Replaces the memory that the value refers to by copies. Recurses over the type.
void copy_referred(Blocks& blocks, Type type, std::byte* value) {
  if (!type.contains_pointer()) return;
  if (type.is_struct()) {
    const std::vector<int64_t> offsets = field_offsets(type);
    for (size_t i = 0; i < offsets.size(); i++) copy_referred(blocks, type.child(i), value + offsets[i]);
    return;
  }
  struct Vec {
    std::byte* data;
    int64_t length;
  } vec;
  std::memcpy(&vec, value, sizeof vec);
  const int64_t size = layout_of(type.child(0)).size;
  vec.data = new_copy(blocks, vec.data, static_cast<size_t>(vec.length * size));
  for (int64_t i = 0; i < vec.length; i++) copy_referred(blocks, type.child(0), vec.data + i * size);
  std::memcpy(value, &vec, sizeof vec);
}

Diagnostics faults_of_names(const std::vector<std::string>& names) {
  Diagnostics faults;
  std::unordered_set<std::string_view> seen;
  for (const std::string& name : names) {
    if (!is_variable_name(name)) faults.push_back({fmt::format("`{}` cannot be the name of a dependency", name), {}});
    if (!seen.insert(name).second) faults.push_back({fmt::format("`{}` is the name of two dependencies", name), {}});
  }
  return faults;
}

}  // namespace

std::string label_of_fragment(std::string label, std::string_view text) {
  constexpr size_t kLongest = 60;
  if (!label.empty()) return label;
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.size() <= kLongest ? std::string(line) : std::string(line.substr(0, kLongest)) + "...";
}

Result<Type> parse_data_type(std::string_view text) {
  // Parsing takes longer than an evaluation. Never destroyed, as other threads may go on while the process exits.
  static SharedCache<Type>& known = *new SharedCache<Type>(kKnownTypes);
  const SharedCache<Type>::Outcome found = known.get(std::string(text), [&]() -> SharedCache<Type>::Outcome {
    const Result<Type> type = parse_type(text);
    if (!type) return type.diagnostics();
    if (type->has_layout() && !type->contains_builder()) return std::make_shared<const Type>(*type);
    return Diagnostic{fmt::format("data cannot be of type {}", type->to_string()), {}};
  });
  if (!found) return found.diagnostics();
  return **found;
}

ObjectPtr Object::from_data(Type type, const void* data, std::shared_ptr<const void> owner, std::string label) {
  return std::make_shared<const Object>(Parts{type, std::move(label), nullptr, nullptr, {data, std::move(owner), nullptr, -1}});
}

Result<ObjectPtr> Object::from_copy(Type type, const void* data, std::string label) {
  if (!is_copyable(type)) return Diagnostic{fmt::format("a value of type {} cannot be copied", type.to_string()), {}};
  auto blocks = std::make_shared<Blocks>();
  std::byte* copy = new_copy(*blocks, data, static_cast<size_t>(layout_of(type).size));
  copy_referred(*blocks, type, copy);
  return from_data(type, copy, std::move(blocks), std::move(label));
}

Result<ObjectPtr> Object::from_fragment(std::string_view text, Dependencies dependencies, const std::vector<std::string>& names,
                                        std::string label) {
  if (Diagnostics faults = faults_of_names(names); !faults.empty()) return faults;
  Parameters parameters;
  for (size_t i = 0; i < names.size(); i++) parameters.push_back({names[i], dependencies[i]->type()});
  Result<FragmentPtr> fragment = find_fragment(text, parameters);
  if (!fragment) return fragment.diagnostics();
  label = label_of_fragment(std::move(label), text);
  const Type type = (*fragment)->function->body()->type();
  return std::make_shared<const Object>(
      Parts{type, std::move(label), *fragment, std::make_shared<const Dependencies>(std::move(dependencies)), {}});
}

Object::~Object() { release(std::move(parts_.dependencies)); }

ObjectValue Object::value() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return parts_.value;
}

std::shared_ptr<const Object::Dependencies> Object::dependencies() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return parts_.dependencies;
}

ObjectValue Object::keep(ObjectValue value) const {
  SharedDependencies dependencies;  // released when the lock is not held: that may call the client
  ObjectValue kept;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (parts_.value.data == nullptr) {
      parts_.value = std::move(value);
      dependencies = std::move(parts_.dependencies);
    }
    kept = parts_.value;
  }
  release(std::move(dependencies));
  return kept;
}

}  // namespace weld
