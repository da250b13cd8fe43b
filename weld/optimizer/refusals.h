// Why passes leave loops as they are, for reports: in plain words, without a full stop, to come after what else is said.
#pragma once

#include <string>
#include <unordered_map>

#include "weld/ir/expr.h"

namespace weld {

// Why recompute-maps keeps vectors that several loops read, by the names that bind them. A vector that it would compute again has
// an empty text.
std::unordered_map<Name, std::string> reasons_against_recomputing(const ExprPtr& program);

// Why fuse-groups does not reduce groups while they are made, by the new builders of the groupmergers.
std::unordered_map<const Expr*, std::string> reasons_against_reducing_groups(const ExprPtr& program);

}  // namespace weld
