/* C functions that the tests call through cudf: void name(const A*, ..., R*). */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
  const int8_t* data;
  int64_t length;
} Text;
typedef struct {
  const int64_t* data;
  int64_t length;
} Numbers;
typedef struct {
  const Text* data;
  int64_t length;
} Texts;
typedef struct {
  int8_t first;
  double second;
  bool third;
} Mixed;
typedef struct {
  bool first;
  int8_t second;
  double third;
} Turned;
typedef struct {
  int8_t key;
  Text text;
  Numbers numbers;
} Record;

typedef struct {
  const void* first;
  const void* second;
} DictPair;
typedef struct {
  const void* dict;
  int64_t number;
} DictAndNumber;

/* Not a function. */
int64_t weld_test_data = 7;

static atomic_int_fast64_t calls;

/* Wraps, as Weld's own + does. */
void weld_test_add(const int64_t* left, const int64_t* right, int64_t* result) {
  *result = (int64_t)((uint64_t)*left + (uint64_t)*right);
}

void weld_test_answer(int64_t* result) { *result = 42; }

void weld_test_none(const int64_t* number, void* result) {
  (void)number;
  (void)result;
}

void weld_test_widths(const int8_t* a, const int16_t* b, const int32_t* c, const uint8_t* d, const uint16_t* e, const uint32_t* f,
                      const float* g, const bool* h, double* result) {
  *result = *a + *b + *c + *d + *e + (double)*f + (double)*g + (*h ? 0.5 : 0.25);
}

void weld_test_negate(const bool* value, bool* result) { *result = !*value; }

void weld_test_turn(const Mixed* mixed, Turned* result) {
  result->first = mixed->third;
  result->second = mixed->first;
  result->third = mixed->second;
}

void weld_test_length(const Text* text, int64_t* result) { *result = text->length; }

/* Dictionaries are opaque. */
void weld_test_same_dict(const void* const* dict, const void** result) { *result = *dict; }

void weld_test_choose_dict(const bool* first, const DictPair* dicts, DictAndNumber* result) {
  result->dict = *first ? dicts->first : dicts->second;
  result->number = *first ? 1 : 2;
}

/* Of memory that is the library's. */
void weld_test_primes(const int64_t* count, Numbers* result) {
  static const int64_t primes[] = {2, 3, 5, 7, 11, 13, 17, 19};
  result->data = primes;
  result->length = *count < 0 ? 0 : *count > 8 ? 8 : *count;
}

/* Of memory that is the argument's. */
void weld_test_longest(const Texts* texts, Text* result) {
  *result = (Text){0, 0};
  for (int64_t i = 0; i < texts->length; i++) {
    if (texts->data[i].length > result->length) *result = texts->data[i];
  }
}

void weld_test_record(const Text* text, const Numbers* numbers, Record* result) {
  result->key = (int8_t)(text->length + numbers->length);
  result->text = *text;
  result->numbers = *numbers;
}

/* The number it is given; the calls are counted. */
void weld_test_count(const int64_t* number, int64_t* result) {
  atomic_fetch_add(&calls, 1);
  *result = *number;
}

int64_t weld_test_take_calls(void) { return atomic_exchange(&calls, 0); }
