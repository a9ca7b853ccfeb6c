// SPDX-License-Identifier: MIT
// Flows of connection tracking. The state is that of the machine in the middle: a closed connection stays for a while
// in TIME_WAIT or CLOSE, and each packet sets the timer anew (net/netfilter/nf_conntrack_proto_tcp.c).
#include "diff/flows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "diff/counter_delta.h"
#include "diff/flow_end.h"
#include "diff/flow_name.h"
#include "diff/row_events.h"
#include "tables/conntrack.h"

namespace hindstat {

namespace {

constexpr std::size_t state_column = conntracks.index_of<&Conntrack::state>();
constexpr std::size_t flags_column = conntracks.index_of<&Conntrack::flags>();
constexpr std::array reply_tuple{
  conntracks.index_of<&Conntrack::reply_source>(), conntracks.index_of<&Conntrack::reply_source_port>(),
  conntracks.index_of<&Conntrack::reply_destination>(), conntracks.index_of<&Conntrack::reply_destination_port>(),
  conntracks.index_of<&Conntrack::reply_icmp_id>()};
constexpr std::array attributes{
  conntracks.index_of<&Conntrack::nat>(),    conntracks.index_of<&Conntrack::reply_zone>(),
  conntracks.index_of<&Conntrack::mark>(),   conntracks.index_of<&Conntrack::security_context>(),
  conntracks.index_of<&Conntrack::labels>(), conntracks.index_of<&Conntrack::helper>()};
constexpr std::array counters{conntracks.index_of<&Conntrack::packets>(), conntracks.index_of<&Conntrack::bytes>(),
                              conntracks.index_of<&Conntrack::reply_packets>(),
                              conntracks.index_of<&Conntrack::reply_bytes>()};

Conntrack flow_of(const Table& table, std::uint32_t row) {
  return conntracks.row(table, row);
}

class FlowDiffer {
public:
  FlowDiffer(const ComparedTable& table, const RuleContext& context)
    : table_(table), before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table),
      ends_(context) {
  }

  TableDiff run() {
    RowMatch match = match_rows(table_, context_.same_boot);
    std::vector<bool> is_gone(before_.size());
    for (const std::uint32_t row : match.removed) {
      is_gone[row] = true;
    }
    for (std::uint32_t row = 0; row < before_.size() && !match.removed.empty(); ++row) {
      ends_.count(before_, row, is_gone[row]);
    }
    for (const RowPair& pair : match.changed) {
      compare(pair, false);
    }
    for (const RowPair& pair : match.replaced) {
      compare(pair, true);
    }
    if (context_.same_boot) {
      find_moved_ports(match);
      for (const std::uint32_t row : match.removed) {
        report_end(row);
      }
    } else if (!match.removed.empty()) {
      diff_.notes.push_back(
        fmt::format("conntrack: another boot: {} flows of A ended with the one before", match.removed.size()));
    }
    for (const std::uint32_t row : match.added) {
      const Conntrack flow = flow_of(after_, row);
      Event event = rows_.added(name("created", flow), row);
      event.changed.clear();
      event.fields = describe_flow(flow);
      add(std::move(event), flow);
    }
    return std::move(diff_);
  }

private:
  // "nat.created" or "flow.created"
  static std::string name(std::string_view what, const Conntrack& flow) {
    return fmt::format("{}.{}", is_rewritten(flow) ? "nat" : "flow", what);
  }

  void add(Event event, const Conntrack& flow) {
    event.key = name_flow(flow);
    event.incarnation = flow.id ? fmt::format("n:{}", *flow.id) : "";
    diff_.events.push_back(std::move(event));
  }

  void compare(RowPair pair, bool other_entry) {
    const Conntrack before = flow_of(before_, pair.before);
    const Conntrack after = flow_of(after_, pair.after);
    const bool other_reply =
      std::ranges::any_of(reply_tuple, [&](std::size_t column) { return rows_.differs(column, pair); });
    if (other_reply) {
      Event event = rows_.changed("nat.rewritten", pair);
      event.fields = {{"old", format_mapping(before)}, {"new", format_mapping(after)}};
      for (const std::size_t column : reply_tuple) {
        rows_.add_change(event, column, pair);
      }
      add(std::move(event), after);
    } else if (other_entry || (context_.same_boot && is_other_entry(before, after))) {
      Event event = rows_.changed(name("recycled", after), pair);
      event.fields = describe_flow(after);
      rows_.add_change(event, state_column, pair);
      add(std::move(event), after);
    } else if (context_.same_boot && !compare_steps(pair, before, after)) {
      count(pair, after);
    }
  }

  // The kernel makes the identifier of the entry's place in memory and of its addresses (nf_ct_get_id), so that the
  // next entry at that place may have the same one. But it has another start, and no entry forgets that it was
  // answered.
  static bool is_other_entry(const Conntrack& before, const Conntrack& after) {
    const bool was_replied = before.flags && before.flags->has(FlowFlag::replied);
    const bool is_replied = !after.flags || after.flags->has(FlowFlag::replied);
    return (before.started && after.started && before.started != after.started) || (was_replied && !is_replied);
  }

  // Whether there was any.
  bool compare_steps(RowPair pair, const Conntrack& before, const Conntrack& after) {
    const std::uint32_t flags_before = before.flags ? before.flags->bits : 0;
    const std::uint32_t gained = before.flags && after.flags ? after.flags->bits & ~flags_before : 0U;
    Event event = rows_.changed(name("changed", after), pair);
    const bool steps = rows_.add_change(event, state_column, pair);
    const EventChange state = steps ? event.changed.front() : EventChange{};
    rows_.add_change(event, flags_column, pair);
    for (const std::size_t column : attributes) {
      rows_.add_change(event, column, pair);
    }
    for (const std::size_t column : counters) {
      if (has_fallen(column, pair)) {
        event.why.push_back(fmt::format("{} started again", before_.spec().columns[column].name));
      }
    }
    if (event.changed.empty() && event.why.empty()) {
      return false;
    }
    const auto is_gained = [&](FlowFlag flag) { return (gained & static_cast<std::uint32_t>(flag)) != 0; };
    const std::string_view what = is_gained(FlowFlag::replied)   ? "replied"
                                  : is_gained(FlowFlag::assured) ? "assured"
                                  : steps                        ? "state"
                                                                 : "changed";
    event.spec = &event_spec(name(what, after));
    if (steps) {
      event.fields = {{"from", state.from.value_or("")}, {"to", state.to.value_or("")}};
    }
    add(std::move(event), after);
    return true;
  }

  [[nodiscard]] CounterDelta count_of(std::size_t column, RowPair pair) {
    const Column& a = before_.column(column);
    const Column& b = after_.column(column);
    if (a.is_null(pair.before) || b.is_null(pair.after)) {
      return {};
    }
    return count_between(a.raw(pair.before), b.raw(pair.after), time_of(pair), false);
  }
  [[nodiscard]] bool has_fallen(std::size_t column, RowPair pair) {
    return count_of(column, pair).kind == DeltaKind::reset;
  }

  // Nothing but packets.
  void count(RowPair pair, const Conntrack& after) {
    Event event = rows_.changed("row.counted", pair);
    std::string deltas;
    std::string rates;
    const auto append = [](std::string& list, std::string_view name, const std::string& value) {
      list += fmt::format("{}{} {}", list.empty() ? "" : ", ", name, value);
    };
    for (const std::size_t column : counters) {
      const CounterDelta delta = count_of(column, pair);
      if (delta.kind == DeltaKind::counted) {
        rows_.add_change(event, column, pair);
        append(deltas, before_.spec().columns[column].name, fmt::format("+{}", delta.amount));
        if (const std::string rate = format_rate(delta.amount, time_of(pair)); !rate.empty()) {
          append(rates, before_.spec().columns[column].name, rate);
        }
      }
    }
    if (deltas.empty()) {
      return;
    }
    event.fields = {{"deltas", std::move(deltas)}};
    if (!rates.empty()) {
      event.fields.push_back({"per_second", std::move(rates)});
    }
    add(std::move(event), after);
  }

  [[nodiscard]] const CountedTime& time_of(RowPair pair) {
    const auto [it, is_new] =
      times_.try_emplace(std::string(conntracks.column<&Conntrack::netns>(after_).bytes(pair.after)));
    if (is_new) {
      it->second = counted_time(*context_.before, *context_.after, conntracks.name(), it->first, context_.same_boot);
    }
    return it->second;
  }

  void report_end(std::uint32_t row) {
    const Conntrack flow = flow_of(before_, row);
    FlowEnd end = ends_.end_of(flow);
    Event event = rows_.removed(name("destroyed", flow), row);
    event.changed.clear();
    event.fields = describe_flow(flow);
    if (!end.how.empty()) {
      event.fields.insert(event.fields.begin(), {"how", std::string(end.how)});
    }
    event.confidence = end.confidence;
    event.why = std::move(end.why);
    if (end.flushed && is_rewritten(flow)) {
      event.severity = Severity::warn;
    }
    add(std::move(event), flow);
  }

  // Where another client got the public address and port that a masqueraded flow had, towards the same server.
  void find_moved_ports(RowMatch& match) {
    const auto hidden = [](const Table& table, const std::vector<std::uint32_t>& rows) {
      std::map<
        std::tuple<std::string, std::uint16_t, FlowProtocol, std::optional<IpAddress>, std::optional<std::uint16_t>,
                   std::optional<IpAddress>, std::optional<std::uint16_t>, std::optional<std::uint16_t>>,
        std::vector<std::uint32_t>>
        found;
      for (const std::uint32_t row : rows) {
        const Conntrack flow = flow_of(table, row);
        if (flow.nat.has(NatKind::source)) {
          found[{flow.netns, flow.zone, flow.protocol, flow.reply_source, flow.reply_source_port,
                 flow.reply_destination, flow.reply_destination_port, flow.reply_icmp_id}]
            .push_back(row);
        }
      }
      return found;
    };
    const auto came = hidden(after_, match.added);
    std::set<std::uint32_t> gone;
    std::set<std::uint32_t> taken;
    for (const auto& [end, rows] : hidden(before_, match.removed)) {
      const auto other = came.find(end);
      if (rows.size() != 1 || other == came.end() || other->second.size() != 1) {
        continue;
      }
      const RowPair pair{rows.front(), other->second.front()};
      const Conntrack before = flow_of(before_, pair.before);
      const Conntrack after = flow_of(after_, pair.after);
      if (before.source == after.source) {
        continue;
      }
      const FlowEnd finished = ends_.end_of(before);
      Event event = rows_.changed("nat.port_moved", pair);
      event.fields = {{"old", name_flow(before)}, {"new", name_flow(after)}};
      if (!finished.how.empty()) {
        event.fields.insert(event.fields.begin(), {"how", std::string(finished.how)});
      }
      event.why.push_back(format_mapping(after));
      add(std::move(event), after);
      gone.insert(pair.before);
      taken.insert(pair.after);
    }
    std::erase_if(match.removed, [&](std::uint32_t row) { return gone.contains(row); });
    std::erase_if(match.added, [&](std::uint32_t row) { return taken.contains(row); });
  }

  const ComparedTable& table_;
  const Table& before_;
  const Table& after_;
  const RuleContext& context_;
  RowEvents rows_;
  FlowEnds ends_;
  TableDiff diff_;
  std::map<std::string, CountedTime> times_; // By namespace.
};

} // namespace

TableDiff diff_flows(const ComparedTable& table, const RuleContext& context) {
  return FlowDiffer(table, context).run();
}

} // namespace hindstat
