// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/error.h"

namespace hindstat {

/// Why the same command may succeed later.
enum class Obstacle {
  none, ///< It need not.
  full, ///< The disk is, or a quota.
  busy, ///< Another process holds the store.
};

/// An Error of ExitCode::try_again that says why.
class ObstacleError : public Error {
public:
  ObstacleError(const std::string& sentence, Obstacle obstacle)
    : Error(sentence, ExitCode::try_again), obstacle_(obstacle) {
  }

  [[nodiscard]] Obstacle obstacle() const {
    return obstacle_;
  }

private:
  Obstacle obstacle_;
};

/// Obstacle::none for an Error that is no ObstacleError.
[[nodiscard]] inline Obstacle obstacle_of(const Error& error) {
  const auto* found = dynamic_cast<const ObstacleError*>(&error);
  return found != nullptr ? found->obstacle() : Obstacle::none;
}

} // namespace hindstat
