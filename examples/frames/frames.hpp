// A small library of data frames over lazy Weld objects: an example of a library that knows nothing of the others whose values it
// is given. Nothing is computed until a column is evaluated; then all operations that led to it become one program.
//
// Frames are immutable and cheap to copy. Functions throw std::invalid_argument for names that are not there or there twice, and
// weld::Error for columns of unfit types, with the label of the operation, such as "frames: filter". Columns of different length
// are an error (MismatchedZipSize) of the evaluation.
#ifndef FRAMES_HPP_
#define FRAMES_HPP_

#include <string>
#include <utility>
#include <vector>

#include <weld.hpp>

namespace frames {

#define FRAMES_API __attribute__((visibility("default")))

enum class Comparison { kLess, kLessOrEqual, kEqual, kNotEqual, kGreaterOrEqual, kGreater };

// How the values of a group become one.
enum class Reduction { kCount, kSum, kMean, kMinimum, kMaximum };

// A column of a grouped frame. Mean is f64; count is i64 and takes no column.
struct Aggregate {
  std::string name;
  Reduction reduction;
  std::string column;
};

class FRAMES_API Frame {
 public:
  using Column = std::pair<std::string, weld::Object>;

  // Columns are vecs of one length.
  explicit Frame(std::vector<Column> columns);

  const std::vector<Column>& columns() const { return columns_; }
  const weld::Object& column(const std::string& name) const;

  // The frame with a column more, or another one under a name.
  Frame with_column(const std::string& name, weld::Object values) const;
  // The rows for which mask, a vec[bool], is true.
  Frame filter(const weld::Object& mask) const;
  // One row for each value of the key column, in its order: the key, then the aggregates.
  Frame group_by(const std::string& key, const std::vector<Aggregate>& aggregates) const;
  // Inner join: a row for each pair of rows with equal keys, in the order of this frame and within it of the other. The columns
  // of both; the key column once.
  Frame join(const Frame& other, const std::string& key) const;

 private:
  std::vector<Column> columns_;
};

// A mask: how each value of a column compares with a scalar of its type.
FRAMES_API weld::Object compare(const weld::Object& column, Comparison comparison, const weld::Object& scalar);

}  // namespace frames

#endif  // FRAMES_HPP_
