// Tables: vectors of structs that a loop makes and a program only takes apart. For passes that change how they are kept.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "weld/optimizer/fuse.h"

namespace weld {

// What reads rows of a table: a loop over it, or a lookup.
struct TableReader {
  ExprPtr node;                    // the For or the Lookup
  std::set<uint32_t> fields = {};  // that it reads; all of them when a row is used as a whole
};

// `let t = result(…)` over an appender of structs. Where the loop makes several things, the builder is a field of the struct that
// it makes, which may be bound by a let. Every merge into the builder is known, and what is merged may be dropped. Every use of
// the table is `len(t)`, a lookup, or an iterator of a loop, over all of it or with bounds that are at hand.
struct Table {
  ExprPtr let;
  ExprPtr builder;  // the NewBuilder; its argument, if any, may be evaluated several times
  std::vector<const Expr*> merges;
  std::vector<TableReader> readers = {};

  Type row() const { return builder->operand_type().child(0); }
  std::set<uint32_t> fields_read() const;
};

// Whether any loop appends structs: cheaper to ask than tables_of().
bool appends_structs(const ExprPtr& program);

std::vector<Table> tables_of(const ExprPtr& program);

// The name of the vector that an iterator goes over, all of it or between bounds; null for any other iterator.
const Name* name_of_vector(const ExprPtr& iterator);

}  // namespace weld
