// Values as text, from memory, and compared.
#include "tests/reference/value.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "weld/ir/expr.h"
#include "weld/runtime/runtime.h"

namespace weld::reference {

const Value* Dict::find(const std::string& text) const {
  auto found = index.find(text);
  return found == index.end() ? nullptr : &entries[found->second].second;
}

const Value& Value::settled() const {
  const auto* cell = std::get_if<std::shared_ptr<Cell>>(&of);
  return cell == nullptr ? *this : (*cell)->value->settled();
}

Value make_scalar(ScalarValue scalar) { return {scalar}; }

Value make_simd(std::vector<ScalarValue> lanes) { return {std::make_shared<const Lanes>(Lanes{std::move(lanes)})}; }

Value make_vec(std::vector<Value> elements) { return {std::make_shared<const std::vector<Value>>(std::move(elements))}; }

Value make_struct(std::vector<Value> fields) {
  auto made = std::make_shared<Fields>();
  for (Value& field : fields) {
    auto cell = std::make_shared<Cell>();
    cell->value = std::move(field);
    made->cells.push_back(std::move(cell));
  }
  return {Struct(std::move(made))};
}

Value make_dict(Dict dict) { return {std::make_shared<const Dict>(std::move(dict))}; }

std::vector<Value> sorted_by(std::vector<Value> sorted, const std::function<bool(const Value&, const Value&)>& after) {
  // Runs of one element, then of two, four and so on, merged in pairs; of equal elements the left one comes first.
  for (size_t run = 1; run < sorted.size(); run *= 2) {
    std::vector<Value> merged;
    for (size_t begin = 0; begin < sorted.size(); begin += 2 * run) {
      const size_t middle = std::min(begin + run, sorted.size());
      const size_t end = std::min(middle + run, sorted.size());
      size_t left = begin;
      size_t right = middle;
      while (left < middle || right < end) {
        const bool from_right = left == middle || (right < end && after(sorted[left], sorted[right]));
        merged.push_back(sorted[from_right ? right++ : left++]);
      }
    }
    sorted = std::move(merged);
  }
  return sorted;
}

Value zero_of(Type type) {
  switch (type.kind()) {
    case TypeKind::kScalar:
      return make_scalar({type.scalar_kind(), 0});
    case TypeKind::kVec:
      return make_vec({});
    case TypeKind::kDict:
      return make_dict({});
    default: {
      std::vector<Value> fields;
      for (Type field : type.children()) fields.push_back(zero_of(field));
      return make_struct(std::move(fields));
    }
  }
}

std::string key_text(const Value& value) {
  if (value.is<ScalarValue>()) {
    const ScalarValue* scalar = &value.scalar();
    if (!is_float(scalar->kind)) return std::to_string(scalar->bits) + ",";
    const double number = scalar->as_double();
    if (std::isnan(number)) return "nan,";
    return (number == 0 ? "0" : std::to_string(scalar->bits)) + ",";
  }
  std::string text;
  if (value.is<Vec>()) {
    for (const Value& element : value.elements()) text += key_text(element);
    return "[" + text + "]";
  }
  for (const auto& cell : value.cells()) text += key_text(*cell->value);
  return "{" + text + "}";
}

namespace {

std::string scalar_text(const ScalarValue& scalar) {
  if (scalar.kind == ScalarKind::kBool) return scalar.bits != 0 ? "true" : "false";
  if (is_unsigned(scalar.kind)) return std::to_string(scalar.bits) + scalar_name(scalar.kind);
  if (is_integer(scalar.kind)) return std::to_string(scalar.as_signed()) + scalar_name(scalar.kind);
  const double number = scalar.as_double();
  const std::string suffix = scalar.kind == ScalarKind::kF32 ? "f" : "";
  if (std::isnan(number)) return "(0.0" + suffix + "/0.0" + suffix + ")";
  if (std::isinf(number)) return (number < 0 ? "(-1.0" : "(1.0") + suffix + "/0.0" + suffix + ")";
  char text[64];
  std::snprintf(text, sizeof text, scalar.kind == ScalarKind::kF32 ? "%.9g" : "%.17g", number);
  // A number without a point or an exponent would be an integer.
  return text + std::string(std::string_view(text).find_first_of(".e") == std::string_view::npos ? ".0" : "") + suffix;
}

std::string join(const std::vector<std::string>& parts, const char* open, const char* close) {
  std::string text = open;
  for (size_t i = 0; i < parts.size(); i++) text += (i > 0 ? ", " : "") + parts[i];
  return text + close;
}

}  // namespace

std::string to_text(const Value& value) {
  if (value.is<ScalarValue>()) return scalar_text(value.scalar());
  std::vector<std::string> parts;
  if (value.is<Vec>()) {
    for (const Value& element : value.elements()) parts.push_back(to_text(element));
    return join(parts, "[", "]");
  }
  if (value.is<Struct>()) {
    for (const auto& cell : value.cells()) parts.push_back(to_text(*cell->value));
    return join(parts, "{", "}");
  }
  if (value.is<std::shared_ptr<Builder>>()) return "a builder";
  for (const auto& [key, entry] : value.dict().entries) parts.push_back(to_text(key) + ": " + to_text(entry));
  return join(parts, "dict(", ")");
}

namespace {

template <class T>
T load(const uint8_t* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

Value read_at(Type type, const uint8_t* address, const ReadDict& read_dict) {
  if (type.is_scalar()) {
    uint64_t bits = 0;
    std::memcpy(&bits, address, static_cast<size_t>(scalar_size(type.scalar_kind())));
    if (type.is_scalar(ScalarKind::kBool)) bits = bits != 0 ? 1 : 0;
    return make_scalar({type.scalar_kind(), bits});
  }
  if (type.is_struct()) {
    std::vector<int64_t> offsets = field_offsets(type);
    std::vector<Value> fields;
    for (size_t i = 0; i < offsets.size(); i++) fields.push_back(read_at(type.child(i), address + offsets[i], read_dict));
    return make_struct(std::move(fields));
  }
  if (type.is_vec()) {
    const auto vec = load<WeldVec>(address);
    const int64_t size = layout_of(type.child(0)).size;
    std::vector<Value> elements;
    for (int64_t i = 0; i < vec.length; i++) elements.push_back(read_at(type.child(0), vec.data + i * size, read_dict));
    return make_vec(std::move(elements));
  }
  if (type.kind() == TypeKind::kMerger) return read_at(type.child(0), address, read_dict);
  if (type.kind() == TypeKind::kAppender || type.kind() == TypeKind::kVecMerger)
    return read_at(Type::vec(type.child(0)), address, read_dict);
  if (type.kind() == TypeKind::kGroupMerger) return make_struct({});
  WELD_CHECK(type.is_dict() || type.kind() == TypeKind::kDictMerger, "a type whose values are not read");
  if (read_dict != nullptr) return read_dict(load<const void*>(address));
  const auto* memory = load<const WeldDict*>(address);
  Dict dict;
  if (memory == nullptr) return make_dict({});
  const Type entry = Type::structure(type.children());
  const std::vector<int64_t> offsets = field_offsets(entry);
  for (int64_t i = 0; i < memory->count; i++) {
    const uint8_t* at = memory->entries + i * layout_of(entry).size;
    Value key = read_at(type.child(0), at, read_dict);
    dict.index.emplace(key_text(key), dict.entries.size());
    dict.entries.emplace_back(std::move(key), read_at(type.child(1), at + offsets[1], read_dict));
  }
  return make_dict(std::move(dict));
}

// The number of the float among all floats, in their order.
int64_t rank_of(const ScalarValue& scalar) {
  const int width = scalar_size(scalar.kind) * 8;
  const uint64_t sign = uint64_t{1} << (width - 1);
  const auto magnitude = static_cast<int64_t>(scalar.bits & (sign - 1));
  return (scalar.bits & sign) != 0 ? -magnitude : magnitude;
}

bool same_scalar(const ScalarValue& left, const ScalarValue& right, const Tolerance& tolerance) {
  if (left.bits == right.bits) return true;
  if (!is_float(left.kind)) return false;
  const bool left_nan = std::isnan(left.as_double());
  const bool right_nan = std::isnan(right.as_double());
  if (left_nan || right_nan) return left_nan && right_nan;
  if (tolerance.float_steps == 0) return false;
  // The difference of two ranks of f64 may pass the largest i64.
  const auto apart = static_cast<__int128>(rank_of(left)) - rank_of(right);
  return apart <= tolerance.float_steps && -apart <= tolerance.float_steps;
}

bool same_multiset(Type element, const std::vector<Value>& left, const std::vector<Value>& right, const Tolerance& tolerance) {
  std::vector<bool> taken(right.size(), false);
  return std::all_of(left.begin(), left.end(), [&](const Value& value) {
    for (size_t i = 0; i < right.size(); i++) {
      if (taken[i] || !same(element, value, right[i], tolerance)) continue;
      taken[i] = true;
      return true;
    }
    return false;
  });
}

}  // namespace

Type type_read(Type type) {
  if (type.kind() == TypeKind::kGroupMerger) return Type::structure({});
  if (type.is_builder()) return result_type(type);
  if (!type.contains_builder()) return type;
  std::vector<Type> fields;
  for (Type field : type.children()) fields.push_back(type_read(field));
  return Type::structure(fields);
}

Value read_value(Type type, const void* address, const ReadDict& read_dict) {
  return read_at(type, static_cast<const uint8_t*>(address), read_dict);
}

bool same(Type type, const Value& left, const Value& right, const Tolerance& tolerance) {
  if (type.is_scalar()) return same_scalar(left.scalar(), right.scalar(), tolerance);
  if (type.is_struct()) {
    for (size_t i = 0; i < type.children().size(); i++) {
      if (!same(type.child(i), *left.cells()[i]->value, *right.cells()[i]->value, tolerance)) return false;
    }
    return true;
  }
  if (type.is_vec()) {
    const std::vector<Value>& a = left.elements();
    const std::vector<Value>& b = right.elements();
    if (a.size() != b.size()) return false;
    if (tolerance.any_order) return same_multiset(type.child(0), a, b, tolerance);
    for (size_t i = 0; i < a.size(); i++) {
      if (!same(type.child(0), a[i], b[i], tolerance)) return false;
    }
    return true;
  }
  const Dict& a = left.dict();
  const Dict& b = right.dict();
  if (a.entries.size() != b.entries.size() || b.index.size() != b.entries.size()) return false;
  return std::all_of(a.entries.begin(), a.entries.end(), [&](const auto& entry) {
    const Value* other = b.find(key_text(entry.first));
    return other != nullptr && same(type.child(1), entry.second, *other, tolerance);
  });
}

}  // namespace weld::reference
