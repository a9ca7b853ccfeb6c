// SPDX-License-Identifier: MIT
#include "recorder/readers/kernel_version.h"

#include "recorder/text_fields.h"

namespace hindstat {

std::optional<KernelVersion> parse_kernel_version(std::string_view release) {
  const Split major = split_at(release, '.');
  const std::string_view rest = major.after.substr(0, major.after.find_first_not_of("0123456789"));
  const auto first = parse_number<unsigned>(major.before);
  const auto second = parse_number<unsigned>(rest);
  return first && second ? std::optional(KernelVersion{*first, *second}) : std::nullopt;
}

std::optional<KernelVersion> read_kernel_version(const System& system) {
  return parse_kernel_version(system.read_file("/proc/sys/kernel/osrelease").bytes);
}

} // namespace hindstat
