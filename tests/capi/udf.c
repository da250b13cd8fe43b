/* A library of functions for cudf. */
#include <stdint.h>

void weld_test_add(const int64_t* left, const int64_t* right, int64_t* result) { *result = *left + *right; }
