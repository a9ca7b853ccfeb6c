// SPDX-License-Identifier: MIT
// Tables that are read from files of /proc/net alone.
#include "recorder/readers/proc_table_reader.h"

#include <algorithm>

#include "recorder/readers/proc_net_snmp.h"
#include "recorder/readers/proc_net_sockstat.h"
#include "recorder/readers/proc_net_softnet.h"
#include "recorder/readers/table_parts.h"
#include "tables/interface_counter6.h"

namespace hindstat {

namespace {

/// Reads /proc/net/NAME; `add_text(rows, capture, text)` adds what it says.
template <typename Rows, typename AddText>
void read_file(ReadContext& context, TableParts<Rows>& table, std::string_view name, AddText&& add_text) {
  const auto read = [&](Rows& rows, Capture& capture) {
    const FileRead& file = context.shared_file(("/proc/net/" + std::string(name)).c_str());
    if (file.error == 0) {
      add_text(rows, capture, std::string_view(file.bytes));
    }
    return PartRead{file.error};
  };
  table.read(name, {{"proc", read}});
}

constexpr std::string_view unanswered = "/proc/net does not answer";

/// Lines come in pairs; one without its partner is passed over, and the next may begin a pair again.
void add_counter_groups(CounterRows& rows, Capture& capture, std::string_view text) {
  Lines lines(text);
  auto names = lines.next();
  while (names) {
    const auto values = lines.next();
    const bool is_pair = values && counter_group(*names) == counter_group(*values);
    count_verdict(capture, is_pair ? add_counter_group(rows, *names, *values) : Verdict::rejected, [&] {
      const std::string_view group = counter_group(*names);
      return group.empty() ? *names : group;
    });
    names = is_pair ? lines.next() : values;
  }
}

} // namespace

void read_protocol_counters(ReadContext& context) {
  const auto add_lines6 = [](CounterRows& rows, Capture& capture, std::string_view text) {
    read_lines(text, capture, [&rows](std::string_view line) { return add_counter6(rows, line); });
  };
  TableParts table(context, protocol_counters.name(), CounterRows(protocol_counters));
  read_file(context, table, "snmp", add_counter_groups);
  read_file(context, table, "netstat", add_counter_groups);
  read_file(context, table, "snmp6", add_lines6);
  const auto read_sctp = [&context](CounterRows& rows, Capture& capture) {
    const FileRead file = context.system().read_file("/proc/net/sctp/snmp");
    read_lines(file.bytes, capture, [&rows](std::string_view line) { return add_sctp_counter(rows, line); });
    return PartRead{file.error};
  };
  table.read_seldom("sctp", {{"proc", read_sctp}});
  std::move(table).keep(unanswered);
}

void read_socket_statistics(ReadContext& context) {
  const auto add_lines = [](StatisticRows& rows, Capture& capture, std::string_view text) {
    read_lines(text, capture, [&rows](std::string_view line) { return add_socket_statistics(rows, line); });
  };
  TableParts table(context, socket_statistics.name(), StatisticRows(socket_statistics));
  read_file(context, table, "sockstat", add_lines);
  read_file(context, table, "sockstat6", add_lines);
  std::move(table).keep(unanswered);
}

void read_softnet(ReadContext& context) {
  TableParts table(context, softnets.name(), SoftnetRows(softnets));
  read_file(context, table, "softnet_stat", [](SoftnetRows& rows, Capture& capture, std::string_view text) {
    read_lines(text, capture, [&rows](std::string_view line) { return add_softnet_line(rows, line); });
  });
  std::move(table).keep(unanswered);
}

void read_interface_counters6(ReadContext& context) {
  constexpr const char* directory = "/proc/net/dev_snmp6";
  Capture capture = context.begin(interface_counters6.name(), "proc");
  DirectoryRead listed = context.system().list_directory(directory);
  std::ranges::sort(listed.names);
  TableBuilder rows(interface_counters6);
  for (const std::string& interface : listed.names) {
    const FileRead file = context.system().read_file((std::string(directory) + "/" + interface).c_str());
    // An interface may go while the others are being read.
    if (file.error != 0 && status_of_error(file.error) != CaptureStatus::absent) {
      mark_partial(capture, interface + " not readable: " + error_text(file.error));
    }
    CounterRows counters(protocol_counters);
    read_lines(file.bytes, capture, [&counters](std::string_view line) {
      return line.starts_with("ifIndex") ? Verdict::heading : add_counter6(counters, line);
    });
    const Table table = std::move(counters).build();
    for (std::size_t i = 0; i < table.size(); ++i) {
      const ProtocolCounter counter = protocol_counters.row(table, i);
      rows.add({"", interface, counter.group, counter.name, counter.count.value_or(0)});
    }
  }
  context.end(capture);
  if (listed.error != 0) {
    context.keep_missing(std::move(capture), status_of_error(listed.error),
                         std::string(directory) + " cannot be listed: " + error_text(listed.error));
    return;
  }
  context.keep(std::move(capture), std::move(rows).build());
}

} // namespace hindstat
