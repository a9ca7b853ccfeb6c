// SPDX-License-Identifier: MIT
#include "recorder/readers/name_reader.h"

#include <algorithm>
#include <bitset>
#include <unordered_set>

#include "recorder/readers/name_files.h"
#include "recorder/text_fields.h"
#include "tables/conntrack.h"
#include "tables/other_socket.h"
#include "tables/packet_socket.h"
#include "tables/service.h"
#include "tables/socket.h"
#include "tables/unix_socket.h"
#include "tables/user.h"

namespace hindstat {

namespace {

const Table* find_table(const ReadContext& context, std::string_view name) {
  const auto found = std::ranges::find(context.tables, name, [](const Table& table) { return table.spec().name; });
  return found != context.tables.end() ? &*found : nullptr;
}

/// A capture of a file's names, and the file, which may be missing.
struct NameFile {
  Capture capture;
  FileRead file;
};

NameFile open_names(const ReadContext& context, std::string_view table, const char* path) {
  return {context.begin(table, "file"), context.system().read_file(path)};
}

/// Keeps `rows` as what `names` gave for what was seen; missing when there was no file or nothing to look at.
void keep_names(ReadContext& context, NameFile names, const char* path, bool anything_read, Table rows) {
  context.end(names.capture);
  if (names.file.error != 0) {
    context.keep_missing(std::move(names.capture), status_of_error(names.file.error),
                         std::string(path) + " is not readable: " + error_text(names.file.error));
  } else if (!anything_read) {
    context.keep_missing(std::move(names.capture), CaptureStatus::absent, "there are no sockets to find names for");
  } else {
    context.keep(std::move(names.capture), std::move(rows));
  }
}

void add_uids(const Column& column, std::unordered_set<std::uint32_t>& uids) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.is_null(row)) {
      uids.insert(static_cast<std::uint32_t>(column.raw(row)));
    }
  }
}

/// Ports that wait for a name.
using Ports = std::bitset<65536>;

/// Sets the ports of the rows whose `protocols` cell is `protocol`; null is none.
void add_ports(const Column& protocols, std::uint64_t protocol, std::initializer_list<const Column*> columns,
               Ports& ports) {
  for (const Column* column : columns) {
    for (std::size_t row = 0; row < column->size(); ++row) {
      if (protocols.raw(row) == protocol && !column->is_null(row)) {
        ports.set(static_cast<std::uint16_t>(column->raw(row)));
      }
    }
  }
}

void add_socket_ports(const Table& table, SocketProtocol protocol, Ports& ports) {
  add_ports(sockets.column<&Socket::protocol>(table), static_cast<std::uint64_t>(protocol),
            {&sockets.column<&Socket::local_port>(table), &sockets.column<&Socket::remote_port>(table)}, ports);
}

void add_flow_ports(const Table& table, FlowProtocol protocol, Ports& ports) {
  add_ports(conntracks.column<&Conntrack::protocol>(table), static_cast<std::uint64_t>(protocol),
            {&conntracks.column<&Conntrack::source_port>(table),
             &conntracks.column<&Conntrack::destination_port>(table),
             &conntracks.column<&Conntrack::reply_source_port>(table),
             &conntracks.column<&Conntrack::reply_destination_port>(table)},
            ports);
}

} // namespace

void read_users(ReadContext& context) {
  const char* const path = "/etc/passwd";
  NameFile names = open_names(context, users.name(), path);
  const Table* const internet = find_table(context, sockets.name());
  const Table* const local = find_table(context, unix_sockets.name());
  std::unordered_set<std::uint32_t> uids;
  if (internet != nullptr) {
    add_uids(sockets.column<&Socket::uid>(*internet), uids);
  }
  if (local != nullptr) {
    add_uids(unix_sockets.column<&UnixSocket::uid>(*local), uids);
  }
  if (const Table* const packet = find_table(context, packet_sockets.name()); packet != nullptr) {
    add_uids(packet_sockets.column<&PacketSocket::uid>(*packet), uids);
  }
  if (const Table* const other = find_table(context, other_sockets.name()); other != nullptr) {
    add_uids(other_sockets.column<&OtherSocket::uid>(*other), uids);
  }
  TableBuilder rows(users);
  Lines lines(names.file.bytes);
  for (std::size_t number = 1; const auto line = lines.next(); ++number) {
    if (is_passwd_remark(*line)) {
      continue;
    }
    const auto entry = parse_passwd_line(*line);
    // The line itself is not shown: old files hold passwords.
    count_verdict(names.capture, entry ? Verdict::kept : Verdict::rejected,
                  [&] { return "line " + std::to_string(number); });
    if (entry && uids.erase(entry->uid) != 0) { // The first name of a uid counts, as for getpwuid(3).
      rows.add({entry->uid, std::string(entry->name)});
    }
  }
  keep_names(context, std::move(names), path, internet != nullptr || local != nullptr, std::move(rows).build());
}

void read_services(ReadContext& context) {
  const char* const path = "/etc/services";
  NameFile names = open_names(context, services.name(), path);
  const Table* const internet = find_table(context, sockets.name());
  Ports tcp;
  Ports udp;
  if (internet != nullptr) {
    add_socket_ports(*internet, SocketProtocol::tcp, tcp);
    add_socket_ports(*internet, SocketProtocol::udp, udp);
  }
  const Table* const flows = find_table(context, conntracks.name());
  if (flows != nullptr) {
    add_flow_ports(*flows, FlowProtocol::tcp, tcp);
    add_flow_ports(*flows, FlowProtocol::udp, udp);
  }
  TableBuilder rows(services);
  Lines lines(names.file.bytes);
  while (const auto line = lines.next()) {
    if (is_service_remark(*line)) {
      continue;
    }
    const auto entry = parse_service_line(*line);
    count_verdict(names.capture, entry ? Verdict::kept : Verdict::rejected, [&] { return *line; });
    Ports* const ports = !entry ? nullptr : entry->protocol == "tcp" ? &tcp : entry->protocol == "udp" ? &udp : nullptr;
    if (ports != nullptr && ports->test(entry->port)) {
      ports->reset(entry->port);
      rows.add({std::string(entry->protocol), entry->port, std::string(entry->name)});
    }
  }
  keep_names(context, std::move(names), path, internet != nullptr || flows != nullptr, std::move(rows).build());
}

} // namespace hindstat
