// SPDX-License-Identifier: MIT
#include "recorder/readers/interface_reader.h"

#include <algorithm>
#include <cerrno>

#include "recorder/readers/proc_net_dev.h"
#include "recorder/text_fields.h"

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

void add_links(InterfaceRows& rows, Capture& capture, const LinkDump& dump, const InterfaceNames& names) {
  for (const Link& link : dump.links) {
    Interface row = link.row;
    row.master = names.find(link.master_index);
    rows.add(row);
  }
  capture.rejected = dump.rejected;
  capture.example = hex_example(dump.example);
  if (dump.end.interrupted) {
    mark_partial(capture, "interrupted: the table changed during the dump (3 tries)");
  }
}

int add_proc(InterfaceRows& rows, Capture& capture, const System& system) {
  const FileRead file = system.read_file("/proc/net/dev");
  if (file.error != 0) {
    return file.error;
  }
  Lines lines(file.bytes);
  while (const auto line = lines.next()) {
    const Verdict verdict = add_proc_interface(rows, *line);
    if (verdict != Verdict::skipped) { // The headers are no records.
      count_verdict(capture, verdict, [&] { return *line; });
    }
  }
  mark_partial(capture, "/proc/net/dev has neither flags nor state, and some of its counters are sums");
  return 0;
}

} // namespace

void read_interfaces(ReadContext& context) {
  Capture capture = context.begin(interfaces.name(), "netlink");
  InterfaceRows rows(interfaces);
  int error = error_of(context.links());
  if (error == 0) {
    add_links(rows, capture, context.links(), context.interfaces());
  } else {
    capture.source = "proc";
    error = add_proc(rows, capture, context.system());
  }
  capture.coverage = "link=" + (error == 0 ? capture.source : format_status(status_of_error(error)));
  context.end(capture);
  if (error == 0) {
    context.keep(std::move(capture), std::move(rows).build());
  } else {
    context.keep_missing(std::move(capture), status_of_error(error),
                         "neither rtnetlink nor /proc/net/dev answers: " + error_text(error));
  }
}

} // namespace hindstat
