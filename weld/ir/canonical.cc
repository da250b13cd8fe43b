// One scoped walk, in pre-order, writes what each node is; a bound name is written as the number of its binding. Nodes count by
// where they stand in the tree, so that equal programs have equal numbers whatever their trees share.

#include <iterator>

#include "weld/ir/fragment.h"
#include "weld/ir/note_map.h"
#include "weld/ir/scoped_walk.h"

namespace weld {
namespace {

struct CanonicalVisitor {
  CanonicalProgram result;
  NameMap<std::vector<uint64_t>> open;  // the numbers of the bindings of a name
  uint64_t bindings = 0;

  bool enter(const ExprPtr& node, uint32_t) {
    result.places.push_back(node->span());
    put(static_cast<uint8_t>(node->kind()));
    put(node->type().id());
    put(node->operand_type().id());
    put(static_cast<uint32_t>(node->children().size()));
    put_payload(*node);
    put(static_cast<uint32_t>(node->annotations().size()));
    for (const Annotation& annotation : node->annotations()) {
      put_text(annotation.name);
      put_text(annotation.value);
    }
    return !node->children().empty();
  }
  void leave(const ExprPtr&, uint32_t) {}

  void bind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type) { open[name].push_back(++bindings); });
  }
  void unbind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type) { open[name].pop_back(); });
  }

  void put_payload(const Expr& node) {
    switch (node.kind()) {
      case NodeKind::kIdentifier: {
        auto found = open.find(node.name());
        const bool is_bound = found != open.end() && !found->second.empty();
        put(is_bound ? found->second.back() : uint64_t{0});
        if (!is_bound) put_text(node.name().text());
        return;
      }
      case NodeKind::kLet:
        return;
      case NodeKind::kLambda:
        for (const Parameter& parameter : node.parameters()) put(parameter.type.id());
        return;
      case NodeKind::kCudf:
        result.functions.push_back(node.name().text());
        return put_text(node.name().text());
      case NodeKind::kStringLiteral:
        return put_text(node.bytes());
      case NodeKind::kLiteral:
        put(static_cast<uint8_t>(node.literal().kind));
        return put(node.literal().bits);
      case NodeKind::kBinary:
        return put(static_cast<uint8_t>(node.binary_op()));
      case NodeKind::kUnary:
        return put(static_cast<uint8_t>(node.unary_op()));
      case NodeKind::kGetField:
        return put(node.index());
      case NodeKind::kIter:
        return put(static_cast<uint8_t>(node.iter_kind()));
      default:
        WELD_CHECK(std::holds_alternative<std::monostate>(node.payload()), "a payload that no key knows");
    }
  }

  template <class T>
  void put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    result.key.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(const std::string& text) {
    put(static_cast<uint64_t>(text.size()));
    result.key += text;
  }
};

class NumberingVisitor {
 public:
  bool enter(const ExprPtr& node, uint32_t) {
    const uint32_t number = ++nodes_;
    if (node->children().empty()) {
      results_.push_back(placed(node, {}, number));
      return false;
    }
    open_.push_back(number);
    return true;
  }
  void bind(const Expr&) {}
  void unbind(const Expr&) {}
  void leave(const ExprPtr& node, uint32_t) {
    const auto first = results_.end() - static_cast<std::ptrdiff_t>(node->children().size());
    std::vector<ExprPtr> children(std::make_move_iterator(first), std::make_move_iterator(results_.end()));
    results_.erase(first, results_.end());
    results_.push_back(placed(node, std::move(children), open_.back()));
    open_.pop_back();
  }

  const ExprPtr& result() const { return results_.back(); }

 private:
  static ExprPtr placed(const ExprPtr& node, std::vector<ExprPtr> children, uint32_t number) {
    auto copy =
        make_node(node->kind(), node->type(), std::move(children), node->payload(), node->operand_type(), Span{number, number});
    return node->annotations().empty() ? copy : with_annotations(copy, node->annotations());
  }

  uint32_t nodes_ = 0;
  std::vector<uint32_t> open_;  // the numbers of the nodes that are not finished
  std::vector<ExprPtr> results_;
};

}  // namespace

CanonicalProgram canonical_program(const ExprPtr& program) {
  CanonicalVisitor visitor;
  walk_scoped(program, visitor);
  return std::move(visitor.result);
}

ExprPtr with_numbered_places(const ExprPtr& program) {
  NumberingVisitor visitor;
  walk_scoped(program, visitor);
  return visitor.result();
}

}  // namespace weld
