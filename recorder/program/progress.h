// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hindstat {

/// One line on stderr that is written over again and again, where stderr is a terminal; else nothing.
class Progress {
public:
  /// `wanted`: whether to show anything at all.
  explicit Progress(bool wanted);

  /// Shows `text`, terminal-safe and without line ends, cut to the width of the terminal.
  void show(std::string_view text);
  /// Takes the line away, so that something else can be said.
  void clear();
  /// Leaves the line as it is and goes to the next.
  void finish();

private:
  bool shown_;
  std::size_t length_ = 0; ///< Of what stands on the line.
};

} // namespace hindstat
