// SPDX-License-Identifier: MIT
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

/// Of two errors the one that leaves more open.
int graver_error(int a, int b) {
  const auto gravity = [](int error) {
    switch (error == 0 ? CaptureStatus::complete : status_of_error(error)) {
      case CaptureStatus::denied:
        return 3;
      case CaptureStatus::failed:
      case CaptureStatus::late:
        return 2;
      case CaptureStatus::absent:
        return 1;
      default:
        return 0;
    }
  };
  return gravity(b) > gravity(a) ? b : a;
}

} // namespace

void add_coverage(Capture& capture, std::string_view label, std::string_view answer) {
  capture.coverage.append(capture.coverage.empty() ? "" : " ").append(label).append("=").append(answer);
}

void PartAnswers::add_told(Capture& capture, std::string_view label, std::string_view witness, bool has_gaps) {
  netlink_ = netlink_ || witness == "netlink";
  proc_ = proc_ || witness == "proc";
  add_coverage(capture, label, has_gaps ? "partial" : witness);
}

void PartAnswers::add_missing(Capture& capture, std::string_view label, int error, bool in_every_kernel) {
  error_ = graver_error(error_, error);
  const CaptureStatus status = status_of_error(error);
  if (status != CaptureStatus::absent || in_every_kernel) {
    mark_partial(capture, std::string(label) + " not readable: " + error_text(error));
  }
  add_coverage(capture, label, format_status(status));
}

std::string PartAnswers::source() const {
  return netlink_ && proc_ ? "netlink+proc" : netlink_ ? "netlink" : "proc";
}

} // namespace hindstat
