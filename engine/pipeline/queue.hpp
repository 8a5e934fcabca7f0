#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "kernels/error.hpp"

namespace footfall {

/// Hands items from thread to thread in their order, and holds at most `room` of them: whoever is faster waits.
template <class T>
class Queue {
 public:
  explicit Queue(std::size_t room) : room_(room) { require(room > 0, "a queue without room"); }

  /// Waits for room. False when the queue was closed or stopped: the item is dropped.
  [[nodiscard]] bool push(T item) {
    std::unique_lock lock(mutex_);
    room_came_.wait(lock, [&] { return ended_ || items_.size() < room_; });
    if (ended_) return false;
    items_.push_back(std::move(item));
    lock.unlock();
    item_came_.notify_one();
    return true;
  }

  /// Waits for an item. Nothing when the queue was closed and is empty, or was stopped.
  [[nodiscard]] std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    item_came_.wait(lock, [&] { return ended_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    lock.unlock();
    room_came_.notify_one();
    return item;
  }

  /// The input has ended: nothing more comes in, what is there is still handed out.
  void close() { end(false); }

  /// Something failed: nobody gets or waits for anything any more.
  void stop() { end(true); }

 private:
  void end(bool drop) {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      if (drop) items_.clear();
    }
    room_came_.notify_all();
    item_came_.notify_all();
  }

  const std::size_t room_;
  std::mutex mutex_;
  std::condition_variable room_came_, item_came_;
  std::deque<T> items_;
  bool ended_ = false;
};

}  // namespace footfall
