// SPDX-License-Identifier: MIT
#include "recorder/readers/rule_reader.h"

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/readers/rtnetlink_rule.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

PartRead read_family(ReadContext& context, int family, std::string_view dump, RuleRows& rows, Capture& capture) {
  fib_rule_hdr header{};
  header.family = static_cast<std::uint8_t>(family);
  const NetlinkRequest request{dump, NETLINK_ROUTE, RTM_GETRULE, std::as_bytes(std::span(&header, 1)), true};
  return {read_dump(context, request, RTM_NEWRULE, rows, capture,
                    [&](auto payload, std::uint64_t) { return add_rule_message(rows, payload, family); })};
}

} // namespace

void read_rules(ReadContext& context) {
  TableParts table(context, rules.name(), RuleRows(rules));
  table.read("inet", {{"netlink", std::bind_front(read_family, std::ref(context), AF_INET, "rtnetlink-rule-inet")}});
  table.read("inet6", {{"netlink", std::bind_front(read_family, std::ref(context), AF_INET6, "rtnetlink-rule-inet6")}});
  std::move(table).keep("rtnetlink does not answer");
}

} // namespace hindstat
