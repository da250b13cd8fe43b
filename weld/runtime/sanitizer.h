// Tells AddressSanitizer which bytes of the pool's memory are in use, and ThreadSanitizer of the order that TBB, which is not
// instrumented, makes between a job's caller and its threads. Nothing in other builds.
#pragma once

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#define WELD_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define WELD_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WELD_ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define WELD_THREAD_SANITIZER 1
#endif
#endif

#ifdef WELD_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif
#ifdef WELD_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace weld::runtime {

inline void mark_unused([[maybe_unused]] const void* start, [[maybe_unused]] uint64_t bytes) {
#ifdef WELD_ADDRESS_SANITIZER
  __asan_poison_memory_region(start, bytes);
#endif
}

inline void mark_used([[maybe_unused]] const void* start, [[maybe_unused]] uint64_t bytes) {
#ifdef WELD_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(start, bytes);
#endif
}

// What was written before publish_writes is seen after a later receive_writes with the same address.
inline void publish_writes([[maybe_unused]] void* address) {
#ifdef WELD_THREAD_SANITIZER
  __tsan_release(address);
#endif
}

inline void receive_writes([[maybe_unused]] void* address) {
#ifdef WELD_THREAD_SANITIZER
  __tsan_acquire(address);
#endif
}

}  // namespace weld::runtime
