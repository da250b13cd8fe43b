// Runs a function on a stack large enough for recursion over a tree of kMaximumDepth, whatever the caller's stack is.
#pragma once

#include <functional>

namespace weld {

// Calls work() on such a stack and returns when it has. Nested calls run work directly.
void run_on_deep_stack(const std::function<void()>& work);

}  // namespace weld
