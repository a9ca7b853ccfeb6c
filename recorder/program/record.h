// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>

#include "base/error.h"
#include "recorder/program/command.h"
#include "recorder/system.h"
#include "store/store.h"

namespace hindstat {

/// What is to be recorded and how long it may take. Throws Error for what is no length of time.
[[nodiscard]] RecordOptions record_options(const RecordCommand& command);

/// What the command records: this machine, or a bundle; through a tee where a bundle is to be saved.
[[nodiscard]] std::unique_ptr<System> open_system(const RecordCommand& command);

/// The store to append to; makes the directories that lead to the default one.
[[nodiscard]] std::string store_to_write(const RecordCommand& command);

/// Opens the store and loads what a snapshot of `info` will be compared with, while the kernel is being read: both
/// take as long as a small recording. `mode`: of a store that is created.
[[nodiscard]] std::future<StoreWriter> open_store(const std::string& path, std::uint32_t mode,
                                                  const SnapshotInfo& info);

/// What `writer` has just stored; the tables of `snapshot` may be gone: "recorded #12 gw1 2026-11-21 03:09:00 +0000:
/// socket 531, route 40, unix_socket denied; 2.1 kB in 120 ms, commit 1.6 ms\n"
[[nodiscard]] std::string format_summary(const Snapshot& snapshot, SnapshotId id, const StoreWriter& writer,
                                         const Zone& zone);
/// Notes beside the store at `path` that a recording of this host could not be stored, for the next one to take in,
/// where `error` says that it may succeed later. False when that could not be noted.
bool note_lost(const std::string& path, const SnapshotInfo& info, const Error& error);

/// A sentence for each namespace that could not be read: no reason to lose the others, but not to be silent either.
[[nodiscard]] std::vector<std::string> unread_namespaces(const Snapshot& snapshot);

/// One snapshot, into the store.
ExitCode record(const RecordCommand& command);

} // namespace hindstat
