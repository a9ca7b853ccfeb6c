// SPDX-License-Identifier: MIT
#include "diff/side_rows.h"

namespace hindstat {

void SideRows::keep(std::span<const std::uint32_t> rows) {
  std::vector<std::uint32_t> origin;
  origin.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    origin.push_back(static_cast<std::uint32_t>(this->origin(row)));
  }
  own_ = table().select(rows);
  origin_ = std::move(origin);
}

} // namespace hindstat
