// Reads arguments: the text, in braces, is parsed by the language's own parser as one struct literal; then the tree is walked
// beside the types and each literal written to its place. The walk goes as deep as the types do, not as the text does.
#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "weld/ir/deep_stack.h"
#include "weld/ir/expr.h"
#include "weld/ir/frontend.h"
#include "weld/runtime/runtime.h"
#include "weld/value_text.h"

namespace weld {

namespace {

constexpr size_t kBufferAlignment = 64;

// A number as written: an integer of up to 64 bits and a sign, or a float.
struct Number {
  bool is_float = false;
  bool negative = false;
  uint64_t magnitude = 0;
  double value = 0;
};

std::optional<Number> number_of(const Expr& expr) {
  if (expr.is(NodeKind::kUnary) && expr.unary_op() == UnaryOp::kNegate) {
    std::optional<Number> number = number_of(*expr.child(0));
    if (number) {
      number->negative = !number->negative;
      number->value = -number->value;
    }
    return number;
  }
  // How the printer writes the floats that have no literal: 1.0 / 0.0, 0.0 / 0.0.
  if (expr.is(NodeKind::kBinary) && expr.binary_op() == BinaryOp::kDivide) {
    std::optional<Number> left = number_of(*expr.child(0));
    std::optional<Number> right = number_of(*expr.child(1));
    if (!left || !right || !left->is_float || !right->is_float) return std::nullopt;
    return Number{.is_float = true, .value = left->value / right->value};
  }
  if (!expr.is(NodeKind::kLiteral) || expr.literal().kind == ScalarKind::kBool) return std::nullopt;
  const ScalarValue& literal = expr.literal();
  if (is_float(literal.kind)) return Number{.is_float = true, .value = literal.as_double()};
  if (is_signed_integer(literal.kind) && literal.as_signed() < 0) {
    return Number{.negative = true, .magnitude = uint64_t{0} - static_cast<uint64_t>(literal.as_signed())};
  }
  return Number{.magnitude = literal.bits};
}

bool in_range(const Number& number, ScalarKind kind) {
  if (number.magnitude == 0) return true;
  const int bits = 8 * scalar_size(kind);
  if (is_unsigned(kind)) return !number.negative && (bits == 64 || number.magnitude >> bits == 0);
  const uint64_t limit = uint64_t{1} << (bits - 1);
  return number.negative ? number.magnitude <= limit : number.magnitude < limit;
}

double as_double(const Number& number) {
  if (number.is_float) return number.value;
  const double value = static_cast<double>(number.magnitude);
  return number.negative ? -value : value;
}

// A literal as it is written, of other things what they are.
std::string describe(const Expr& expr) {
  return expr.is(NodeKind::kLiteral) ? print(make_literal(expr.literal())) : node_name(expr.kind());
}

}  // namespace

class ArgumentBuilder {
 public:
  // Takes the struct literal of all arguments.
  void build(const Expr& arguments, std::span<const Type> types, Span end) {
    const Type type = Type::structure(types);
    std::byte* root = allocate(layout_of(type).size);
    const auto& fields = arguments.children();
    if (fields.size() != types.size()) {
      const Span span = fields.size() > types.size() ? fields[types.size()]->span() : end;
      fail("the program takes " + count(types.size(), "argument") + ", " + std::to_string(fields.size()) + " given", span);
      return;
    }
    const std::vector<int64_t> offsets = field_offsets(type);
    for (size_t i = 0; i < types.size(); ++i) write(*fields[i], types[i], root + offsets[i]);
  }

  // Whether values of the type can be written as a literal; the reason where not.
  static std::string obstacle(Type type) {
    if (type.is_scalar()) return "";
    if (type.is_vec() || type.is_struct()) {
      for (Type child : type.children()) {
        std::string inner = obstacle(child);
        if (!inner.empty()) return inner;
      }
      return "";
    }
    return type.to_string() + " has no literal";
  }

  OwnedArguments take() { return std::move(arguments_); }
  Diagnostics& diagnostics() { return diagnostics_; }

 private:
  static std::string count(size_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
  }

  std::byte* allocate(int64_t size) {
    const size_t bytes = size > 0 ? static_cast<size_t>(size) : 1;
    void* block = nullptr;
    WELD_CHECK(posix_memalign(&block, kBufferAlignment, bytes) == 0, "out of memory for arguments");
    std::memset(block, 0, bytes);
    arguments_.blocks_.emplace_back(static_cast<std::byte*>(block));
    return static_cast<std::byte*>(block);
  }

  void fail(std::string message, Span span) {
    constexpr size_t kMaximumDiagnostics = 10;
    if (diagnostics_.size() < kMaximumDiagnostics) diagnostics_.push_back({std::move(message), span});
  }

  void expected(Type type, const Expr& expr) { fail("expected " + type.to_string() + ", found " + describe(expr), expr.span()); }

  // An ascription may be written where it says what the parameter's type says.
  const Expr* strip_ascription(const Expr* expr, Type type) {
    while (expr->is(NodeKind::kAscribe)) {
      if (!check_written(expr->operand_type(), type, *expr)) return nullptr;
      expr = expr->child(0).get();
    }
    return expr;
  }

  bool check_written(Type written, Type type, const Expr& expr) {
    if (written.contains_unknown() || written == type) return true;
    fail("the argument's type is " + type.to_string() + ", not " + written.to_string(), expr.span());
    return false;
  }

  void write(const Expr& literal, Type type, std::byte* place) {
    const Expr* expr = strip_ascription(&literal, type);
    if (expr == nullptr) return;
    if (type.is_scalar()) {
      write_scalar(*expr, type, place);
    } else if (type.is_vec()) {
      write_vector(*expr, type, place);
    } else {
      write_struct(*expr, type, place);
    }
  }

  void write_scalar(const Expr& expr, Type type, std::byte* place) {
    const ScalarKind kind = type.scalar_kind();
    if (kind == ScalarKind::kBool) {
      if (!expr.is(NodeKind::kLiteral) || expr.literal().kind != ScalarKind::kBool) return expected(type, expr);
      *place = static_cast<std::byte>(expr.literal().bits & 1);
      return;
    }
    const std::optional<Number> number = number_of(expr);
    if (!number) return expected(type, expr);
    if (kind == ScalarKind::kF64) {
      const double value = as_double(*number);
      std::memcpy(place, &value, sizeof value);
    } else if (kind == ScalarKind::kF32) {
      const float value = static_cast<float>(as_double(*number));
      std::memcpy(place, &value, sizeof value);
    } else if (number->is_float) {
      fail("expected " + type.to_string() + ", found a float", expr.span());
    } else if (!in_range(*number, kind)) {
      const std::string text = (number->negative ? "-" : "") + std::to_string(number->magnitude);
      fail(text + " is out of range for " + type.to_string(), expr.span());
    } else {
      const uint64_t bits = number->negative ? uint64_t{0} - number->magnitude : number->magnitude;
      std::memcpy(place, &bits, static_cast<size_t>(scalar_size(kind)));  // little-endian, as every target of the JIT
    }
  }

  void write_vector(const Expr& expr, Type type, std::byte* place) {
    const Type element = type.child(0);
    WeldVec vec = {};
    if (expr.is(NodeKind::kStringLiteral)) {
      if (!element.is_scalar(ScalarKind::kI8) && !element.is_scalar(ScalarKind::kU8)) return expected(type, expr);
      const std::string& bytes = expr.bytes();
      vec.length = static_cast<int64_t>(bytes.size());
      std::byte* data = allocate(vec.length);
      std::memcpy(data, bytes.data(), bytes.size());
      vec.data = reinterpret_cast<uint8_t*>(data);
    } else if (expr.is(NodeKind::kMakeVector)) {
      if (!check_written(expr.operand_type(), type, expr)) return;
      vec.length = static_cast<int64_t>(expr.children().size());
      const int64_t stride = layout_of(element).size;
      std::byte* data = allocate(vec.length * stride);
      for (const ExprPtr& child : expr.children()) {
        write(*child, element, data);
        data += stride;
      }
      vec.data = reinterpret_cast<uint8_t*>(data - vec.length * stride);
    } else {
      return expected(type, expr);
    }
    std::memcpy(place, &vec, sizeof vec);
  }

  void write_struct(const Expr& expr, Type type, std::byte* place) {
    if (!expr.is(NodeKind::kMakeStruct)) return expected(type, expr);
    if (expr.children().size() != type.children().size()) {
      const size_t given = expr.children().size();
      return fail(type.to_string() + " has " + count(type.children().size(), "field") + ", " + std::to_string(given) + " given",
                  expr.span());
    }
    const std::vector<int64_t> offsets = field_offsets(type);
    for (size_t i = 0; i < offsets.size(); ++i) write(*expr.child(i), type.child(i), place + offsets[i]);
  }

  OwnedArguments arguments_;
  Diagnostics diagnostics_;
};

namespace {

// Diagnostics of the text in braces, as ones of the text itself: at its end the parser found a brace that nobody wrote.
Diagnostics unwrapped(Diagnostics diagnostics, std::string_view text) {
  const uint32_t size = static_cast<uint32_t>(text.size());
  auto move = [size](uint32_t offset) { return std::min(offset == 0 ? 0 : offset - 1, size); };
  for (Diagnostic& diagnostic : diagnostics) {
    const size_t found = diagnostic.message.find(" but found `}`");
    if (found != std::string::npos && diagnostic.span.begin > size)
      diagnostic.message.replace(found, std::string::npos, " but found the end");
    diagnostic.span = {move(diagnostic.span.begin), move(diagnostic.span.end)};
  }
  return diagnostics;
}

Result<OwnedArguments> parse_wrapped(std::string_view text, std::span<const Type> types) {
  // The line end keeps a comment at the end of the text from hiding the brace.
  Result<Program> program = parse_program("{" + std::string(text) + "\n}");
  if (!program.ok()) return unwrapped(program.diagnostics(), text);
  const ExprPtr& body = program->body;
  const uint32_t end = static_cast<uint32_t>(text.size()) + 1;
  if (!body->is(NodeKind::kMakeStruct)) {
    return unwrapped({{"expected literals separated by commas", body->span()}}, text);
  }
  ArgumentBuilder builder;
  builder.build(*body, types, {end, end});
  if (!builder.diagnostics().empty()) return unwrapped(std::move(builder.diagnostics()), text);
  return builder.take();
}

}  // namespace

Result<OwnedArguments> parse_values(std::string_view text, std::span<const Type> types) {
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string obstacle = ArgumentBuilder::obstacle(types[i]);
    if (!obstacle.empty()) return Diagnostic{"parameter " + std::to_string(i) + " cannot be given as text: " + obstacle, {}};
  }
  constexpr size_t kMaximumText = std::numeric_limits<uint32_t>::max() - 4;
  if (text.size() > kMaximumText) return Diagnostic{"the text of the arguments is too long", {}};
  std::optional<Result<OwnedArguments>> result;
  run_on_deep_stack([&] { result = parse_wrapped(text, types); });
  return std::move(*result);
}

}  // namespace weld
