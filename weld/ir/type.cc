// Types are hash-consed: one table for the process maps (kind, scalar, op, variable, children) to the one node with those parts.
// The table and its nodes are never freed, so handles stay valid during static destruction. Scalars and `?` are looked up without
// a lock.
#include "weld/ir/type.h"

#include <algorithm>
#include <array>
#include <deque>
#include <mutex>
#include <unordered_set>

#include "weld/ir/diagnostic.h"
#include "weld/ir/type_node.h"

namespace weld {
namespace {

constexpr uint64_t kNodeCountLimit = uint64_t{1} << 62;
constexpr size_t kTextLimit = size_t{1} << 20;  // a type's text can be exponential in the program; it is cut off here

bool kind_is_builder(TypeKind kind) { return kind >= TypeKind::kAppender && kind <= TypeKind::kVecMerger; }

void compute_facts(TypeNode& node) {
  bool is_struct = node.kind == TypeKind::kStruct;
  node.contains_builder = kind_is_builder(node.kind);
  node.contains_pointer = kind_is_builder(node.kind) || node.kind == TypeKind::kVec || node.kind == TypeKind::kDict;
  node.contains_unknown = node.kind == TypeKind::kUnknown;
  node.hashable = node.kind == TypeKind::kScalar || is_struct || node.kind == TypeKind::kVec;
  for (Type child : node.children) {
    const TypeNode& part = node_of(child);
    node.contains_builder |= is_struct && part.contains_builder;
    node.contains_pointer |= part.contains_pointer;
    node.contains_unknown |= part.contains_unknown;
    node.hashable &= part.hashable;
    node.node_count = std::min(node.node_count + part.node_count, kNodeCountLimit);
  }
  compute_layout(node);
}

}  // namespace

struct TypeInterner {
  struct SameParts {
    using is_transparent = void;
    bool operator()(const TypeNode* a, const TypeNode* b) const {
      return a->kind == b->kind && a->scalar == b->scalar && a->op == b->op && a->variable == b->variable &&
             a->children == b->children;
    }
  };

  struct HashParts {
    size_t operator()(const TypeNode* node) const {
      uint64_t hash = (static_cast<uint64_t>(node->kind) << 16) ^ (static_cast<uint64_t>(node->scalar) << 8) ^
                      static_cast<uint64_t>(node->op) ^ (static_cast<uint64_t>(node->variable) << 24);
      for (Type child : node->children)
        hash = (hash ^ reinterpret_cast<uintptr_t>(child.id())) * 0x9E3779B97F4A7C15u + (hash >> 29);
      return hash;
    }
  };

  std::mutex mutex;
  std::deque<TypeNode> nodes;
  std::unordered_set<const TypeNode*, HashParts, SameParts> table;
  const TypeNode* unknown = nullptr;
  std::array<const TypeNode*, kScalarKindCount> scalars{};
  std::array<const TypeNode*, kScalarKindCount> simds{};

  TypeInterner() {
    unknown = intern(TypeNode());
    for (int i = 0; i < kScalarKindCount; ++i) {
      TypeNode node;
      node.scalar = static_cast<ScalarKind>(i);
      node.kind = TypeKind::kScalar;
      scalars[i] = intern(node);
      node.kind = TypeKind::kSimd;
      simds[i] = intern(node);
    }
  }

  const TypeNode* intern(TypeNode node) {
    std::lock_guard lock(mutex);
    auto found = table.find(&node);
    if (found != table.end()) return *found;
    compute_facts(node);
    nodes.push_back(std::move(node));
    table.insert(&nodes.back());
    return &nodes.back();
  }

  static TypeInterner& instance() {
    static TypeInterner* interner = new TypeInterner();
    return *interner;
  }
  static Type handle(const TypeNode* node) { return Type(node); }
  static Type make(TypeKind kind, std::span<const Type> children, MergeOp op = MergeOp::kAdd, uint32_t variable = 0) {
    TypeNode node;
    node.kind = kind;
    node.op = op;
    node.variable = variable;
    node.children.assign(children.begin(), children.end());
    return handle(instance().intern(std::move(node)));
  }
};

Type::Type() : node_(TypeInterner::instance().unknown) {}

Type Type::unknown() { return Type(); }
Type Type::variable(uint32_t id) { return TypeInterner::make(TypeKind::kUnknown, {}, MergeOp::kAdd, id); }
Type Type::scalar(ScalarKind kind) { return Type(TypeInterner::instance().scalars[static_cast<size_t>(kind)]); }
Type Type::simd(ScalarKind lane) { return Type(TypeInterner::instance().simds[static_cast<size_t>(lane)]); }
Type Type::vec(Type element) { return TypeInterner::make(TypeKind::kVec, {&element, 1}); }
Type Type::dict(Type key, Type value) { return TypeInterner::make(TypeKind::kDict, std::array{key, value}); }
Type Type::structure(std::span<const Type> fields) { return TypeInterner::make(TypeKind::kStruct, fields); }
Type Type::appender(Type element) { return TypeInterner::make(TypeKind::kAppender, {&element, 1}); }
Type Type::merger(Type value, MergeOp op) { return TypeInterner::make(TypeKind::kMerger, {&value, 1}, op); }
Type Type::dict_merger(Type key, Type value, MergeOp op) {
  return TypeInterner::make(TypeKind::kDictMerger, std::array{key, value}, op);
}
Type Type::group_merger(Type key, Type value) { return TypeInterner::make(TypeKind::kGroupMerger, std::array{key, value}); }
Type Type::vec_merger(Type element, MergeOp op) { return TypeInterner::make(TypeKind::kVecMerger, {&element, 1}, op); }
Type Type::function(std::span<const Type> parameters, Type result) {
  std::vector<Type> children(parameters.begin(), parameters.end());
  children.push_back(result);
  return TypeInterner::make(TypeKind::kFunction, children);
}

TypeKind Type::kind() const { return node_->kind; }
std::span<const Type> Type::children() const { return node_->children; }
ScalarKind Type::scalar_kind() const {
  WELD_CHECK(is_scalar() || is_simd(), "scalar kind of neither scalar nor simd");
  return node_->scalar;
}
MergeOp Type::merge_op() const { return node_->op; }
uint32_t Type::variable_id() const { return node_->variable; }

Type Type::with_children(std::span<const Type> children) const {
  if (std::equal(children.begin(), children.end(), node_->children.begin(), node_->children.end())) return *this;
  return TypeInterner::make(node_->kind, children, node_->op, node_->variable);
}

bool Type::is_builder() const { return kind_is_builder(node_->kind); }
bool Type::contains_builder() const { return node_->contains_builder; }
bool Type::contains_pointer() const { return node_->contains_pointer; }
bool Type::contains_unknown() const { return node_->contains_unknown; }
bool Type::is_hashable() const { return node_->hashable; }
uint64_t Type::node_count() const { return node_->node_count; }

// A work list of nodes and of the text between them, so that no type is too deep.
std::string Type::to_string() const {
  struct Item {
    const TypeNode* node;
    const char* text;
  };
  std::string text;
  std::vector<Item> pending{{node_, nullptr}};
  while (!pending.empty()) {
    Item item = pending.back();
    pending.pop_back();
    if (text.size() > kTextLimit) return text + "...";
    if (item.node == nullptr) {
      text += item.text;
      continue;
    }
    const TypeNode& node = *item.node;
    const char* open = "[";
    const char* close = "]";
    switch (node.kind) {
      case TypeKind::kUnknown:
        text += '?';
        continue;
      case TypeKind::kScalar:
        text += scalar_name(node.scalar);
        continue;
      case TypeKind::kSimd:
        text += std::string("simd[") + scalar_name(node.scalar) + "]";
        continue;
      case TypeKind::kVec:
        text += "vec";
        break;
      case TypeKind::kDict:
        text += "dict";
        break;
      case TypeKind::kStruct:
        open = "{", close = "}";
        break;
      case TypeKind::kAppender:
        text += "appender";
        break;
      case TypeKind::kMerger:
        text += "merger";
        break;
      case TypeKind::kDictMerger:
        text += "dictmerger";
        break;
      case TypeKind::kGroupMerger:
        text += "groupmerger";
        break;
      case TypeKind::kVecMerger:
        text += "vecmerger";
        break;
      case TypeKind::kFunction:
        open = "|", close = ")";
        break;
    }
    text += open;
    pending.push_back({nullptr, close});
    bool has_op = node.kind == TypeKind::kMerger || node.kind == TypeKind::kDictMerger || node.kind == TypeKind::kVecMerger;
    if (has_op) pending.insert(pending.end(), {{nullptr, merge_op_symbol(node.op)}, {nullptr, ","}});
    bool is_function = node.kind == TypeKind::kFunction;
    size_t listed = node.children.size() - (is_function ? 1 : 0);
    if (is_function) pending.insert(pending.end(), {{&node_of(node.children.back()), nullptr}, {nullptr, "|("}});
    for (size_t i = listed; i-- > 0;) {
      pending.push_back({&node_of(node.children[i]), nullptr});
      if (i > 0) pending.push_back({nullptr, ","});
    }
  }
  return text;
}

const char* scalar_name(ScalarKind kind) {
  static constexpr const char* kNames[] = {"bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64"};
  return kNames[static_cast<size_t>(kind)];
}

const char* merge_op_symbol(MergeOp op) {
  static constexpr const char* kSymbols[] = {"+", "*", "min", "max"};
  return kSymbols[static_cast<size_t>(op)];
}

int scalar_size(ScalarKind kind) {
  static constexpr int kSizes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8};
  return kSizes[static_cast<size_t>(kind)];
}

}  // namespace weld
