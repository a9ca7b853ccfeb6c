// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diff/facts.h"
#include "diff/output.h"

namespace hindstat {

/// The names of event_cells(): ev, sign, "table", netns, "key", inc, owner, severity, conf, t_before, t_after,
/// sentence, changed and why (JSON texts), then what facts say (local_address, local_port, remote_address, remote_port,
/// device, process, "user") and every member that a kind of event may have ("from", "to", dir, closer, ...).
[[nodiscard]] std::vector<std::string> event_columns();
/// One event for SQL, texts as they are in JSON; nullopt is unknown. As many as event_columns().
[[nodiscard]] std::vector<std::optional<std::string>> event_cells(const Event& event, const DiffLabels& labels,
                                                                  FactFinder& finder);

/// The columns that changed as a JSON object, {"state":["ESTABLISHED","TIME_WAIT"]}; the event's own members and its
/// reasons in the same way.
[[nodiscard]] std::string changed_as_json(const Event& event);
[[nodiscard]] std::string fields_as_json(const Event& event);
[[nodiscard]] std::string reasons_as_json(const Event& event);

} // namespace hindstat
