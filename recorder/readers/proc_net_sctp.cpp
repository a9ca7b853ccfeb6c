// SPDX-License-Identifier: MIT
//
// /proc/net/sctp (net/sctp/proc.c sctp_eps_seq_show, sctp_assocs_seq_show), one line an endpoint or association:
//  ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
//  d6a2b9c1 0f3e1a77 2   10  29   7046      0 21591 10.77.1.2 10.77.2.2
//  ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT ...
// 1c9a8f02 0f3e1a77 2   1   3  0       1        0        0       0 21593 7046  41022  *10.77.1.2 <-> *10.77.1.1 30000
// ...
#include "recorder/readers/proc_net_sctp.h"

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

/// The addresses of one end, as far as the words are addresses.
class Addresses {
public:
  /// False where `word` is none.
  bool add(std::string_view word) {
    const bool is_primary = word.starts_with('*');
    const auto address = parse_ip_address(is_primary ? word.substr(1) : word);
    if (address && (is_primary || !chosen_)) {
      chosen_ = address;
    }
    if (address) {
      all_.push_back(*address);
    }
    return address.has_value();
  }

  [[nodiscard]] const std::optional<IpAddress>& chosen() const {
    return chosen_;
  }

  [[nodiscard]] const std::vector<IpAddress>& all() const {
    return all_;
  }

private:
  std::optional<IpAddress> chosen_;
  std::vector<IpAddress> all_;
};

IpAddress unspecified_like(const IpAddress& address) {
  return address.is_v4() ? IpAddress::v4({}) : IpAddress::v6({});
}

} // namespace

std::optional<SctpRecord> parse_sctp_endpoint(std::string_view line) {
  Fields fields(line);
  const bool has_pointers = !fields.next().empty() && !fields.next().empty();
  const auto style = fields.next_number<std::uint32_t>();
  const auto state = fields.next_number<std::uint8_t>();
  const auto bucket = fields.next_number<std::uint32_t>();
  const auto port = fields.next_number<std::uint16_t>();
  const auto uid = fields.next_number<std::uint32_t>();
  const auto inode = fields.next_number<std::uint32_t>();
  if (!has_pointers || !style || !state || !bucket || !port || !uid || !inode) {
    return std::nullopt;
  }
  Addresses locals;
  for (std::string_view word = fields.next(); !word.empty(); word = fields.next()) {
    if (!locals.add(word)) {
      return std::nullopt;
    }
  }
  SctpRecord record;
  record.state = *state;
  record.local_address = locals.chosen().value_or(IpAddress::v4({}));
  record.remote_address = unspecified_like(record.local_address);
  record.local_port = *port;
  record.uid = *uid;
  record.inode = *inode;
  record.locals = locals.all();
  return record;
}

std::optional<SctpRecord> parse_sctp_association(std::string_view line) {
  Fields fields(line);
  const bool has_pointers = !fields.next().empty() && !fields.next().empty();
  const auto style = fields.next_number<std::uint32_t>();
  const auto socket_state = fields.next_number<std::uint8_t>();
  const auto state = fields.next_number<std::uint8_t>();
  const auto bucket = fields.next_number<std::uint32_t>();
  const auto id = fields.next_number<std::int32_t>();
  const auto send_queue = fields.next_number<std::uint32_t>();
  const auto recv_queue = fields.next_number<std::uint32_t>();
  const auto uid = fields.next_number<std::uint32_t>();
  const auto inode = fields.next_number<std::uint32_t>();
  const auto local_port = fields.next_number<std::uint16_t>();
  const auto remote_port = fields.next_number<std::uint16_t>();
  if (!has_pointers || !style || !socket_state || !state || !bucket || !id || !send_queue || !recv_queue || !uid
      || !inode || !local_port || !remote_port) {
    return std::nullopt;
  }
  Addresses locals;
  Addresses remotes;
  std::string_view word = fields.next();
  while (locals.add(word)) {
    word = fields.next();
  }
  if (word != "<->") {
    return std::nullopt;
  }
  while (remotes.add(fields.next())) {}
  if (!locals.chosen() || !remotes.chosen() || locals.chosen()->is_v4() != remotes.chosen()->is_v4()) {
    return std::nullopt;
  }
  return SctpRecord{true,        *state, *locals.chosen(), *remotes.chosen(), *local_port,  *remote_port, *recv_queue,
                    *send_queue, *uid,   *inode,           locals.all(),      remotes.all()};
}

} // namespace hindstat
