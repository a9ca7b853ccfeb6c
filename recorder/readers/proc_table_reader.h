// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table protocol_counter: /proc/net/snmp, netstat, snmp6 and sctp/snmp. Coverage: "snmp=proc netstat=proc
/// snmp6=absent", with sctp where the kernel has it.
void read_protocol_counters(ReadContext& context);

/// Table sockstat: /proc/net/sockstat and sockstat6. Coverage: "sockstat=proc sockstat6=proc".
void read_socket_statistics(ReadContext& context);

/// Table softnet: /proc/net/softnet_stat, which is of the whole machine.
void read_softnet(ReadContext& context);

/// Table interface_counter6: /proc/net/dev_snmp6.
void read_interface_counters6(ReadContext& context);

} // namespace hindstat
