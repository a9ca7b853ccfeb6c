// SPDX-License-Identifier: MIT
#include "recorder/readers/namespace_reader.h"

#include <algorithm>

#include "recorder/host_info.h"
#include "tables/network_namespace.h"

namespace hindstat {

void read_network_namespaces(ReadContext& context) {
  Capture capture = context.begin(network_namespaces.name(), "proc");
  const LinkRead link = context.system().read_link("/proc/self/ns/net");
  const auto own_inode = parse_namespace_link(link.target);
  const std::vector<NamespaceId> named = context.system().namespaces();
  TableBuilder rows(network_namespaces);
  if (own_inode) {
    const auto found = std::ranges::find(named, *own_inode, &NamespaceId::inode);
    rows.add({.netns = "",
              .inode = *own_inode,
              .name = found != named.end() ? std::optional(found->name) : std::nullopt,
              .container = std::nullopt,
              .own = true});
  } else {
    mark_partial(capture, "the recorder's own is not known: "
                            + (link.error != 0 ? error_text(link.error) : "the link does not name an inode"));
  }
  for (const NamespaceId& id : named) {
    if (id.inode != own_inode) {
      rows.add({.netns = id.name, .inode = id.inode, .name = id.name, .container = std::nullopt, .own = false});
    }
  }
  context.end(capture);
  context.keep(std::move(capture), std::move(rows).build());
}

} // namespace hindstat
