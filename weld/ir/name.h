// The names of variables and of C functions. A name is kept once in the process, so two that are the same are the same pointer:
// what the passes note by name is found without a look at its text, which lies elsewhere in memory.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace weld {

// Which name, without a part in its keeping: means something as long as a Name of it lives.
class NameId {
 public:
  NameId() = default;  // of the empty name
  friend bool operator==(NameId, NameId) = default;

 private:
  friend class Name;
  friend struct std::hash<NameId>;
  explicit NameId(const void* kept) : kept_(kept) {}

  const void* kept_ = nullptr;
};

// A counted pointer to a text that is kept as long as there is a name of it. Names may be made, copied and destroyed by several
// threads at once, one object by one thread at a time.
class Name {
 public:
  Name() = default;  // the empty name
  Name(std::string_view text);
  template <std::convertible_to<std::string_view> Text>
  Name(const Text& text) : Name(std::string_view(text)) {}
  Name(const Name& other) : kept_(other.kept_) {
    if (kept_ != nullptr) kept_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  Name(Name&& other) noexcept : kept_(std::exchange(other.kept_, nullptr)) {}
  Name& operator=(Name other) noexcept {
    std::swap(kept_, other.kept_);
    return *this;
  }
  ~Name() {
    if (kept_ != nullptr && kept_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) drop(kept_);
  }

  const std::string& text() const;
  bool empty() const { return kept_ == nullptr; }
  NameId id() const { return NameId(kept_); }
  operator NameId() const { return id(); }

  friend bool operator==(const Name& left, const Name& right) { return left.kept_ == right.kept_; }
  template <std::convertible_to<std::string_view> Text>
  friend bool operator==(const Name& left, const Text& right) {
    return left.text() == std::string_view(right);
  }

 private:
  friend class NameTable;
  struct Kept {
    std::atomic<uint32_t> owners;
    const uint32_t hash;  // of the text
    const std::string text;
  };
  static void drop(Kept* kept);  // which has no owners any more

  Kept* kept_ = nullptr;
};

}  // namespace weld

template <>
struct std::hash<weld::NameId> {
  size_t operator()(weld::NameId name) const { return std::hash<const void*>()(name.kept_); }
};
template <>
struct std::hash<weld::Name> {
  size_t operator()(const weld::Name& name) const { return std::hash<weld::NameId>()(name.id()); }
};
