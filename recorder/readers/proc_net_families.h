// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "recorder/readers/family_diag.h"
#include "tables/other_route.h"

namespace hindstat {

/// Collects the rows of table other_route.
using OtherRouteRows = TableBuilder<std::remove_const_t<decltype(other_routes)>>;

/// Reads /proc/net/ax25, line by line: kernels since 2.1 have no heading, that of 2.0 tells its own layout.
class Ax25Lines {
public:
  /// Adds the row of one line. Rejected: what is not a line of the layout that the file began with.
  [[nodiscard]] Verdict add(OtherSocketRows& rows, std::string_view line);

private:
  bool is_first_ = true;
  bool is_old_ = false;
};

// Each adds the row of one line below the heading of its file; rejected is what is not of that file's layout.

/// /proc/net/nr: NET/ROM.
[[nodiscard]] Verdict add_netrom_line(OtherSocketRows& rows, std::string_view line);
/// /proc/net/rose
[[nodiscard]] Verdict add_rose_line(OtherSocketRows& rows, std::string_view line);
/// /proc/net/x25/socket, before Linux 2.6 /proc/net/x25.
[[nodiscard]] Verdict add_x25_line(OtherSocketRows& rows, std::string_view line);
/// /proc/net/ipx/socket, before Linux 2.6 /proc/net/ipx.
[[nodiscard]] Verdict add_ipx_line(OtherSocketRows& rows, std::string_view line);
/// /proc/net/atalk/socket
[[nodiscard]] Verdict add_ddp_line(OtherSocketRows& rows, std::string_view line);

/// /proc/net/ipx/route, before Linux 2.6 /proc/net/ipx_route.
[[nodiscard]] Verdict add_ipx_route_line(OtherRouteRows& rows, std::string_view line);
/// /proc/net/atalk/route, before Linux 2.6 /proc/net/atalk_route.
[[nodiscard]] Verdict add_ddp_route_line(OtherRouteRows& rows, std::string_view line);
/// /proc/net/x25/route
[[nodiscard]] Verdict add_x25_route_line(OtherRouteRows& rows, std::string_view line);

} // namespace hindstat
