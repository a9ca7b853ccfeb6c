// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace hindstat {

/// What a tool's exit status says; the contract of diff(1) plus EX_TEMPFAIL of sysexits.h.
enum class ExitCode : int {
  success = 0,     ///< Done; for hindstat-diff: no difference.
  differences = 1, ///< hindstat-diff found differences; verify or salvage found damage.
  trouble = 2,     ///< Bad input, a damaged store, a selector that matches nothing.
  try_again = 75,  ///< Disk full or store busy: the same command may succeed later.
};

/// The command cannot be done. The message is one sentence for the user and names the path and position; it is
/// thrown anywhere and caught once, in main.
class Error : public std::runtime_error {
public:
  explicit Error(const std::string& sentence, ExitCode code = ExitCode::trouble)
    : std::runtime_error(sentence), code_(code) {
  }

  [[nodiscard]] ExitCode code() const {
    return code_;
  }

private:
  ExitCode code_;
};

} // namespace hindstat
