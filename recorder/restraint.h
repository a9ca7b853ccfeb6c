// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/kernel_modules.h"
#include "recorder/system.h"

namespace hindstat {

/// How long a recording may take; 0 for no limit.
struct TimeLimits {
  std::int64_t table_ns = 2'000'000'000;
  std::int64_t snapshot_ns = 20'000'000'000;
};

/// What one recording may ask, and until when. It keeps what was thereby not seen, for the captures.
class Restraint {
public:
  /// `clock` gives ns that only grow. `modules` are those that may be used; nullopt: all, also those not loaded yet.
  Restraint(TimeLimits limits, std::function<std::int64_t()> clock, std::optional<KernelModules> modules);

  /// The time of a table begins; what was noted for the one before is forgotten.
  void begin_table();
  /// How long the present table may still take; nullopt without limits.
  [[nodiscard]] std::optional<std::int64_t> rest_ns() const;
  /// Whether the whole recording is late.
  [[nodiscard]] bool is_over() const;

  /// Notes that the present table is late.
  void note_late();
  /// Notes what was not asked; "" says nothing.
  void note_omission(std::string omission);
  [[nodiscard]] std::optional<std::string> find_obstacle(std::string_view dump) const;

  /// "the deadline of 2 s for a table passed"; empty while nothing of the present table was late.
  [[nodiscard]] std::string describe_lateness() const;
  [[nodiscard]] const std::vector<std::string>& omissions() const {
    return omissions_;
  }

private:
  TimeLimits limits_;
  std::function<std::int64_t()> clock_;
  std::optional<KernelModules> modules_;
  std::int64_t began_ns_;
  std::int64_t table_began_ns_;
  bool late_ = false;
  std::vector<std::string> omissions_;
};

/// `source` as a recording under `restraint` sees it: requests that would load a module are EPROTONOSUPPORT, and so is
/// ETIMEDOUT whatever is asked too late. What came of an answer before it was too late is an answer. Both outlive it.
[[nodiscard]] std::unique_ptr<System> restrain(const System& source, Restraint& restraint);

} // namespace hindstat
