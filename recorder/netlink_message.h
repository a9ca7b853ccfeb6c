// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace hindstat {

/// The bytes at `offset` as a value in the host's byte order; nullopt when they do not all lie in `bytes`.
template <typename Value>
[[nodiscard]] std::optional<Value> load_value(std::span<const std::byte> bytes, std::size_t offset = 0) {
  static_assert(std::is_trivially_copyable_v<Value>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Value)) {
    return std::nullopt;
  }
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof(Value));
  return value;
}

/// One message of a netlink datagram (struct nlmsghdr and what follows it).
struct NetlinkMessage {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t port = 0;
  std::span<const std::byte> payload; ///< Lies in the datagram.
};

/// Walks the messages of a datagram. No length in it is trusted: the walk ends at the first message that does not fit.
class NetlinkMessages {
public:
  explicit NetlinkMessages(std::span<const std::byte> datagram) : rest_(datagram) {
  }

  /// nullopt at the end and before bytes that are no whole message.
  [[nodiscard]] std::optional<NetlinkMessage> next();

  /// After the last message: whether bytes were left that are no whole message.
  [[nodiscard]] bool malformed() const {
    return !rest_.empty();
  }

private:
  std::span<const std::byte> rest_;
};

/// One attribute (struct nlattr or rtattr); the nested and byte order bits are taken off its type.
struct NetlinkAttribute {
  std::uint16_t type = 0;
  std::span<const std::byte> value; ///< Lies in the message.
};

/// Walks attributes in the way of NetlinkMessages.
class NetlinkAttributes {
public:
  explicit NetlinkAttributes(std::span<const std::byte> attributes) : rest_(attributes) {
  }

  [[nodiscard]] std::optional<NetlinkAttribute> next();

  [[nodiscard]] bool malformed() const {
    return !rest_.empty();
  }

private:
  std::span<const std::byte> rest_;
};

/// What the control messages of one datagram of a dump say.
struct DumpProgress {
  bool done = false;        ///< The dump ended, well or with the error.
  int error = 0;            ///< 0 or a positive errno value.
  bool interrupted = false; ///< A message carried NLM_F_DUMP_INTR.
};

/// Reads NLMSG_DONE, NLMSG_ERROR and NLMSG_OVERRUN. Messages with another sequence or port are not ours and ignored;
/// with sequence 0 every message is taken (a saved reply).
[[nodiscard]] DumpProgress dump_progress(std::span<const std::byte> datagram, std::uint32_t sequence = 0,
                                         std::uint32_t port = 0);

} // namespace hindstat
