// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "tables/route_cache.h"

namespace hindstat {

using RouteCacheRows = TableBuilder<std::remove_const_t<decltype(route_cache_entries)>>;

/// The lines of /proc/net/rt_cache, in their order: the first one says the layout.
class RtCacheLines {
public:
  /// Rejected: every line before a heading of a known layout, and one with too few or wrong fields.
  [[nodiscard]] Verdict add(RouteCacheRows& rows, std::string_view line);

private:
  enum class Layout { unknown, linux_2_0, linux_2_2 };
  Layout layout_ = Layout::unknown;
};

} // namespace hindstat
