// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hindstat {

/// "2G", "1.5GB", "500M", "64k", "512MiB" or plain bytes: k, M, G, T are powers of 1000, Ki, Mi, Gi, Ti of 1024, in
/// either case. Throws Error for anything else, and for 0.
[[nodiscard]] std::uint64_t parse_size(std::string_view text);

/// "850 B", "2.1 kB", "1.4 MB", "2.0 GB"
[[nodiscard]] std::string format_size(std::uint64_t bytes);

} // namespace hindstat
