// A small library of arrays of f64 over lazy Weld objects: an example of a library that knows nothing of the others whose values
// it is given. Nothing is computed until an object is evaluated; then all operations that led to it become one program.
//
// Arrays and matrices are immutable and cheap to copy. Functions throw weld::Error for objects of unfit types, with the label of
// the operation, such as "arrays: log", and std::invalid_argument for matrices without columns or of different width. Arrays of
// different length are an error (MismatchedZipSize) of the evaluation.
#ifndef ARRAYS_HPP_
#define ARRAYS_HPP_

#include <vector>

#include <weld.hpp>

namespace arrays {

#define ARRAYS_API __attribute__((visibility("default")))

// A vec[f64]. Operators work element by element; one with a number takes it for every element.
class ARRAYS_API Array {
 public:
  explicit Array(weld::Object values);
  const weld::Object& object() const { return values_; }

 private:
  weld::Object values_;
};

// A number that is not known yet, an f64.
class ARRAYS_API Scalar {
 public:
  Scalar(double value);  // implicit: numbers stand beside arrays in expressions
  explicit Scalar(weld::Object value);
  const weld::Object& object() const { return value_; }

 private:
  weld::Object value_;
};

ARRAYS_API Array operator+(const Array& left, const Array& right);
ARRAYS_API Array operator-(const Array& left, const Array& right);
ARRAYS_API Array operator*(const Array& left, const Array& right);
ARRAYS_API Array operator/(const Array& left, const Array& right);
ARRAYS_API Array operator+(const Array& left, const Scalar& right);
ARRAYS_API Array operator-(const Array& left, const Scalar& right);
ARRAYS_API Array operator-(const Scalar& left, const Array& right);
ARRAYS_API Array operator*(const Array& left, const Scalar& right);
ARRAYS_API Array operator/(const Array& left, const Scalar& right);
ARRAYS_API Array log(const Array& values);
ARRAYS_API Array exp(const Array& values);
ARRAYS_API Array sqrt(const Array& values);

ARRAYS_API Scalar sum(const Array& values);
ARRAYS_API Scalar mean(const Array& values);     // NaN of no elements
ARRAYS_API Scalar maximum(const Array& values);  // NaN of no elements

// A matrix as its columns.
class ARRAYS_API Matrix {
 public:
  explicit Matrix(std::vector<Array> columns);
  // Of elements that lie row by row; their number is a multiple of width, else the evaluation ends in AssertionError.
  static Matrix row_major(const Array& elements, int width);

  const std::vector<Array>& columns() const { return columns_; }

 private:
  std::vector<Array> columns_;
};

// Broadcasts an array of as many elements as there are columns over the rows.
ARRAYS_API Matrix operator-(const Matrix& matrix, const Array& row);
ARRAYS_API Matrix operator*(const Matrix& matrix, const Array& row);
// The matrix times a vector with an element for each column; more elements do not count, fewer are ArrayOutOfBounds.
ARRAYS_API Array multiply(const Matrix& matrix, const Array& vector);

}  // namespace arrays

#endif  // ARRAYS_HPP_
