#include "weld/ir/lanes.h"

#include <algorithm>
#include <unordered_set>

#include "weld/ir/rewrite.h"

namespace weld {
namespace {

class WidestLane {
 public:
  void add(Type type) {
    if (!seen_.insert(type).second) return;
    if (type.is_simd()) add_scalar(type.scalar_kind());
    for (Type child : type.children()) add(child);
  }
  void add_scalar(ScalarKind kind) { bytes_ = std::max<int64_t>(bytes_, scalar_size(kind)); }
  int64_t bytes() const { return bytes_; }

 private:
  std::unordered_set<Type> seen_;
  int64_t bytes_ = 0;
};

}  // namespace

int64_t widest_lane(const ExprPtr& program) {
  WidestLane widest;
  walk(program, [&](const ExprPtr& node) {
    widest.add(node->type());
    bool fringe = node->is(NodeKind::kIter) && node->iter_kind() == IterKind::kFringe;
    if (fringe) widest.add_scalar(node->type().scalar_kind());
    return true;
  });
  return widest.bytes();
}

}  // namespace weld
