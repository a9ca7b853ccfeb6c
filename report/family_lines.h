// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "report/netstat_families.h"
#include "report/recorded_names.h"
#include "tables/other_socket.h"

namespace hindstat {

/// "ax25": as options and coverage call the family.
[[nodiscard]] std::string name_of_family(OtherFamily family);

/// The headings of the columns of one family, with the end of the line.
[[nodiscard]] std::string format_family_heading(OtherFamily family, const FamilyView& view);

/// One socket as its family's tool prints it, with the end of the line. Terminal-safe.
[[nodiscard]] std::string format_family_line(const OtherSocket& socket, const FamilyView& view,
                                             const RecordedNames& names);

} // namespace hindstat
