// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "diff/event.h"

namespace hindstat {

/// The value of a field; "" when the event has none of that name.
[[nodiscard]] std::string field(const Event& event, std::string_view name);

/// Joins a part to a sentence, where there is one.
void append(std::string& text, const std::string& part, std::string_view separator = ", ");

/// "mtu 1500 -> 1400"; of a value that was not there the new one alone.
[[nodiscard]] std::string format_change(const EventChange& change);
/// All of an event's changes; of a row that is gone its values.
[[nodiscard]] std::string format_changes(const Event& event);

/// The words for kinds of events that are about routes, caches, flows, neighbours, rules and settings; nullopt for all
/// others.
[[nodiscard]] std::optional<std::string> describe_network_event(const Event& event);

} // namespace hindstat
