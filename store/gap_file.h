// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/notes.h"

namespace hindstat {

// What could not be stored is noted beside the store, in FILE-gaps, until the next recording takes it in. The file is
// one line of at most 4,096 bytes, written in place: once it is there, more notes need no more room on a full disk.
//
//   line := XXH3-64 of what follows the blank, 16 hexadecimal digits  ' '  JSON  '\n'
//   JSON := [{"host","machine_id","reason","first_ns","last_ns","count"},...]

/// The name of the file beside a store.
[[nodiscard]] std::string gap_file_of(const std::string& store);

/// Counts one more recording that could not be stored; `store` is its path with the directory resolved. False when
/// that could not be noted either.
[[nodiscard]] bool note_gap(const std::string& store, const Gap& gap);

/// The bytes of the file, "" when it is not there or no such file.
[[nodiscard]] std::string read_gap_file(const std::string& store);
/// What the bytes say; nothing unless they are whole.
[[nodiscard]] std::vector<Gap> parse_gaps(std::string_view bytes);
/// Removes the file unless it has changed since `bytes` were read from it.
void remove_gap_file(const std::string& store, const std::string& bytes);

} // namespace hindstat
