// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "recorder/read_context.h"

namespace hindstat {

/// Where a reader runs: in every network namespace that is recorded, or once, after all of these, with their rows.
enum class ReaderScope { each_namespace, host };

/// One kernel source, or several that are read together, and the tables it fills.
struct Reader {
  std::string_view tables; ///< Their names, separated by blanks.
  ReaderScope scope = ReaderScope::each_namespace;
  void (*read)(ReadContext& context); ///< Keeps each of them once: as a table, or as missing.
};

/// Every reader, in the order in which they run. A new table is a line here.
[[nodiscard]] std::span<const Reader> readers();

} // namespace hindstat
