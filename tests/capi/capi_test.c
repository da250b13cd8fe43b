/* Uses every function of weld.h from C. Prints what fails and exits with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weld.h>

static int failures = 0;

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                     \
    }                                                                 \
  } while (0)

typedef struct {
  int64_t* data;
  int64_t length;
} i64_vec;

/* Compiles; a fault ends the test, because everything after it needs the module. */
static weld_module_t compile(const char* code, weld_conf_t conf) {
  weld_error_t err = weld_error_new();
  weld_module_t module = weld_module_compile(code, conf, err);
  if (module == NULL || weld_error_code(err) != WELD_ERROR_NONE) {
    fprintf(stderr, "%s\n%s\n", code, weld_error_message(err));
    exit(1);
  }
  weld_error_free(err);
  return module;
}

static void test_configuration(void) {
  weld_conf_t conf = weld_conf_new();
  CHECK(weld_conf_get(conf, "weld.threads") == NULL);
  weld_conf_set(conf, "weld.threads", "2");
  CHECK(strcmp(weld_conf_get(conf, "weld.threads"), "2") == 0);
  weld_conf_set(conf, "weld.threads", "1");
  CHECK(strcmp(weld_conf_get(conf, "weld.threads"), "1") == 0);
  weld_conf_set(conf, "someone.elses.key", "kept");
  CHECK(strcmp(weld_conf_get(conf, "someone.elses.key"), "kept") == 0);
  weld_conf_set(conf, "someone.elses.key", NULL);
  CHECK(weld_conf_get(conf, "someone.elses.key") == NULL);
  weld_context_t context = weld_context_new(conf);
  CHECK(context != NULL);
  weld_context_free(context);
  weld_conf_free(conf);
}

static void test_scalar(void) {
  weld_conf_t conf = weld_conf_new();
  weld_module_t module = compile("|x: i64, y: f64| {x + 5L, y * 2.0}", conf);
  CHECK(strcmp(weld_module_return_type(module), "{i64,f64}") == 0);
  CHECK(weld_module_param_count(module) == 2);
  CHECK(strcmp(weld_module_param_type(module, 0), "i64") == 0);
  CHECK(strcmp(weld_module_param_type(module, 1), "f64") == 0);
  CHECK(weld_module_param_type(module, 2) == NULL);
  CHECK(weld_module_param_type(module, -1) == NULL);

  struct {
    int64_t x;
    double y;
  } arguments = {37, 1.25};
  weld_value_t argument = weld_value_new(&arguments);
  CHECK(weld_value_data(argument) == &arguments);
  CHECK(weld_value_run(argument) == -1);
  CHECK(weld_value_context(argument) == NULL);

  weld_error_t err = weld_error_new();
  CHECK(weld_error_code(err) == WELD_ERROR_NONE);
  weld_context_t context = weld_context_new(conf);
  weld_conf_free(conf);
  weld_value_t result = weld_module_run(module, context, argument, err);
  CHECK(weld_error_code(err) == WELD_ERROR_NONE);
  CHECK(strcmp(weld_error_message(err), "Success") == 0);
  struct {
    int64_t x;
    double y;
  }* answer = weld_value_data(result);
  CHECK(answer != NULL && answer->x == 42 && answer->y == 2.5);
  CHECK(weld_value_run(result) >= 1);
  CHECK(arguments.x == 37);

  weld_value_free(result);
  weld_value_free(argument);
  weld_error_free(err);
  weld_context_free(context);
  weld_module_free(module);
}

/* A value outlives the module and the context that it came from. */
static void test_ownership(void) {
  weld_module_t module = compile("|v: vec[i64], f: i64| map(v, |x| x * f)", NULL);
  weld_context_t context = weld_context_new(NULL);
  int64_t numbers[1000];
  for (int i = 0; i < 1000; ++i) numbers[i] = i;
  struct {
    i64_vec v;
    int64_t f;
  } arguments = {{numbers, 1000}, 3};
  weld_value_t argument = weld_value_new(&arguments);
  CHECK(weld_context_memory_usage(context) == 0);
  weld_value_t result = weld_module_run(module, context, argument, NULL);
  weld_value_free(argument);
  weld_module_free(module);
  CHECK(weld_context_memory_usage(context) >= 8000);
  weld_context_free(context);
  memset(numbers, 0, sizeof numbers);

  i64_vec* answer = weld_value_data(result);
  CHECK(answer != NULL && answer->length == 1000);
  for (int64_t i = 0; answer != NULL && i < answer->length; ++i) CHECK(answer->data[i] == 3 * i);
  CHECK((uintptr_t)answer->data % 64 == 0);

  weld_context_t again = weld_value_context(result);
  CHECK(weld_context_memory_usage(again) >= 8000);
  weld_value_free(result);
  CHECK(weld_context_memory_usage(again) == 0);
  weld_context_free(again);
}

/* A result never refers to the argument's buffers, also when the program returns a parameter or a part of it. */
static void test_results_are_copies(void) {
  weld_context_t context = weld_context_new(NULL);
  weld_module_t module = compile("|v: vec[i64]| {v, slice(v, 1L, 2L)}", NULL);
  int64_t* numbers = malloc(3 * sizeof *numbers);
  for (int i = 0; i < 3; ++i) numbers[i] = i;
  i64_vec vec = {numbers, 3};
  weld_value_t argument = weld_value_new(&vec);
  weld_value_t result = weld_module_run(module, context, argument, NULL);
  weld_value_free(argument);
  free(numbers);
  struct {
    i64_vec all, part;
  }* answer = weld_value_data(result);
  CHECK(answer != NULL && answer->all.length == 3 && answer->all.data[2] == 2);
  CHECK(answer != NULL && answer->part.length == 2 && answer->part.data[0] == 1);
  weld_value_free(result);
  weld_module_free(module);
  weld_context_free(context);
}

/* The result of one run is the argument of the next. */
static void test_chain(void) {
  weld_context_t context = weld_context_new(NULL);
  weld_module_t first = compile("|v: vec[i64]| map(v, |x| x + 1L)", NULL);
  weld_module_t second = compile("|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e)))", NULL);
  int64_t numbers[] = {1, 2, 3};
  i64_vec vec = {numbers, 3};
  weld_value_t argument = weld_value_new(&vec);
  weld_value_t middle = weld_module_run(first, context, argument, NULL);
  weld_value_t result = weld_module_run(second, context, middle, NULL);
  CHECK(weld_value_run(result) > weld_value_run(middle));
  CHECK(result != NULL && *(int64_t*)weld_value_data(result) == 9);
  weld_value_free(argument);
  weld_value_free(middle);
  weld_value_free(result);
  weld_module_free(first);
  weld_module_free(second);
  weld_context_free(context);
}

static void test_errors(void) {
  weld_error_t err = weld_error_new();
  CHECK(weld_module_compile("|x: i64| x + 1", NULL, err) == NULL);
  CHECK(weld_error_code(err) == WELD_ERROR_COMPILE);
  CHECK(strstr(weld_error_message(err), "program:1:") != NULL);
  CHECK(strstr(weld_error_message(err), "^") != NULL);

  weld_module_t module = compile("|v: vec[i64], i: i64| lookup(v, i)", NULL);
  weld_context_t context = weld_context_new(NULL);
  int64_t numbers[] = {10, 20, 30};
  struct {
    i64_vec v;
    int64_t i;
  } arguments = {{numbers, 3}, 3};
  weld_value_t argument = weld_value_new(&arguments);
  CHECK(weld_module_run(module, context, argument, err) == NULL);
  CHECK(weld_error_code(err) == WELD_ERROR_ARRAY_OUT_OF_BOUNDS);
  CHECK(strstr(weld_error_message(err), "ArrayOutOfBounds") != NULL);
  CHECK(weld_context_memory_usage(context) == 0);

  /* The same handles go on to work. */
  arguments.i = 2;
  weld_value_t result = weld_module_run(module, context, argument, err);
  CHECK(weld_error_code(err) == WELD_ERROR_NONE);
  CHECK(result != NULL && *(int64_t*)weld_value_data(result) == 30);
  weld_value_free(result);

  weld_load_library("there/is/no/such/library.so", err);
  CHECK(weld_error_code(err) == WELD_ERROR_LOAD_LIBRARY);
  CHECK(strstr(weld_error_message(err), "library.so") != NULL);

  weld_value_free(argument);
  weld_context_free(context);
  weld_module_free(module);
  weld_error_free(err);
}

static void test_nulls(void) {
  weld_error_t err = weld_error_new();
  CHECK(weld_module_compile(NULL, NULL, err) == NULL && weld_error_code(err) == WELD_ERROR_UNKNOWN);
  CHECK(strstr(weld_error_message(err), "code") != NULL);
  CHECK(weld_module_compile(NULL, NULL, NULL) == NULL);
  weld_context_t context = weld_context_new(NULL);
  CHECK(weld_module_run(NULL, context, NULL, err) == NULL && weld_error_code(err) == WELD_ERROR_UNKNOWN);
  weld_module_t module = compile("|x: i64| x", NULL);
  CHECK(weld_module_run(module, NULL, NULL, err) == NULL && weld_error_code(err) == WELD_ERROR_CONFIGURATION);
  CHECK(weld_module_run(module, context, NULL, err) == NULL && weld_error_code(err) == WELD_ERROR_UNKNOWN);
  weld_value_t empty = weld_value_new(NULL);
  CHECK(weld_module_run(module, context, empty, err) == NULL && weld_error_code(err) == WELD_ERROR_UNKNOWN);
  weld_value_free(empty);
  weld_module_free(module);

  module = compile("|| 7L", NULL);
  CHECK(weld_module_param_count(module) == 0);
  weld_value_t result = weld_module_run(module, context, NULL, NULL);
  CHECK(result != NULL && *(int64_t*)weld_value_data(result) == 7);
  weld_value_free(result);
  weld_module_free(module);
  weld_context_free(context);

  weld_load_library(NULL, err);
  CHECK(weld_error_code(err) == WELD_ERROR_UNKNOWN);
  weld_error_free(err);
  CHECK(weld_error_code(NULL) == WELD_ERROR_UNKNOWN && weld_error_message(NULL) != NULL);
  CHECK(weld_context_memory_usage(NULL) == 0);
  CHECK(weld_conf_get(NULL, "weld.threads") == NULL);
  weld_conf_set(NULL, "weld.threads", "1");
  CHECK(weld_value_data(NULL) == NULL && weld_value_run(NULL) == -1 && weld_value_context(NULL) == NULL);
  CHECK(weld_module_return_type(NULL) == NULL && weld_module_param_count(NULL) == -1 && weld_module_param_type(NULL, 0) == NULL);
  weld_conf_free(NULL);
  weld_context_free(NULL);
  weld_value_free(NULL);
  weld_module_free(NULL);
  weld_error_free(NULL);
}

static void count_release(void* user) { ++*(int*)user; }

static void test_objects(void) {
  weld_error_t err = weld_error_new();
  weld_context_t context = weld_context_new(NULL);
  int64_t numbers[] = {1, 2, 3};
  i64_vec vec = {numbers, 3};
  int64_t factor = 10;
  int released = 0;
  weld_object_t dependencies[2];
  const char* names[] = {"v", "factor"};
  dependencies[0] = weld_object_new_data(&vec, "vec[i64]", count_release, &released, "test: v", err);
  dependencies[1] = weld_object_new_copy(&factor, "i64", NULL, err);
  CHECK(dependencies[0] != NULL && dependencies[1] != NULL && weld_error_code(err) == WELD_ERROR_NONE);
  factor = 0;
  weld_object_t scaled = weld_object_new("map(v, |x| x * factor)", dependencies, names, 2, "test: scale", err);
  CHECK(scaled != NULL && strcmp(weld_object_type(scaled), "vec[i64]") == 0);
  weld_object_free(dependencies[0]);
  weld_object_free(dependencies[1]);
  const char* name = "v";
  weld_object_t objects[] = {scaled, weld_object_new("sum(v)", &scaled, &name, 1, "test: sum", err)};
  CHECK(objects[1] != NULL && released == 0);

  weld_value_t values[2];
  CHECK(weld_objects_evaluate(objects, 2, context, values, err) == 2);
  CHECK(released == 1);
  CHECK(((i64_vec*)weld_value_data(values[0]))->data[2] == 30 && *(int64_t*)weld_value_data(values[1]) == 60);
  weld_value_t again = weld_object_evaluate(objects[1], context, err);
  CHECK(again != NULL && weld_value_data(again) == weld_value_data(values[1]));
  CHECK(weld_object_new("w", &scaled, &name, 1, "test: fault", err) == NULL && weld_error_code(err) == WELD_ERROR_COMPILE);
  CHECK(strncmp(weld_error_message(err), "test: fault:1:1: error: ", 24) == 0);
  weld_object_free(objects[1]);
  weld_object_free(scaled);
  weld_object_free(NULL);
  weld_value_free(values[0]);
  weld_value_free(values[1]);
  CHECK(weld_context_memory_usage(context) > 0);
  weld_value_free(again);
  CHECK(weld_context_memory_usage(context) == 0);
  weld_context_free(context);
  weld_error_free(err);
}

int main(void) {
  weld_set_log_level(WELD_LOG_OFF);
  test_configuration();
  test_scalar();
  test_ownership();
  test_results_are_copies();
  test_chain();
  test_errors();
  test_nulls();
  test_objects();
  if (failures == 0) printf("ok\n");
  return failures == 0 ? 0 : 1;
}
