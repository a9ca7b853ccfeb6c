// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hindstat {

/// Whether output goes to a terminal that shows colours: "always" and "never" say it; "auto" asks whether standard
/// output is a terminal that is not dumb, and NO_COLOR is not set (no-color.org).
[[nodiscard]] bool wants_color(std::string_view when);

/// Columns of the terminal behind standard output; 0 where there is none.
[[nodiscard]] std::size_t terminal_width();

/// What decides which pager is used.
struct PagerChoice {
  const char* hindstat_pager = nullptr; ///< $HINDSTAT_PAGER; nullptr: not set.
  const char* pager = nullptr;          ///< $PAGER
  const char* terminal = nullptr;       ///< $TERM
  bool elevated = false;                ///< Under sudo(8) and the like: the environment may be another user's.
  bool has_less = false;                ///< less(1) is in $PATH.
};
/// The command for sh(1), "" for none: $HINDSTAT_PAGER, else $PAGER, else `less -FRX`. One that is empty or "cat" is
/// none, and so is every one on a dumb terminal. With rights that are not the caller's own nothing but less is started.
[[nodiscard]] std::string choose_pager(const PagerChoice& choice);

/// While it lives, standard output goes through the user's pager, when `wanted` and it is a terminal. At the end it
/// waits for the pager; what the pager does changes no exit status. The command is run by sh(1), as git and man do: it
/// comes from the caller's environment only, and what was recorded reaches the pager as its input only.
class Pager {
public:
  explicit Pager(bool wanted);
  ~Pager();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;

private:
  int pid_ = -1;
  int terminal_ = -1; ///< Standard output as it was.
};

} // namespace hindstat
