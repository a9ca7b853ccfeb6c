// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "cli/range_selection.h"
#include "cli/times.h"
#include "store/store.h"

namespace hindstat {

/// The snapshots of a store that can be read, as text, and a sentence for each that cannot.
struct Listing {
  std::string text;
  std::vector<std::string> damage;
};

/// The snapshots of a store that are chosen (all where nothing is; else those of the host, or of the range, with the
/// marks and gaps of the same host and time) for people: id, time, host, all rows and bytes, blocks, the rows of the
/// tables that are asked for most, and which tables are neither complete nor absent; then marks, pins and gaps.
[[nodiscard]] Listing format_listing(const Store& store, const Zone& zone, const RangeRequest& choice = {});

/// The same as JSON Lines: an object a snapshot, then one a mark and one a gap, told apart by "kind".
[[nodiscard]] Listing format_listing_json(const Store& store, const Zone& zone = {}, const RangeRequest& choice = {});

/// The options --host, --last, --around and --window of a verb `list` (a CLI::App, which only mains include).
template <typename App>
void add_listing_options(App& list, RangeRequest& choice) {
  list.add_option("--host", choice.host, "Only of this host")->option_text("NAME");
  list.add_option("--last", choice.last, "Only the last hour, and the one before it")->option_text("1h");
  list.add_option("--around", choice.around, "Only those around a moment")->option_text("TIME");
  list.add_option("--window", choice.window, "So much before and after it (30m)")->option_text("10m");
}

/// To be called when the text has been printed: throws Error when it had to leave out damaged snapshots.
void require_complete(const Listing& listing);

/// What is not complete, tables with the same reason together: "socket_owner, process: partial: not run as root".
[[nodiscard]] std::vector<std::string> list_problems(const std::vector<Capture>& of_snapshot);

/// The same for people: without the paths of what the kernel does not have, all of that together.
[[nodiscard]] std::vector<std::string> list_short_problems(const std::vector<Capture>& of_snapshot);

} // namespace hindstat
