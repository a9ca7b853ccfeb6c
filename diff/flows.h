// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to tracked flows (diff-semantics 3.10), named "tcp 10.0.0.9:40000 > 192.0.2.1:443". A flow that is
/// rewritten (masqueraded, forwarded) gives `nat.*` events; one that is only tracked gives `flow.*` events of the same
/// meanings, which are hidden unless the table is asked for: its sockets tell the same.
///
/// One event a flow: of what a living one did meanwhile the furthest step (answered, assured, state), with all that
/// changed. A flow is the same one while its identifier and its start are; else it was recycled when the reply tuple is
/// the same, and rewritten when it is another. One that is gone was closed where its last state was a closing one,
/// timed out where its timer allowed that (5 s of slack), else it ended early. Across boots only what is rewritten to
/// something else, or new, is said.
[[nodiscard]] TableDiff diff_flows(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
