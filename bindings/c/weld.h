/* The C interface of Weld: compile programs, or describe values lazily, run over data in memory, read the results.
 *
 * Conventions, which hold for every function here:
 *
 *  1. Handles. Every object is an opaque handle. Whoever receives one from a _new, _compile, _run, _evaluate or
 *     weld_value_context function owns it and frees it once with the _free function of its kind. Freeing NULL does
 *     nothing. Handles may be freed in any order: a value keeps alive the code and the context that it came from, an object what
 * it depends on.
 *  2. Data. weld_value_new borrows its data: the caller keeps them valid and unchanged for as long as a run reads
 *     them, and frees them. Weld never writes to them. A value that weld_module_run returned owns its data, vectors
 *     that the program took from its argument included, and weld_value_free releases them.
 *  3. Layout. The argument of a run points to a C struct with one field for each parameter of the program, also when
 *     there is only one. A result points to the value itself. Scalars are the C types of their width, bool is one
 *     byte, a struct is a C struct, vec[T] is struct { T *data; int64_t length; }, a dict is an opaque pointer
 *     (return tovec(dict) to read one). A builder that a program returns may be an argument of another: its bytes are
 *     passed on as they are, three int64_t for an appender, two for a vecmerger, a pointer for a dictmerger or
 *     groupmerger and T for a merger[T,op]. The program that takes it goes on with a copy, so the same builder may be
 *     passed on several times; the value it came from is kept until those runs have ended.
 *     The data of a result's vec are aligned to 64 bytes, save those of vecs that share a block, as the groups of a
 *     groupmerger and short vecs from deserialize do: they are aligned as their elements are.
 *  4. Strings are NUL-terminated. Those passed in are copied where they are kept. Those returned belong to the handle
 *     asked: they are valid until it is freed and, for an error or a configuration, until the next call that changes
 *     it. A text in a vec[i8] is bytes with a length; a terminator does not count.
 *  5. Errors. Functions that take a weld_error_t set it, to success too, so one error object may be used again and
 *     again. It may be NULL. A function that fails returns NULL. No function aborts the process or lets an exception
 *     out.
 *  6. NULL. A NULL where a handle or a string is required is error 9 (Unknown) with a message that names it; a
 *     function without an error to set returns NULL, -1, 0 or nothing, as said beside it. Two have a meaning: a NULL
 *     configuration is the default configuration, and a NULL context (weld_context_new returns it for a configuration
 *     that it cannot use) makes a run fail with error 1 (ConfigurationError).
 *  7. Threads. A module may be run, and a context or an object used, by any number of threads at once. A configuration, an error
 *     and a value belong to one thread at a time; values may be read by several. Loading libraries and setting the
 *     log level is safe at any time.
 *  8. Memory. A context accounts for the memory of its runs and of the values they returned, until those are freed. A run that
 *     ends in an error leaves nothing behind.
 *  9. Stopping. A run ends with error 15 (Cancelled) after weld_context_cancel, and with error 16 (Timeout) when it takes longer
 *     than weld.timeout.ms. Both take effect within a tenth of a second, whatever the program does, save in a C function that it
 *     calls. The context, the module and other contexts' runs are not affected.
 *
 * 10. Objects. A weld_object is a value that is described first and computed when it is asked for. It is data
 * (weld_object_new_data, weld_object_new_copy) or a fragment: a Weld expression over other objects, its dependencies
 * (weld_object_new). Libraries that know nothing of each other pass objects on; evaluating one makes one program of all fragments
 * that it needs, which the optimizer sees as a whole.
 *     - A fragment is parsed and typed when the object is made; its faults are reported there. An object that two others depend
 * on is computed once in an evaluation that needs both.
 *     - An object that was evaluated keeps its value until it is freed: evaluating it again returns that value, under whichever
 *       context, and it is data for what depends on it. It then lets go of its dependencies. The memory of the value counts for
 *       the context that it was computed under, until the object and all handles on the value are freed. Nothing is kept of an
 *       evaluation that fails.
 *     - Data are borrowed until neither the object nor what was made from it needs them: until the object is freed and each
 *       object that depends on it was freed or evaluated, or its evaluation has ended. Then release(user) is called, once, on
 *       whichever thread that happens; it may call functions of this interface. A value never refers to the data of another
 * object, save that the value of a data object is its data.
 *     - Graphs of the same fragments over data of the same types share their code, which is kept in the process for the graphs
 * used last, as is that of equal modules: an evaluation that was seen before starts to run at once. A literal in a fragment is
 * part of the program and may be optimized on; a number that changes from call to call is better an object made by
 *       weld_object_new_copy, which is an argument.
 *     - A label says who made the object, as in "frames: join". Compile errors have it in the place of "program", and errors of a
 *       run name it: "KeyNotFound in fragment 'frames: join' at line 1, column 9". NULL or "": the beginning of the fragment's
 * text.
 *
 * Configuration keys (weld_conf_set). A key that is not listed is kept and can be read back, and has no effect. A
 * value that cannot be used is reported where the configuration is used: weld_module_compile fails with error 1
 * (ConfigurationError) and a message, weld_context_new returns NULL. Both look at every key. Objects are compiled as the context
 * says that they are evaluated under.
 *
 *   weld.threads                   threads of a context's runs; 0, the default, is all cores
 *   weld.memory.limit              bytes that runs and results of a context may hold; 0, the default, is no limit
 *   weld.timeout.ms                milliseconds after which each run of a context ends with error 16 (Timeout), counted
 *                                  from its start; 0, the default, is no timeout; at most 10^12
 *   weld.optimization.passes       names of the optimizer's passes in order, separated by commas; empty for none;
 *                                  with a '-' before each name, all but these.
 *                                  `weld run --help` lists them
 *   weld.strategy.filter           how loops handle the rows that a condition keeps: auto (the default), by the share of them;
 *                                  branch, select or compress fix it, for measuring
 *   weld.strategy.dictionary       the index of dictionaries: auto (the default), by what is known of the keys; hash,
 *                                  dense or partitioned fix it, for measuring
 *   weld.compile.dumpCode          true or false (the default): write the program at its stages to files
 *   weld.compile.dumpCodeDir       the folder to write to; default: the current one
 *   weld.compile.dumpCodeFilename  the start of the files' names; default: one that is unique to the compile
 *   weld.compile.dumpCodeFormats   which stages, separated by commas; default: all. weld (NAME.weld), weldopt
 *                                  (NAME.opt.weld), llvm (NAME.ll), llvmopt (NAME.opt.ll), assembly (NAME.s); sir is
 *                                  accepted and writes nothing
 */
#ifndef WELD_H_
#define WELD_H_

#include <stdint.h>

#if defined(__GNUC__)
#define WELD_API __attribute__((visibility("default")))
#else
#define WELD_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weld_conf* weld_conf_t;
typedef struct weld_context* weld_context_t;
typedef struct weld_error* weld_error_t;
typedef struct weld_module* weld_module_t;
typedef struct weld_object* weld_object_t;
typedef struct weld_value* weld_value_t;

/* The same handles under the names of Weld's Rust library. */
typedef weld_conf_t WeldConfRef;
typedef weld_context_t WeldContextRef;
typedef weld_error_t WeldErrorRef;
typedef weld_module_t WeldModuleRef;
typedef weld_value_t WeldValueRef;

/* What weld_error_code returns. The message of an error that a run ended in begins with the error's name and says where in the
 * program it arose: "ArrayOutOfBounds at line 3, column 7". When several things fail in one run, any of them is reported. */
enum weld_error_number {
  WELD_ERROR_NONE = 0,
  WELD_ERROR_CONFIGURATION = 1,       /* a value of a configuration cannot be used, or the context is NULL */
  WELD_ERROR_LOAD_LIBRARY = 2,        /* weld_load_library */
  WELD_ERROR_COMPILE = 3,             /* weld_module_compile, weld_object_new: the program has faults */
  WELD_ERROR_ARRAY_OUT_OF_BOUNDS = 4, /* lookup or slice outside a vec, a merge outside a vecmerger */
  WELD_ERROR_BAD_ITERATOR_LENGTH = 5, /* the bounds or the stride of an iterator do not fit */
  WELD_ERROR_MISMATCHED_ZIP_SIZE = 6, /* zipped iterators of different length */
  WELD_ERROR_OUT_OF_MEMORY = 7,       /* the context's limit or the machine does not allow it; also when compiling */
  WELD_ERROR_RUN_NOT_FOUND = 8,       /* has no cause: results are values, not looked up by a number */
  WELD_ERROR_UNKNOWN = 9,             /* a NULL where there must be none; a fault of the system that has no number here */
  WELD_ERROR_DESERIALIZATION = 10,    /* deserialize: bytes missing or left over */
  WELD_ERROR_KEY_NOT_FOUND = 11,      /* lookup of a key that a dict does not have */
  WELD_ERROR_ASSERTION = 12,          /* assert(false) */
  WELD_ERROR_DIVISION_BY_ZERO = 14,   /* / or % of integers by zero, or of the smallest by -1 */
  WELD_ERROR_CANCELLED = 15,          /* weld_context_cancel */
  WELD_ERROR_TIMEOUT = 16             /* weld.timeout.ms */
};

/* What weld_set_log_level takes. */
enum weld_log_level {
  WELD_LOG_OFF = 0,   /* the default */
  WELD_LOG_ERROR = 1, /* every error that a function reports */
  WELD_LOG_WARN = 2,  /* and what was ignored: unknown weld.* keys, files that could not be dumped */
  WELD_LOG_INFO = 3,  /* and each compile and run with its time */
  WELD_LOG_DEBUG = 4, /* and the time of each stage of a compile */
  WELD_LOG_TRACE = 5  /* and the text of each program */
};

/* Contexts. */

/* A thread pool and a memory account for runs. NULL when the configuration cannot be used. */
WELD_API weld_context_t weld_context_new(weld_conf_t conf);
/* Bytes that runs and values of this context hold now; 0 for NULL. */
WELD_API int64_t weld_context_memory_usage(weld_context_t context);
/* Ends the runs that are in progress under this context, whichever module they run and whichever handle on the context they were
 * given, with error 15 (Cancelled); one that is as good as finished may still return its value. Does not wait for them. Runs that
 * begin afterwards are not concerned, and without runs nothing happens; nor for NULL. May be called from any thread. */
WELD_API void weld_context_cancel(weld_context_t context);
WELD_API void weld_context_free(weld_context_t context);

/* Configurations: text values under text keys. */

WELD_API weld_conf_t weld_conf_new(void);
/* The value of a key; NULL when it was not set. */
WELD_API const char* weld_conf_get(weld_conf_t conf, const char* key);
/* Sets a key; a NULL value removes it. */
WELD_API void weld_conf_set(weld_conf_t conf, const char* key, const char* value);
WELD_API void weld_conf_free(weld_conf_t conf);

/* Values: a pointer to data, borrowed or owned (convention 2). */

WELD_API weld_value_t weld_value_new(const void* data);
/* The data; NULL for NULL. */
WELD_API void* weld_value_data(weld_value_t value);
/* The number, from 1, of the run that returned the value; -1 for data that no run made and for NULL. */
WELD_API int64_t weld_value_run(weld_value_t value);
/* Another handle on the context of the run that returned the value, to be freed by the caller; NULL for data that no run
 * made. */
WELD_API weld_context_t weld_value_context(weld_value_t value);
WELD_API void weld_value_free(weld_value_t value);

/* Modules: compiled programs. */

WELD_API weld_module_t weld_module_compile(const char* code, weld_conf_t conf, weld_error_t err);
/* Runs a module and blocks until it has finished. arg may be NULL for a program without parameters. */
WELD_API weld_value_t weld_module_run(weld_module_t module, weld_context_t context, weld_value_t arg, weld_error_t err);
/* The type of the result as text, e.g. "vec[i64]"; NULL for NULL. */
WELD_API const char* weld_module_return_type(weld_module_t module);
/* The number of parameters; -1 for NULL. */
WELD_API int64_t weld_module_param_count(weld_module_t module);
/* The type of parameter i, counted from 0; NULL when there is no such parameter. */
WELD_API const char* weld_module_param_type(weld_module_t module, int64_t i);
WELD_API void weld_module_free(weld_module_t module);

/* Objects: values that are computed when they are asked for (convention 10). */

/* The value of the given type, e.g. "vec[f64]", that data points to, laid out as convention 3 says: for a vec data points to the
 * struct of pointer and length. The struct and what it points to are borrowed, and release(user), where release is not NULL, is
 * called when they are not needed any more; not when this function fails. No builders. */
WELD_API weld_object_t weld_object_new_data(const void* data, const char* type, void (*release)(void* user), void* user,
                                            const char* label, weld_error_t err);
/* The same of a copy, which this function makes, of scalars, structs and vecs. No dicts and builders. */
WELD_API weld_object_t weld_object_new_copy(const void* data, const char* type, const char* label, weld_error_t err);
/* The value of a fragment: an expression, perhaps behind type aliases and macros, whose free names are the count names, bound to
 * the count dependencies in the same order. Names must be distinct identifiers that mean nothing else in the language; they are
 * known in this fragment only. dependencies and names may be NULL when count is 0. The value may be of any type but a builder. */
WELD_API weld_object_t weld_object_new(const char* fragment, const weld_object_t* dependencies, const char* const* names,
                                       int64_t count, const char* label, weld_error_t err);
/* The type of its value as text, e.g. "vec[i64]"; NULL for NULL. */
WELD_API const char* weld_object_type(weld_object_t object);
/* The value, computed unless the object has one already. Blocks. weld_value_run tells the run that computed it; of a data object,
 * whose value is its data, -1. */
WELD_API weld_value_t weld_object_evaluate(weld_object_t object, weld_context_t context, weld_error_t err);
/* Computes several in one program, sharing what they share, and sets values[0] to values[count - 1] to theirs, each to be freed
 * by the caller. Returns count. When it fails it returns -1 and sets each to NULL. What one call computes lies in one block of
 * memory, which is freed with the last of those objects and values. */
WELD_API int64_t weld_objects_evaluate(const weld_object_t* objects, int64_t count, weld_context_t context, weld_value_t* values,
                                       weld_error_t err);
/* What becomes of the object's program: its loops, the fusions that did not happen and why, what the optimizer did; as it would
 * be compiled now under the context. format: "text", "json" (docs/explain.md has the schema) or "html", a page for a browser.
 * With evaluate other than 0 the object is also evaluated, unless it has a value, and what each loop took is shown. The data of
 * the value returned are a string. */
WELD_API weld_value_t weld_object_explain(weld_object_t object, weld_context_t context, const char* format, int64_t evaluate,
                                          weld_error_t err);
WELD_API void weld_object_free(weld_object_t object);

/* Errors: a number and a message. A new one is success. */

WELD_API weld_error_t weld_error_new(void);
/* An enum weld_error_number; 9 (Unknown) for NULL. */
WELD_API uint64_t weld_error_code(weld_error_t err);
/* Never NULL. For a compile error: "program:line:column: error: ..." with the line and a caret, for each fault found. */
WELD_API const char* weld_error_message(weld_error_t err);
WELD_API void weld_error_free(weld_error_t err);

/* The process. */

/* Loads a shared library, whose C functions programs that are compiled from then on may call through cudf:
 * cudf[name, R](a, b) calls void name(const A *a, const B *b, R *result). It stays loaded. The path is what dlopen takes. */
WELD_API void weld_load_library(const char* path, weld_error_t err);
/* What is written to the standard error output, an enum weld_log_level; larger numbers mean the largest level. */
WELD_API void weld_set_log_level(uint64_t level);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* WELD_H_ */
