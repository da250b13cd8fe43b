// Prints values: scalars and strings through the printer of expressions, so that a value and a literal in a program look the
// same.
#include <algorithm>
#include <cstring>

#include "weld/ir/expr.h"
#include "weld/ir/frontend.h"
#include "weld/runtime/runtime.h"
#include "weld/value_text.h"

namespace weld {

namespace {

template <class T>
T load(const void* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

ScalarValue load_scalar(ScalarKind kind, const void* address) {
  uint64_t bits = 0;
  std::memcpy(&bits, address, static_cast<size_t>(scalar_size(kind)));
  if (kind == ScalarKind::kBool) bits = bits != 0;
  return {kind, bits};
}

const uint8_t* bytes_of(const void* address) { return static_cast<const uint8_t*>(address); }

// The fields of one dictionary entry.
struct EntryLayout {
  explicit EntryLayout(Type dict) : entry(Type::structure(dict.children())), size(layout_of(entry).size) {}
  Type entry;
  int64_t size;
};

// A total order over values of hashable types: numbers by value, NaN last, vecs and structs lexicographically.
int compare_scalars(ScalarKind kind, const void* left, const void* right) {
  const ScalarValue a = load_scalar(kind, left);
  const ScalarValue b = load_scalar(kind, right);
  auto order = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (is_float(kind)) {
    const double x = a.as_double();
    const double y = b.as_double();
    if (x != x || y != y) return order(x != x, y != y);
    return order(x, y);
  }
  return is_signed_integer(kind) ? order(a.as_signed(), b.as_signed()) : order(a.bits, b.bits);
}

int compare_values(Type type, const void* left, const void* right) {
  if (type.is_scalar()) return compare_scalars(type.scalar_kind(), left, right);
  if (type.is_struct()) {
    const std::vector<int64_t> offsets = field_offsets(type);
    for (size_t i = 0; i < offsets.size(); ++i) {
      const int order = compare_values(type.child(i), bytes_of(left) + offsets[i], bytes_of(right) + offsets[i]);
      if (order != 0) return order;
    }
    return 0;
  }
  const WeldVec a = load<WeldVec>(left);
  const WeldVec b = load<WeldVec>(right);
  const int64_t stride = layout_of(type.child(0)).size;
  for (int64_t i = 0; i < std::min(a.length, b.length); ++i) {
    const int order = compare_values(type.child(0), a.data + i * stride, b.data + i * stride);
    if (order != 0) return order;
  }
  return a.length < b.length ? -1 : a.length > b.length;
}

class ValuePrinter {
 public:
  void print_value(Type type, const void* value) {
    switch (type.kind()) {
      case TypeKind::kScalar:
        text_ += print(make_literal(load_scalar(type.scalar_kind(), value)), kOneLine);
        return;
      case TypeKind::kVec:
        print_vec(type, load<WeldVec>(value));
        return;
      case TypeKind::kStruct:
        print_struct(type, value);
        return;
      case TypeKind::kDict:
        print_dict(type, load<const WeldDict*>(value));
        return;
      default:
        text_ += type.to_string();
    }
  }

  std::string take() { return std::move(text_); }

 private:
  static constexpr PrintOptions kOneLine = {.indent = false, .types = true};

  void print_vec(Type type, const WeldVec& vec) {
    const Type element = type.child(0);
    if (element.is_scalar(ScalarKind::kI8)) {
      const size_t length = static_cast<size_t>(vec.length);
      text_ += print(make_string(length == 0 ? std::string() : std::string(reinterpret_cast<const char*>(vec.data), length)),
                     kOneLine);
      return;
    }
    if (vec.length == 0) return print_empty(type);
    const int64_t stride = layout_of(element).size;
    text_ += '[';
    for (int64_t i = 0; i < vec.length; ++i) {
      if (i > 0) text_ += ", ";
      print_value(element, vec.data + i * stride);
    }
    text_ += ']';
  }

  void print_struct(Type type, const void* value) {
    const std::vector<int64_t> offsets = field_offsets(type);
    text_ += '{';
    for (size_t i = 0; i < offsets.size(); ++i) {
      if (i > 0) text_ += ", ";
      print_value(type.child(i), bytes_of(value) + offsets[i]);
    }
    text_ += '}';
  }

  void print_dict(Type type, const WeldDict* dict) {
    const EntryLayout layout(type);
    if (dict == nullptr || dict->count == 0) return print_empty(Type::vec(layout.entry));
    std::vector<const uint8_t*> entries;
    for (int64_t i = 0; i < dict->count; ++i) entries.push_back(dict->entries + i * layout.size);
    const Type key = type.child(0);
    std::sort(entries.begin(), entries.end(),
              [key](const uint8_t* left, const uint8_t* right) { return compare_values(key, left, right) < 0; });
    text_ += '[';
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) text_ += ", ";
      print_struct(layout.entry, entries[i]);
    }
    text_ += ']';
  }

  void print_empty(Type vec) { text_ += "[]: " + vec.to_string(); }

  std::string text_;
};

}  // namespace

std::string print_value(Type type, const void* value) {
  ValuePrinter printer;
  printer.print_value(type, value);
  return printer.take();
}

}  // namespace weld
