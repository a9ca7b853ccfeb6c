// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/table.h"

namespace hindstat {

/// What the cells of a column are about outside of hindstat: what has to be hidden before a stranger may see them.
enum class Content : std::uint8_t {
  number,          ///< All that is neither text nor address nor MAC: ports, pids, uids, marks, counters, moments.
  unlisted,        ///< A text of which nobody has said what it holds; hidden whole.
  word,            ///< Of a vocabulary of the kernel, a standard or hindstat: names of counters, settings, algorithms.
  sentence,        ///< hindstat's own, in which addresses and the names of interfaces and namespaces may stand.
  evidence,        ///< Bytes as they were read and not understood.
  address,         ///< An IP address.
  prefix,          ///< An IP address of which the next column tells how many bits count.
  mask,            ///< Bits of an IP address that count.
  address_list,    ///< IP addresses separated by blanks, a star before the own one.
  link_address,    ///< Of the link layer: MAC, or text "02:00:00:00:00:01" of any length.
  netns,           ///< Name of a network namespace, id of a container, or net:[inode].
  interface,       ///< Name of an interface.
  interface_label, ///< The same with a label: "eth0:1".
  interface_list,  ///< Names of interfaces separated by blanks, a TTL after a slash.
  station,         ///< Address of another family; the column "family" tells of which.
  station_list,    ///< The same separated by commas, a star after some.
  command,         ///< Name of a command.
  program,         ///< Path of an executable.
  unit,            ///< Name of a service unit.
  container,       ///< Id or name of a container.
  unix_name,       ///< Path or abstract name of a unix socket.
  user,            ///< Login name.
  peer_name,       ///< Name of a host as DNS or /etc/hosts has it.
  service,         ///< Name of a port.
  secret,          ///< Digits that a key was used for.
  context,         ///< Security context.
};

/// "number", "unlisted", "word", ...
[[nodiscard]] std::string_view name_of(Content content);

/// What a column of a table holds; Content::unlisted for a text that is not in the list of contents.cpp.
[[nodiscard]] Content content_of(std::string_view table, const ColumnSpec& column);

/// What is wrong with the list beside these specs, one sentence each that begins with "table.column: ": texts that it
/// lacks, lines that fit no column, prefixes without a length in the next column. Empty when it is well made.
[[nodiscard]] std::vector<std::string> lint_contents(std::span<const TableSpec> specs);

} // namespace hindstat
