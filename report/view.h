// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/netstat_sockets.h"
#include "tables/other_socket.h"
#include "tables/snapshot.h"

namespace hindstat {

/// The options of netstat, as they were given.
struct ViewOptions {
  SocketView sockets; ///< host_names, service_names and user_names follow from `numeric` and its kin.
  bool unix_domain = false;
  int extend = 0;
  bool route = false; ///< -r; check_view() sets it with -F and -C too.
  bool fib = false;   ///< -F.
  bool cache = false;
  bool interfaces = false;
  bool statistics = false;
  bool groups = false;
  bool masquerade = false; ///< -M
  bool numeric = false;
  bool numeric_hosts = false;
  bool numeric_ports = false;
  bool numeric_users = false;
  bool symbolic = false; ///< No effect: there are no names of hardware either.
  bool verbose = false;  ///< No effect: nothing is left unsaid without it.
  bool wide = false;     ///< With -M: both tuples; else no effect: nothing is cut without it.
  bool continuous = false;
  bool context = false;
  std::vector<std::string> families; ///< -A, comma-split, and --ax25 and its kin: inet, inet6, unix, ax25, ...
  std::vector<OtherFamily> others;   ///< Of these, those of table other_socket; check_view() fills it.
};

/// Throws Error for what netstat refuses, what is not recorded and what makes no sense; else the options with -A
/// turned into -4, -6, -x and `others`.
[[nodiscard]] ViewOptions check_view(ViewOptions options);

/// True where any option is given that selects or describes rows.
[[nodiscard]] bool has_view(const ViewOptions& options);

/// The tables whose rows are shown, and those that have to be loaded: the view looks names up in the others.
struct WantedTables {
  std::vector<std::string> shown;
  std::vector<std::string> loaded;
  std::vector<std::string> if_collected; ///< Shown too, after the others, where they were collected; else unsaid.
};

/// `as_rows`: for JSON and CSV, where process and address are tables of their own instead of a part of other rows, and
/// where nothing is replaced by a name.
[[nodiscard]] WantedTables wanted_tables(const ViewOptions& options, bool as_rows);

/// The rows of one shown table, in the order of the view.
[[nodiscard]] std::vector<std::uint32_t> select_rows(const Table& table, const ViewOptions& options);

/// The view as netstat prints it. Terminal-safe.
[[nodiscard]] std::string format_view(const Snapshot& snapshot, const ViewOptions& options);

} // namespace hindstat
