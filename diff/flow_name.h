// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "diff/event.h"
#include "tables/conntrack.h"

namespace hindstat {

/// "tcp 10.0.0.9:40000 > 192.0.2.1:443", "icmp 10.0.0.9 > 192.0.2.1 type 8/0 id 77 zone 5".
[[nodiscard]] std::string name_flow(const Conntrack& flow);

/// Whether addresses or ports of it are rewritten (NAT).
[[nodiscard]] bool is_rewritten(const Conntrack& flow);

/// Its state where it has one, and what it is rewritten to: `masqueraded_as` the public source, `served_by` the real
/// destination.
[[nodiscard]] std::vector<EventField> describe_flow(const Conntrack& flow);

/// "as 203.0.113.5:40000 to 10.0.0.80:8443": what it is rewritten to, "as it is" when nothing is.
[[nodiscard]] std::string format_mapping(const Conntrack& flow);

} // namespace hindstat
