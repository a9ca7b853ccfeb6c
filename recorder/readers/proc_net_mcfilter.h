// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "tables/link_group.h"
#include "tables/multicast_source.h"

namespace hindstat {

using MulticastSourceRows = TableBuilder<std::remove_const_t<decltype(multicast_sources)>>;
using LinkGroupRows = TableBuilder<std::remove_const_t<decltype(link_groups)>>;

/// Adds the row of one line of /proc/net/mcfilter or mcfilter6. The file cuts names of interfaces to six characters, so
/// they are looked up by the index.
[[nodiscard]] Verdict add_mcfilter_line(MulticastSourceRows& rows, std::string_view line, const InterfaceNames& names);

/// Adds the row of one line of /proc/net/dev_mcast.
[[nodiscard]] Verdict add_dev_mcast_line(LinkGroupRows& rows, std::string_view line);

/// Table multicast_source.
void read_multicast_sources(ReadContext& context);

/// Table link_group.
void read_link_groups(ReadContext& context);

} // namespace hindstat
