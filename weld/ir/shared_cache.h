// A bounded map from keys to things that are costly to make and that any number of threads share.
#pragma once

#include <cstdint>
#include <exception>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "weld/ir/diagnostic.h"

namespace weld {

struct CacheCounts {
  uint64_t hits = 0;  // found, or awaited while another thread made it
  uint64_t misses = 0;
};

// Keeps the values that were asked for last. Of several threads that ask for the same key one makes the value and the others wait
// for it. Values are immutable and live as long as someone holds them. Thread-safe.
template <class Value>
class SharedCache {
 public:
  using Outcome = Result<std::shared_ptr<const Value>>;

  explicit SharedCache(size_t capacity) : capacity_(capacity) {}

  // The value of the key, from make() when there is none; make() must not ask this cache. What could not be made is not kept,
  // but all who wait for it get its diagnostics, or the exception.
  template <class Make>
  Outcome get(const std::string& key, const Make& make) {
    std::promise<Outcome> promise;
    std::shared_future<Outcome> wanted;
    uint64_t number = 0;
    std::shared_future<Outcome> evicted;  // destroyed when the lock is not held
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (auto found = entries_.find(key); found != entries_.end()) {
        ++counts_.hits;
        order_.splice(order_.begin(), order_, found->second.place);
        wanted = found->second.outcome;
      } else {
        number = ++counts_.misses;
        evicted = insert(key, {promise.get_future().share(), {}, number});
      }
    }
    if (wanted.valid()) return wanted.get();
    try {
      Outcome outcome = make();
      promise.set_value(outcome);
      if (!outcome.ok()) erase(key, number);
      return outcome;
    } catch (...) {
      promise.set_exception(std::current_exception());
      erase(key, number);
      std::rethrow_exception(std::current_exception());
    }
  }

  CacheCounts counts() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return counts_;
  }

 private:
  struct Entry {
    std::shared_future<Outcome> outcome;
    std::list<const std::string*>::iterator place;  // in order_
    uint64_t number = 0;                            // of the miss that made it
  };

  // Requires the lock. Returns what had to give way.
  std::shared_future<Outcome> insert(const std::string& key, Entry entry) {
    std::shared_future<Outcome> evicted;
    std::list<const std::string*> place = {nullptr};  // made before anything changes: it may be what there is no memory for
    if (entries_.size() >= capacity_) {
      auto last = entries_.find(*order_.back());
      evicted = std::move(last->second.outcome);
      order_.pop_back();
      entries_.erase(last);
    }
    auto added = entries_.emplace(key, std::move(entry)).first;
    place.front() = &added->first;
    order_.splice(order_.begin(), place);
    added->second.place = order_.begin();
    return evicted;
  }

  void erase(const std::string& key, uint64_t number) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = entries_.find(key);
    if (found == entries_.end() || found->second.number != number) return;
    order_.erase(found->second.place);
    entries_.erase(found);
  }

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<const std::string*> order_;  // keys of entries_, the one asked for last in front
  CacheCounts counts_;
};

}  // namespace weld
