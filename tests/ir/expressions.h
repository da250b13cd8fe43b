// Expressions and types, made in few words.
#pragma once

#include <utility>
#include <vector>

#include "weld/ir/expr.h"

namespace weld {

inline Type tuple(std::vector<Type> fields) { return Type::structure(fields); }
inline ExprPtr name(const char* text, Type type = Type::i64()) { return make_identifier(text, type); }
inline ExprPtr add(ExprPtr left, ExprPtr right) { return make_binary(BinaryOp::kAdd, std::move(left), std::move(right)); }

}  // namespace weld
