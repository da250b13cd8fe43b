// Byte by byte.
#include "tests/reference/packing.h"

#include <cmath>
#include <cstring>

namespace weld::reference {
namespace {

constexpr uint64_t kNaN64 = 0x7ff8000000000000;
constexpr int64_t kMaximumElements = 1 << 20;
constexpr uint64_t kNaN32 = 0x7fc00000;

void append(Bytes& bytes, uint64_t bits, int size) {
  uint8_t raw[sizeof bits];
  std::memcpy(raw, &bits, sizeof bits);
  bytes.insert(bytes.end(), raw, raw + size);  // a little-endian machine: the low bytes come first
}

void append_count(Bytes& bytes, size_t count) { append(bytes, count, 8); }

// A dictionary holds -0.0 as 0.0 and every NaN as one; inside a vec they stay as they are.
Value held_key(const Value& key) {
  if (key.is<Struct>()) {
    std::vector<Value> fields;
    for (const auto& cell : key.cells()) fields.push_back(held_key(*cell->value));
    return make_struct(std::move(fields));
  }
  if (!key.is<ScalarValue>() || !is_float(key.scalar().kind)) return key;
  ScalarValue scalar = key.scalar();
  if (scalar.as_double() == 0) scalar.bits = 0;
  if (std::isnan(scalar.as_double())) scalar.bits = scalar.kind == ScalarKind::kF32 ? kNaN32 : kNaN64;
  return make_scalar(scalar);
}

void append_value(Bytes& bytes, const Value& value) {
  if (value.is<ScalarValue>()) {
    append(bytes, value.scalar().bits, scalar_size(value.scalar().kind));
  } else if (value.is<Struct>()) {
    for (const auto& cell : value.cells()) append_value(bytes, *cell->value);
  } else if (value.is<Vec>()) {
    append_count(bytes, value.elements().size());
    for (const Value& element : value.elements()) append_value(bytes, element);
  } else {
    append_count(bytes, value.dict().entries.size());
    for (const auto& [key, entry] : value.dict().entries) {
      append_value(bytes, held_key(key));
      append_value(bytes, entry);
    }
  }
}

struct Malformed {};

class Reader {
 public:
  explicit Reader(const Bytes& bytes) : bytes_(bytes) {}
  bool at_end() const { return at_ == bytes_.size(); }

  Value read(Type type) {
    if (type.is_scalar()) {
      uint64_t bits = read_bits(scalar_size(type.scalar_kind()));
      if (type == Type::boolean()) bits = bits != 0 ? 1 : 0;
      return make_scalar({type.scalar_kind(), bits});
    }
    std::vector<Value> parts;
    if (type.is_struct()) {
      for (Type field : type.children()) parts.push_back(read(field));
      return make_struct(std::move(parts));
    }
    const auto count = static_cast<int64_t>(read_bits(8));
    if (count < 0) throw Malformed{};
    if (type.is_dict()) return read_entries(type, count);
    for (int64_t i = 0; i < count; i++) {
      if (i == kMaximumElements) throw GaveUp{};
      parts.push_back(read(type.child(0)));
    }
    return make_vec(std::move(parts));
  }

 private:
  uint64_t read_bits(int size) {
    uint64_t bits = 0;
    if (bytes_.size() - at_ < static_cast<size_t>(size)) throw Malformed{};
    std::memcpy(&bits, bytes_.data() + at_, static_cast<size_t>(size));
    at_ += static_cast<size_t>(size);
    return bits;
  }

  Value read_entries(Type type, int64_t count) {
    Dict dict;
    for (int64_t i = 0; i < count; i++) {
      Value key = held_key(read(type.child(0)));
      if (!dict.index.emplace(key_text(key), dict.entries.size()).second) throw Malformed{};
      dict.entries.emplace_back(key, read(type.child(1)));
    }
    return make_dict(std::move(dict));
  }

  const Bytes& bytes_;
  size_t at_ = 0;
};

}  // namespace

Value bytes_value(const Bytes& bytes) {
  std::vector<Value> elements;
  for (uint8_t byte : bytes) elements.push_back(make_scalar(ScalarValue::integer(ScalarKind::kU8, byte)));
  return make_vec(std::move(elements));
}

Bytes bytes_of(const Value& vec) {
  Bytes bytes;
  for (const Value& element : vec.elements()) bytes.push_back(static_cast<uint8_t>(element.scalar().bits));
  return bytes;
}

Bytes pack(const Value& value) {
  Bytes bytes;
  append_value(bytes, value);
  return bytes;
}

std::optional<Value> unpack(Type type, const Bytes& bytes) {
  try {
    Reader reader(bytes);
    Value value = reader.read(type);
    if (!reader.at_end()) return std::nullopt;
    return value;
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace weld::reference
