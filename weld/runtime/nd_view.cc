// The views of nditer.
//
// Whether every row's element is inside the vec is known from two of them: the lowest has, in each dimension, the first or the
// last coordinate, as the stride is positive or negative, and the highest has the other. Both are found by adding to start what
// each dimension takes away or adds, which only ever moves away from start; so the first sum that is outside decides, and no sum
// overflows.
#include <cstring>

#include "weld/runtime/runtime.h"

namespace {

int64_t read(const void* numbers, int64_t index) {
  int64_t number = 0;
  std::memcpy(&number, static_cast<const uint8_t*>(numbers) + index * 8, sizeof(number));
  return number;
}

// The number of rows; -1 when an extent is negative or there are more rows than an i64 holds.
int64_t product(const void* shape, int64_t length) {
  bool none = false;
  for (int64_t i = 0; i < length; ++i) {
    if (read(shape, i) < 0) return -1;
    none = none || read(shape, i) == 0;
  }
  if (none) return 0;
  int64_t rows = 1;
  for (int64_t i = 0; i < length; ++i) {
    if (__builtin_mul_overflow(rows, read(shape, i), &rows)) return -1;
  }
  return rows;
}

bool stays_inside(int64_t length, int64_t start, const void* shape, const void* strides, int64_t dimensions) {
  if (start < 0 || start >= length) return false;
  int64_t lowest = start;
  int64_t highest = start;
  for (int64_t i = 0; i < dimensions; ++i) {
    int64_t reach = 0;
    if (__builtin_mul_overflow(read(shape, i) - 1, read(strides, i), &reach)) return false;
    int64_t& end = reach < 0 ? lowest : highest;
    if (__builtin_add_overflow(end, reach, &end)) return false;
    if (lowest < 0 || highest >= length) return false;
  }
  return true;
}

void add_dimension(WeldNdView* view, int64_t extent, int64_t stride) {
  if (extent == 1) return;
  if (view->dimensions > 0) {
    const int64_t last = view->dimensions - 1;
    int64_t behind = 0;
    const bool overflow = __builtin_mul_overflow(view->shape[last], view->strides[last], &behind);
    if (!overflow && behind == stride) {
      view->shape[last] *= extent;
      return;
    }
  }
  view->shape[view->dimensions] = extent;
  view->strides[view->dimensions] = stride;
  ++view->dimensions;
}

}  // namespace

uint8_t weld_rt_nd_open(WeldNdView* view, int64_t length, int64_t start, int64_t end, int64_t stride, const void* shape,
                        int64_t shape_length, const void* strides, int64_t strides_length) {
  if (stride != 1 || shape_length != strides_length) return 0;
  const int64_t rows = product(shape, shape_length);
  if (rows < 0 || rows != end) return 0;
  view->start = start;
  view->dimensions = 0;
  if (rows > 0) {
    if (!stays_inside(length, start, shape, strides, shape_length)) return 0;
    for (int64_t i = shape_length; i-- > 0;) add_dimension(view, read(shape, i), read(strides, i));
  }
  if (view->dimensions == 0) {
    view->shape[0] = rows;
    view->strides[0] = 1;
    view->dimensions = 1;
  }
  return 1;
}

void weld_rt_nd_seek(const WeldNdView* view, WeldNdCursor* cursor, int64_t row) {
  cursor->index = view->start;
  for (int64_t i = 0; i < view->dimensions; ++i) {
    const bool outermost = i + 1 == view->dimensions;
    const int64_t coordinate = outermost ? row : row % view->shape[i];
    if (!outermost) row /= view->shape[i];
    cursor->coordinates[i] = coordinate;
    cursor->index += coordinate * view->strides[i];
  }
  cursor->left = view->shape[0] - cursor->coordinates[0];
}

void weld_rt_nd_advance(const WeldNdView* view, WeldNdCursor* cursor, int64_t rows) {
  if (rows < cursor->left) {
    cursor->index += rows * view->strides[0];
    cursor->left -= rows;
    return;
  }
  // From the innermost dimension's last element back to its first, then on in the next one.
  cursor->index += (cursor->left - view->shape[0]) * view->strides[0];
  cursor->left = view->shape[0];
  for (int64_t i = 1; i < view->dimensions; ++i) {
    if (++cursor->coordinates[i] < view->shape[i]) {
      cursor->index += view->strides[i];
      return;
    }
    cursor->index -= (view->shape[i] - 1) * view->strides[i];
    cursor->coordinates[i] = 0;
  }
}
