#include <arrays.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/examples/elements.h"

namespace weld::test {
namespace {

using arrays::Array;
using arrays::Matrix;
using arrays::Scalar;
using Numbers = std::vector<double>;

Array array(Numbers numbers) { return Array(weld::Object::vec(std::move(numbers))); }
Numbers numbers(const Array& values) { return elements<double>(values.object()); }
double number(const Scalar& value) { return value.object().evaluate(weld::Context()).as<double>(); }

TEST(Arrays, ComputeElementByElement) {
  const Array a = array({1, 4, 9});
  const Array b = array({2, 2, 3});
  EXPECT_EQ(numbers(a + b), (Numbers{3, 6, 12}));
  EXPECT_EQ(numbers(a - b), (Numbers{-1, 2, 6}));
  EXPECT_EQ(numbers(a * b), (Numbers{2, 8, 27}));
  EXPECT_EQ(numbers(a / b), (Numbers{0.5, 2, 3}));
  EXPECT_EQ(numbers(sqrt(a)), (Numbers{1, 2, 3}));
  EXPECT_EQ(numbers(log(exp(array({0})))), (Numbers{0}));
}

TEST(Arrays, TakeANumberForEveryElement) {
  const Array a = array({1, 2});
  EXPECT_EQ(numbers(a + 1.0), (Numbers{2, 3}));
  EXPECT_EQ(numbers(a - 1.0), (Numbers{0, 1}));
  EXPECT_EQ(numbers(1.0 - a), (Numbers{0, -1}));
  EXPECT_EQ(numbers(a * 3.0), (Numbers{3, 6}));
  EXPECT_EQ(numbers(a / sum(a)), (Numbers{1.0 / 3, 2.0 / 3}));
}

TEST(Arrays, Reduce) {
  EXPECT_EQ(number(sum(array({1, 2, 4}))), 7);
  EXPECT_EQ(number(mean(array({1, 2, 6}))), 3);
  EXPECT_EQ(number(maximum(array({-3, -1, -2}))), -1);
  EXPECT_EQ(number(sum(array({}))), 0);
  EXPECT_TRUE(std::isnan(number(mean(array({})))));
  EXPECT_TRUE(std::isnan(number(maximum(array({})))));
}

TEST(Arrays, MatricesBroadcastAndMultiply) {
  const Matrix matrix = Matrix::row_major(array({1, 2, 3, 4, 5, 6}), 3);
  ASSERT_EQ(matrix.columns().size(), 3U);
  EXPECT_EQ(numbers(matrix.columns()[1]), (Numbers{2, 5}));
  EXPECT_EQ(numbers((matrix - array({1, 1, 2})).columns()[2]), (Numbers{1, 4}));
  EXPECT_EQ(numbers((matrix * array({1, 10, 100})).columns()[1]), (Numbers{20, 50}));
  EXPECT_EQ(numbers(multiply(matrix, array({1, 10, 100}))), (Numbers{321, 654}));
}

TEST(Arrays, FaultsAreReported) {
  EXPECT_THROW(Array(weld::Object::vec(std::vector<int>{1})), std::invalid_argument);
  EXPECT_THROW(Matrix({}), std::invalid_argument);
  EXPECT_THROW(Matrix::row_major(array({1}), 0), std::invalid_argument);
  const auto fails_with = [](const Array& values, std::uint64_t code, const char* place) {
    try {
      numbers(values);
      ADD_FAILURE() << "no error";
    } catch (const weld::Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << error.what();
    }
  };
  fails_with(array({1, 2}) + array({1}), WELD_ERROR_MISMATCHED_ZIP_SIZE, "'arrays: +'");
  fails_with(Matrix::row_major(array({1, 2, 3}), 2).columns()[0], WELD_ERROR_ASSERTION, "'arrays: row_major'");
  fails_with(multiply(Matrix::row_major(array({1, 2}), 2), array({1})), WELD_ERROR_ARRAY_OUT_OF_BOUNDS, "'arrays: element'");
}

}  // namespace
}  // namespace weld::test
