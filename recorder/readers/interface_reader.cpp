// SPDX-License-Identifier: MIT
#include "recorder/readers/interface_reader.h"

#include <algorithm>
#include <cerrno>

#include "recorder/readers/ethtool_link_modes.h"
#include "recorder/readers/proc_net_dev.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

/// 0, or why the dump does not tell the interfaces. One without counters (of an incomplete bundle) does not.
int error_of(const LinkDump& dump) {
  if (dump.end.error != 0) {
    return dump.end.error;
  }
  const bool no_counters =
    !dump.links.empty() && std::ranges::none_of(dump.links, [](const Link& link) { return link.has_statistics; });
  return no_counters ? ENOENT : 0;
}

PartRead read_netlink(ReadContext& context, InterfaceRows& rows, Capture& capture) {
  const LinkDump& dump = context.links();
  if (const int error = error_of(dump); error != 0) {
    return {error};
  }
  const InterfaceNames& names = context.interfaces();
  // A namespace that has nothing but its loopback device, which has neither speed nor duplex, is the usual one.
  const LinkModes modes =
    context.is_entered && dump.links.size() <= 1 ? LinkModes() : read_link_modes(context.system());
  for (const Link& link : dump.links) {
    Interface row = link.row;
    row.master = names.find(link.master_index);
    modes.add_to(row);
    rows.add(row);
  }
  capture.rejected = dump.rejected + modes.rejected;
  capture.example = hex_example(dump.rejected != 0 ? dump.example : modes.example);
  if (dump.end.interrupted) {
    mark_partial(capture, "interrupted: the table changed during the dump (3 tries)");
  }
  if (modes.error != 0 && status_of_error(modes.error) != CaptureStatus::absent) {
    mark_partial(capture, "speed and duplex not readable: " + error_text(modes.error));
  }
  return {};
}

PartRead read_proc(ReadContext& context, InterfaceRows& rows, Capture& capture) {
  const FileRead file = context.system().read_file("/proc/net/dev");
  if (file.error == 0) {
    read_lines(file.bytes, capture, [&rows](std::string_view line) { return add_proc_interface(rows, line); });
    mark_partial(capture, "/proc/net/dev has neither flags nor state, and some of its counters are sums");
  }
  return {file.error};
}

} // namespace

void read_interfaces(ReadContext& context) {
  TableParts table(context, interfaces.name(), InterfaceRows(interfaces));
  table.read("link", {{"netlink", std::bind_front(read_netlink, std::ref(context))},
                      {"proc", std::bind_front(read_proc, std::ref(context))}});
  std::move(table).keep("neither rtnetlink nor /proc/net/dev answers");
}

} // namespace hindstat
