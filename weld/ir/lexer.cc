// One pass over the bytes. A number takes the longest run of letters, digits, `_` and `$` behind it, and what is not digits in
// that run is its suffix, so `12abc` is one wrong number and not a number and a name. The sign is no part of a number: the parser
// folds it, and only then is the range checked, so that the most negative value can be written.
#include "weld/ir/lexer.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

namespace weld {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct Suffix {
  const char* text;
  ScalarKind kind;
};
constexpr Suffix kIntegerSuffixes[] = {
    {"i8", ScalarKind::kI8},  {"i16", ScalarKind::kI16}, {"i32", ScalarKind::kI32}, {"i64", ScalarKind::kI64},
    {"u8", ScalarKind::kU8},  {"u16", ScalarKind::kU16}, {"u32", ScalarKind::kU32}, {"u64", ScalarKind::kU64},
    {"si", ScalarKind::kI16}, {"c", ScalarKind::kI8},    {"C", ScalarKind::kI8},    {"l", ScalarKind::kI64},
    {"L", ScalarKind::kI64},
};

// The suffix that ends the digits, which keep at least one digit: `0xc` is 12 and `0xfc` is i8 15.
std::optional<Suffix> integer_suffix(std::string_view digits) {
  for (const Suffix& suffix : kIntegerSuffixes) {
    std::string_view text = suffix.text;
    if (digits.size() > text.size() && digits.ends_with(text)) return suffix;
  }
  return std::nullopt;
}

// True when a decimal number that no double holds is too small rather than too large: its first nonzero digit stands, after the
// exponent, right of the point.
bool is_tiny(std::string_view text) {
  size_t exponent_at = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, exponent_at);
  bool negative_exponent = exponent_at != std::string_view::npos && text[exponent_at + 1] == '-';
  size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return true;
  if (exponent_at != std::string_view::npos) return negative_exponent;
  size_t point = mantissa.find('.');
  return point != std::string_view::npos && first > point;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Tokens run() {
    size_t end = source_.size();  // behind the last token, where what is missing would stand
    while (skip_blanks(), position_ < source_.size() && result_.diagnostics.size() < kMaximumDiagnostics) {
      next();
      end = position_;
    }
    position_ = end;
    add(TokenKind::kEnd, position_);
    return std::move(result_);
  }

 private:
  char at(size_t offset) const { return offset < source_.size() ? source_[offset] : '\0'; }
  Span span_from(size_t begin) const { return {static_cast<uint32_t>(begin), static_cast<uint32_t>(position_)}; }

  Token& add(TokenKind kind, size_t begin) {
    Token token;
    token.kind = kind;
    token.span = span_from(begin);
    return result_.tokens.emplace_back(token);
  }

  void error(size_t begin, std::string message) {
    result_.diagnostics.push_back({std::move(message), span_from(begin)});
    add(TokenKind::kError, begin);
  }

  void skip_blanks() {
    while (position_ < source_.size()) {
      char c = source_[position_];
      if (c == '#') {
        position_ = std::min(source_.find('\n', position_), source_.size());
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
        ++position_;
      } else {
        return;
      }
    }
  }

  void next() {
    char c = source_[position_];
    if (is_digit(c)) return number();
    if (is_name_start(c)) return word();
    if (c == '"') return string();
    if (!symbol()) unknown();
  }

  void word() {
    size_t begin = position_;
    skip_name();
    std::string_view text = source_.substr(begin, position_ - begin);
    add(is_keyword(text) ? TokenKind::kKeyword : TokenKind::kIdentifier, begin);
  }

  void skip_name() {
    while (is_name_part(at(position_))) ++position_;
  }
  void skip_digits() {
    while (is_digit(at(position_))) ++position_;
  }

  void number() {
    size_t begin = position_;
    if (at(begin) == '0' && (at(begin + 1) == 'x' || at(begin + 1) == 'b')) {
      skip_name();
      return integer(begin, begin + 2, at(begin + 1) == 'x' ? 16 : 2);
    }
    skip_digits();
    bool is_float = false;
    if (at(position_) == '.' && is_digit(at(position_ + 1))) {
      is_float = true;
      ++position_;
      skip_digits();
    }
    char exponent = at(position_);
    if (exponent == 'e' || exponent == 'E') {
      size_t digits = position_ + 1;
      if (at(digits) == '+' || at(digits) == '-') ++digits;
      if (is_digit(at(digits))) {
        is_float = true;
        position_ = digits;
        skip_digits();
      }
    }
    size_t end_of_digits = position_;
    skip_name();
    std::string_view suffix = source_.substr(end_of_digits, position_ - end_of_digits);
    if (suffix == "f" || suffix == "F") return floating<float>(begin, end_of_digits, ScalarKind::kF32);
    if (!is_float) return integer(begin, begin, 10);
    if (suffix.empty()) return floating<double>(begin, end_of_digits, ScalarKind::kF64);
    bad_number(begin);
  }

  void bad_number(size_t begin) {
    error(begin, fmt::format("`{}` is not a number; the suffixes are c si L f i8 i16 i32 i64 u8 u16 u32 u64",
                             source_.substr(begin, std::min<size_t>(position_ - begin, 40))));
  }

  // The digits, in the given base, and a suffix stand from digits_begin up to the current position.
  void integer(size_t begin, size_t digits_begin, unsigned base) {
    std::string_view digits = source_.substr(digits_begin, position_ - digits_begin);
    ScalarKind kind = ScalarKind::kI32;
    if (std::optional<Suffix> suffix = integer_suffix(digits)) {
      kind = suffix->kind;
      digits.remove_suffix(std::string_view(suffix->text).size());
    }
    uint64_t value = 0;
    bool too_large = false;
    for (char c : digits) {
      int digit = hex_digit(c);
      if (digit < 0 || digit >= static_cast<int>(base)) return bad_number(begin);
      too_large |= __builtin_mul_overflow(value, static_cast<uint64_t>(base), &value);
      too_large |= __builtin_add_overflow(value, static_cast<uint64_t>(digit), &value);
    }
    if (digits.empty()) return bad_number(begin);
    Token& token = add(TokenKind::kInteger, begin);
    token.scalar = kind;
    token.value = value;
    token.too_large = too_large;
  }

  template <class Float>
  void floating(size_t begin, size_t end, ScalarKind kind) {
    Float value = 0;
    auto [last, status] = std::from_chars(source_.data() + begin, source_.data() + end, value);
    if (status == std::errc::result_out_of_range) {
      if (!is_tiny(source_.substr(begin, end - begin))) {
        return error(begin, fmt::format("the number is out of range for {}", scalar_name(kind)));
      }
      value = 0;
    } else if (status != std::errc() || last != source_.data() + end) {
      return bad_number(begin);
    }
    Token& token = add(TokenKind::kFloat, begin);
    token.scalar = kind;
    if constexpr (sizeof(Float) == 4) {
      token.value = std::bit_cast<uint32_t>(value);
    } else {
      token.value = std::bit_cast<uint64_t>(value);
    }
  }

  void string() {
    size_t begin = position_++;
    std::string bytes;
    bool good = true;
    while (at(position_) != '"') {
      if (position_ >= source_.size()) {
        position_ = begin + 1;
        error(begin, "this string has no closing `\"`");
        position_ = source_.size();
        return;
      }
      char c = source_[position_++];
      if (c != '\\') {
        bytes.push_back(c);
      } else if (std::optional<char> escaped = escape()) {
        bytes.push_back(*escaped);
      } else {
        good = false;
      }
    }
    ++position_;
    Token& token = add(good ? TokenKind::kString : TokenKind::kError, begin);
    token.value = result_.strings.size();
    result_.strings.push_back(std::move(bytes));
  }

  // The byte that the escape behind a backslash stands for.
  std::optional<char> escape() {
    size_t begin = position_ - 1;
    if (position_ >= source_.size()) return std::nullopt;  // the missing quote is what gets reported
    char c = source_[position_++];
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case '0':
        return '\0';
      case '\\':
        return '\\';
      case '"':
        return '"';
      case 'x': {
        int high = hex_digit(at(position_));
        int low = hex_digit(at(position_ + 1));
        if (high < 0 || low < 0) break;
        position_ += 2;
        return static_cast<char>(high * 16 + low);
      }
      default:
        break;
    }
    if (result_.diagnostics.size() < kMaximumDiagnostics) {
      result_.diagnostics.push_back(
          {"unknown escape; the escapes are \\n \\t \\r \\0 \\\\ \\\" and \\xHH with two hexadecimal digits", span_from(begin)});
    }
    return std::nullopt;
  }

  bool symbol() {
    size_t begin = position_;
    std::string_view two = source_.substr(position_, 2);
    if (two.size() == 2 && binary_op_with_symbol(two)) {
      position_ += 2;
      add(TokenKind::kOperator, begin);
      return true;
    }
    TokenKind kind = single(source_[position_]);
    if (kind == TokenKind::kError) return false;
    ++position_;
    add(kind, begin);
    return true;
  }

  static TokenKind single(char c) {
    switch (c) {
      case '(':
        return TokenKind::kOpenParen;
      case ')':
        return TokenKind::kCloseParen;
      case '[':
        return TokenKind::kOpenBracket;
      case ']':
        return TokenKind::kCloseBracket;
      case '{':
        return TokenKind::kOpenBrace;
      case '}':
        return TokenKind::kCloseBrace;
      case ',':
        return TokenKind::kComma;
      case ';':
        return TokenKind::kSemicolon;
      case ':':
        return TokenKind::kColon;
      case '.':
        return TokenKind::kDot;
      case '=':
        return TokenKind::kAssign;
      case '?':
        return TokenKind::kQuestion;
      case '@':
        return TokenKind::kAt;
      case '!':
        return TokenKind::kOperator;
      default:
        return binary_op_with_symbol({&c, 1}) ? TokenKind::kOperator : TokenKind::kError;
    }
  }

  // A run of bytes that start no token is one error.
  void unknown() {
    size_t begin = position_;
    auto starts_token = [&](char c) {
      return is_name_part(c) || c == '"' || c == '#' || c == ' ' || c == '\n' || c == '\t' || c == '\r' ||
             single(c) != TokenKind::kError;
    };
    while (position_ < source_.size() && !starts_token(source_[position_])) ++position_;
    if (begin == position_) ++position_;
    std::string_view run = source_.substr(begin, position_ - begin);
    bool printable = run.size() <= 20 && std::all_of(run.begin(), run.end(), [](char c) { return c > ' ' && c < 127; });
    error(begin, printable ? fmt::format("unexpected `{}`", run)
                           : fmt::format("unexpected byte 0x{:02x}", static_cast<unsigned char>(run[0])));
  }

  std::string_view source_;
  size_t position_ = 0;
  Tokens result_;
};

}  // namespace

Tokens tokenize(std::string_view source) { return Lexer(source).run(); }

Diagnostics in_order(Diagnostics diagnostics) {
  auto key = [](const Diagnostic& diagnostic) {
    return std::tie(diagnostic.span.begin, diagnostic.span.end, diagnostic.message);
  };
  std::sort(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  auto same = [&](const Diagnostic& a, const Diagnostic& b) { return key(a) == key(b); };
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end(), same), diagnostics.end());
  if (diagnostics.size() > kMaximumDiagnostics) diagnostics.resize(kMaximumDiagnostics);
  return diagnostics;
}

bool is_keyword(std::string_view word) {
  static const std::unordered_set<std::string_view> keywords = {
      "acos",        "appender",    "asin",       "atan",  "bool",      "broadcast", "cos",    "cosh",      "cudf",
      "deserialize", "dict",        "dictmerger", "erf",   "exp",       "f32",       "f64",    "false",     "for",
      "fringeiter",  "groupmerger", "i16",        "i32",   "i64",       "i8",        "if",     "iter",      "iterate",
      "keyexists",   "len",         "let",        "log",   "lookup",    "macro",     "max",    "merge",     "merger",
      "min",         "nditer",      "optlookup",  "pow",   "rangeiter", "result",    "select", "serialize", "simd",
      "simditer",    "sin",         "sinh",       "slice", "sort",      "sqrt",      "tan",    "tanh",      "tovec",
      "true",        "type",        "u16",        "u32",   "u64",       "u8",        "vec",    "vecmerger", "zip",
  };
  return keywords.contains(word);
}

}  // namespace weld
