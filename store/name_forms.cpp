// SPDX-License-Identifier: MIT
#include "store/name_forms.h"

#include <algorithm>
#include <array>

namespace hindstat {

namespace {

// With a number behind them they are names that kernels, systemd and drivers give.
constexpr auto kinds = std::to_array<std::string_view>(
  {"eth",    "wlan",  "wwan",  "usb",    "ib",     "can",    "vcan",    "ppp",     "sl",      "tun",    "tap",
   "bond",   "team",  "br",    "dummy",  "ifb",    "veth",   "vlan",    "vxlan",   "geneve",  "gre",    "gretap",
   "erspan", "sit",   "tunl",  "ip6tnl", "ip6gre", "ip_vti", "ip6_vti", "macvlan", "macvtap", "ipvlan", "wg",
   "docker", "virbr", "lxcbr", "lxdbr",  "nlmon",  "hsr",    "vrf",     "if",      "bnep",    "xfrm",   "lo"});

constexpr std::size_t most_digits = 5;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

std::size_t count_digits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

// "enp3s0f1np0", "eno1", "wlP2p1s0": what systemd makes of where a device is.
bool is_predictable(std::string_view name) {
  constexpr auto types = std::to_array<std::string_view>({"en", "wl", "ww", "ib", "sl"});
  const auto is_type = [&](std::string_view type) { return name.starts_with(type); };
  if (std::ranges::none_of(types, is_type)) {
    return false;
  }
  name.remove_prefix(2);
  while (!name.empty()) {
    const std::size_t letters = std::min(name.find_first_not_of("Posfdnpucivr"), name.size());
    const std::size_t digits = count_digits(name.substr(letters));
    if (letters == 0 || letters > 2 || digits == 0 || digits > most_digits) {
      return false;
    }
    name.remove_prefix(letters + digits);
  }
  return true;
}

} // namespace

bool is_number(std::string_view text) {
  return !text.empty() && count_digits(text) == text.size();
}

std::optional<std::size_t> find_vlan_suffix(std::string_view name) {
  constexpr std::size_t most_vlan_digits = 4;
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(dot + 1);
  return is_number(digits) && digits.size() <= most_vlan_digits ? std::optional(dot) : std::nullopt;
}

bool is_kernel_interface_name(std::string_view name) {
  if (const auto vlan = find_vlan_suffix(name)) {
    name = name.substr(0, *vlan);
  }
  const std::size_t last_letter = name.find_last_not_of("0123456789");
  if (name == "lo" || last_letter == std::string_view::npos) {
    return name == "lo";
  }
  const std::size_t digits = name.size() - last_letter - 1;
  const bool is_numbered =
    digits != 0 && digits <= most_digits && std::ranges::find(kinds, name.substr(0, last_letter + 1)) != kinds.end();
  return is_numbered || (name.size() > 2 && is_predictable(name));
}

std::string_view stem_of_interface(std::string_view name, std::string_view kind) {
  constexpr std::size_t longest = 12;
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_'; };
  if (!kind.empty() && kind.size() <= longest && std::ranges::all_of(kind, is_plain)) {
    return kind;
  }
  for (const std::string_view known : kinds) {
    const std::string_view rest = name.starts_with(known) ? name.substr(known.size()) : std::string_view();
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '_' || std::ranges::all_of(rest, is_hex))) {
      return known;
    }
  }
  return "if";
}

bool is_unnamed_namespace(std::string_view text) {
  constexpr std::string_view head = "net:[";
  return text.starts_with(head) && text.ends_with(']')
         && is_number(text.substr(head.size(), text.size() - head.size() - 1));
}

bool is_container_id(std::string_view text) {
  constexpr std::size_t digits = 12;
  return text.size() == digits && std::ranges::all_of(text, is_hex);
}

std::optional<std::string> parse_link_bytes(std::string_view text) {
  constexpr std::size_t piece = 3;
  if (text.size() % piece != piece - 1) {
    return std::nullopt;
  }
  const auto value = [](char c) { return is_digit(c) ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += piece) {
    if (!is_hex(text[i]) || !is_hex(text[i + 1]) || (i + 2 < text.size() && text[i + 2] != ':')) {
      return std::nullopt;
    }
    bytes += static_cast<char>(16 * value(text[i]) + value(text[i + 1]));
  }
  return bytes;
}

std::string format_link_bytes(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += text.empty() ? "" : ":";
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 0xF];
  }
  return text;
}

std::size_t length_of_version(std::string_view release) {
  return std::min(release.find_first_not_of("0123456789.-"), release.size());
}

bool is_common_flavour(std::string_view text) {
  constexpr auto flavours = std::to_array<std::string_view>(
    {"", "amd64", "arm64", "armmp", "686", "686-pae", "rt-amd64", "cloud-amd64", "cloud-arm64", "generic", "lowlatency",
     "aws", "azure", "gcp", "x86_64", "aarch64", "default"});
  return std::ranges::find(flavours, text) != flavours.end();
}

} // namespace hindstat
