// The table of names has parts, each with a lock of its own. It counts for no owner: whoever gives up a name last takes it out.
#include "weld/ir/name.h"

#include <tsl/ordered_set.h>

#include <array>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "weld/ir/slab_memory.h"

namespace weld {

class NameTable {
 public:
  using Kept = Name::Kept;

  Name name_of(std::string_view text) {
    const uint32_t hash = hash_of(text);
    Part& part = part_of(hash);
    std::lock_guard lock(part.mutex);
    auto found = part.names.find(text, hash);
    if (found != part.names.end() && retain_if_owned(**found)) return owning(*found);
    // One that has just been given up is still there until that thread has the lock; it does not come back to life.
    if (found != part.names.end()) part.names.unordered_erase(found);
    std::string own_text(text);
    std::unique_ptr<Kept, void (*)(Kept*)> kept(
        new (allocate_block(sizeof(Kept), SlabUse::kParts)) Kept{1, hash, std::move(own_text)}, destroy);
    part.names.insert(kept.get());
    return owning(kept.release());
  }

  void drop(Kept* kept) {
    Part& part = part_of(kept->hash);
    {
      std::lock_guard lock(part.mutex);
      auto found = part.names.find(std::string_view(kept->text), kept->hash);
      if (found != part.names.end() && *found == kept) part.names.unordered_erase(found);
    }
    destroy(kept);
  }

  static uint32_t hash_of(std::string_view text) { return static_cast<uint32_t>(std::hash<std::string_view>()(text)); }

 private:
  struct Hash {
    size_t operator()(std::string_view text) const { return hash_of(text); }
    size_t operator()(const Kept* kept) const { return kept->hash; }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view text_of(std::string_view text) { return text; }
    static std::string_view text_of(const Kept* kept) { return kept->text; }
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      return text_of(left) == text_of(right);
    }
  };
  struct Part {
    std::mutex mutex;
    tsl::ordered_set<Kept*, Hash, Equal> names;
  };
  static constexpr size_t kParts = 16;

  static void destroy(Kept* kept) {
    kept->~Kept();
    release_block(kept, sizeof(Kept));
  }

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

  Part& part_of(uint32_t hash) { return parts_[(hash >> 28) % kParts]; }

  std::array<Part, kParts> parts_;
};

namespace {

// Never destroyed: names may be given up while the process ends.
NameTable& name_table() {
  static NameTable& table = *new NameTable;
  return table;
}

// The names that a thread has asked for a short while ago: the parser asks for each place of a variable, macros for each use.
using RecentNames = std::array<Name, 1024>;

// A pointer, since what is destroyed at the end of a thread later than its own objects may still make names.
thread_local RecentNames* recent_names = nullptr;
thread_local bool has_recent_names = true;

struct GivesUpRecentNames {
  ~GivesUpRecentNames() {
    has_recent_names = false;
    delete std::exchange(recent_names, nullptr);
  }
};

// Where the thread remembers a name; null when it ends.
Name* recent_place(std::string_view text) {
  if (recent_names == nullptr) {
    if (!has_recent_names) return nullptr;
    thread_local GivesUpRecentNames at_end;
    recent_names = new RecentNames;
  }
  return &(*recent_names)[NameTable::hash_of(text) % recent_names->size()];
}

}  // namespace

Name::Name(std::string_view text) {
  if (text.empty()) return;
  Name* place = recent_place(text);
  if (place == nullptr) {
    *this = name_table().name_of(text);
    return;
  }
  if (place->text() != text) *place = name_table().name_of(text);
  *this = *place;
}

const std::string& Name::text() const {
  static const std::string& none = *new std::string;
  return kept_ == nullptr ? none : kept_->text;
}

void Name::drop(Kept* kept) { name_table().drop(kept); }

}  // namespace weld
