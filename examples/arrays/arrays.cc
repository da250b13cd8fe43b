// Each operation is a fragment over the arrays that it reads.
#include <arrays.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace arrays {
namespace {

weld::Object checked(weld::Object object, const char* type) {
  if (object.type() != type) throw std::invalid_argument("arrays: expected " + std::string(type) + ", not " + object.type());
  return object;
}

// label: "arrays: NAME".
std::string label(const std::string& name) { return "arrays: " + name; }

Array elementwise(const char* symbol, const Array& left, const Array& right) {
  return Array(weld::Object(std::string("map(zip(left, right), |x| x.$0 ") + symbol + " x.$1)",
                            {{"left", left.object()}, {"right", right.object()}}, label(symbol)));
}

// expression: of x, an element, and scalar.
Array with_scalar(const char* expression, const Array& array, const Scalar& scalar) {
  return Array(weld::Object(std::string("map(array, |x| ") + expression + ")",
                            {{"array", array.object()}, {"scalar", scalar.object()}}, label(expression)));
}

Array function_of(const char* name, const Array& values) {
  return Array(weld::Object(std::string("map(values, |x| ") + name + "(x))", {{"values", values.object()}}, label(name)));
}

Scalar reduce(const char* fragment, const Array& values, const char* name) {
  return Scalar(weld::Object(fragment, {{"values", values.object()}}, label(name)));
}

Scalar element(const Array& array, size_t index) {
  return Scalar(weld::Object("lookup(array, " + std::to_string(index) + "L)", {{"array", array.object()}}, label("element")));
}

template <class Operation>
Matrix broadcast(const Matrix& matrix, const Array& row, const Operation& operation) {
  std::vector<Array> columns;
  for (size_t i = 0; i < matrix.columns().size(); i++) columns.push_back(operation(matrix.columns()[i], element(row, i)));
  return Matrix(std::move(columns));
}

}  // namespace

Array::Array(weld::Object values) : values_(checked(std::move(values), "vec[f64]")) {}

Scalar::Scalar(double value) : value_(weld::Object::scalar(value, "arrays: number")) {}
Scalar::Scalar(weld::Object value) : value_(checked(std::move(value), "f64")) {}

Array operator+(const Array& left, const Array& right) { return elementwise("+", left, right); }
Array operator-(const Array& left, const Array& right) { return elementwise("-", left, right); }
Array operator*(const Array& left, const Array& right) { return elementwise("*", left, right); }
Array operator/(const Array& left, const Array& right) { return elementwise("/", left, right); }
Array operator+(const Array& left, const Scalar& right) { return with_scalar("x + scalar", left, right); }
Array operator-(const Array& left, const Scalar& right) { return with_scalar("x - scalar", left, right); }
Array operator-(const Scalar& left, const Array& right) { return with_scalar("scalar - x", right, left); }
Array operator*(const Array& left, const Scalar& right) { return with_scalar("x * scalar", left, right); }
Array operator/(const Array& left, const Scalar& right) { return with_scalar("x / scalar", left, right); }
Array log(const Array& values) { return function_of("log", values); }
Array exp(const Array& values) { return function_of("exp", values); }
Array sqrt(const Array& values) { return function_of("sqrt", values); }

Scalar sum(const Array& values) { return reduce("sum(values)", values, "sum"); }
Scalar mean(const Array& values) { return reduce("sum(values) / f64(len(values))", values, "mean"); }
Scalar maximum(const Array& values) {
  return reduce(
      "let most = result(for(values, merger[f64,max], |m, i, x| merge(m, x))); "
      "if(len(values) == 0L, 0.0 / 0.0, most)",
      values, "maximum");
}

Matrix::Matrix(std::vector<Array> columns) : columns_(std::move(columns)) {
  if (columns_.empty()) throw std::invalid_argument("arrays: a matrix has columns");
}

Matrix Matrix::row_major(const Array& elements, int width) {
  if (width < 1) throw std::invalid_argument("arrays: a matrix has columns");
  std::vector<Array> columns;
  const weld::Object stride = weld::Object::scalar<std::int64_t>(width, "arrays: width");
  for (std::int64_t i = 0; i < width; i++) {
    columns.push_back(Array(
        weld::Object("let whole = assert(len(elements) % width == 0L);"
                     "map(result(for(rangeiter(0L, len(elements) / width, 1L), appender[i64], |b, i, row| merge(b, row))),"
                     "  |row| lookup(elements, row * width + first))",
                     {{"elements", elements.object()}, {"first", weld::Object::scalar(i, "arrays: column")}, {"width", stride}},
                     label("row_major"))));
  }
  return Matrix(std::move(columns));
}

Matrix operator-(const Matrix& matrix, const Array& row) {
  return broadcast(matrix, row, [](const Array& column, const Scalar& number) { return column - number; });
}
Matrix operator*(const Matrix& matrix, const Array& row) {
  return broadcast(matrix, row, [](const Array& column, const Scalar& number) { return column * number; });
}

Array multiply(const Matrix& matrix, const Array& vector) {
  const Matrix weighted = matrix * vector;
  Array total = weighted.columns()[0];
  for (size_t i = 1; i < weighted.columns().size(); i++) total = total + weighted.columns()[i];
  return total;
}

}  // namespace arrays
