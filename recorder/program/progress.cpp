// SPDX-License-Identifier: MIT
#include "recorder/program/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace hindstat {

namespace {

std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t usual = 80;
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : usual;
}

void write_all(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

} // namespace

Progress::Progress(bool wanted) : shown_(wanted && ::isatty(STDERR_FILENO) == 1) {
}

void Progress::show(std::string_view text) {
  if (!shown_) {
    return;
  }
  // One column stays free: a full line would wrap. Blanks, because not every terminal can erase to its end.
  std::string line(text.substr(0, terminal_width() - 1));
  const std::size_t length = line.size();
  line.resize(std::max(length, length_), ' ');
  length_ = length;
  write_all('\r' + line);
}

void Progress::clear() {
  if (length_ != 0) {
    write_all('\r' + std::string(length_, ' ') + '\r');
    length_ = 0;
  }
}

void Progress::finish() {
  if (length_ != 0) {
    write_all("\n");
    length_ = 0;
  }
}

} // namespace hindstat
