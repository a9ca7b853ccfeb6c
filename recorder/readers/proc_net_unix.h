// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hindstat {

/// One socket of /proc/net/unix.
struct ProcUnixSocket {
  std::uint32_t references = 0;
  std::uint32_t flags = 0; ///< 0x10000 (SO_ACCEPTCON): it listens.
  std::uint16_t type = 0;
  std::uint8_t state = 0; ///< SS_UNCONNECTED (1) to SS_DISCONNECTING (4).
  std::uint32_t inode = 0;
  std::optional<std::string_view> name; ///< As printed: "@" and the abstract name with "@" for NUL, or a path, which
                                        ///< may hold blanks and newlines. Lies in the text.
};

/// A line, together with the lines that a path's newlines made of it.
struct ProcUnixRecord {
  std::string_view text;                ///< Lies in the file's text.
  std::optional<ProcUnixSocket> socket; ///< nullopt when the text is not one of a socket.
};

/// Walks the sockets of /proc/net/unix below its header. What cannot begin a socket's line continues the path before
/// it, as long as that path stays short enough for an address; a path that imitates such a line cannot be told from
/// one.
class ProcUnixRecords {
public:
  /// `text` is the whole file and outlives the records.
  explicit ProcUnixRecords(std::string_view text);

  /// nullopt at the end.
  [[nodiscard]] std::optional<ProcUnixRecord> next();

private:
  std::string_view rest_;
};

} // namespace hindstat
