// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hindstat {

/// What came over from another store.
struct Merge {
  std::uint64_t copied = 0;         ///< Snapshots that are new here.
  std::uint64_t known = 0;          ///< Snapshots that were here already.
  std::uint64_t removed = 0;        ///< Left out, because they were removed here.
  std::uint64_t pruned = 0;         ///< Left out, because they were pruned or thinned here.
  std::vector<std::string> damaged; ///< A sentence for each that could not be read.
};

/// Adds what is in the store `from` to the store `to`, which is created when it is not there. Repeating it changes
/// nothing. `from` is read in short transactions: its recorder goes on. What was removed from `to` comes back only if
/// `again`. Throws Error (try_again as StoreWriter does); what was committed by then stays.
Merge import_store(const std::string& to, const std::string& from, bool again);

/// Which snapshots to export: those of these hosts (empty: all) from `since_ns` to `until_ns`.
struct ExportChoice {
  std::vector<std::string> hosts;
  std::optional<std::int64_t> since_ns; ///< CLOCK_REALTIME, included.
  std::optional<std::int64_t> until_ns; ///< CLOCK_REALTIME, included.
};

/// Copies a part of a store into a new file; what comes right before it gets a tombstone 'not exported'. Throws Error
/// when `to` is there already or nothing is chosen; then `to` is not left behind.
Merge export_store(const std::string& from, const std::string& to, const ExportChoice& choice);

/// The same under pseudonyms (docs/anonymous.md): no address, MAC or name of the original is in the new file. What
/// stands for what is kept in the file `map`, which is made when it is not there: exports with the same map use the
/// same pseudonyms. Throws Error also when the map is damaged or others may read it; then nothing is exported.
Merge export_anonymous(const std::string& from, const std::string& to, const ExportChoice& choice,
                       const std::string& map);

/// What could be saved of a damaged store.
struct Salvage {
  std::uint64_t snapshots = 0;   ///< Saved, some of them without the tables in `lost`.
  std::vector<std::string> lost; ///< Sentences: what is not in the new file and why.
};

/// Copies all that is sound of a damaged or truncated store into a new file. Works on a copy beside `to`, so that
/// `from` stays as it is; that takes as much space again. Throws Error when `to` is there already or nothing could be
/// saved.
Salvage salvage_store(const std::string& from, const std::string& to);

} // namespace hindstat
