// eliminate-common-subexpressions: computes equal expressions once.
//
//   before   if(x * y > 3L, f(x * y), 0L)
//   after    let common = x * y; if(common > 3L, f(common), 0L)
//
//   before   let a = result(for(v, …)); let b = result(for(v, …)) + 1L; a * b
//   after    let a = result(for(v, …)); let b = a + 1L; a * b
//
// An expression is taken from an earlier one only when that one has run wherever it runs. So the program is seen as blocks
// (rewriting.h). What a statement computes, outside of the blocks in it, is known in the rest of its block and in the blocks
// there; it is bound just before its statement, or is the value of the statement's own let. Nothing is moved out of a block, so
// no loop body or branch loses or gains work that fails.
//
// Equality is by value numbering: every expression has a class, found by its kind, payload, type and the classes of its children.
// A let-bound name has the class of its value, a parameter that of its place and the number of lambdas around it, so loops that
// differ in names only are equal. Builders are never shared, nor are calls of C functions, nor what costs nothing (fields,
// lengths of names).
//
// Requires nothing; runs after fuse-maps, which wants each consumer to have a producer of its own.
#include <algorithm>
#include <optional>
#include <span>

#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

using Class = uint32_t;

bool may_share(const ExprPtr& expr) {
  if (expr->type().contains_builder() || expr->type().is_function()) return false;
  switch (expr->kind()) {
    case NodeKind::kLiteral:
    case NodeKind::kStringLiteral:
    case NodeKind::kIdentifier:
    case NodeKind::kLet:
    case NodeKind::kLambda:
    case NodeKind::kIter:
    case NodeKind::kMakeStruct:
    case NodeKind::kCudf:
      return false;
    case NodeKind::kGetField:
      return !is_at_hand(expr);
    case NodeKind::kLen:
    case NodeKind::kBroadcast:
      return !is_at_hand(expr->child(0));
    default:
      return true;
  }
}

// Numbers for keys, which are short lists of words: equal keys have equal numbers.
class KeyTable {
 public:
  KeyTable() : slots_(kFirstSize) {}

  Class number_of(std::span<const uint64_t> key) {
    if (entries_.size() * 2 >= slots_.size()) grow();
    const uint64_t hash = hash_of_key(key);
    const uint32_t tag = tag_of(hash);
    size_t at = slot_of(hash);
    for (; slots_[at].number != kEmpty; at = next(at)) {
      const Slot& slot = slots_[at];
      if (slot.tag == tag && std::ranges::equal(key, key_of(slot.number))) return slot.number;
    }
    const Class number = fresh();
    slots_[at] = {number, tag};
    words_.insert(words_.end(), key.begin(), key.end());
    entries_.back().hash = hash;
    entries_.back().end = static_cast<std::ptrdiff_t>(words_.size());
    return number;
  }

  // A number that no key has.
  Class fresh() {
    auto at = static_cast<std::ptrdiff_t>(words_.size());
    entries_.push_back({0, at, at});
    return static_cast<Class>(entries_.size() - 1);
  }

  size_t size() const { return entries_.size(); }

 private:
  static constexpr size_t kFirstSize = 256;
  static constexpr Class kEmpty = ~Class{0};
  struct Entry {
    uint64_t hash;
    std::ptrdiff_t begin;  // of the key among the words
    std::ptrdiff_t end;
  };

  // What most unequal keys are told apart by, without a look at their entries.
  struct Slot {
    Class number = kEmpty;
    uint32_t tag = 0;
  };

  static uint64_t hash_of_key(std::span<const uint64_t> key) {
    uint64_t hash = key.size();
    for (uint64_t word : key) {
      hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
      hash ^= hash >> 32;
    }
    return hash;
  }

  static uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  size_t slot_of(uint64_t hash) const { return hash & (slots_.size() - 1); }
  size_t next(size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  std::span<const uint64_t> key_of(Class number) const {
    const Entry& entry = entries_[number];
    return std::span(words_).subspan(static_cast<size_t>(entry.begin), static_cast<size_t>(entry.end - entry.begin));
  }

  void grow() {
    slots_.assign(slots_.size() * 2, {});
    for (Class number = 0; number < entries_.size(); ++number) {
      const Entry& entry = entries_[number];
      if (entry.begin == entry.end) continue;  // a fresh number
      size_t slot = slot_of(entry.hash);
      while (slots_[slot].number != kEmpty) slot = next(slot);
      slots_[slot] = {number, tag_of(entry.hash)};
    }
  }

  std::vector<Entry> entries_;  // by number
  std::vector<uint64_t> words_;
  std::vector<Slot> slots_;  // a power of two of them, at most half of them taken
};

// The classes of a program's expressions, in the order of a traversal that visits parents first.
class Numbering {
 public:
  explicit Numbering(const ExprPtr& program) { number(program, 0); }

  // Of the expression that is visited as the place-th.
  Class class_at(size_t place) const { return parts_[place].number; }
  // How many places it takes, its parts included.
  size_t size_at(size_t place) const { return parts_[place].size; }
  // Whether anything that may be shared has the class of an earlier expression.
  bool has_equal_parts() const { return has_equal_parts_; }

 private:
  struct Part {
    Class number;
    uint32_t size;
  };

  Class number(const ExprPtr& expr, uint32_t lambdas) {
    if (expr->is(NodeKind::kLet)) return number_lets(expr, lambdas);
    const size_t place = add_place();
    return set(place, compute(expr, lambdas));
  }

  // A let has the class of what it is around.
  Class number_lets(ExprPtr expr, uint32_t lambdas) {
    std::vector<std::pair<ExprPtr, size_t>> lets;  // with their places
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      lets.emplace_back(expr, add_place());
      names_[expr->name()] = number(expr->child(0), lambdas);
    }
    Class result = number(expr, lambdas);
    for (size_t i = lets.size(); i-- > 0;) {
      if (contains_assert(lets[i].first->child(0))) result = keys_.fresh();
      set(lets[i].second, result);
    }
    return result;
  }

  size_t add_place() {
    parts_.emplace_back();
    return parts_.size() - 1;
  }

  Class set(size_t place, Class number) {
    parts_[place] = {number, static_cast<uint32_t>(parts_.size() - place)};
    return number;
  }

  Class compute(const ExprPtr& expr, uint32_t lambdas) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier:
        return names_.at(expr->name());
      case NodeKind::kLambda:
        bind_parameters(expr, lambdas);
        return number_by_parts(expr, lambdas + 1);
      case NodeKind::kCudf:
        for (const ExprPtr& child : expr->children()) number(child, lambdas);
        return keys_.fresh();
      default:
        return number_by_parts(expr, lambdas);
    }
  }

  void bind_parameters(const ExprPtr& lambda, uint32_t lambdas) {
    for (size_t i = 0; i < lambda->parameters().size(); ++i) {
      const Parameter& parameter = lambda->parameters()[i];
      const uint64_t key[] = {kParameter, lambdas, i, word_of(parameter.type)};
      names_[parameter.name] = keys_.number_of(key);
    }
  }

  Class number_by_parts(const ExprPtr& expr, uint32_t lambdas) {
    size_t start = key_.size();
    for (uint64_t word :
         {static_cast<uint64_t>(expr->kind()), word_of(expr->type()), word_of(expr->operand_type()), payload_word(*expr)}) {
      key_.push_back(word);
    }
    for (const ExprPtr& child : expr->children()) {
      Class part = number(child, lambdas);
      key_.push_back(part);
    }
    size_t known = keys_.size();
    Class result = keys_.number_of(std::span(key_).subspan(start));
    has_equal_parts_ |= keys_.size() == known && may_share(expr);
    key_.resize(start);
    return result;
  }

  uint64_t payload_word(const Expr& expr) {
    if (expr.is(NodeKind::kStringLiteral)) return texts_.emplace(expr.bytes(), texts_.size()).first->second;
    return expr.payload_word();
  }

  static uint64_t word_of(Type type) { return reinterpret_cast<uintptr_t>(type.id()); }

  static constexpr uint64_t kParameter = kNodeKindCount;  // begins keys beside those that begin with a kind of node

  KeyTable keys_;
  std::vector<uint64_t> key_;  // of the expressions around this point of the traversal, as far as they are known
  std::vector<Part> parts_;    // by place
  NameMap<Class> names_;
  NoteMap<std::string_view, uint64_t> texts_;
  bool has_equal_parts_ = false;
};

// Two traversals in the same order: the first finds which occurrences are equal to an earlier one, the second replaces them.
// Occurrences are told apart by the order in which they are visited, since a subtree may be shared by several parents.
class Eliminator {
 public:
  explicit Eliminator(const ExprPtr& program) : program_(program), numbering_(program) {}

  ExprPtr run() {
    if (numbering_.has_equal_parts()) find_in_block(program_);
    if (!found_) return program_;
    supply_.emplace(program_);
    return rewrite_block(program_);
  }

 private:
  // Equal occurrences of which the first has run wherever the others run.
  struct Group {
    Name name;  // what the others are replaced by: the let that the first is the value of, or a new one
    bool repeated = false;
  };
  struct Occurrence {
    size_t group;
    bool first;
  };

  void find_in_block(ExprPtr expr) {
    const size_t known_before = available_.size();
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      ++place_;
      find(expr->child(0), expr->name());
    }
    find(expr, {});
    while (available_.size() > known_before) available_.pop_back();
  }

  // let: the name of the let whose whole value expr is, if any.
  void find(const ExprPtr& expr, const Name& let) {
    if (expr->is(NodeKind::kLet)) return find_in_block(expr);
    bool shareable = may_share(expr);
    size_t occurrence = occurrences_.size();
    size_t place = place_++;
    Class number = numbering_.class_at(place);
    if (shareable) {
      auto earlier = available_.find(number);
      if (earlier != available_.end()) {
        place_ = place + numbering_.size_at(place);
        groups_[earlier->second].repeated = found_ = true;
        occurrences_.push_back({earlier->second, false});
        return;
      }
      occurrences_.push_back({0, true});
    }
    for (size_t i = 0; i < expr->children().size(); ++i) {
      if (is_block(expr, i)) {
        find_in_block(expr->child(i));
      } else {
        find(expr->child(i), {});
      }
    }
    if (!shareable) return;
    occurrences_[occurrence].group = groups_.size();
    available_.emplace(number, groups_.size());
    groups_.push_back({let, false});
  }

  ExprPtr rewrite_block(ExprPtr expr) {
    std::vector<BoundValue> bound;
    std::vector<BoundValue>* outer = std::exchange(statement_, &bound);
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      ExprPtr value = rewrite(expr->child(0), expr->name());
      bound.push_back({expr, std::move(value)});
    }
    ExprPtr result = rewrite(expr, {});
    statement_ = outer;
    return around(std::move(bound), std::move(result));
  }

  ExprPtr rewrite(const ExprPtr& expr, const Name& let) {
    if (expr->is(NodeKind::kLet)) return rewrite_block(expr);
    if (!may_share(expr)) return rewrite_children(expr);
    Occurrence occurrence = occurrences_[next_occurrence_++];
    Group& group = groups_[occurrence.group];
    if (!occurrence.first) return make_identifier(group.name, expr->type(), expr->span());
    ExprPtr result = rewrite_children(expr);
    if (!group.repeated || (!let.empty() && group.name == let)) return result;
    group.name = supply_->fresh("common");
    statement_->push_back({nullptr, std::move(result), group.name});
    return make_identifier(group.name, expr->type(), expr->span());
  }

  ExprPtr rewrite_children(const ExprPtr& expr) {
    size_t child = 0;
    return map_children(expr,
                        [&](const ExprPtr& part) { return is_block(expr, child++) ? rewrite_block(part) : rewrite(part, {}); });
  }

  ExprPtr program_;
  Numbering numbering_;
  size_t place_ = 0;  // of the first traversal, in the numbering
  std::vector<Occurrence> occurrences_;
  std::vector<Group> groups_;
  NoteMap<Class, size_t> available_;  // the groups known at this point of the first traversal, the oldest first
  bool found_ = false;
  size_t next_occurrence_ = 0;
  std::vector<BoundValue>* statement_ = nullptr;  // what the block around this point of the second traversal has bound so far
  std::optional<NameSupply> supply_;
};

}  // namespace

ExprPtr eliminate_common_subexpressions(const ExprPtr& program) { return Eliminator(program).run(); }

}  // namespace weld
