// fuse-readers: runs loops over a vector in the loop that makes it, though the vector is kept.
//
//   before   let f = result(for(v, appender, |b1, i1, e1| merge(b1, exp(e1))));
//            {f, result(for(f, merger, |b2, i2, e2| merge(b2, e2)))}
//   after    let loops = for(v, {appender, merger}, |b, i, e| let e2 = exp(e); {merge(b.$0, e2), merge(b.$1, e2)});
//            let f = result(loops.$0); {f, result(loops.$1)}
//
// What is read while it is made is not read again from memory. A loop is taken in when
//
// - it stands in a statement of the same block (rewriting.h), so that both run when either does, and needs nothing that is bound
//   after the vector;
// - it goes over the vector alone, or the vector's maker merges exactly once in each iteration: then it may be zipped with more,
//   and use its index;
// - it and the maker may share a loop (cost.h), and neither is annotated, over simd values or an nditer;
// - the maker is no filter: what one keeps is moved together in vector registers and read again from the cache or as a stream, in
//   the time that a reduction of every row beside that takes.
//
// The loops become one over what the maker makes, with an appender for the vector, and that takes the maker in as fuse-maps does.
#include <algorithm>
#include <optional>

#include "weld/optimizer/cost.h"
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

// All of them run in one loop, whose builders' states are to stay in registers.
constexpr size_t kMostFusedReaders = 8;

class ReaderFuser {
 public:
  explicit ReaderFuser(const ExprPtr& program) : program_(program), fuser_(program) {}

  ExprPtr run() { return rewrite_block(program_); }

 private:
  struct Statement {
    ExprPtr let;  // null for what the lets are around
    ExprPtr value;
    Name loops_name = {};  // of the loop that makes the value and more
    ExprPtr loops = {};    // comes before the value; null when there is none
  };
  struct Block {
    std::vector<Statement> statements;
    NoteMap<Name, size_t> places;                // of the statements that bind names
    NoteMap<Name, std::vector<size_t>> readers;  // the statements with loops over what has a name
  };
  // The loops over a vector that its maker may take in.
  struct Readers {
    Name vector;
    size_t place;   // of the statement that binds it
    bool by_map;    // whether the maker merges once in each iteration
    LoopForm form;  // of what maker and readers become
    std::vector<ExprPtr> loops = {};
  };

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kFor)) return expr;
    if (expr->is(NodeKind::kLet)) return rewrite_block(expr);
    size_t child = 0;
    return map_children(expr, [&](const ExprPtr& part) { return is_block(expr, child++) ? rewrite_block(part) : rewrite(part); });
  }

  ExprPtr rewrite_block(ExprPtr expr) {
    if (!expr->contains(NodeKind::kFor)) return expr;
    Block block;
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      block.places.emplace(expr->name(), block.statements.size());
      block.statements.push_back({expr, rewrite(expr->child(0))});
      note_readers(block.statements.back().value, block.statements.size() - 1, block);
    }
    block.statements.push_back({nullptr, rewrite(expr)});
    note_readers(block.statements.back().value, block.statements.size() - 1, block);

    // From the last on: a reader may make what others read.
    for (size_t i = block.statements.size() - 1; i-- > 0;) fuse_readers_of(i, block);
    ExprPtr result;
    for (size_t i = block.statements.size(); i-- > 0;) {
      Statement& each = block.statements[i];
      result = each.let ? with_children(each.let, {std::move(each.value), std::move(result)}) : std::move(each.value);
      if (each.loops) result = make_let(std::move(each.loops_name), std::move(each.loops), std::move(result));
    }
    return result;
  }

  // Calls visit on each loop that stands in a statement itself, not in a block of its own.
  template <class Visit>
  static void each_loop(const ExprPtr& expr, const Visit& visit) {
    if (!expr->contains(NodeKind::kFor) || expr->is(NodeKind::kLet)) return;
    if (is_plain_loop(expr)) visit(expr);
    for (size_t i = 0; i < expr->children().size(); ++i) {
      if (!is_block(expr, i)) each_loop(expr->child(i), visit);
    }
  }

  static void note_readers(const ExprPtr& statement, size_t place, Block& block) {
    each_loop(statement, [&](const ExprPtr& loop) {
      for (const ExprPtr& iterator : loop->iterators()) {
        if (!goes_over_all_of_name(iterator)) continue;
        std::vector<size_t>& places = block.readers[iterator->child(0)->name()];
        if (places.empty() || places.back() != place) places.push_back(place);
      }
    });
  }

  void fuse_readers_of(size_t place, Block& block) {
    Statement& made = block.statements[place];
    const auto known = block.readers.find(made.let->name());
    const std::optional<Loop> maker = producer_of(made.value);
    if (known == block.readers.end() || !maker || why_not_beside_others(*maker) != nullptr) return;
    Readers readers{made.let->name(), place, is_plain_map(*maker), loop_form(maker->node)};
    if (readers.form == LoopForm::kScalar || readers.form == LoopForm::kDictionary) return;
    const std::vector<size_t> places = known->second;
    const auto take = [&](const ExprPtr& loop) {
      const bool is_known = std::find(readers.loops.begin(), readers.loops.end(), loop) != readers.loops.end();
      if (is_known || readers.loops.size() == kMostFusedReaders || !is_reader(loop, readers, block)) return;
      readers.form = std::max(readers.form, loop_form(loop));
      readers.loops.push_back(loop);
    };
    for (size_t reading : places) {
      if (block.statements[reading].loops) each_loop(block.statements[reading].loops, take);
      each_loop(block.statements[reading].value, take);
    }
    if (readers.loops.empty()) return;
    ExprPtr loop = fuser_.fuse(loop_of(readers, made.value, *maker), 1);
    if (loop->iterators()[0]->child(0) == made.value) return;  // it did not take the maker in

    made.loops_name = fuser_.supply().fresh("loops");
    const ExprPtr results = make_identifier(made.loops_name, loop->type());
    for (size_t reading : places) {
      Statement& reader = block.statements[reading];
      if (reader.loops) reader.loops = replace(reader.loops, readers.loops, results);
      reader.value = replace(reader.value, readers.loops, results);
    }
    made.value = make_result(make_get_field(results, 0), made.value->span());
    made.loops = std::move(loop);
    block.places.emplace(made.loops_name, place);
    note_readers(made.loops, place, block);
  }

  bool is_reader(const ExprPtr& expr, const Readers& readers, const Block& block) const {
    const Loop loop(expr);
    const bool is_alone = expr->iterators().size() == 1 && fuser_.uses_of(loop.index_name()) == 0;
    const auto reads_it = [&](const ExprPtr& iterator) { return reads_all_of(iterator, readers.vector); };
    const int64_t reads = std::count_if(expr->iterators().begin(), expr->iterators().end(), reads_it);
    if (reads == 0 || !(is_alone || readers.by_map)) return false;
    if (why_not_beside_others(loop) != nullptr || !may_share_loop(readers.form, loop_form(expr))) return false;
    int64_t uses = 0;  // of the vector, which is whole only when the loops have ended
    bool needs_no_more = true;
    walk_tree(expr, [&](const ExprPtr& node) {
      if (!node->is(NodeKind::kIdentifier)) return;
      uses += node->name() == readers.vector ? 1 : 0;
      const auto bound = block.places.find(node->name());
      needs_no_more &= bound == block.places.end() || bound->second <= readers.place;
    });
    return uses == reads && needs_no_more;
  }

  static bool reads_all_of(const ExprPtr& iterator, const Name& vector) {
    return goes_over_all_of_name(iterator) && iterator->child(0)->name() == vector;
  }

  // A loop over what the maker makes and all else that is read, with the builders of the maker and of the readers.
  ExprPtr loop_of(const Readers& readers, const ExprPtr& value, const Loop& maker) {
    std::vector<ExprPtr> iterators = {make_iter(IterKind::kVector, {value})};
    std::vector<LoopPart> parts = {{keeping_loop(iterators[0], maker), {0}}};
    int index_uses = 0;
    for (const ExprPtr& reader : readers.loops) {
      parts.push_back({reader, {}});
      index_uses += fuser_.uses_of(Loop(reader).index_name());
      for (const ExprPtr& iterator : reader->iterators()) {
        const bool is_first = reads_all_of(iterator, readers.vector);
        parts.back().places.push_back(is_first ? 0 : iterators.size());
        if (!is_first) iterators.push_back(iterator);
      }
    }
    ExprPtr loop = joined_loop(parts, std::move(iterators), fuser_.supply());
    fuser_.set_uses(Loop(loop).index_name(), index_uses);
    return loop;
  }

  // Appends what the maker makes, under the names of the maker's parameters, which are not among those of the joined loop.
  static ExprPtr keeping_loop(const ExprPtr& iterator, const Loop& maker) {
    const Parameter element{maker.element_name(), iterator->type()};
    ExprPtr merge =
        make_merge(make_identifier(maker.builder_name(), maker.parameter(0).type), make_identifier(element.name, element.type));
    return make_for({iterator}, maker.node->builder(),
                    make_lambda({maker.parameter(0), maker.parameter(1), element}, std::move(merge)), maker.node->span());
  }

  // With the results of the loops in place of them.
  static ExprPtr replace(const ExprPtr& expr, const std::vector<ExprPtr>& loops, const ExprPtr& results) {
    const auto found = std::find(loops.begin(), loops.end(), expr);
    if (found != loops.end()) return make_get_field(results, static_cast<uint32_t>(found - loops.begin() + 1));
    if (!expr->contains(NodeKind::kFor)) return expr;
    return map_children(expr, [&](const ExprPtr& child) { return replace(child, loops, results); });
  }

  ExprPtr program_;
  LoopFuser fuser_;
};

}  // namespace

ExprPtr fuse_readers(const ExprPtr& program) { return ReaderFuser(program).run(); }

}  // namespace weld
