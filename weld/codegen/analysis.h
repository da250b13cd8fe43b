// What code generation wants to know of an expression before it emits it. No LLVM here.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "weld/ir/expr.h"

namespace weld::codegen {

// The builders inside a type, in field order: itself for a builder, those of the fields for a struct, none otherwise.
void builders_of(Type type, std::vector<Type>* builders);
std::vector<Type> builders_of(Type type);

// How an evaluation of a loop's body changes one builder of its state.
struct MergeCount {
  static constexpr int kMany = 2;
  int origin = -1;  // which builder of the parameter it came from; -1: not one of them, or not known
  int minimum = 0;
  int maximum = 0;       // kMany: two or more, or unknown
  bool is_simd = false;  // what is merged has several lanes, each an element; kMany where only some of it has
};

// One entry for each builder in the body's type. parameter is the loop's builder parameter.
std::vector<MergeCount> count_merges(const ExprPtr& body, const Name& parameter);

// Whether this merges {key, value} into a dictmerger in such a form that an entry may be made with the operation's identity
// before the value is evaluated and combined with it. Few values are alive across the call that makes entries, then.
bool combines_after_insertion(const ExprPtr& merge);

// Of the lets around such a merge, outermost first, those that may be evaluated as late as its value: speculatable, and used by
// neither the builder, the key nor the other lets.
std::vector<bool> lets_of_merged_value(const std::vector<ExprPtr>& lets, const ExprPtr& merge);

// May be evaluated where the program would not have: cannot fail, allocates nothing and has no loop.
bool is_harmless(const ExprPtr& expr);
// Harmless, and costs little.
bool is_speculatable(const ExprPtr& expr);
// The same of the branches of an `if`, together. Its condition is evaluated in any case; where that may fail, they may cost less,
// and where it has branches of its own, such as a search, they are not.
bool has_speculatable_branches(const ExprPtr& expr);

// A place inside a named builder state: `b`, `b.$1`, …
struct BuilderPath {
  Name name;
  std::vector<uint32_t> fields;
  friend bool operator==(const BuilderPath&, const BuilderPath&) = default;
};

// Where a builder comes from that is merged into: the path of the name at its root, through merges and fields; nullopt when there
// is none.
std::optional<BuilderPath> root_path(const ExprPtr& builder);

// The mergers of a loop's builder parameter, by path, into which its body merges simd values; not those of loops inside.
std::vector<BuilderPath> simd_merger_paths(const ExprPtr& body, const Name& parameter);

// The path of a builder-typed expression that only merges speculatable values into mergers and appenders, under speculatable
// conditions, so that it can be emitted without branches; nullopt for any other. appender_allowed tells which appenders may be
// written speculatively.
std::optional<BuilderPath> predicable_path(const ExprPtr& expr, bool appender_allowed);
// The same of an `if` that is evaluated in any case, as its condition is then, which may cost much, and fail if the branches cost
// little.
std::optional<BuilderPath> predicable_branches(const ExprPtr& expr, bool appender_allowed);

// The loops outside of others that make a program's result or parts of it, and which of their builders these are: what those hold
// is handed to the caller as it is.
std::unordered_map<const Expr*, std::vector<bool>> builders_of_result(const ExprPtr& body);

// Whether evaluating an expression may take long: it loops.
bool has_loop(const ExprPtr& expr);

}  // namespace weld::codegen
