// fuse-horizontal: runs loops over the same vectors as one loop with a struct of their builders.
//
//   before   let a = result(for(v, A, |b1, i1, e1| f(b1, e1))); let c = result(for(zip(v, w), C, |b2, i2, e2| g(b2, e2.$1)));
//   body after    let loops = for(zip(v, w), {A, C}, |b, i, e| {f(b.$0, e.$0), g(b.$1, e.$1)});
//            let a = result(loops.$0); let c = result(loops.$1); body
//
// What was read twice is read once, and a vector that only these loops read has a single consumer from then on, into which
// fuse-maps can take its producer.
//
// - Both loops are in statements of one block (rewriting.h), so that both run when either does, and neither needs what the other
//   makes.
// - They share an iterator. As a loop checks that all its iterators are of one length, the fused loop, over the iterators of
//   both, fails that check exactly when one of the loops does.
// - A loop that computes expensive functions in vector registers does not join one that cannot run in them, nor do two that
//   fill dictionaries join (cost.h).
// - A producer that only one fused loop reads stays out of any other: it will be taken into that loop. For that, readers may be
//   put into a later loop than they could be in, one that takes in maps down to what they read.
// - Loops over simd values and nditers, and annotated ones, stay as they are.
//
// An iterator that stands twice in a zip is read once.
//
// Statements are put into an order in which each comes after those it needs; it is the order of the program where nothing is
// fused. Groups of loops are found by levels: a loop's level is higher than that of all loops that it needs, and all members of a
// group are of one level. So no two members of a group, nor of several groups in a row, can need each other. Each loop in turn
// joins the lowest group that is not below it. What may be put into a later group is told by the highest level that a loop can
// have with all others where they are.
//
// Requires fuse-maps before it, since a loop that has taken in its producers reads what others read, too.
#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "weld/optimizer/cost.h"
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

// More would not fit into registers.
constexpr size_t kMaximumBuilders = 32;
// Larger iterators are not compared with others; what is common in them has a name.
constexpr size_t kMaximumIteratorNodes = 64;
constexpr size_t kNone = ~size_t{0};

size_t builder_count(Type type) {
  if (type.is_builder()) return 1;
  size_t count = 0;
  if (type.is_struct()) {
    for (Type field : type.children()) count += builder_count(field);
  }
  return count;
}

bool is_candidate(const ExprPtr& expr) { return is_plain_loop(expr) && why_not_beside_others(Loop(expr)) == nullptr; }

// Whether there are two loops, or a loop with two iterators.
bool may_fuse(const ExprPtr& program) {
  size_t iterators = 0;
  walk(program, [&](const ExprPtr& expr) {
    if (iterators > 1 || !expr->contains(NodeKind::kFor)) return false;
    if (is_candidate(expr)) iterators += expr->iterators().size();
    return true;
  });
  return iterators > 1;
}

class HorizontalFuser {
 public:
  explicit HorizontalFuser(const ExprPtr& program) : program_(program) {}

  ExprPtr run() {
    analyze_block(program_);
    find_latest_levels();
    keep_producers_out();
    bool any = false;
    for (const Group& group : groups_) any |= is_rewritten(group);
    if (!any) return program_;
    supply_.emplace(program_);
    return rewrite_block(program_);
  }

 private:
  // A statement of a block, or a candidate in one. They are numbered in the order in which a traversal comes to them; both
  // traversals, the one that finds groups and the one that rewrites, go the same way.
  struct Node {
    std::vector<size_t> needs;  // nodes of the same block
    int level = 0;
    int latest = std::numeric_limits<int>::max();  // the highest level that it can have
    size_t loop = kNone;
  };
  struct Candidate {
    ExprPtr loop;  // as rewritten, in the second traversal
    size_t node = kNone;
    std::vector<size_t> keys;  // of its iterators: equal ones have equal keys
    size_t group = kNone;
    size_t place = 0;  // in the group
    bool has_rows_of_destination = true;
  };
  struct Group {
    int level = 0;
    LoopForm form = LoopForm::kLight;
    size_t builders = 0;
    size_t block = 0;                       // the number of the block that it is in
    std::vector<size_t> members;            // candidates
    std::vector<size_t> keys;               // of all members, each once
    std::unordered_set<size_t> later_keys;  // of the maps that will be taken in, and have a row for each of its rows
    Name name;
    bool emitted = false;
  };
  using Place = std::pair<int, size_t>;  // a level, and a group on it
  using Places = std::set<Place, std::less<>, SlabAllocator<Place, SlabUse::kNotes>>;
  // Groups by what tells whether they can be joined, so that many that cannot be take no time.
  using Room = std::pair<LoopForm, size_t>;  // a form, and a number of builders
  using OpenGroups = std::map<Room, Places, std::less<>, SlabAllocator<std::pair<const Room, Places>, SlabUse::kNotes>>;
  struct Block {
    size_t number = 0;
    size_t current = kNone;              // the innermost node around this point of the traversal
    NoteMap<size_t, OpenGroups> groups;  // that have room, by key
  };
  struct Binding {
    Block* block;
    size_t node;
  };
  struct Producer {
    NameId name;
    size_t loop;
    bool is_map;
  };
  struct Statement {
    size_t node;
    ExprPtr let;  // null for what the lets are around
    ExprPtr value;
  };

  // The first traversal.

  void analyze_block(ExprPtr expr) {
    Block block;
    block.number = next_block_++;
    Block* outer = std::exchange(block_, &block);
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      size_t node = analyze_statement(expr->child(0));
      names_[expr->name()] = {&block, node};
      note_producer(expr);
    }
    analyze_statement(expr);
    block_ = outer;
  }

  size_t analyze_statement(const ExprPtr& value) {
    size_t node = open_node();
    analyze(value);
    nodes_[node].level = lowest_level(node);
    closed_.push_back(node);
    block_->current = kNone;
    return node;
  }

  size_t open_node() {
    nodes_.emplace_back();
    return block_->current = nodes_.size() - 1;
  }

  void analyze(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kFor)) return analyze_uses(expr);
    if (expr->is(NodeKind::kLet)) return analyze_block(expr);
    bool candidate = is_candidate(expr);
    size_t outer = block_->current;
    size_t node = candidate ? open_node() : outer;
    for (size_t i = 0; i < expr->children().size(); ++i) {
      const ExprPtr& child = expr->child(i);
      if (is_block(expr, i) && child->contains(NodeKind::kFor)) {
        analyze_block(child);
      } else {
        analyze(child);
      }
    }
    if (!candidate) return;
    block_->current = outer;
    closed_.push_back(node);
    nodes_[outer].needs.push_back(node);
    add_candidate(expr, node);
  }

  // Blocks without loops are no blocks here: what they bind nothing else uses.
  void analyze_uses(const ExprPtr& expr) {
    walk_tree(expr, [this](const ExprPtr& node) {
      if (!node->is(NodeKind::kIdentifier)) return;
      auto binding = names_.find(node->name());
      if (binding == names_.end()) return;
      ++uses_[node->name()];
      nodes_[binding->second.block->current].needs.push_back(binding->second.node);
    });
  }

  int lowest_level(size_t node) const {
    int level = 0;
    for (size_t needed : nodes_[node].needs) {
      level = std::max(level, nodes_[needed].level + (nodes_[needed].loop == kNone ? 0 : 1));
    }
    return level;
  }

  void add_candidate(const ExprPtr& loop, size_t node) {
    Candidate candidate{loop, node, {}, kNone, 0};
    for (const ExprPtr& iterator : loop->iterators()) {
      candidate.keys.push_back(key_of(iterator));
      if (goes_over_all_of_name(iterator)) readers_[iterator->child(0)->name()].push_back(loops_.size());
    }
    nodes_[node].loop = loops_.size();
    loops_.push_back(std::move(candidate));
    join_group(loops_.size() - 1, lowest_level(node));
    nodes_[node].level = groups_[loops_.back().group].level;
  }

  size_t key_of(const ExprPtr& iterator) {
    if (goes_over_all_of_name(iterator)) {
      auto [known, is_new] = keys_of_names_.try_emplace(iterator->child(0)->name(), next_key_);
      return is_new ? next_key_++ : known->second;
    }
    if (node_count(iterator, kMaximumIteratorNodes) >= kMaximumIteratorNodes) return next_key_++;
    std::vector<std::pair<ExprPtr, size_t>>& known = keys_[hash_of(iterator)];
    for (const auto& [other, key] : known) {
      if (equal(iterator, other)) return key;
    }
    known.emplace_back(iterator, next_key_);
    return next_key_++;
  }

  void join_group(size_t index, int lowest) {
    Candidate& candidate = loops_[index];
    Group alone = group_of(index, lowest);
    size_t group = lowest_group(alone);
    if (group == kNone) {
      candidate.group = groups_.size();
      alone.block = block_->number;
      groups_.push_back(std::move(alone));
      list(candidate.group);
      return;
    }
    alone.level = groups_[group].level;
    merge_groups(group, alone);
    absorb_others(group);
  }

  Group group_of(size_t index, int level) const {
    const ExprPtr& loop = loops_[index].loop;
    Group group;
    group.level = level;
    group.form = loop_form(loop);
    group.builders = builder_count(loop->type());
    group.members = {index};
    add_keys(loops_[index], group);
    return group;
  }

  static void add_keys(const Candidate& candidate, Group& group) {
    for (size_t key : candidate.keys) {
      if (std::find(group.keys.begin(), group.keys.end(), key) == group.keys.end()) group.keys.push_back(key);
    }
  }

  // The lowest group, not below the given one, that it can join.
  size_t lowest_group(const Group& group) {
    Place best = {std::numeric_limits<int>::max(), kNone};
    for (size_t key : group.keys) {
      for_places_with_room(group, block_->groups[key], [&](const Places& places) {
        auto lowest = places.lower_bound({group.level, 0});
        if (lowest != places.end()) best = std::min(best, *lowest);
      });
    }
    return best.second;
  }

  // Calls body(places) for those of the groups that the given one can be merged with.
  template <class Body>
  static void for_places_with_room(const Group& group, const OpenGroups& groups, const Body& body) {
    for (const auto& [room, places] : groups) {
      if (can_merge(room, {group.form, group.builders})) body(places);
    }
  }

  static bool can_merge(const Room& left, const Room& right) {
    return may_share_loop(left.first, right.first) && left.second + right.second <= kMaximumBuilders;
  }

  static bool can_merge(const Group& left, const Group& right) {
    return can_merge(Room(left.form, left.builders), Room(right.form, right.builders));
  }

  void merge_groups(size_t into, const Group& from) {
    Group& group = groups_[into];
    unlist(into);
    group.form = std::max(group.form, from.form);
    group.builders += from.builders;
    for (size_t member : from.members) {
      loops_[member].group = into;
      group.members.push_back(member);
    }
    for (size_t key : from.keys) {
      if (std::find(group.keys.begin(), group.keys.end(), key) == group.keys.end()) group.keys.push_back(key);
    }
    list(into);
  }

  // The groups of the same level that a new member's iterators connect with its group.
  void absorb_others(size_t into) {
    for (size_t i = 0; i < groups_[into].keys.size(); ++i) {
      const int level = groups_[into].level;
      std::vector<size_t> others;
      for_places_with_room(groups_[into], block_->groups[groups_[into].keys[i]], [&](const Places& places) {
        for (auto at = places.lower_bound({level, 0}); at != places.end() && at->first == level; ++at) {
          if (at->second != into) others.push_back(at->second);
        }
      });
      std::sort(others.begin(), others.end());
      for (size_t other : others) {
        if (!can_merge(groups_[into], groups_[other])) continue;
        unlist(other);
        merge_groups(into, std::exchange(groups_[other], {}));
      }
    }
  }

  void list(size_t group) {
    const Group& listed = groups_[group];
    for (size_t key : listed.keys) block_->groups[key][{listed.form, listed.builders}].emplace(listed.level, group);
  }

  void unlist(size_t group) {
    const Group& listed = groups_[group];
    for (size_t key : listed.keys) {
      OpenGroups& open = block_->groups[key];
      const auto at = open.find({listed.form, listed.builders});
      at->second.erase({listed.level, group});
      if (at->second.empty()) open.erase(at);
    }
  }

  void note_producer(const ExprPtr& let) {
    std::optional<Loop> producer = producer_of(let->child(0));
    if (!producer || !is_candidate(producer->node)) return;
    producers_.push_back({let->name(), loops_.size() - 1, is_plain_map(*producer)});
  }

  // Loops stay on their levels; everything else comes as late as what needs it lets it. Nodes are closed after those they need.
  void find_latest_levels() {
    for (auto node = closed_.rbegin(); node != closed_.rend(); ++node) {
      const Node& user = nodes_[*node];
      int level = user.loop == kNone ? user.latest : user.level;
      for (size_t needed : user.needs) {
        int latest = nodes_[needed].loop == kNone ? level : level - 1;
        nodes_[needed].latest = std::min(nodes_[needed].latest, latest);
      }
    }
  }

  // A producer read by the members of one group only, and by nothing else, will be taken into that group's loop; so will one that
  // is read by such producers. Consumers come before what they read here.
  void keep_producers_out() {
    for (const Candidate& candidate : loops_) destinations_.push_back(candidate.group);
    for (size_t i = producers_.size(); i-- > 0;) {
      const std::vector<size_t>& readers = readers_[producers_[i].name];
      if (!will_be_taken(producers_[i], readers)) continue;
      size_t destination = destinations_[*std::max_element(readers.begin(), readers.end(), [&](size_t left, size_t right) {
        return groups_[destinations_[left]].level < groups_[destinations_[right]].level;
      })];
      size_t loop = producers_[i].loop;
      if (groups_[destination].block != groups_[loops_[loop].group].block || !gather(readers, destination)) continue;
      destinations_[loop] = destination;
      leave_group(loop);
      loops_[loop].has_rows_of_destination =
          producers_[i].is_map &&
          std::all_of(readers.begin(), readers.end(), [&](size_t reader) { return loops_[reader].has_rows_of_destination; });
      if (!loops_[loop].has_rows_of_destination) continue;
      groups_[destination].later_keys.insert(loops_[loop].keys.begin(), loops_[loop].keys.end());
    }
  }

  // Whether one loop with the builders of all readers can take a producer in.
  bool will_be_taken(const Producer& producer, const std::vector<size_t>& readers) {
    if (readers.empty() || static_cast<int>(readers.size()) != uses_[producer.name]) return false;
    return readers.size() > 1 || producer.is_map || loops_[readers[0]].keys.size() == 1;
  }

  // Puts all readers of a vector that are not on their way there into a group; false when one cannot be.
  bool gather(const std::vector<size_t>& readers, size_t group) {
    Group gathered;  // of what may be merged with it, form and builders
    gathered.form = groups_[group].form;
    gathered.builders = groups_[group].builders;
    std::vector<size_t> others;
    for (size_t reader : readers) {
      if (destinations_[reader] == group) continue;
      const Group alone = group_of(reader, groups_[group].level);
      if (!can_move(reader, group) || !can_merge(gathered, alone)) return false;
      gathered.form = std::max(gathered.form, alone.form);
      gathered.builders += alone.builders;
      others.push_back(reader);
    }
    groups_[group].form = gathered.form;
    groups_[group].builders = gathered.builders;
    for (size_t reader : others) {
      remove_member(reader);
      groups_[group].members.push_back(reader);
      add_keys(loops_[reader], groups_[group]);
      destinations_[reader] = loops_[reader].group = group;
    }
    return true;
  }

  // Whether a loop may go to a later group, which reads, or will when it has taken in maps, what the loop reads: then all that
  // they read is of one length.
  bool can_move(size_t index, size_t to) const {
    const Candidate& candidate = loops_[index];
    const Group& group = groups_[to];
    if (destinations_[index] != candidate.group || groups_[candidate.group].block != group.block) return false;
    if (nodes_[candidate.node].latest < group.level) return false;
    return std::any_of(candidate.keys.begin(), candidate.keys.end(), [&](size_t key) {
      return group.later_keys.contains(key) || std::find(group.keys.begin(), group.keys.end(), key) != group.keys.end();
    });
  }

  void remove_member(size_t index) {
    Group& group = groups_[loops_[index].group];
    std::erase(group.members, index);
    group.builders -= builder_count(loops_[index].loop->type());
    group.keys.clear();
    for (size_t member : group.members) add_keys(loops_[member], group);
  }

  void leave_group(size_t index) {
    remove_member(index);
    const Group& left = groups_[loops_[index].group];
    Group alone = group_of(index, left.level);
    alone.block = left.block;
    loops_[index].group = groups_.size();
    groups_.push_back(std::move(alone));
  }

  bool is_rewritten(const Group& group) const {
    if (group.members.size() != 1) return group.members.size() > 1;
    const std::vector<size_t>& keys = loops_[group.members[0]].keys;
    if (keys.size() == 1) return false;
    return std::unordered_set<size_t>(keys.begin(), keys.end()).size() < keys.size();
  }

  // The second traversal.

  ExprPtr rewrite_block(ExprPtr expr) {
    std::vector<Statement> statements;
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      size_t node = next_node_++;
      statements.push_back({node, expr, rewrite(expr->child(0))});
    }
    size_t node = next_node_++;
    statements.push_back({node, nullptr, rewrite(expr)});

    NoteMap<size_t, Statement*> pending;  // null where it has been emitted
    for (Statement& statement : statements) pending[statement.node] = &statement;
    std::vector<BoundValue> bound;
    for (Statement& statement : statements) emit(statement.node, pending, bound);
    return around(std::move(bound), statements.back().value);
  }

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kFor)) return expr;
    if (expr->is(NodeKind::kLet)) return rewrite_block(expr);
    size_t node = is_candidate(expr) ? next_node_++ : kNone;
    size_t child = 0;
    ExprPtr result = map_children(expr, [&](const ExprPtr& part) {
      const bool block = is_block(expr, child++) && part->contains(NodeKind::kFor);
      return block ? rewrite_block(part) : rewrite(part);
    });
    if (node == kNone) return result;
    Candidate& candidate = loops_[nodes_[node].loop];
    Group& group = groups_[candidate.group];
    candidate.loop = result;
    if (!is_rewritten(group)) return result;
    if (group.members.size() == 1) return fused_loop(group);
    if (group.name.empty()) name_group(group);
    return make_get_field(make_identifier(group.name, type_of(group), expr->span()), static_cast<uint32_t>(candidate.place));
  }

  void name_group(Group& group) {
    group.name = supply_->fresh("loops");
    for (size_t i = 0; i < group.members.size(); ++i) loops_[group.members[i]].place = i;
  }

  Type type_of(const Group& group) const {
    std::vector<Type> fields;
    for (size_t member : group.members) fields.push_back(loops_[member].loop->type());
    return Type::structure(fields);
  }

  // Appends what a node needs and, for a statement, what it binds.
  void emit(size_t node, NoteMap<size_t, Statement*>& pending, std::vector<BoundValue>& bound) {
    bool is_loop = nodes_[node].loop != kNone;
    Statement* let = nullptr;
    if (!is_loop) {
      auto statement = pending.find(node);
      if (statement == pending.end() || statement->second == nullptr) return;
      let = std::exchange(statement.value(), nullptr);
    }
    Group* group = is_loop ? &groups_[loops_[nodes_[node].loop].group] : nullptr;
    bool fused = is_loop && group->members.size() > 1;
    if (fused && std::exchange(group->emitted, true)) return;
    if (fused) {
      for (size_t member : group->members) emit_needs(loops_[member].node, pending, bound);
      bound.push_back({nullptr, fused_loop(*group), group->name});
    } else {
      emit_needs(node, pending, bound);
    }
    if (let != nullptr && let->let != nullptr) bound.push_back({let->let, let->value});
  }

  void emit_needs(size_t node, NoteMap<size_t, Statement*>& pending, std::vector<BoundValue>& bound) {
    for (size_t needed : nodes_[node].needs) emit(needed, pending, bound);
  }

  ExprPtr fused_loop(const Group& group) {
    std::vector<ExprPtr> iterators(group.keys.size());
    std::vector<LoopPart> parts;
    for (size_t member : group.members) {
      const Candidate& candidate = loops_[member];
      parts.push_back({candidate.loop, {}});
      for (size_t i = 0; i < candidate.keys.size(); ++i) {
        parts.back().places.push_back(place_of(candidate.keys[i], group));
        iterators[parts.back().places.back()] = candidate.loop->iterators()[i];
      }
    }
    return joined_loop(parts, std::move(iterators), *supply_);
  }

  static size_t place_of(size_t key, const Group& group) {
    return static_cast<size_t>(std::find(group.keys.begin(), group.keys.end(), key) - group.keys.begin());
  }

  ExprPtr program_;
  Block* block_ = nullptr;  // around this point of the first traversal
  std::vector<Node> nodes_;
  std::vector<Candidate> loops_;
  std::vector<Group> groups_;
  std::vector<size_t> closed_;        // nodes, each after those it needs
  std::vector<size_t> destinations_;  // of loops: the groups that they will be parts of, in this pass or when taken in
  std::vector<Producer> producers_;   // lets of vectors that candidates make
  NameMap<Binding> names_;
  NameMap<int> uses_;                     // of lets
  NameMap<std::vector<size_t>> readers_;  // the candidates that go over all of what has a name
  NameMap<size_t> keys_of_names_;
  NoteMap<uint64_t, std::vector<std::pair<ExprPtr, size_t>>> keys_;  // of other iterators, by hash
  size_t next_key_ = 0;
  size_t next_block_ = 0;
  size_t next_node_ = 0;
  std::optional<NameSupply> supply_;
};

}  // namespace

const char* why_not_beside_others(const Loop& loop) {
  if (loop.reads_simd()) return "it reads simd values";
  if (loop.reads(IterKind::kNd)) return "it reads an nditer";
  if (!loop.node->annotations().empty() || !loop.node->function()->annotations().empty()) return "it is annotated";
  return nullptr;
}

ExprPtr fuse_horizontal(const ExprPtr& program) { return may_fuse(program) ? HorizontalFuser(program).run() : program; }

}  // namespace weld
