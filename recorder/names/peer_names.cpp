// SPDX-License-Identifier: MIT
#include "recorder/names/peer_names.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "recorder/names/ptr_record.h"
#include "recorder/read_context.h"
#include "recorder/text_fields.h"
#include "tables/address.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::uint64_t minute_ms = 60'000;
constexpr std::size_t most_asked = 1000;    // For one snapshot.
constexpr std::size_t most_known = 100'000; // A watch may see peers for months.

using PlacedAddress = std::pair<std::string_view, IpAddress>; // With its namespace.

// What no resolver can name, or should be asked for: DNS knows nothing of links.
bool says_nothing(const IpAddress& address) {
  const std::string_view bytes = address.bytes();
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (address.is_v4()) {
    return octet(0) == 0 || octet(0) == 127 || (octet(0) == 169 && octet(1) == 254) || octet(0) == 255;
  }
  static const IpAddress loopback = *parse_ip_address("::1");
  return address.is_unspecified() || address == loopback || (octet(0) == 0xFE && (octet(1) & 0xC0) == 0x80);
}

std::set<PlacedAddress> own_addresses(const Snapshot& snapshot, const Table& table) {
  std::set<PlacedAddress> own;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const Column& netns = sockets.column<&Socket::netns>(table);
    const auto local = IpAddress::from_bytes(sockets.column<&Socket::local_address>(table).bytes(row));
    own.emplace(netns.bytes(row), local.value_or(IpAddress()).unmapped());
  }
  if (const Table* configured = snapshot.find_table(addresses.name())) {
    for (std::size_t row = 0; row < configured->size(); ++row) {
      const auto address = IpAddress::from_bytes(addresses.column<&Address::address>(*configured).bytes(row));
      own.emplace(addresses.column<&Address::netns>(*configured).bytes(row), address.value_or(IpAddress()));
    }
  }
  return own;
}

Capture made_capture(const Snapshot& snapshot, const Clocks& began) {
  Capture capture;
  capture.table = resolved_names.name();
  capture.source = "resolver";
  const std::int64_t began_us = (began.boottime_ns - snapshot.info.clocks.boottime_ns) / 1000;
  capture.began_us = static_cast<std::uint32_t>(std::clamp<std::int64_t>(began_us, 0, UINT32_MAX));
  return capture;
}

} // namespace

std::vector<IpAddress> peer_addresses(const Snapshot& snapshot) {
  const Table* table = snapshot.find_table(sockets.name());
  if (table == nullptr) {
    return {};
  }
  const std::set<PlacedAddress> own = own_addresses(snapshot, *table);
  std::set<IpAddress> peers;
  for (std::size_t row = 0; row < table->size(); ++row) {
    const auto remote = IpAddress::from_bytes(sockets.column<&Socket::remote_address>(*table).bytes(row));
    const IpAddress peer = remote.value_or(IpAddress()).unmapped();
    if (!says_nothing(peer) && !own.contains({sockets.column<&Socket::netns>(*table).bytes(row), peer})) {
      peers.insert(peer);
    }
  }
  return {peers.begin(), peers.end()};
}

std::uint64_t PeerNames::now_ms() const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(system_->now().boottime_ns / ms_ns, 0));
}

void PeerNames::forget_stale(const std::vector<IpAddress>& peers) {
  const std::uint64_t now = now_ms();
  std::erase_if(known_, [&](const auto& known) { return known.second.stale_ms <= now; });
  if (known_.size() > most_known) {
    std::erase_if(known_, [&](const auto& known) { return !std::ranges::binary_search(peers, known.first); });
  }
}

// Read for every snapshot, as it costs nothing and may change.
void PeerNames::read_hosts_file(const std::vector<IpAddress>& peers) {
  const FileRead file = system_->read_file("/etc/hosts");
  std::erase_if(known_, [](const auto& known) { return known.second.row.source == NameSource::hosts; });
  std::set<IpAddress> seen;
  Lines lines(file.bytes);
  while (const auto line = lines.next()) {
    const auto entry = parse_hosts_line(*line);
    // The first name of an address counts, as for gethostbyaddr(3).
    if (entry && std::ranges::binary_search(peers, entry->address) && seen.insert(entry->address).second) {
      constexpr std::size_t longest = 253;
      known_[entry->address] =
        Known{{entry->address, NameAnswer::named, std::string(entry->name.substr(0, longest)), NameSource::hosts, {}},
              true,
              UINT64_MAX};
    }
  }
}

std::vector<IpAddress> PeerNames::unknown(const std::vector<IpAddress>& peers) const {
  std::vector<IpAddress> found;
  std::ranges::copy_if(peers, std::back_inserter(found), [&](const IpAddress& peer) { return !known_.contains(peer); });
  return found;
}

// Returns what kept some from being answered, where that is known.
std::string PeerNames::ask_for(const std::vector<IpAddress>& asked) {
  DnsAnswers answers = ask_(asked, timeout_ns_);
  const std::uint64_t now = now_ms();
  for (DnsAnswer& answer : answers.answers) {
    const bool is_named = answer.answer == NameAnswer::named;
    const std::uint64_t holds_ms = std::clamp(std::uint64_t{answer.ttl_s} * 1000, minute_ms, 60 * minute_ms);
    Known& known = known_[answer.address];
    known.row = ResolvedName{answer.address, answer.answer, {}, NameSource::dns, now};
    if (is_named) {
      known.row.name = std::move(answer.name);
    }
    known.is_answered = true;
    known.stale_ms = now + (is_named ? holds_ms : minute_ms);
  }
  for (const IpAddress& address : asked) {
    known_.try_emplace(address, Known{{}, false, now + minute_ms});
  }
  return std::move(answers.trouble);
}

Table PeerNames::rows_of(const std::vector<IpAddress>& peers, std::uint64_t began_ms) const {
  TableBuilder rows(resolved_names);
  for (const IpAddress& peer : peers) {
    if (const auto found = known_.find(peer); found != known_.end() && found->second.is_answered) {
      ResolvedName row = found->second.row;
      if (row.looked_up && *row.looked_up >= began_ms) {
        row.looked_up.reset();
      }
      rows.add(row);
    }
  }
  return std::move(rows).build();
}

void PeerNames::add_to(Snapshot& snapshot) {
  if (snapshot.find_table(sockets.name()) == nullptr) {
    add_no_names(snapshot, "there are no sockets to find names for");
    return;
  }
  const Clocks began = system_->now();
  const auto began_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(began.boottime_ns / ms_ns, 0));
  Capture capture = made_capture(snapshot, began);
  const std::vector<IpAddress> peers = peer_addresses(snapshot);
  forget_stale(peers);
  read_hosts_file(peers);
  std::vector<IpAddress> asked = unknown(peers);
  const std::size_t left_out = asked.size() - std::min(asked.size(), most_asked);
  asked.resize(asked.size() - left_out);
  const std::string trouble = asked.empty() ? "" : ask_for(asked);
  Table rows = rows_of(peers, began_ms);
  capture.rows = static_cast<std::uint32_t>(rows.size());
  const std::size_t unanswered = peers.size() - left_out - rows.size();
  if (unanswered != 0) {
    mark_partial(capture, fmt::format("{} of {} addresses not answered in {:g} s{}", unanswered, peers.size(),
                                      static_cast<double>(timeout_ns_) / 1e9, trouble.empty() ? "" : ": " + trouble));
  }
  if (left_out != 0) {
    mark_partial(capture, fmt::format("{} of {} addresses not asked for: at most {} are at once", left_out,
                                      peers.size(), most_asked));
  }
  const std::int64_t took_us = (system_->now().boottime_ns - began.boottime_ns) / 1000;
  capture.took_us = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took_us, 0, UINT32_MAX));
  snapshot.tables.push_back(std::move(rows));
  snapshot.captures.push_back(std::move(capture));
}

void add_no_names(Snapshot& snapshot, std::string why) {
  Capture capture = made_capture(snapshot, snapshot.info.clocks);
  capture.status = CaptureStatus::absent;
  capture.detail = std::move(why);
  snapshot.captures.push_back(std::move(capture));
}

} // namespace hindstat
