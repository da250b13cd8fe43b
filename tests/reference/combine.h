// What is merged into a builder comes together: at once, or when something needs it.
#pragma once

#include <functional>
#include <vector>

#include "tests/reference/value.h"

namespace weld::reference {

// Gives a value that may have waited, evaluated.
using Ready = std::function<Value(const Value&)>;

// Of numbers, or field by field of structs of them.
Value combine_values(MergeOp op, const Value& left, const Value& right, const Ready& ready);
// The same of one or more values of a type, each part when it is needed. Ready has to live as long as the value.
Value combine_later(MergeOp op, Type type, std::vector<Value> values, const Ready& ready);

}  // namespace weld::reference
