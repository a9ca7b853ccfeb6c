// SPDX-License-Identifier: MIT
//
// /proc/net/nf_conntrack (net/netfilter/nf_conntrack_standalone.c ct_seq_show), one flow a line:
//   ipv4     2 tcp      6 431994 ESTABLISHED src=10.77.1.2 dst=10.77.2.2 sport=40000 dport=7000 packets=2 bytes=112
//   src=10.77.2.2 dst=10.77.2.1 sport=7000 dport=37150 packets=1 bytes=60 [ASSURED] mark=0 zone=0 delta-time=5 use=2
// /proc/net/ip_conntrack before 2.6.20 is the same without the family. Offloaded flows have no seconds left. Neither
// has the status bits: what is rewritten follows from the tuples.
#include "recorder/readers/proc_net_conntrack.h"

#include <array>
#include <limits>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::uint64_t ms_per_s = 1000;
constexpr std::uint64_t ns_per_s = 1'000'000'000;

template <typename Number>
bool set_number(std::optional<Number>& target, std::string_view text, int base = 10) {
  target = parse_number<Number>(text, base);
  return target.has_value();
}

/// "0x1b", as the keys of GRE are printed.
bool set_key(std::optional<std::uint16_t>& target, std::string_view text) {
  return set_number(target, text.starts_with("0x") ? text.substr(2) : text, 16);
}

/// When something expires that has so many seconds left; what was overdue already has none.
bool set_expiry(std::optional<std::uint64_t>& target, std::string_view text, const ReadMoment& moment) {
  const auto seconds = parse_number<std::int64_t>(text);
  if (!seconds || *seconds > std::numeric_limits<std::uint32_t>::max()) {
    return false;
  }
  target = moment.boottime_ms + static_cast<std::uint64_t>(std::max<std::int64_t>(*seconds, 0)) * ms_per_s;
  return true;
}

bool is_number(std::string_view word) {
  return parse_number<std::int64_t>(word).has_value();
}

/// Sets the part of a tuple that `key` names; nullopt when it names none, false when the value is not right.
std::optional<bool> set_tuple_part(FlowTuple& tuple, std::string_view key, std::string_view value) {
  if (key == "src") {
    tuple.source = parse_ip_address(value);
    return tuple.source.has_value();
  }
  if (key == "dst") {
    tuple.destination = parse_ip_address(value);
    return tuple.destination.has_value();
  }
  if (key == "sport") {
    return set_number(tuple.source_port, value);
  }
  if (key == "dport") {
    return set_number(tuple.destination_port, value);
  }
  if (key == "srckey") {
    return set_key(tuple.source_port, value);
  }
  if (key == "dstkey") {
    return set_key(tuple.destination_port, value);
  }
  if (key == "type") {
    return set_number(tuple.icmp_type, value);
  }
  if (key == "code") {
    return set_number(tuple.icmp_code, value);
  }
  return std::nullopt;
}

class ConntrackLine {
public:
  explicit ConntrackLine(const ReadMoment& moment) : moment_(moment) {
    row_.flags = FlagSet<FlowFlag>();
    row_.flags->set(FlowFlag::replied); // Unless the line says otherwise.
  }

  [[nodiscard]] bool read(std::string_view line) {
    Fields fields(line);
    std::string_view word = read_protocol(fields);
    if (word.empty()) {
      return false;
    }
    if (is_number(word)) {
      if (!set_expiry(row_.expires, word, moment_)) {
        return false;
      }
      word = fields.next();
    }
    for (; !word.empty(); word = fields.next()) {
      if (!read_word(word)) {
        return false;
      }
    }
    if (tuples_ != 2 || !set_tuples(row_, original_, reply_)) {
      return false;
    }
    row_.nat = derive_nat(row_);
    return true;
  }

  [[nodiscard]] const Conntrack& row() const {
    return row_;
  }

private:
  /// "ipv4 2 tcp 6" or "tcp 6": sets the protocol and returns the word after it; empty when there is none.
  std::string_view read_protocol(Fields& fields) {
    const std::string_view name = fields.next();
    auto number = fields.next_number<std::uint8_t>();
    if (name == "ipv4" || name == "ipv6") {
      std::ignore = fields.next();
      number = fields.next_number<std::uint8_t>();
    }
    if (!number) {
      return {};
    }
    row_.protocol = static_cast<FlowProtocol>(*number);
    return fields.next();
  }

  bool read_word(std::string_view word) {
    if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
      return read_pair(word.substr(0, equals), word.substr(equals + 1));
    }
    if (word == "[UNREPLIED]") {
      row_.flags->bits &= static_cast<std::uint8_t>(~static_cast<unsigned>(FlowFlag::replied));
    } else if (word == "[ASSURED]") {
      row_.flags->set(FlowFlag::assured);
    } else if (word == "[OFFLOAD]") {
      row_.flags->set(FlowFlag::offload);
    } else if (word == "[HW_OFFLOAD]") { // It replaces [OFFLOAD], which such a flow is as well.
      row_.flags->set(FlowFlag::offload);
      row_.flags->set(FlowFlag::hw_offload);
    } else if (tuples_ == 0 && !row_.state && !word.starts_with('[')) {
      row_.state = std::string(word);
    }
    return true;
  }

  bool read_pair(std::string_view key, std::string_view value) {
    if (key == "src" && ++tuples_ > 2) {
      return false;
    }
    if (tuples_ != 0) {
      FlowTuple& tuple = tuples_ == 1 ? original_ : reply_;
      if (const auto valid = set_tuple_part(tuple, key, value)) {
        return *valid;
      }
      if (key == "id" && tuple.icmp_type && !tuple.icmp_id) {
        return set_number(tuple.icmp_id, value);
      }
      if (key == "packets") {
        return set_number(tuples_ == 1 ? row_.packets : row_.reply_packets, value);
      }
      if (key == "bytes") {
        return set_number(tuples_ == 1 ? row_.bytes : row_.reply_bytes, value);
      }
    }
    return read_rest(key, value);
  }

  bool read_rest(std::string_view key, std::string_view value) {
    if (key == "zone") {
      const auto zone = parse_number<std::uint16_t>(value);
      row_.zone = zone.value_or(0);
      return zone.has_value();
    }
    if (key == "zone-orig") {
      return set_number(original_.zone, value);
    }
    if (key == "zone-reply") {
      return set_number(reply_.zone, value);
    }
    if (key == "mark") {
      return set_number(row_.mark, value);
    }
    if (key == "use") {
      return set_number(row_.use, value);
    }
    if (key == "id") {
      return set_number(row_.id, value);
    }
    if (key == "secctx") {
      row_.security_context = std::string(value);
    } else if (key == "helper") {
      row_.helper = std::string(value);
    } else if (key == "delta-time") {
      const auto age = parse_number<std::uint64_t>(value);
      if (!age) {
        return false;
      }
      row_.started = (moment_.realtime_s - std::min(*age, moment_.realtime_s)) * ns_per_s;
    }
    return true;
  }

  ReadMoment moment_;
  Conntrack row_;
  FlowTuple original_;
  FlowTuple reply_;
  int tuples_ = 0;
};

/// "PERMANENT,INACTIVE"; nullopt for any other word.
std::optional<FlagSet<ExpectationFlag>> parse_expectation_flags(std::string_view word) {
  FlagSet<ExpectationFlag> flags;
  while (!word.empty()) {
    const Split split = split_at(word, ',');
    if (split.before == "PERMANENT") {
      flags.set(ExpectationFlag::permanent);
    } else if (split.before == "INACTIVE") {
      flags.set(ExpectationFlag::inactive);
    } else if (split.before == "USERSPACE") {
      flags.set(ExpectationFlag::userspace);
    } else {
      return std::nullopt;
    }
    word = split.after;
  }
  return flags;
}

} // namespace

Verdict add_conntrack_line(ConntrackRows& rows, std::string_view line, const ReadMoment& moment) {
  ConntrackLine flow(moment);
  if (!flow.read(line)) {
    return Verdict::rejected;
  }
  rows.add(flow.row());
  return Verdict::kept;
}

// "295 l3proto = 2 proto=6 src=10.77.1.2 dst=10.77.2.2 sport=0 dport=40021 ftp" (nf_conntrack_expect.c exp_seq_show)
Verdict add_expectation_line(ExpectationRows& rows, std::string_view line, const ReadMoment& moment) {
  Fields fields(line);
  ConntrackExpectation row;
  row.flags = FlagSet<ExpectationFlag>();
  FlowTuple tuple;
  if (const std::string_view left = fields.next(); left != "-" && !set_expiry(row.expires, left, moment)) {
    return Verdict::rejected;
  }
  for (std::string_view word = fields.next(); !word.empty(); word = fields.next()) {
    const auto [key, value] = split_at(word, '=');
    if (key == "proto") {
      if (!set_number(tuple.protocol, value)) {
        return Verdict::rejected;
      }
    } else if (const auto valid = set_tuple_part(tuple, key, value)) {
      if (!*valid) {
        return Verdict::rejected;
      }
    } else if (tuple.is_whole() && word.find('=') == std::string_view::npos) {
      if (const auto flags = parse_expectation_flags(word)) {
        row.flags = flags;
      } else {
        row.helper = std::string(split_at(word, '/').before);
      }
    }
  }
  if (!tuple.is_whole() || !tuple.protocol) {
    return Verdict::rejected;
  }
  row.protocol = static_cast<FlowProtocol>(*tuple.protocol);
  row.source = *tuple.source;
  row.destination = *tuple.destination;
  row.source_port = tuple.source_port;
  row.destination_port = tuple.destination_port;
  rows.add(row);
  return Verdict::kept;
}

Verdict ConntrackStatLines::add(std::string_view line) {
  // Where the file and ctnetlink have two names for one counter, ctnetlink's is taken.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> aliases{
    {{"icmp_error", "error"}, {"clashres", "clash_resolve"}, {"chainlength", "chain_toolong"}}};
  if (heading_.empty()) {
    heading_ = line;
    return Fields(heading_).next() == "entries" ? Verdict::skipped : Verdict::rejected;
  }
  ConntrackCounters found;
  std::optional<std::uint64_t> entries;
  Fields names(heading_);
  Fields values(line);
  for (std::string_view name = names.next(); !name.empty(); name = names.next()) {
    const auto value = values.next_number<std::uint32_t>(16);
    if (!value) {
      return Verdict::rejected;
    }
    const auto* const alias = std::ranges::find(aliases, name, &std::pair<std::string_view, std::string_view>::first);
    if (name == "entries") {
      entries = *value;
    } else {
      found[std::string(alias != aliases.end() ? alias->second : name)] = *value;
    }
  }
  if (!values.next().empty()) {
    return Verdict::rejected;
  }
  entries_ = entries;
  for (const auto& [name, value] : found) {
    counters_[name] += value;
  }
  return Verdict::kept;
}

} // namespace hindstat
