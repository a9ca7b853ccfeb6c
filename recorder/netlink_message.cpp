// SPDX-License-Identifier: MIT
//
// Framing of netlink (include/uapi/linux/netlink.h): messages and attributes both begin with a length that counts
// their own header, and the next one begins at the following multiple of four. Saved replies come from strangers, so
// every length is checked against what is there.
#include "recorder/netlink_message.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>

namespace hindstat {

namespace {

constexpr std::size_t alignment = 4;

std::size_t aligned(std::size_t length) {
  return (length + alignment - 1) & ~(alignment - 1);
}

/// Both kinds begin with a negative errno value or 0. A short NLMSG_DONE says nothing and means success.
int errno_of(const NetlinkMessage& message) {
  constexpr int highest = 4095; // MAX_ERRNO
  const bool refused = message.type == NLMSG_ERROR;
  const int code = load_value<int>(message.payload).value_or(refused ? -EBADMSG : 0);
  if (code < 0 && code >= -highest) {
    return -code;
  }
  return refused && code != 0 ? EBADMSG : 0;
}

} // namespace

std::optional<NetlinkMessage> NetlinkMessages::next() {
  const auto header = load_value<nlmsghdr>(rest_);
  if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest_.size()) {
    return std::nullopt;
  }
  const NetlinkMessage message{header->nlmsg_type, header->nlmsg_flags, header->nlmsg_seq, header->nlmsg_pid,
                               rest_.first(header->nlmsg_len).subspan(sizeof(nlmsghdr))};
  rest_ = rest_.subspan(std::min(aligned(header->nlmsg_len), rest_.size()));
  return message;
}

std::optional<NetlinkAttribute> NetlinkAttributes::next() {
  const auto header = load_value<nlattr>(rest_);
  if (!header || header->nla_len < sizeof(nlattr) || header->nla_len > rest_.size()) {
    return std::nullopt;
  }
  const NetlinkAttribute attribute{static_cast<std::uint16_t>(header->nla_type & NLA_TYPE_MASK),
                                   rest_.first(header->nla_len).subspan(sizeof(nlattr))};
  rest_ = rest_.subspan(std::min(aligned(header->nla_len), rest_.size()));
  return attribute;
}

DumpProgress dump_progress(std::span<const std::byte> datagram, std::uint32_t sequence, std::uint32_t port) {
  DumpProgress progress;
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    if (sequence != 0 && (message->sequence != sequence || message->port != port)) {
      continue;
    }
    if ((message->flags & NLM_F_DUMP_INTR) != 0) {
      progress.interrupted = true;
    }
    if (message->type == NLMSG_OVERRUN) {
      return {true, ENOBUFS, progress.interrupted};
    }
    if (message->type == NLMSG_ERROR || message->type == NLMSG_DONE) {
      return {true, errno_of(*message), progress.interrupted};
    }
  }
  return progress;
}

} // namespace hindstat
