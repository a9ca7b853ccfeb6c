// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>

#include <functional>
#include <future>

namespace hindstat::test {

/// Runs `body` in a thread that has a fresh network namespace; false without the privilege to make one.
[[nodiscard]] inline bool in_new_namespace(const std::function<void()>& body) {
  return std::async(std::launch::async,
                    [&body] {
                      if (::unshare(CLONE_NEWNET) < 0) {
                        return false;
                      }
                      body();
                      return true;
                    })
    .get();
}

} // namespace hindstat::test
