// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hindstat {

// The forms of names that say nothing about whom they belong to, and of those that carry something inside.

/// Decimal digits, at least one.
[[nodiscard]] bool is_number(std::string_view text);

/// A name that the kernel or systemd gives by kind, number or place: "lo", "eth0", "enp3s0f1", "tun12", "wg0",
/// "eth0.100". Not what holds a MAC (enx...), random digits (veth...) or what somebody thought of.
[[nodiscard]] bool is_kernel_interface_name(std::string_view name);
/// Where ".100" begins in the name of an interface on a VLAN.
[[nodiscard]] std::optional<std::size_t> find_vlan_suffix(std::string_view name);
/// What its pseudonym begins with: `kind` of the driver, else what the name seems to be ("veth", "br"), else "if".
[[nodiscard]] std::string_view stem_of_interface(std::string_view name, std::string_view kind);

/// "net:[4026531840]"
[[nodiscard]] bool is_unnamed_namespace(std::string_view text);
/// 12 lower-case hexadecimal digits.
[[nodiscard]] bool is_container_id(std::string_view text);

/// The bytes of "02:00:00:00:00:01"; nullopt for anything else.
[[nodiscard]] std::optional<std::string> parse_link_bytes(std::string_view text);
/// The opposite.
[[nodiscard]] std::string format_link_bytes(std::string_view bytes);

/// How much of `uname -r` is version: "6.1.0-27-" of "6.1.0-27-amd64".
[[nodiscard]] std::size_t length_of_version(std::string_view release);
/// What distributions put behind it ("amd64", "generic"), or nothing.
[[nodiscard]] bool is_common_flavour(std::string_view text);

} // namespace hindstat
