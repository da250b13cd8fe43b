// The values of the reference interpreter, and their comparison with what compiled code left in memory.
//
// Plain trees: a scalar is its kind and bits, a vec its elements, a struct its fields, a dict its entries in insertion order with
// an index by the text of the key. Nothing here is fast or shared with the compiler; only ScalarValue (a kind and bits) and the
// documented C layout are its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weld/ir/expr.h"
#include "weld/ir/type.h"

namespace weld::reference {

struct Cell;
struct Dict;
struct Builder;
struct Value;

using Vec = std::shared_ptr<const std::vector<Value>>;
// A struct's fields, and what was merged into an appender, a groupmerger or a dictmerger, may wait to be evaluated until
// something needs them.
struct Fields {
  std::vector<std::shared_ptr<Cell>> cells;
};
using Struct = std::shared_ptr<const Fields>;

// A simd value.
struct Lanes {
  std::vector<ScalarValue> each;
};
using Simd = std::shared_ptr<const Lanes>;

struct Value {
  std::variant<ScalarValue, Simd, Vec, Struct, std::shared_ptr<const Dict>, std::shared_ptr<Builder>, std::shared_ptr<Cell>> of;

  // The value itself, also of one that has waited. Requires that it waits no longer, as all functions below do.
  const Value& settled() const;

  const ScalarValue& scalar() const { return std::get<ScalarValue>(settled().of); }
  const std::vector<ScalarValue>& lanes() const { return std::get<Simd>(settled().of)->each; }
  const std::vector<Value>& elements() const { return *std::get<Vec>(settled().of); }
  const std::vector<std::shared_ptr<Cell>>& cells() const { return std::get<Struct>(settled().of)->cells; }
  const Dict& dict() const { return *std::get<std::shared_ptr<const Dict>>(settled().of); }
  const std::shared_ptr<Builder>& builder() const { return std::get<std::shared_ptr<Builder>>(settled().of); }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(settled().of);
  }
  bool truth() const { return scalar().bits != 0; }
  int64_t i64() const { return scalar().as_signed(); }
};

struct Scope;

// A let's value, a struct's field, a vec's element or a dict's value: a value, or the expression that will give it and the names
// it stands among.
struct Cell {
  std::optional<Value> value = {};
  std::function<Value()> compute = {};  // instead of an expression
  ExprPtr expr = {};
  std::shared_ptr<const Scope> scope = {};
};

// Entries in the order in which their keys first came.
struct Dict {
  std::vector<std::pair<Value, Value>> entries;
  std::map<std::string, size_t> index;

  const Value* find(const std::string& key_text) const;
};

// The state of any builder. Merges change it in place: a builder is used once along every path, so nobody sees the state before.
struct Builder {
  Type type;
  std::vector<Value> elements;  // appender, vecmerger
  std::optional<Value> value;   // merger
  Dict dict;                    // dictmerger
  std::vector<std::vector<Value>>
      groups;  // of each of dict's entries: of a groupmerger all values, of a dictmerger all but the first
  int fault =
      0;  // the code of what failed of that which it was given, and need not be evaluated unless something needs the builder
};

Value make_scalar(ScalarValue scalar);
Value make_simd(std::vector<ScalarValue> lanes);
Value make_vec(std::vector<Value> elements);
Value make_struct(std::vector<Value> fields);
Value make_dict(Dict dict);
// Sorts; elements of which neither is after the other stay in their order.
std::vector<Value> sorted_by(std::vector<Value> elements, const std::function<bool(const Value&, const Value&)>& after);
// 0, false, an empty vec or dict, a struct of such.
Value zero_of(Type type);

// The functions below require that every cell of the value is evaluated.

// Equal texts for keys that are equal: -0.0 is 0.0 and every NaN the same.
std::string key_text(const Value& value);
// A Weld literal, as parse_values takes it; dictionaries and builders, which have none, in a form for reports.
std::string to_text(const Value& value);

// A value in memory, in the C layout of weld/runtime/runtime.h; read_dict reads dictionaries instead where it is set, from their
// addresses.
using ReadDict = std::function<Value(const void*)>;
Value read_value(Type type, const void* address, const ReadDict& read_dict = nullptr);
// The type of what is read of a value: a builder is read as what it would give, a groupmerger, which is not for reading, as {}.
Type type_read(Type type);

struct Tolerance {
  int64_t float_steps = 0;  // how many representable numbers two floats may be apart
  bool any_order = false;   // vecs are compared as multisets
};
// Dictionaries are equal when they have equal entries, in whatever order. Floats are compared by bits, save that every NaN is the
// same.
bool same(Type type, const Value& left, const Value& right, const Tolerance& tolerance);

}  // namespace weld::reference
