/* What compiled code and the runtime know of each other: plain C types, no IR, no LLVM, no TBB. Code generation emits code
 * against these layouts; the functions are listed in functions.def.
 *
 * Values in memory follow the clients' C layout. A builder's state lies in memory as:
 *   appender[T]        WeldAppender
 *   merger[T,op]       T itself
 *   dictmerger[K,V,op] WeldDict*
 *   groupmerger[K,V]   WeldGroups*
 *   vecmerger[T,op]    WeldVec, owned
 * and a struct of builders as the struct of those, in natural C layout.
 *
 * A WeldRunContext belongs to one thread at a time: each worker slot of a parallel loop has its own, passed to every step, so no
 * function here needs a lock or a thread_local to allocate.
 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0, or an error: the code in the low 8 bits, above it the number (from 1) of the check in the program that failed, 0 for none.
 */
typedef uint32_t weld_status;
enum { WELD_STATUS_CODE_BITS = 8 };

enum WeldErrorCode {
  WELD_SUCCESS = 0,
  WELD_CONFIGURATION_ERROR = 1,
  WELD_LOAD_LIBRARY_ERROR = 2,
  WELD_COMPILE_ERROR = 3,
  WELD_ARRAY_OUT_OF_BOUNDS = 4,
  WELD_BAD_ITERATOR_LENGTH = 5,
  WELD_MISMATCHED_ZIP_SIZE = 6,
  WELD_OUT_OF_MEMORY = 7,
  WELD_RUN_NOT_FOUND = 8,
  WELD_UNKNOWN = 9,
  WELD_DESERIALIZATION_ERROR = 10,
  WELD_KEY_NOT_FOUND = 11,
  WELD_ASSERTION_ERROR = 12,
  WELD_DIVISION_BY_ZERO = 14,
  WELD_CANCELLED = 15,
  WELD_TIMEOUT = 16
};

typedef struct WeldRunContext WeldRunContext;

typedef struct WeldVec {
  uint8_t* data;
  int64_t length; /* in elements */
} WeldVec;

typedef struct WeldAppender {
  uint8_t* data;    /* 64-byte aligned; null while capacity is 0 */
  int64_t size;     /* in elements */
  int64_t capacity; /* in elements */
} WeldAppender;

/* A step that appends at most once for each row may write so many elements behind the last one: the room that it wants is that of
 * its rows and these. */
enum { WELD_APPENDER_SLACK = 8 };

/* Keys that are one integer of more than 16 bits: the number of a key is that integer, extended to 64 bits by its sign if it has
 * one. */
enum WeldKeyNumber { WELD_KEY_NO_NUMBER, WELD_KEY_I32, WELD_KEY_U32, WELD_KEY_64_BITS };

/* Of at most so many bits of key every dictionary has an index over all numbers. Two bytes would have it take 256 KiB, also for
 * one entry. */
enum { WELD_WHOLE_INDEX_BITS = 8 };

/* How keys and values of a dictionary type lie in memory and are compared. A constant of the compiled module. */
typedef struct WeldDictLayout {
  int64_t key_size;
  int64_t value_offset; /* of the value in an entry; the key is at 0 */
  int64_t value_size;
  int64_t entry_size; /* stride of the entries */
  /* Greater than 0 when the key is at most 16 bits of integers and bools: its number is then those bits, field after field, the
   * first lowest, and every dictionary is dense: over all 2^direct_bits numbers where these are WELD_WHOLE_INDEX_BITS at most,
   * else over a part of them that grows; it is never hashed. */
  uint32_t direct_bits;
  uint32_t number;                   /* a WeldKeyNumber; with either of the two, a dictionary may be dense */
  uint64_t (*hash)(const void* key); /* for direct keys: the key's number */
  uint8_t (*equal)(const void* left, const void* right);
} WeldDictLayout;

/* A dictionary: entries, densely, in order of insertion unless weld_rt_dict_order() changes that, and an index over them. Code
 * reads the fields to probe inline; only the runtime writes them.
 *   dense   index is an array of `range` uint32_t over the numbers from base on, modulo 2^64, each 0 or an entry's number + 1; no
 *           other numbers are there
 *   hashed  range is 0; index is an open-addressing table of uint64_t slots, 0 when empty, else (low 32 bits of the hash) << 32 |
 *           entry number + 1. A probe of hash h starts at slot h >> shift and steps by 1 modulo slot count.
 * An empty one may be either. The first `ordered` entries have the numbers first, first + 1 and so on, modulo 2^64, in this
 * order: so they are found without the index. */
typedef struct WeldDict {
  uint8_t* entries;
  void* index;
  uint64_t slot_mask; /* hashed: slot count - 1; a power of two less one */
  uint64_t shift;     /* hashed: 64 - log2(slot count) */
  int64_t count;      /* entries in use */
  int64_t capacity;   /* entries allocated */
  uint64_t base;
  uint64_t range;
  uint64_t first;
  uint64_t ordered;
} WeldDict;

/* The state of a groupmerger: opaque to compiled code. */
typedef struct WeldGroups WeldGroups;

/* A product of that many extents of at least 2 is past every i64. */
enum { WELD_ND_DIMENSIONS = 63 };

/* What an nditer goes over: element start + sum of coordinate * stride, where the coordinates of a row number are row-major.
 * Dimensions are listed from the innermost; there is at least one, extents of 1 are left out, and neighbours whose elements lie
 * one stride apart throughout are one dimension, so a contiguous view has one dimension. */
typedef struct WeldNdView {
  int64_t start;
  int64_t dimensions;
  int64_t shape[WELD_ND_DIMENSIONS];
  int64_t strides[WELD_ND_DIMENSIONS];
} WeldNdView;

/* A row of a view. Of the `left` rows that start there, each reads strides[0] elements behind the one before it. */
typedef struct WeldNdCursor {
  int64_t index; /* of the row's element */
  int64_t left;
  int64_t coordinates[WELD_ND_DIMENSIONS]; /* of the dimensions but the innermost, by their number */
} WeldNdCursor;

/* Handles rows [begin, end) of a loop: reads its captured values from arguments, keeps builder state in local (loaded at entry,
 * stored before returning success). Never unwinds. */
typedef weld_status (*WeldStep)(WeldRunContext* context, const void* arguments, int64_t begin, int64_t end, void* local);

enum WeldBuilderKind { WELD_APPENDER, WELD_MERGER, WELD_DICTMERGER, WELD_GROUPMERGER, WELD_VECMERGER };

enum WeldBuilderFlag {
  /* appender: every row merges n = row_elements elements, and the step writes those of row r from data[size + (r - begin) * n] on
   * and adds (end - begin) * n to size, so the runtime allocates the whole output first and hands each morsel its place in it. */
  WELD_POSITIONAL = 1,
  /* appender: a row merges at most once. */
  WELD_AT_MOST_ONE = 2,
  /* merger, dictmerger, vecmerger: values hold floats whose combination depends on order, so a merger is combined per morsel in
   * morsel order even on one thread. A dictmerger or vecmerger has a part per worker instead, so a parallel loop's float sums may
   * differ in their last bits from run to run. */
  WELD_ORDER_SENSITIVE = 4
};

/* One builder in a loop's state. A constant of the compiled module. */
typedef struct WeldBuilder {
  uint32_t kind;
  uint32_t flags;
  int64_t offset;                                /* of its state in the local struct */
  int64_t element_size;                          /* T of appender, merger, vecmerger; V of dictmerger, groupmerger */
  const WeldDictLayout* dict;                    /* dictmerger, groupmerger; else null */
  void (*set_identity)(void* value);             /* merger, vecmerger; else null */
  void (*combine)(void* into, const void* from); /* into = into op from; merger, dictmerger, vecmerger; else null */
  int64_t row_elements;                          /* of a positional appender: 1, or the lanes of simd; else 0 */
} WeldBuilder;

/* One parallel loop. A constant of the compiled module. */
typedef struct WeldPipeline {
  WeldStep step;
  int64_t local_size; /* of the state struct; its alignment is at most 64 */
  const WeldBuilder* builders;
  int64_t builder_count;
  int64_t grain;    /* rows of a morsel; 0: the runtime's default */
  int64_t row_cost; /* estimated picoseconds per row; 0: unknown */
  int64_t loops;    /* 1 when rows may run loops of their own, so that the estimate may be far too low; else 0 */
  /* Picoseconds that a loop must be estimated to take to be worth waking workers for; 0: the runtime's default. */
  int64_t parallel_from;
  const char* name; /* for reports; static storage of the module */
} WeldPipeline;

/* -1, 0 or 1, or less/equal/greater generally; *status is set (and the order no longer matters) when the comparison failed. */
typedef int32_t (*WeldCompare)(WeldRunContext* context, const void* environment, const void* left, const void* right,
                               weld_status* status);

/* The entry point of a compiled program. arguments: the client's struct of parameters. literals: the module's data literals, 8
 * bytes each. result: storage for the return type's value. */
typedef weld_status (*WeldEntry)(WeldRunContext* context, const void* arguments, const uint64_t* literals, void* result);

/* How a value lies in memory, for copying it and for packing it: part after part, in this order. Constants of the compiled
 * module. What is copied may hold builders: a dictmerger is a dict, a vecmerger a vec. */
enum WeldPartKind {
  WELD_PART_BYTES, /* size bytes, packed as they are */
  WELD_PART_BOOLS, /* size bools; packed as 0 or 1 each */
  WELD_PART_VEC,   /* packed as its length, an int64_t, and its elements */
  WELD_PART_DICT,  /* packed as its number of entries, an int64_t, and those, key and value each */
  WELD_PART_APPENDER,
  WELD_PART_GROUPS
};

typedef struct WeldPart {
  int64_t offset; /* in the value */
  int64_t size;   /* of bytes and bools */
  uint32_t kind;
  uint32_t reserved;
  const struct WeldPacking* element;  /* of a vec's or appender's elements or a dict's or groups' entries; else null */
  const struct WeldDictPacking* dict; /* of a dict or groups, whose value is that of one merge; else null */
} WeldPart;

typedef struct WeldPacking {
  int64_t size;        /* of the value in memory: the stride of an array of them */
  int64_t least_bytes; /* that it is packed into: with every vec and dict in it empty */
  int64_t is_fixed;    /* not 0 when it refers to no other memory: always packed into least_bytes */
  int64_t part_count;
  const WeldPart* parts;
} WeldPacking;

typedef struct WeldDictPacking {
  const WeldPacking* key;
  const WeldPacking* value;
  const WeldDictLayout* layout;
  void (*canonicalize)(void* key); /* null where every key is canonical: code probes for canonical keys only */
} WeldDictPacking;

#define WELD_FUNCTION(result, name, parameters) result name parameters;
#include "weld/runtime/functions.def"

#ifdef __cplusplus
} /* extern "C" */
#endif
