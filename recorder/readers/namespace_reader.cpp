// SPDX-License-Identifier: MIT
#include "recorder/readers/namespace_reader.h"

#include "recorder/host_info.h"
#include "tables/network_namespace.h"

namespace hindstat {

void read_network_namespaces(ReadContext& context) {
  Capture capture = context.begin(network_namespaces.name(), "proc");
  TableBuilder rows(network_namespaces);
  bool own_known = false;
  for (const KnownNamespace& known : context.namespaces) {
    const bool own = known.netns.empty();
    own_known = own_known || own;
    rows.add(
      {.netns = known.netns, .inode = known.id.inode, .name = known.name, .container = known.container, .own = own});
  }
  if (!own_known) {
    mark_partial(capture, "the recorder's own is not known: the link /proc/self/ns/net does not name an inode");
  }
  // Without it the rows would depend on who happens to look.
  if (!read_privileges(context.system()).may_read_any_process()) {
    mark_partial(capture, "namespaces without a name that only processes of other users keep are not seen: run as root "
                          "or with CAP_SYS_PTRACE");
  }
  context.end(capture);
  context.keep(std::move(capture), std::move(rows).build());
}

} // namespace hindstat
