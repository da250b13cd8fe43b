// Mergers as arithmetic: for passes that take them away.
#pragma once

#include "weld/ir/expr.h"

namespace weld {

BinaryOp binary_op_of(MergeOp op);

// What changes nothing when it is merged, of a number or a struct of numbers: for a sum of floats -0.0, for their least value
// infinity (which has no literal and is a division).
ExprPtr merge_identity(MergeOp op, Type type);

// What a new merger begins with; null when nothing that is merged into it is changed by that. Of floats, a sum begins with 0.0,
// and the least and the greatest value are never NaN. Requires a scalar, or no first value, where floats are compared.
ExprPtr start_of_merger(const ExprPtr& builder);

}  // namespace weld
