// SPDX-License-Identifier: MIT
//
// The smaller messages of ctnetlink (net/netfilter/nf_conntrack_netlink.c): expectations (ctnetlink_exp_dump_expect)
// hold three tuples, statistics (ctnetlink_ct_stat_cpu_fill_info) a number an attribute for one CPU.
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include <string_view>

#include "recorder/readers/ctnetlink.h"
#include "recorder/readers/ctnetlink_values.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

using namespace ctnetlink;

class ExpectationMessage {
public:
  explicit ExpectationMessage(const ReadMoment& moment) : moment_(moment) {
  }

  /// False when the message cannot be an expectation.
  [[nodiscard]] bool read(Bytes attributes) {
    if (!read_attributes(attributes, [this](const NetlinkAttribute& attribute) { return read_one(attribute); })
        || !expected_.is_whole() || !expected_.protocol) {
      return false;
    }
    row_.protocol = static_cast<FlowProtocol>(*expected_.protocol);
    row_.source = *expected_.source;
    row_.destination = *expected_.destination;
    row_.source_port = expected_.source_port;
    row_.destination_port = expected_.destination_port;
    row_.mask_source = mask_.source;
    row_.mask_destination = mask_.destination;
    row_.mask_source_port = mask_.source_port;
    row_.mask_destination_port = mask_.destination_port;
    row_.master_source = master_.source;
    row_.master_destination = master_.destination;
    row_.master_source_port = master_.source_port;
    row_.master_destination_port = master_.destination_port;
    return true;
  }

  [[nodiscard]] const ConntrackExpectation& row() const {
    return row_;
  }

private:
  bool read_one(const NetlinkAttribute& attribute) {
    const Bytes value = attribute.value;
    switch (attribute.type) {
      case CTA_EXPECT_MASTER:
        return read_tuple(master_, value);
      case CTA_EXPECT_TUPLE:
        return read_tuple(expected_, value);
      case CTA_EXPECT_MASK:
        return read_tuple(mask_, value);
      case CTA_EXPECT_TIMEOUT:
        return read_expiry(row_.expires, value, moment_);
      case CTA_EXPECT_ID:
        return read_number<std::uint32_t>(row_.id, value);
      case CTA_EXPECT_HELP_NAME:
        row_.helper = load_text(value);
        return true;
      case CTA_EXPECT_ZONE:
        return read_number<std::uint16_t>(row_.zone, value);
      case CTA_EXPECT_FLAGS: {
        std::uint32_t bits = 0;
        const bool whole = read_number<std::uint32_t>(bits, value);
        row_.flags = FlagSet<ExpectationFlag>(bits);
        return whole;
      }
      default:
        return true;
    }
  }

  ReadMoment moment_;
  ConntrackExpectation row_;
  FlowTuple expected_;
  FlowTuple mask_;
  FlowTuple master_;
};

} // namespace

Verdict add_expectation_message(ExpectationRows& rows, std::span<const std::byte> payload, const ReadMoment& moment) {
  const auto parts = split_payload(payload);
  if (!parts) {
    return Verdict::rejected;
  }
  if (parts->first != AF_INET && parts->first != AF_INET6) {
    return Verdict::skipped;
  }
  ExpectationMessage expectation(moment);
  if (!expectation.read(parts->second)) {
    return Verdict::rejected;
  }
  rows.add(expectation.row());
  return Verdict::kept;
}

Verdict add_statistics_message(ConntrackCounters& counters, std::span<const std::byte> payload) {
  constexpr std::array<std::string_view, 16> names{
    "",       "searched",      "found", "new",        "invalid", "ignore",         "delete",        "delete_list",
    "insert", "insert_failed", "drop",  "early_drop", "error",   "search_restart", "clash_resolve", "chain_toolong"};
  const auto parts = split_payload(payload);
  if (!parts) {
    return Verdict::rejected;
  }
  ConntrackCounters found;
  const bool whole = read_attributes(parts->second, [&](const NetlinkAttribute& attribute) {
    if (attribute.type == 0 || attribute.type >= names.size()) {
      return true;
    }
    std::uint32_t value = 0;
    const bool is_number = read_number<std::uint32_t>(value, attribute.value);
    found[std::string(names[attribute.type])] = value;
    return is_number;
  });
  if (!whole) {
    return Verdict::rejected;
  }
  for (const auto& [name, value] : found) {
    counters[name] += value;
  }
  return Verdict::kept;
}

} // namespace hindstat
