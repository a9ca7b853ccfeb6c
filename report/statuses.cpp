// SPDX-License-Identifier: MIT
#include "report/statuses.h"

#include <algorithm>

#include <fmt/format.h>

namespace hindstat {

std::string describe_capture(const Capture& capture) {
  std::string text = capture.table;
  if (!capture.netns.empty()) {
    text += fmt::format(" of {}", capture.netns);
  }
  text += fmt::format(": {}{}", was_collected(capture.status) ? "" : "not collected: ", format_status(capture.status));
  if (!capture.detail.empty()) {
    text += ": " + capture.detail;
  }
  return text;
}

std::vector<Capture> captures_of(const Snapshot& snapshot, std::string_view table) {
  std::vector<Capture> found;
  std::ranges::copy_if(snapshot.captures, std::back_inserter(found),
                       [&](const Capture& capture) { return capture.table == table; });
  std::ranges::stable_sort(found, {}, &Capture::netns);
  return found;
}

} // namespace hindstat
