// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace hindstat {

/// Makes `count` results with as many threads as the machine has processors and hands them to `take` in order, in the
/// thread of the caller. Each thread has a context of its own; all are made before the first thread starts and live
/// until the last has ended. At most a few results wait to be taken. What a thread or `take` throws is thrown again
/// when all have ended.
template <typename Result, typename MakeContext, typename MakeResult, typename Take>
void take_in_order(std::size_t count, MakeContext&& make_context, MakeResult&& make_result, Take&& take) {
  const std::size_t threads =
    std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, std::clamp<std::size_t>(count, 1, 8));
  std::vector<decltype(make_context())> contexts;
  for (std::size_t i = 0; i < threads; ++i) {
    contexts.push_back(make_context());
  }
  if (threads == 1) {
    for (std::size_t i = 0; i < count; ++i) {
      take(make_result(contexts.front(), i));
    }
    return;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::size_t, Result> ready;
  std::size_t next = 0;  // To be made.
  std::size_t taken = 0; // Handed over.
  std::exception_ptr trouble;
  const auto work = [&](std::size_t thread) {
    std::unique_lock lock(mutex);
    while (!trouble && next < count) {
      const std::size_t index = next++;
      changed.wait(lock, [&] { return trouble || index < taken + 2 * threads; });
      if (trouble) {
        return;
      }
      lock.unlock();
      try {
        Result result = make_result(contexts[thread], index);
        lock.lock();
        ready.emplace(index, std::move(result));
      } catch (...) {
        if (!lock.owns_lock()) {
          lock.lock();
        }
        trouble = trouble ? trouble : std::current_exception();
      }
      changed.notify_all();
    }
  };
  {
    std::vector<std::jthread> pool;
    for (std::size_t i = 0; i < threads; ++i) {
      pool.emplace_back(work, i);
    }
    std::unique_lock lock(mutex);
    while (!trouble && taken < count) {
      changed.wait(lock, [&] { return trouble || ready.contains(taken); });
      if (trouble) {
        break;
      }
      auto node = ready.extract(taken);
      lock.unlock();
      try {
        take(std::move(node.mapped()));
        lock.lock();
      } catch (...) {
        lock.lock();
        trouble = trouble ? trouble : std::current_exception();
      }
      ++taken;
      changed.notify_all();
    }
  }
  if (trouble) {
    std::rethrow_exception(trouble);
  }
}

} // namespace hindstat
