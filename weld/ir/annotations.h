// The annotations that guide how a program is compiled: what each may say, and of which nodes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weld/ir/expr.h"

namespace weld {

// What an annotation of this name says at the node, without quotes; empty when there is none.
std::string annotated_text(const Expr& expr, const std::string& name);
// The same as a number, which is not negative; nullopt when there is none.
std::optional<int64_t> annotated_number(const Expr& expr, const std::string& name);

// Why the value cannot be one of this annotation's; empty where it can, and for names that mean nothing here.
std::string fault_of_value(const Annotation& annotation);

// Whether the name means something here. Others are kept as they are, and say nothing.
bool is_known(const Annotation& annotation);
// Whether a known annotation says something of this node. Its value matters, too: `impl: hash` is of builders.
bool may_stand_at(const Annotation& annotation, const Expr& expr);
// The nodes that it may stand at, as a noun.
const char* site_of(const Annotation& annotation);

// An annotation before a call is of what the call stands for: the tree with each known one at the outermost nodes that it may
// stand at. Calls inside the tree get all that have not found one, to do the same when they are expanded.
ExprPtr hand_on(const ExprPtr& expr, const Annotations& annotations);

}  // namespace weld
