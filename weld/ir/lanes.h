// How many lanes the simd values of a program have.
//
// They all have as many, so that any two of them meet lane by lane whatever their scalars, and so that simditer and fringeiter of
// a vec agree on where its tail begins: as many as of the widest scalar that the program has in simd fit in a register.
#pragma once

#include <cstdint>

#include "weld/ir/expr.h"

namespace weld {

// The bytes of the widest scalar that the typed program has in simd, the elements of a fringeiter included; 0 where there is
// none. Taken before any pass, so that no pass changes the number of lanes.
int64_t widest_lane(const ExprPtr& program);

}  // namespace weld
