// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>

#include "cli/selector.h"

namespace hindstat {

namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Absent in some containers: the host name decides there.
std::string machine_id() {
  std::ifstream file("/etc/machine-id");
  std::string id;
  file >> id;
  return id;
}

} // namespace

SelectorOptions viewer_options(const Zone& zone) {
  SelectorOptions options;
  options.this_host = host_name();
  options.this_machine_id = machine_id();
  options.zone = zone;
  options.now_ns =
    std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return options;
}

} // namespace hindstat
