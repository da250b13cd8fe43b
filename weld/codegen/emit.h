// Lowering of a typed program to one LLVM module.
//
// Each value is held as its leaves: the scalars and pointers that its type flattens to, in layout order, one SSA value each. A
// struct is the leaves of its fields, a vec is (data, length), a builder is the fields of its state (weld/runtime/runtime.h).
// Builders are linear, so their states are plain values too: a merge returns the new state.
//
// The program becomes the entry function. A `for` that stands outside any other loop becomes a step function of its own, which
// the runtime drives over morsels; a `for` inside a loop is a plain loop in the same function, and where it may be long a step
// function as well, for when it is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "weld/codegen/analysis.h"
#include "weld/codegen/emit_module.h"
#include "weld/ir/expr.h"
#include "weld/runtime/runtime.h"

namespace weld::codegen {

struct StagedRows;  // staging.h

// Emits one function. Blocks are appended in the order of emission.
class FunctionEmitter {
 public:
  // How a failed check leaves the function.
  enum class Kind : uint8_t {
    kEntry,       // returns the status; outside any loop
    kStep,        // returns the status
    kComparator,  // stores the status through a pointer and returns 0
    kHelper,      // has no checks
  };

  FunctionEmitter(ModuleEmitter& module, llvm::Function* function, Kind kind);

  // --- values ---
  Value emit(const ExprPtr& expr);
  Value zero_value(Type type);
  Value load_value(Type type, llvm::Value* address, MemoryKind kind);
  void store_value(const Value& value, llvm::Value* address, MemoryKind kind);
  llvm::Value* load_leaf(const Leaf& leaf, llvm::Value* address, MemoryKind kind);
  void store_leaf(const Leaf& leaf, llvm::Value* value, llvm::Value* address, MemoryKind kind);
  llvm::Value* offset_address(llvm::Value* base, int64_t offset);
  llvm::Value* element_address(llvm::Value* data, llvm::Value* index, int64_t element_size);
  llvm::AllocaInst* temporary(int64_t size);  // in the entry block
  llvm::AllocaInst* temporary_leaf(llvm::Type* type);

  // --- scalar operations, shared by expressions and builders ---
  llvm::Value* combine_leaf(MergeOp op, ScalarKind kind, llvm::Value* left, llvm::Value* right);
  llvm::Value* float_extreme(bool minimum, llvm::Value* left, llvm::Value* right);
  llvm::Value* identity_leaf(MergeOp op, ScalarKind kind);
  Value combine_values(MergeOp op, const Value& left, const Value& right);
  // The same where no float is NaN, for loops to be vectorized.
  Value combine_numbers(MergeOp op, const Value& left, const Value& right);
  Value identity_value(Type type, MergeOp op);
  // For min and max of floats, whose identity is NaN: the infinity that stands for no number, in place of each NaN.
  Value infinite_for_nan(MergeOp op, Value value);
  llvm::Value* scalar_compare(BinaryOp op, ScalarKind kind, llvm::Value* left, llvm::Value* right);
  llvm::Value* compare_values(BinaryOp op, const Value& left, const Value& right);  // i1
  llvm::Value* hash_value(const Value& canonical_key);
  llvm::Value* key_equals(const Value& canonical_left, const Value& canonical_right);
  llvm::Value* bytes_equal(llvm::Value* left, llvm::Value* right, llvm::Value* size);  // i1
  Value canonical_key(const Value& key);
  llvm::Value* hash_for_runtime(const Value& canonical_key);  // as WeldDictLayout's
  llvm::Value* key_number(const Value& key);                  // of a key that may be dense; i64
  // Lexicographic three-way order that puts NaN last: i32 -1, 0, 1. For sort keys.
  llvm::Value* three_way(const Value& left, const Value& right);

  // --- control ---
  llvm::IRBuilder<>& builder() { return builder_; }
  llvm::BasicBlock* new_block(const std::string& name);
  // Returns status when condition is false, at once.
  void require(llvm::Value* condition, uint32_t code, Span span);
  // In a loop of a step: remembers the failure, and the function fails at its end; what follows runs on with a harmless value.
  // Elsewhere the same as require.
  void require_eventually(llvm::Value* condition, uint32_t code, Span span);
  // For a load of size bytes that is good under a condition: requires it eventually, and returns an address that may be read.
  llvm::Value* readable(llvm::Value* condition, llvm::Value* address, int64_t size, uint32_t code, Span span);
  // Passes a weld_status on; the place is for one that names none.
  void fail_unless_ok(llvm::Value* status, Span span);
  void check_remembered_failures();  // returns when one was remembered
  void return_success();
  // An argument as the program may use it: builders in it are copies, for inputs are not written.
  Value argument_value(const Value& value, Span span);
  // The program's body, in the entry function; what the value refers to belongs to the run.
  Value emit_result_value(const ExprPtr& program);
  // Emits body(index) for index in [begin, end); body may append blocks. Returns the index behind the last. before_first, where
  // it is given, is emitted for a loop that has an index, before it.
  llvm::Value* counted_loop(llvm::Value* begin, llvm::Value* end, const std::function<void(llvm::Value*)>& body,
                            const std::function<void()>& before_first = {});
  // For loops of any length that the runtime does not drive: emits stretch(from, to) in a loop over stretches of [begin, end),
  // and polls between them, given a row's estimated picoseconds.
  void in_stretches(llvm::Value* begin, llvm::Value* end, int64_t row_cost, Span span,
                    const std::function<void(llvm::Value*, llvm::Value*)>& stretch);
  // Polls, though not every time, after code of that estimated cost.
  void poll_after(int64_t cost, Span span);
  void poll(Span span);
  // For a loop over many rows, given what counted_loop() returned for it: keeps LLVM from vectorizing the loop a second time,
  // with narrower vectors, for the rows that are left over. There are few of them in a morsel, and that loop takes half of the
  // time of generating code.
  void without_vector_epilogue(llvm::Value* index_behind);
  // Asks for so many rows at once in a counted loop, which has returned index_behind.
  void vectorize_by(unsigned rows, llvm::Value* index_behind);
  void never_vectorize(llvm::Value* index_behind);
  void set_loop_property(const char* name, llvm::Constant* value, llvm::Value* index_behind);

  void bind(const Name& name, Value value);
  llvm::Value* context_argument() { return context_argument_; }
  void set_context(llvm::Value* context) { context_argument_ = scratch_ = context; }
  // Values captured by an outlined loop: loads the next leaves at this offset of the argument block, in the entry block.
  llvm::Value* load_argument(llvm::Value* arguments, int64_t offset, llvm::Type* type);
  void set_literals(llvm::Value* literals) { literals_ = literals; }
  void set_status_pointer(llvm::Value* pointer) { status_pointer_ = pointer; }
  void set_in_loop() { in_loop_ = true; }
  void set_innermost_step() { is_innermost_step_ = true; }
  void set_loop_number(int number) { loop_number_ = number; }

 private:
  // The elements of an iterator at one row: loaded leaf by leaf when first used.
  struct Element {
    Type type;
    std::vector<llvm::Value*> addresses;  // of the element that holds each leaf; null where the leaf has a value
    std::vector<Leaf> leaves;             // offsets are from those addresses
    std::vector<llvm::Value*> values;     // null until loaded
  };
  // The names in scope. Exactly one of the two is set.
  struct Binding {
    Value value;
    std::shared_ptr<Element> element;
  };

  // One iterator of a for, its bounds checked.
  struct Iterator {
    IterKind kind = IterKind::kVector;
    Type element;
    llvm::Value* data = nullptr;    // null for kRange
    llvm::Value* start = nullptr;   // null: 0
    llvm::Value* stride = nullptr;  // null: 1
    llvm::Value* view = nullptr;    // kNd: the WeldNdView; start and stride are those of the run at hand
    llvm::Value* origin = nullptr;  // the row whose element is at start; null: 0
  };
  struct Iterators {
    std::vector<Iterator> all;
    llvm::Value* rows = nullptr;
  };

  // How merges into an appender are emitted in the loop at hand, by the data pointer of its state.
  struct AppenderMode {
    llvm::Value* position = nullptr;  // positional: where this row's elements go; null: reserved, at most one a row
  };

  // emit_expr.cc
  Value emit_literal(const ExprPtr& expr);
  Value emit_string(const ExprPtr& expr);
  Value emit_identifier(const ExprPtr& expr);
  Value emit_get_field(const ExprPtr& expr);
  Value emit_let(const ExprPtr& expr);
  Value emit_if(const ExprPtr& expr);
  // Evaluates one side and gives its value.
  Value emit_branches(llvm::Value* condition, llvm::MDNode* weights, const std::function<Value()>& emit_then,
                      const std::function<Value()>& emit_else);
  Value emit_select(const ExprPtr& expr);
  Value emit_apply(const ExprPtr& expr);
  Value emit_make_vector(const ExprPtr& expr);
  Value emit_lookup(const ExprPtr& expr);
  Value emit_slice(const ExprPtr& expr);
  Value emit_len(const ExprPtr& expr);
  Value emit_iterate(const ExprPtr& expr);
  Value join(llvm::BasicBlock* left_block, const Value& left, llvm::BasicBlock* right_block, const Value& right);
  Value element_leaves(const std::shared_ptr<Element>& element, size_t first, size_t count, Type type);
  void bind_function(const ExprPtr& lambda, const std::vector<Value>& arguments);
  const Expr* function_of(const ExprPtr& callee);
  llvm::Value* allocate(llvm::Value* bytes, Span span);

  // emit_memory.cc
  // Frees a vec's or dict's memory.
  void release(const Value& value);
  void copy_bytes(llvm::Value* to, llvm::Value* from, llvm::Value* bytes, Span span);
  // A copy in memory of the run.
  Value copy(const Value& value, ModuleEmitter::Referred referred, Span span);
  bool extends_own_builder(const ExprPtr& expr);
  // In a step, before its loop over lambda: sets scratch memory up when rows allocate and the builders cannot keep what they
  // allocate.
  void use_scratch_for(const ExprPtr& lambda, Type state, Span span);
  // The context that memory for the builder is taken from: that of the run for what outlives the row at hand, else the scratch
  // one.
  llvm::Value* context_for(const ExprPtr& builder);

  // emit_ops.cc
  Value emit_binary(const ExprPtr& expr);
  Value emit_operand(const ExprPtr& expr, bool as_data);
  // The bytes of an expression that is a string literal or a name for one; else null.
  const std::string* string_constant(const ExprPtr& expr) const;
  // Equality with a string literal, its length and bytes in the code.
  llvm::Value* equals_string(const ExprPtr& expr, const std::string& bytes);
  Value emit_logical(const ExprPtr& expr);
  Value emit_unary(const ExprPtr& expr);
  Value emit_cast(const ExprPtr& expr);
  llvm::Value* divide(BinaryOp op, ScalarKind kind, llvm::Value* left, llvm::Value* right, const Expr& expr);
  llvm::Value* power(const ExprPtr& expr, const Value& base, const Value& exponent);
  llvm::Value* convert(llvm::Value* value, ScalarKind from, ScalarKind to);

  // emit_lanes.cc
  // A scalar in every lane.
  llvm::Value* broadcast(llvm::Value* scalar);
  // A call of a libm function, by its f64 name; for simd of the vector library's form of it, or lane by lane through scalar.
  llvm::Value* math_call(const std::string& name, std::initializer_list<llvm::Value*> operands,
                         const std::function<llvm::Value*(llvm::ArrayRef<llvm::Value*>)>& scalar);
  // The lanes of a simd value combined.
  Value combine_lanes(MergeOp op, const Value& lanes);
  // The mergers of a loop's state, by path, into which its body merges simd values have a simd value of their own for the loop's
  // time: merged into it lane by lane, combined with the merger behind the loop.
  struct LaneSum {
    BuilderPath path;
    llvm::AllocaInst* slot;
  };
  std::vector<LaneSum> open_lane_sums(const ExprPtr& lambda, Type state, const std::vector<MergeCount>& counts);
  void close_lane_sums(const std::vector<LaneSum>& sums, Value* state);
  Value merge_lanes(const Value& state, const Value& value, llvm::Value* mask, const Expr& expr);

  // emit_iterators.cc
  Iterators emit_iterators(const ExprPtr& expr);
  Iterator emit_iterator(const ExprPtr& iter, llvm::Value** rows);
  Iterator emit_nd_iterator(const ExprPtr& iter, llvm::Value** rows);
  Iterator emit_lane_iterator(const ExprPtr& iter, llvm::Value** rows);
  std::shared_ptr<Element> element_at(const Iterators& iterators, llvm::Value* row);
  struct RowLoop {
    bool is_morsel = false;  // there are many rows
    bool is_vectorized = true;
  };
  // Emits body(iterators at the row, row) for each row in [begin, end), once.
  void loop_over(const Iterators& iterators, llvm::Value* begin, llvm::Value* end, RowLoop form,
                 const std::function<void(const Iterators&, llvm::Value*)>& body);
  void loop_over_runs(const Iterators& iterators, llvm::Value* begin, llvm::Value* end, RowLoop form,
                      const std::function<void(const Iterators&, llvm::Value*)>& body);

  // emit_staged.cc
  // A row: its number, and where its elements are: at a place of some iterators.
  struct Row {
    llvm::Value* number;
    const Iterators* iterators;
    llvm::Value* place;
  };
  // The loop of a step that is emitted in stages.
  struct StagedLoop {
    const StagedRows& stages;
    const ExprPtr& loop;
    const Iterators& iterators;
    llvm::Value* begin;
    llvm::Value* end;
    // Emits something within a row's scope; emits a body for the row of that number, within its scope.
    std::function<void(const Row&, const std::function<void()>&)> in_row;
    std::function<void(llvm::Value*, const ExprPtr&)> emit_body;
    Row row(llvm::Value* number) const { return {number, &iterators, number}; }
    void emit_row(const Row& row, const ExprPtr& body) const {
      in_row(row, [&] { emit_body(row.number, body); });
    }
    // Of an appender among the loop's builders, which has its room: its data and the slot of its size.
    std::function<std::pair<llvm::Value*, llvm::AllocaInst*>(size_t)> appender;
    std::span<llvm::Value* const> dictionaries;  // that it merges into, which have views
  };
  // A block of rows: [from, to), rows of them.
  struct Block {
    llvm::Value* from;
    llvm::Value* to;
    llvm::Value* rows;
  };
  void loop_in_stages(const StagedLoop& loop);
  using RowAt = std::function<Row(llvm::Value*)>;  // by a place
  // Emits block for stretches of the loop's rows, of the length that is emitted at the start of each, or less.
  void in_blocks(const StagedLoop& loop, const std::function<llvm::Value*()>& length,
                 const std::function<void(const Block&)>& block);
  // Asks for the columns of a part of the next block, which has one row of it first. Rows that are not there do no harm.
  void prefetch_rows(const Iterators& iterators, llvm::Value* first, int64_t rows);
  // Emits part for stretches of [0, count), what is handled of a block one by one, and with each, where `prefetches` (an i1) says
  // so, fetches a part of the next block.
  void in_parts(const StagedLoop& loop, const Block& block, llvm::Value* count, llvm::Value* prefetches,
                const std::function<void(llvm::Value*, llvm::Value*)>& part);
  // Where the staged values of a block lie, by the row's place in it or in the list of those that count; null for those that are
  // read where they are.
  using ValueBuffers = std::vector<llvm::Value*>;
  void evaluate_values(const StagedLoop& loop, const ValueBuffers& buffers, const Block& block);
  void evaluate_values_of(const StagedLoop& loop, const ValueBuffers& buffers, const Row& row, llvm::Value* place);
  // Writes row 0 behind the last of a list, so that whole vectors of listed rows may be computed.
  void pad_list(llvm::Value* list, llvm::Value* count);
  // A number of rows, rounded up to such vectors.
  llvm::Value* whole_vectors(llvm::Value* rows);
  void emit_staged_row(const StagedLoop& loop, const ValueBuffers& buffers, const Row& row, llvm::Value* place);
  // Which rows of a block its loop's condition keeps: bytes, bits, and the list of them, in memory, and how many there are.
  struct Selection {
    llvm::Value* mask;
    llvm::Value* bits;
    llvm::Value* list;
    llvm::Value* count;
    llvm::Value* are_many;  // an i1
    Iterators iterators;    // counted from the block's first row on: so it need not be added for each row
  };
  void emit_filtered(const StagedLoop& loop, const ValueBuffers& buffers);
  // The rows that count one by one, from a list of them.
  void emit_listed(const StagedLoop& loop, const ValueBuffers& buffers, const Block& block, const Selection& selection);
  // Those of a block of which many count.
  void emit_dense(const StagedLoop& loop, const ValueBuffers& buffers, const Block& block, const Selection& selection);
  // The same iterators, counted from a row on.
  Iterators iterators_from(const Iterators& iterators, llvm::Value* row);
  Row listed_row(const Block& block, const Selection& selection, llvm::Value* place);
  void in_listed_parts(const StagedLoop& loop, const Block& block, const Selection& selection,
                       const std::function<void(llvm::Value*, llvm::Value*)>& part);
  struct FilterChoice;
  FilterChoice filter_choice(const StagedLoop& loop);
  // How many blocks of the usual length so many rows are.
  llvm::Value* blocks_in(llvm::Value* rows);
  // Whether the rows of a block, of which so many count, are to be listed: an i1.
  llvm::Value* is_listed(const FilterChoice& choice, const Block& block, llvm::Value* count);
  // A branch for each row.
  void in_branches(const StagedLoop& loop, const Block& block, const FilterChoice& choice);
  void add_to(llvm::AllocaInst* counter, llvm::Value* number);
  void report_filter(const StagedLoop& loop, const FilterChoice& choice);
  // Merges the rows that the mask keeps into mergers.
  void reduce_kept(const StagedLoop& loop, const Block& block, llvm::Value* mask);
  void append_kept(const StagedLoop& loop, const ValueBuffers& buffers, const Block& block, llvm::Value* bits);

  // emit_selection.cc
  static constexpr int64_t kSelectionBits = 64;  // of a word; masks and lists have room for as many rows more
  // Writes for each row of a block whether the condition keeps it, 1 or 0, as a byte.
  void emit_mask(const StagedLoop& loop, const Block& block, llvm::Value* mask);
  // Turns the bytes of a mask, 0 or 1 for each of a block's rows, into bits, and returns how many are 1.
  llvm::Value* pack_mask(llvm::Value* mask, llvm::Value* rows, llvm::Value* bits);
  // Writes the i32 numbers of the rows whose bit is 1.
  void list_rows(llvm::Value* bits, llvm::Value* rows, llvm::Value* list);
  // A column of numbers that lies in memory without gaps, from a row of it on; null when the expression is no such.
  llvm::Value* column_from(const StagedLoop& loop, const ExprPtr& expr, llvm::Value* row);
  // The low bits of a number, one for each lane of such numbers.
  llvm::Value* lane_mask(llvm::Value* bits, llvm::FixedVectorType* numbers);
  // From a table, as i32: the numbers of the 32-bit parts of lanes whose bit is set, in order, then any.
  llvm::Value* kept_parts(llvm::Value* mask, unsigned lanes);
  // The numbers of the lanes whose bit is set, in order, then any.
  llvm::Value* kept_lanes(llvm::Value* mask, unsigned lanes);
  // The lanes whose bit is set, in order, then any.
  llvm::Value* move_together(llvm::Value* mask, llvm::Value* numbers);
  void compress_lanes(unsigned lanes, llvm::Value* bits, llvm::Value* numbers, int64_t size, llvm::Value* place);
  // Moves those of eight numbers whose bit is set to the place.
  void compress(llvm::Value* bits, llvm::Value* numbers, int64_t size, llvm::Value* place);

  // emit_loop.cc
  Value emit_for(const ExprPtr& expr);
  // Whether a loop in a step is emitted twice, in line and as a step of its own, to be chosen between by the number of rows.
  bool may_be_long(const Iterators& iterators, const std::vector<MergeCount>& counts) const;
  Value emit_parallel_for(const ExprPtr& expr, const Iterators& iterators, const Value& state,
                          const std::vector<MergeCount>& counts);
  Value emit_loop(const ExprPtr& expr, const Iterators& iterators, const Value& state, const std::vector<MergeCount>& counts,
                  llvm::Value* begin, llvm::Value* end);
  // An appender in a loop's state that has its room before the loop, so that its data and capacity do not change there.
  struct Reserved {
    size_t leaf;                // its first in the state
    llvm::Value* row_elements;  // positional: that each row merges; null: a row merges at most one
  };
  // Makes room where counts tell how much, and marks the leaves that are the same in each row.
  std::vector<Reserved> reserve_appenders(const ExprPtr& expr, const std::vector<MergeCount>& counts, llvm::Value* rows,
                                          Value* state, std::vector<bool>* invariant);
  // Opens a view of each dictionary that the loop makes entries in, until it ends, and returns these dictionaries. Their leaves
  // are marked: such a builder stays where it is.
  std::vector<llvm::Value*> view_dictionaries(const ExprPtr& expr, const std::vector<MergeCount>& counts, const Value& state,
                                              std::vector<bool>* invariant);
  // Of a positional appender.
  int64_t row_elements(const MergeCount& count) const;
  std::vector<std::pair<Name, Binding>> captures(const ExprPtr& lambda);
  // Builds the argument block of an outlined function that evaluates lambda, and binds in inner, from inner_arguments, all that
  // lambda uses of this function. Iterators, when given, are turned into inner's. Returns the block.
  llvm::Value* capture(const ExprPtr& lambda, FunctionEmitter* inner, llvm::Value* inner_arguments, Iterators* iterators);

  // emit_builder.cc
  Value emit_new_builder(const ExprPtr& expr);
  Value emit_merge(const ExprPtr& expr);
  // A merge for which combines_after_insertion() holds; lets are bound when its value is evaluated.
  Value emit_late_merge(const ExprPtr& expr, const std::vector<ExprPtr>& lets);
  Value emit_result(const ExprPtr& expr);
  Value merge_into(const Value& state, const Value& value, llvm::Value* mask, const Expr& expr);
  Value merge_appender(const Value& state, const Value& value, llvm::Value* mask, const Expr& expr, llvm::Value* context);
  Value merge_merger(const Value& state, const Value& value, llvm::Value* mask);
  Value merge_dict(const Value& state, const Value& pair, const Expr& expr, llvm::Value* context);
  // Makes an entry for a key that is not there, and returns the entry.
  llvm::Value* insert_entry(const Value& state, const Value& key, llvm::Value* hash, const Expr& expr, llvm::Value* context);
  // The weights of a probe whose key is seldom missing.
  llvm::MDNode* mostly_found();
  Value merge_groups(const Value& state, const Value& pair, const Expr& expr, llvm::Value* context);
  Value merge_vec(const Value& state, const Value& pair, const Expr& expr);
  // Makes room for extra more elements.
  Value reserve(const Value& appender, llvm::Value* extra, llvm::Value* context, Span span);
  void combine_in_memory(MergeOp op, const Value& value, llvm::Value* address);
  void emit_predicated(const ExprPtr& expr, llvm::Value* mask);
  // The state that a predicable path starts from, when its appenders, if any, have room in the loop at hand; else null.
  Value* predicable_state(const BuilderPath& path);

  // emit_ordered.cc
  // A counted_loop() over places of rows that may merge into the dictionaries. It looks at their headers first: so none of them
  // has to be kept between such loops. Where the rows have a key, the first rows are those of in_ordered_rows(), and the rest is
  // in_fetched_parts().
  void in_rows(const StagedLoop& loop, llvm::Value* begin, llvm::Value* end, const RowAt& row_at,
               const std::function<void(const Row&, llvm::Value*)>& row);
  // A loop up to the first row whose key is not one that the dictionary has in order. Returns that row's place, or the end.
  llvm::Value* in_ordered_rows(const StagedLoop& loop, llvm::Value* begin, llvm::Value* end, const RowAt& row_at,
                               const std::function<void(const Row&, llvm::Value*)>& row);
  // Has the runtime put the entries of the dictionary in order, where some are not and it seems worth it for so many rows.
  void order_entries(const StagedLoop& loop, llvm::Value* rows);
  static llvm::Value* only_dictionary(const StagedLoop& loop);

  // emit_fetched.cc
  // Emits part for stretches of rows that have a key: one for all of them, or short ones, of which first is fetched what their
  // keys lead to, where the dictionary is too large for the cache.
  void in_fetched_parts(const StagedLoop& loop, llvm::Value* begin, llvm::Value* end, const RowAt& row_at,
                        const std::function<void(llvm::Value*, llvm::Value*)>& part);
  // Fetches the places of the rows' keys in the dictionary's index, and the entries that these name.
  void fetch_entries(const StagedLoop& loop, llvm::Value* begin, llvm::Value* end, const RowAt& row_at);

  // emit_dict.cc
  // A field of a dictionary's header: from the loop's view of it, where it has one, or from memory.
  llvm::Value* dict_header(llvm::Value* dict, size_t offset, bool pointer);
  llvm::Value* load_dict_header(llvm::Value* dict, size_t offset, bool pointer);
  // Fields of a dictionary's header that a loop keeps beside it, by their offsets: what makes entries may change them, so LLVM
  // would read them for every row.
  struct HeaderSlot {
    size_t offset;
    llvm::AllocaInst* value;
  };
  using DictView = std::vector<HeaderSlot>;
  // From here on dict_header reads from a view of it, which has what a probe of most rows reads.
  void open_dict_view(llvm::Value* dict, Type dict_key);
  void fill_dict_view(llvm::Value* dict, const DictView& view);
  // Where it goes on when a canonical key is there, with its entry, and when it is not, with what the runtime takes for its hash.
  struct Probe {
    llvm::BasicBlock* found;
    llvm::PHINode* entry;
    llvm::BasicBlock* missing;
    llvm::PHINode* hash;
    llvm::MDNode* weights;  // of found and missing; null: not known
  };
  Probe new_probe(llvm::MDNode* weights);
  Probe probe(llvm::Value* dict, Type dict_key, Type dict_value, const Value& key, llvm::MDNode* weights);
  void probe_dense(llvm::Value* dict, llvm::Value* offset, int64_t entry_size, const Probe& probe);
  void probe_hashed(llvm::Value* dict, Type dict_key, const Value& key, int64_t entry_size, const Probe& probe);
  Value emit_dict_lookup(const ExprPtr& expr);
  Value emit_to_vec(const ExprPtr& expr);

  // emit_bytes.cc
  Value emit_serialize(const ExprPtr& expr);
  Value emit_deserialize(const ExprPtr& expr);

  // emit_cudf.cc
  Value emit_cudf(const ExprPtr& expr);

  // emit_poll.cc
  llvm::Value* poll_budget();
  // Takes picoseconds from the budget, and goes on in the block returned when there are some left. Else polls, and the caller
  // emits what then follows.
  llvm::BasicBlock* spend(llvm::Value* cost, Span span);

  // emit_sort.cc
  Value emit_sort(const ExprPtr& expr);
  // The name under which a sort's runs are recorded; null for one in a loop.
  llvm::Value* record_name(const ExprPtr& sort, const llvm::Function* comparator);

  llvm::BasicBlock* failure_block(llvm::Value* status);

  ModuleEmitter& module_;
  llvm::Function* function_;
  Kind kind_;
  llvm::IRBuilder<> builder_;
  llvm::BasicBlock* entry_;       // allocas and loads of arguments
  llvm::Instruction* entry_end_;  // the entry block's branch to the body
  llvm::Value* context_argument_ = nullptr;
  llvm::Value* scratch_ = nullptr;  // the context for memory that dies with the row; the other one where there is none such
  llvm::Value* literals_ = nullptr;
  llvm::Value* status_pointer_ = nullptr;
  bool in_loop_ = false;
  bool is_innermost_step_ = false;         // a step for a loop in a step: its loops are in line only, which bounds the code
  int loop_number_ = -1;                   // of the loop that this is the step of
  std::unordered_set<Name> own_builders_;  // names of builder states that outlive the row at hand
  bool shaping_ = false;                   // inside an expression whose literals shape the code, such as an index
  std::unordered_map<Name, Binding> names_;
  std::unordered_map<Name, ExprPtr> functions_;    // let-bound lambdas
  std::unordered_map<Name, std::string> strings_;  // let-bound string literals
  std::unordered_map<uint32_t, llvm::Value*> loaded_literals_;
  std::unordered_set<llvm::Value*> captured_pointers_;  // into memory that nothing in this function writes
  std::unordered_map<llvm::Value*, AppenderMode> appender_modes_;
  std::unordered_map<llvm::Value*, DictView> dict_views_;  // of the loop at hand
  // Of dictionaries that have an entry for every key of the rows at hand, in order: where that of the number 0 would be.
  std::unordered_map<llvm::Value*, llvm::Value*> ordered_entries_;
  std::vector<LaneSum> lane_sums_;                                                       // of the loops around
  std::vector<std::vector<std::pair<std::shared_ptr<Element>, size_t>>> element_loads_;  // by branch scope, to forget on leaving
  llvm::AllocaInst* poll_budget_ = nullptr;                                              // i64, always above 0
  llvm::AllocaInst* failures_ = nullptr;                                                 // i64 bits of remembered failures
  std::vector<uint32_t> remembered_;                                                     // the status of each bit
  llvm::GlobalVariable* statuses_ = nullptr;                                             // the same, for the code
};

int64_t size_of(Type type);
int64_t entry_value_offset(Type key, Type value);
int64_t entry_size_of(Type key, Type value);
// The number of bits of a key that is indexed directly, 0 for one that is hashed.
uint32_t direct_bits(Type key);
// Whether such an index is over all numbers of that many bits, in every dictionary.
bool has_whole_index(Type key);
// Of a key that is not indexed directly.
WeldKeyNumber key_number_kind(Type key);

}  // namespace weld::codegen
