// SPDX-License-Identifier: MIT
//
// RTM_NEWADDR (include/uapi/linux/if_addr.h; net/ipv4/devinet.c inet_fill_ifaddr, net/ipv6/addrconf.c
// inet6_fill_ifaddr): struct ifaddrmsg, then attributes. IFA_LOCAL is the address itself and IFA_ADDRESS that of the
// other end; without a peer IPv4 sends both alike, and IPv6 IFA_ADDRESS alone.
#include "recorder/readers/rtnetlink_address.h"

#include <linux/if_addr.h>
#include <sys/socket.h>

#include <limits>

#include "recorder/netlink_message.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

constexpr std::uint64_t ms_per_s = 1000;
constexpr std::uint32_t forever = std::numeric_limits<std::uint32_t>::max();

using Bytes = std::span<const std::byte>;

class AddressMessage {
public:
  AddressMessage(const ifaddrmsg& header, std::uint64_t boottime_ms)
    : boottime_ms_(boottime_ms), v6_(header.ifa_family == AF_INET6) {
    row_.prefix_length = header.ifa_prefixlen;
    row_.scope = static_cast<RouteScope>(header.ifa_scope);
    row_.flags = FlagSet<AddressFlag>(header.ifa_flags);
  }

  /// False when an attribute is not whole or there is no address.
  [[nodiscard]] bool read(Bytes attributes) {
    NetlinkAttributes walk(attributes);
    while (const auto attribute = walk.next()) {
      if (!read_one(*attribute)) {
        return false;
      }
    }
    if (walk.malformed() || (!local_ && !address_)) {
      return false;
    }
    row_.address = local_ ? *local_ : *address_;
    row_.peer = local_ && address_ && *local_ != *address_ ? address_ : std::nullopt;
    return true;
  }

  void add_to(AddressRows& rows, std::string interface) {
    row_.interface = std::move(interface);
    rows.add(row_);
  }

private:
  bool read_address(std::optional<IpAddress>& target, Bytes bytes) const {
    target = load_address(bytes);
    return target && target->is_v6() == v6_;
  }

  /// False when the attribute is one that is stored and not whole.
  bool read_one(const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case IFA_ADDRESS:
        return read_address(address_, attribute.value);
      case IFA_LOCAL:
        return read_address(local_, attribute.value);
      case IFA_BROADCAST:
        return read_address(row_.broadcast, attribute.value);
      case IFA_LABEL:
        row_.label = load_text(attribute.value);
        return true;
      case IFA_FLAGS: { // All of the flags; the header has room for the lowest eight.
        const auto flags = load_value<std::uint32_t>(attribute.value);
        row_.flags = FlagSet<AddressFlag>(flags.value_or(0));
        return flags.has_value();
      }
      case IFA_CACHEINFO:
        return read_lifetimes(attribute.value);
      default:
        return true;
    }
  }

  bool read_lifetimes(Bytes value) {
    const auto info = load_value<ifa_cacheinfo>(value);
    if (!info) {
      return false;
    }
    // 0 seconds: it is deprecated already, and since when is not told.
    if (info->ifa_prefered != forever && info->ifa_prefered != 0) {
      row_.preferred_until = boottime_ms_ + info->ifa_prefered * ms_per_s;
    }
    if (info->ifa_valid != forever) {
      row_.valid_until = boottime_ms_ + info->ifa_valid * ms_per_s;
    }
    return true;
  }

  std::uint64_t boottime_ms_;
  bool v6_;
  Address row_;
  std::optional<IpAddress> local_;
  std::optional<IpAddress> address_;
};

} // namespace

Verdict add_address_message(AddressRows& rows, std::span<const std::byte> payload, const InterfaceNames& names,
                            std::uint64_t boottime_ms) {
  const auto header = load_value<ifaddrmsg>(payload);
  if (!header) {
    return Verdict::rejected;
  }
  if (header->ifa_family != AF_INET && header->ifa_family != AF_INET6) {
    return Verdict::skipped;
  }
  AddressMessage address(*header, boottime_ms);
  const unsigned longest_prefix = header->ifa_family == AF_INET6 ? 128 : 32;
  if (header->ifa_prefixlen > longest_prefix || !address.read(payload.subspan(sizeof(ifaddrmsg)))) {
    return Verdict::rejected;
  }
  address.add_to(rows, names.name_of(header->ifa_index));
  return Verdict::kept;
}

} // namespace hindstat
