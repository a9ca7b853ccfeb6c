// SPDX-License-Identifier: MIT
#include "tables/capture.h"

#include "tables/format.h"

namespace hindstat {

std::string format_status(CaptureStatus status) {
  return format_enum(NamesOf<CaptureStatus>::values, static_cast<std::uint8_t>(status));
}

} // namespace hindstat
