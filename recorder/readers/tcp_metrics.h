// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "tables/tcp_metric.h"

namespace hindstat {

using TcpMetricRows = TableBuilder<std::remove_const_t<decltype(tcp_metrics)>>;

/// Adds the row of one message's payload of a TCP_METRICS_CMD_GET dump; rejected: one whose lengths do not fit together
/// or that names no peer. `boottime_ms`: when the dump began; ages count back from there.
[[nodiscard]] Verdict add_tcp_metrics_message(TcpMetricRows& rows, std::span<const std::byte> payload,
                                              std::uint64_t boottime_ms);

/// Table tcp_metric: the number of family "tcp_metrics" is asked for, then what it tells.
void read_tcp_metrics(ReadContext& context);

} // namespace hindstat
