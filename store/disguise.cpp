// SPDX-License-Identifier: MIT
// Texts, one function for each form that they come in. Whatever has not the form that is expected is hidden whole.
#include "store/disguise.h"

#include <algorithm>
#include <array>
#include <optional>

#include "store/name_forms.h"

namespace hindstat {

namespace {

constexpr std::string_view deleted = " (deleted)";

// What every machine has, and what the registered ports are called: nobody is known by it.
constexpr auto common_users = std::to_array<std::string_view>({"root", "nobody"});
constexpr auto common_peers =
  std::to_array<std::string_view>({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"});
constexpr auto common_services = std::to_array<std::string_view>(
  {"ssh",   "telnet", "smtp",  "domain", "bootps", "bootpc",     "tftp",  "http",   "kerberos", "pop3",
   "ntp",   "imap2",  "snmp",  "bgp",    "ldap",   "https",      "smtps", "syslog", "ldaps",    "imaps",
   "pop3s", "mdns",   "mysql", "nfs",    "ftp",    "postgresql", "rsync", "sunrpc", "http-alt", "submission"});

bool is_one_of(std::span<const std::string_view> list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 0xF];
  }
  return text;
}

// Calls `part` with each piece between separators, and puts what it returns in their places.
template <typename Hide>
std::string hide_pieces(std::string_view text, std::string_view separators, Hide&& hide) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end != 0) {
      result += hide(text.substr(0, end));
    } else {
      result += text.front();
    }
    text.remove_prefix(std::max<std::size_t>(end, 1));
  }
  return result;
}

} // namespace

std::string Disguise::text(Content content, std::string_view text, std::string_view family) {
  if (text.empty()) {
    return {};
  }
  switch (content) {
    case Content::word:
      return std::string(text);
    case Content::evidence:
      return {};
    case Content::sentence:
      return sentence(text);
    case Content::address_list:
      return address_list(text);
    case Content::link_address:
      return link_address(text);
    case Content::netns:
      return netns(text);
    case Content::interface:
      return interface(text);
    case Content::interface_label:
      return interface_label(text);
    case Content::interface_list:
      return interface_list(text);
    case Content::station:
      return station(text, family);
    case Content::station_list:
      return station_list(text, family);
    case Content::command:
      return name("process", text);
    case Content::program:
      return program(text);
    case Content::unit:
      return unit(text);
    case Content::container:
      return pseudonyms_->find_or_add("netns", text, "container");
    case Content::unix_name:
      return unix_name(text);
    case Content::user:
      return is_one_of(common_users, text) ? std::string(text) : name("user", text);
    case Content::peer_name:
      return is_one_of(common_peers, text) ? std::string(text) : name("name", text);
    case Content::service:
      return is_one_of(common_services, text) ? std::string(text) : name("service", text);
    case Content::secret:
      return secret(text);
    case Content::context:
      return name("context", text);
    case Content::number:
    case Content::unlisted:
    case Content::address:
    case Content::prefix:
    case Content::mask:
      break;
  }
  return name("text", text);
}

IpAddress Disguise::address(const IpAddress& address) {
  const auto known = pseudonyms_->addresses.find(address);
  return known != pseudonyms_->addresses.end()
           ? known->second
           : pseudonyms_->addresses.emplace(address, scrambler_.address(address)).first->second;
}

IpAddress Disguise::prefix(const IpAddress& address, std::size_t length) {
  const std::pair network(address, static_cast<std::uint8_t>(std::min(length, 8 * address.bytes().size())));
  const auto known = pseudonyms_->networks.find(network);
  return known != pseudonyms_->networks.end()
           ? known->second
           : pseudonyms_->networks.emplace(network, scrambler_.prefix(address, network.second)).first->second;
}

MacAddress Disguise::mac(MacAddress address) {
  const auto known = pseudonyms_->macs.find(address);
  return known != pseudonyms_->macs.end() ? known->second
                                          : pseudonyms_->macs.emplace(address, scrambler_.mac(address)).first->second;
}

std::string Disguise::name(std::string_view kind, std::string_view text) {
  return text.empty() ? std::string() : pseudonyms_->find_or_add(kind, text, kind);
}

std::string Disguise::host(std::string_view text) {
  return name("host", text);
}

std::string Disguise::machine_id(std::string_view text) const {
  constexpr std::size_t bytes = 16;
  return text.empty() ? std::string() : hex(scrambler_.digest("machine_id", text, bytes));
}

std::string Disguise::boot_id(std::string_view text) const {
  if (text.empty()) {
    return {};
  }
  constexpr std::size_t bytes = 16;
  std::string digits = hex(scrambler_.digest("boot_id", text, bytes));
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) { // 8-4-4-4-12
    digits.insert(dash, 1, '-');
  }
  return digits;
}

std::string Disguise::kernel_release(std::string_view text) {
  const std::size_t version = length_of_version(text);
  return is_common_flavour(text.substr(version)) ? std::string(text)
                                                 : std::string(text.substr(0, version)) + name("kernel", text);
}

std::string Disguise::interface(std::string_view text, std::string_view kind) {
  if (text.empty() || is_kernel_interface_name(text)) {
    return std::string(text);
  }
  if (const auto vlan = find_vlan_suffix(text)) {
    return interface(text.substr(0, *vlan)) + std::string(text.substr(*vlan));
  }
  return pseudonyms_->find_or_add("interface", text, stem_of_interface(text, kind));
}

std::string Disguise::interface_label(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return interface(text);
  }
  const std::string_view label = text.substr(colon + 1);
  return interface(text.substr(0, colon)) + ":" + (is_number(label) ? std::string(label) : name("label", label));
}

std::string Disguise::interface_list(std::string_view text) {
  return hide_pieces(text, " ", [&](std::string_view piece) {
    const std::size_t slash = std::min(piece.find('/'), piece.size());
    const std::string_view ttl = piece.substr(slash);
    return ttl.empty() || is_number(ttl.substr(1)) ? interface(piece.substr(0, slash)) + std::string(ttl)
                                                   : interface(piece);
  });
}

// A namespace may be called by its container's id, so that both are of one kind.
std::string Disguise::netns(std::string_view text) {
  return is_unnamed_namespace(text)
           ? std::string(text)
           : pseudonyms_->find_or_add("netns", text, is_container_id(text) ? "container" : "netns");
}

std::string Disguise::program(std::string_view text) {
  const bool is_deleted = text.size() > deleted.size() && text.ends_with(deleted);
  const std::string_view path = is_deleted ? text.substr(0, text.size() - deleted.size()) : text;
  return "/" + name("program", path) + std::string(is_deleted ? deleted : "");
}

std::string Disguise::unit(std::string_view text) {
  constexpr auto kinds = std::to_array<std::string_view>({".service", ".scope"});
  const auto kind = std::ranges::find_if(kinds, [&](std::string_view ending) { return text.ends_with(ending); });
  return name("unit", text) + std::string(kind != kinds.end() ? *kind : "");
}

std::string Disguise::unix_name(std::string_view text) {
  const bool is_known_form = text.front() == '/' || text.front() == '\0';
  return std::string(is_known_form ? text.substr(0, 1) : "") + name("socket", text);
}

std::string Disguise::link_address(std::string_view text) {
  const auto bytes = parse_link_bytes(text);
  if (!bytes) {
    return name("link", text);
  }
  if (bytes->size() == 6) {
    MacAddress address;
    for (const char byte : *bytes) {
      address.value = (address.value << 8) | static_cast<unsigned char>(byte);
    }
    return format_mac_address(mac(address));
  }
  // A tunnel's link-layer addresses are IP addresses.
  const auto inner = IpAddress::from_bytes(*bytes);
  constexpr std::size_t longest = 32;
  const std::string hidden = inner                     ? std::string(address(*inner).bytes())
                             : bytes->size() > longest ? std::string()
                                                       : scrambler_.digest("link", *bytes, bytes->size());
  return hidden.empty() ? name("link", text) : format_link_bytes(hidden);
}

std::string Disguise::address_list(std::string_view text) {
  return hide_pieces(text, " *", [&](std::string_view piece) {
    const auto parsed = parse_ip_address(piece);
    return parsed ? format_ip_address(address(*parsed)) : name("text", piece);
  });
}

std::string Disguise::station(std::string_view text, std::string_view family) {
  if (text.empty() || ((family == "vsock" || family == "tipc") && is_number(text))) {
    return std::string(text);
  }
  if (family == "xdp") {
    return interface(text);
  }
  if (const auto parsed = parse_ip_address(text)) {
    return format_ip_address(address(*parsed));
  }
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (const auto bytes = parse_link_bytes(lower); bytes && bytes->size() == 6) {
    std::string hidden = link_address(lower);
    if (lower != text) {
      std::ranges::transform(hidden, hidden.begin(),
                             [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
    }
    return hidden;
  }
  return name("station", text);
}

std::string Disguise::station_list(std::string_view text, std::string_view family) {
  return hide_pieces(text, ",*", [&](std::string_view piece) { return station(piece, family); });
}

std::string Disguise::secret(std::string_view text) {
  constexpr std::size_t most_bytes = 32;
  const std::size_t bytes = (text.size() + 1) / 2;
  return bytes <= most_bytes ? hex(scrambler_.digest("secret", text, bytes)).substr(0, text.size())
                             : name("secret", text);
}

std::string Disguise::sentence(std::string_view text) {
  return hide_pieces(text, " ,;()\"'\t\n", [&](std::string_view word) {
    // "10.0.0.1: ...", "... of eth0.", and an address may end with two colons.
    std::size_t size = word.size();
    while (size != 0 && (word[size - 1] == '.' || word[size - 1] == ':') && !parse_ip_address(word.substr(0, size))) {
      --size;
    }
    return word_of_sentence(word.substr(0, size)) + std::string(word.substr(size));
  });
}

std::string Disguise::word_of_sentence(std::string_view word) {
  const std::size_t slash = std::min(word.find('/'), word.size());
  if (const auto parsed = parse_ip_address(word.substr(0, slash))) {
    return format_ip_address(address(*parsed)) + std::string(word.substr(slash));
  }
  if (const auto bytes = parse_link_bytes(word); bytes && bytes->size() >= 6) {
    return link_address(word);
  }
  for (const std::string_view kind : {"interface", "netns", "host", "name"}) {
    if (const std::string* known = pseudonyms_->find(kind, word)) {
      return *known;
    }
  }
  const bool is_of_the_system = word.starts_with("/proc") || word.starts_with("/sys/") || word == "/etc/passwd"
                                || word == "/etc/services" || word == "/etc/hosts";
  return word.starts_with("/") && !is_of_the_system ? name("path", word) : std::string(word);
}

} // namespace hindstat
