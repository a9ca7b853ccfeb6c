// SPDX-License-Identifier: MIT
//
// Bluetooth tells of its sockets in two places, which have nothing in common that would join them: debugfs, by address
// (net/bluetooth/l2cap_core.c l2cap_debugfs_show, rfcomm/sock.c rfcomm_sock_debugfs_show), and /proc/net, by inode
// (net/bluetooth/af_bluetooth.c bt_seq_show).
//   l2cap   SOURCE [(TYPE)] DEST [(TYPE)] STATE PSM 0xSCID 0xDCID IMTU OMTU SECURITY MODE
//   rfcomm  SOURCE DEST STATE CHANNEL
//   /proc   SK REFCNT RMEM WMEM USER INODE PARENT
#include "recorder/readers/bluetooth_sockets.h"

#include <algorithm>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

/// "00:1A:7D:DA:71:13" of older kernels becomes lower case; 00:00:00:00:00:00 is no address.
struct BluetoothAddress {
  std::optional<std::string> text;
};

std::optional<BluetoothAddress> parse_address(std::string_view word) {
  constexpr std::size_t length = 17;
  if (word.size() != length) {
    return std::nullopt;
  }
  std::string text(word);
  bool any = false;
  for (std::size_t i = 0; i < length; ++i) {
    char& c = text[i];
    c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (i % 3 == 2 ? c != ':' : !is_digit) {
      return std::nullopt;
    }
    any = any || (is_digit && c != '0');
  }
  return BluetoothAddress{any ? std::optional(std::move(text)) : std::nullopt};
}

/// include/net/bluetooth/bluetooth.h BT_CONNECTED and what follows it.
OtherState state_of(std::uint32_t number) {
  using enum OtherState;
  constexpr std::array names{established, open,        bound,         listen, connecting,
                             incoming,    configuring, disconnecting, closed};
  return number >= 1 && number <= names.size() ? names[number - 1] : unnamed_state(number);
}

std::string mode_of(std::uint32_t number) {
  constexpr std::array<std::string_view, 5> names{"basic", "retransmission", "flow control", "ERTM", "streaming"};
  constexpr std::uint32_t le_flow_control = 0x80;
  constexpr std::uint32_t extended_flow_control = 0x81;
  if (number < names.size()) {
    return std::string(names[number]);
  }
  return number == le_flow_control         ? "LE flow control"
         : number == extended_flow_control ? "extended flow control"
                                           : std::to_string(number);
}

/// "0x0041".
std::optional<std::uint16_t> parse_channel_id(std::string_view word) {
  return word.starts_with("0x") ? parse_number<std::uint16_t>(word.substr(2), 16) : std::nullopt;
}

/// The types of both addresses, "(1)", which kernels before 3.11 do not print.
class AddressType {
public:
  [[nodiscard]] static bool is_one(std::string_view word) {
    return word.size() >= 3 && word.front() == '(' && word.back() == ')';
  }

  void add(std::string_view word) {
    text_ += (text_.empty() ? "" : ",") + std::string(word.substr(1, word.size() - 2));
  }

  /// Nothing where both are BR/EDR.
  [[nodiscard]] std::optional<std::string> details() const {
    return text_.empty() || text_ == "0,0" ? std::nullopt : std::optional("types=" + text_);
  }

private:
  std::string text_;
};

} // namespace

Verdict add_l2cap_line(OtherSocketRows& rows, std::string_view line) {
  OtherSocket row;
  row.family = OtherFamily::l2cap;
  Fields fields(line);
  AddressType types;
  const auto source = parse_address(fields.next());
  std::string_view word = fields.next();
  if (AddressType::is_one(word)) {
    types.add(word);
    word = fields.next();
  }
  const auto destination = parse_address(word);
  word = fields.next();
  if (AddressType::is_one(word)) {
    types.add(word);
    word = fields.next();
  }
  const auto state = parse_number<std::uint32_t>(word);
  row.channel = fields.next_number<std::uint32_t>();
  row.local_port = parse_channel_id(fields.next());
  row.remote_port = parse_channel_id(fields.next());
  row.recv_mtu = fields.next_number<std::uint32_t>();
  row.send_mtu = fields.next_number<std::uint32_t>();
  row.security = fields.next_number<std::uint32_t>();
  const auto mode = fields.next_number<std::uint32_t>();
  if (!source || !destination || !state || !row.channel || !row.local_port || !row.remote_port || !row.recv_mtu
      || !row.send_mtu || !row.security || !mode) {
    return Verdict::rejected;
  }
  row.local_address = source->text;
  row.remote_address = destination->text;
  row.state = state_of(*state);
  row.mode = mode_of(*mode);
  row.details = types.details();
  rows.add(row);
  return Verdict::kept;
}

Verdict add_rfcomm_line(OtherSocketRows& rows, std::string_view line) {
  OtherSocket row;
  row.family = OtherFamily::rfcomm;
  Fields fields(line);
  const auto source = parse_address(fields.next());
  const auto destination = parse_address(fields.next());
  const auto state = fields.next_number<std::uint32_t>();
  row.channel = fields.next_number<std::uint32_t>();
  if (!source || !destination || !state || !row.channel) {
    return Verdict::rejected;
  }
  row.local_address = source->text;
  row.remote_address = destination->text;
  row.state = state_of(*state);
  rows.add(row);
  return Verdict::kept;
}

Verdict add_proc_bluetooth_line(OtherSocketRows& rows, std::string_view line, OtherFamily family) {
  OtherSocket row;
  row.family = family;
  Fields fields(line);
  const std::string_view pointer = fields.next();
  const auto references = fields.next_number<std::uint32_t>();
  row.recv_queue = fields.next_number<std::uint32_t>();
  row.send_queue = fields.next_number<std::uint32_t>();
  row.uid = fields.next_number<std::uint32_t>();
  const auto inode = fields.next_number<std::uint32_t>();
  const auto parent = fields.next_number<std::uint32_t>();
  if (pointer.empty() || !references || !row.recv_queue || !row.send_queue || !row.uid || !inode || !parent) {
    return Verdict::rejected;
  }
  row.inode = *inode;
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
