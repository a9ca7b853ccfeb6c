// SPDX-License-Identifier: MIT
#include "recorder/readers/socket_owner_reader.h"

#include "recorder/host_info.h"
#include "recorder/readers/owner_join.h"
#include "tables/netlink_socket.h"
#include "tables/other_socket.h"
#include "tables/packet_socket.h"
#include "tables/socket.h"
#include "tables/unix_socket.h"

namespace hindstat {

namespace {

bool has_owners(std::string_view table) {
  return table == sockets.name() || table == unix_sockets.name() || table == packet_sockets.name()
         || table == netlink_sockets.name() || table == other_sockets.name();
}

std::vector<OwnedTable> owned_tables(std::vector<Table>& tables) {
  std::vector<OwnedTable> owned;
  for (Table& table : tables) {
    if (table.spec().name == sockets.name()) {
      owned.push_back(owned_table(sockets, table));
    } else if (table.spec().name == unix_sockets.name()) {
      owned.push_back(owned_table(unix_sockets, table));
    } else if (table.spec().name == packet_sockets.name()) {
      owned.push_back(owned_table(packet_sockets, table));
    } else if (table.spec().name == netlink_sockets.name()) {
      owned.push_back(owned_table(netlink_sockets, table));
    } else if (table.spec().name == other_sockets.name()) {
      owned.push_back(owned_table(other_sockets, table));
    }
  }
  return owned;
}

/// "1 process", "12 processes".
std::string count_processes(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " process" : " processes");
}

} // namespace

void read_socket_owners(ReadContext& context) {
  Capture capture = context.begin(socket_owners.name(), "proc");
  const OwnerScan& scan = context.owners();
  const std::vector<OwnedTable> owned = owned_tables(context.tables);
  Table further = join_owners(owned, scan);
  context.end(capture);
  CaptureStatus status_of_sockets = CaptureStatus::absent;
  for (Capture& other : context.captures) {
    if (has_owners(other.table)) {
      other.coverage += (other.coverage.empty() ? "owners=" : " owners=") + std::string(owner_coverage(scan));
    }
    if (other.table == sockets.name() && other.netns.empty()) {
      status_of_sockets = other.status;
    }
  }
  if (owned.empty()) {
    context.keep_missing(std::move(capture), status_of_sockets, "there are no sockets to find owners for");
    return;
  }
  keep_owner_table(context, std::move(capture), std::move(further));
}

std::string_view owner_coverage(const OwnerScan& scan) {
  if (scan.error == 0) {
    return scan.processes_late != 0 ? "late" : scan.processes_denied != 0 ? "partial" : "complete";
  }
  switch (status_of_error(scan.error)) {
    case CaptureStatus::absent:
      return "absent";
    case CaptureStatus::denied:
      return "denied";
    default:
      return "failed";
  }
}

void keep_owner_table(ReadContext& context, Capture capture, Table table) {
  const OwnerScan& scan = context.owners();
  capture.coverage = "owners=" + std::string(owner_coverage(scan));
  if (scan.error != 0) {
    context.keep_missing(std::move(capture), status_of_error(scan.error),
                         "/proc cannot be listed: " + error_text(scan.error));
    return;
  }
  if (scan.processes_denied != 0) {
    mark_partial(capture, "descriptors of " + count_processes(scan.processes_denied)
                            + (read_privileges(context.system()).may_read_any_process()
                                 ? " not readable, although the recorder has CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
                                 : " not readable: run as root or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"));
  }
  if (scan.processes_late != 0) {
    mark_partial(capture, "late: time was up before the descriptors of " + count_processes(scan.processes_late)
                            + " were read to the end");
  }
  context.keep(std::move(capture), std::move(table));
}

} // namespace hindstat
