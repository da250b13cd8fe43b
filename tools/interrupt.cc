// A signal handler may do next to nothing, so it leaves a mark, and a thread looks for the mark a hundred times a second. Once it
// is there the thread cancels again and again: the signal may have come just before the run began.
#include "tools/interrupt.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stop_token>
#include <thread>

#include "tools/stopwatch.h"

namespace weld::tools {

namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void note_interrupt(int) { interrupted = true; }
void do_nothing(int) {}

// Returns how SIGINT was handled before.
struct sigaction handle_interrupts(void (*handler)(int)) {
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before);
  return before;
}

// While it lives, SIGINT cancels the engine's runs.
class Watch {
 public:
  explicit Watch(runtime::Engine& engine) {
    interrupted = false;
    before_ = handle_interrupts(note_interrupt);
    if (before_.sa_handler == SIG_IGN) return;
    watcher_ = std::jthread([&engine](const std::stop_token& stop) { cancel_when_interrupted(engine, stop); });
  }
  ~Watch() { sigaction(SIGINT, &before_, nullptr); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  static void cancel_when_interrupted(runtime::Engine& engine, const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kInterval(10);
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      if (interrupted) engine.cancel();
      ended.wait_for(lock, stop, kInterval, [] { return false; });
    }
  }

  struct sigaction before_;
  std::jthread watcher_;
};

}  // namespace

Value run_interruptibly(const Module& module, const std::shared_ptr<runtime::Engine>& engine, const void* arguments,
                        double* milliseconds, runtime::RunProfile* profile) {
  const Watch watch(*engine);
  const Stopwatch stopwatch;
  Value value = module.run(engine, arguments, profile);
  *milliseconds = stopwatch.milliseconds();
  return value;
}

void survive_interrupts() { handle_interrupts(do_nothing); }

}  // namespace weld::tools
