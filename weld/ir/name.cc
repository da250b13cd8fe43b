// The table of names has parts, each with a lock of its own. It counts for no owner: whoever gives up a name last takes it out.
#include "weld/ir/name.h"

#include <array>
#include <mutex>
#include <new>
#include <unordered_map>

#include "weld/ir/slab_memory.h"

namespace weld {

class NameTable {
 public:
  using Kept = Name::Kept;

  Name name_of(std::string_view text) {
    Part& part = part_of(text);
    std::lock_guard lock(part.mutex);
    auto found = part.names.find(text);
    if (found != part.names.end() && retain_if_owned(*found->second)) return owning(found->second);
    // One that has just been given up is still there until that thread has the lock; it does not come back to life.
    if (found != part.names.end()) part.names.erase(found);
    auto* kept = new (allocate_block(sizeof(Kept), SlabUse::kParts)) Kept{1, std::string(text)};
    part.names.emplace(kept->text, kept);
    return owning(kept);
  }

  void drop(Kept* kept) {
    Part& part = part_of(kept->text);
    {
      std::lock_guard lock(part.mutex);
      auto found = part.names.find(kept->text);
      if (found != part.names.end() && found->second == kept) part.names.erase(found);
    }
    kept->~Kept();
    release_block(kept, sizeof(Kept));
  }

 private:
  struct Part {
    std::mutex mutex;
    std::unordered_map<std::string_view, Kept*> names;  // by their own texts
  };
  static constexpr size_t kParts = 16;

  static bool retain_if_owned(Kept& kept) {
    uint32_t owners = kept.owners.load(std::memory_order_relaxed);
    while (owners != 0) {
      if (kept.owners.compare_exchange_weak(owners, owners + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  static Name owning(Kept* kept) {
    Name name;
    name.kept_ = kept;
    return name;
  }

  Part& part_of(std::string_view text) { return parts_[std::hash<std::string_view>()(text) / 64 % kParts]; }

  std::array<Part, kParts> parts_;
};

namespace {

// Never destroyed: names may be given up while the process ends.
NameTable& name_table() {
  static NameTable& table = *new NameTable;
  return table;
}

}  // namespace

Name::Name(std::string_view text) {
  if (text.empty()) return;
  // A thread asks again for the names that it has just asked for: the parser for each place of a variable, macros for each use.
  constexpr size_t kRecent = 1024;
  thread_local std::array<Name, kRecent> recent;
  Name& place = recent[std::hash<std::string_view>()(text) % kRecent];
  if (place.text() != text) place = name_table().name_of(text);
  *this = place;
}

const std::string& Name::text() const {
  static const std::string& none = *new std::string;
  return kept_ == nullptr ? none : kept_->text;
}

void Name::drop(Kept* kept) { name_table().drop(kept); }

}  // namespace weld
