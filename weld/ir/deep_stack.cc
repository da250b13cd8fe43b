// The work runs on a thread of its own whose stack is a large reservation of address space; only the pages that recursion reaches
// become memory. A thread, and not a switched stack, because sanitizers, debuggers and unwinders understand threads.
#include "weld/ir/deep_stack.h"

#include <pthread.h>

#include <exception>

namespace weld {
namespace {

// 50 KiB for each level of a tree of kMaximumDepth, enough for unoptimized code under the address sanitizer. Where the address
// space is limited, smaller stacks are tried.
constexpr size_t kLargestStack = size_t{1} << 30;
constexpr size_t kSmallestStack = size_t{1} << 25;

thread_local bool on_deep_stack = false;

struct Job {
  const std::function<void()>* work;
  std::exception_ptr failure;
};

void* run_job(void* argument) {
  Job& job = *static_cast<Job*>(argument);
  on_deep_stack = true;
  try {
    (*job.work)();
  } catch (...) {
    job.failure = std::current_exception();
  }
  return nullptr;
}

bool start(pthread_t& thread, size_t stack_size, Job& job) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  bool started =
      pthread_attr_setstacksize(&attributes, stack_size) == 0 && pthread_create(&thread, &attributes, run_job, &job) == 0;
  pthread_attr_destroy(&attributes);
  return started;
}

}  // namespace

void run_on_deep_stack(const std::function<void()>& work) {
  if (on_deep_stack) return work();
  Job job{&work, nullptr};
  for (size_t size = kLargestStack; size >= kSmallestStack; size /= 2) {
    pthread_t thread;
    if (!start(thread, size, job)) continue;
    pthread_join(thread, nullptr);
    if (job.failure) std::rethrow_exception(job.failure);
    return;
  }
  work();
}

}  // namespace weld
