// SPDX-License-Identifier: MIT
// Files of the host beside /proc/net: names, processes, and what only a bundle has.
#include <algorithm>

#include "recorder/bundle_format.h"
#include "recorder/host_info.h"
#include "recorder/names/ptr_record.h"
#include "recorder/readers/kernel_version.h"
#include "recorder/readers/name_files.h"
#include "recorder/readers/process_facts.h"
#include "recorder/text_fields.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/targets.h"

namespace hindstat::fuzz {

void name_files(Input input) {
  const std::string_view text = as_text(input);
  Lines lines(text);
  while (const auto line = lines.next()) {
    if (const auto user = parse_passwd_line(*line); user && !is_passwd_remark(*line)) {
      require(!user->name.empty() && lies_in(user->name, *line), "a user's name lies in its line");
    }
    if (const auto service = parse_service_line(*line)) {
      require(!service->name.empty() && lies_in(service->name, *line), "a service's name lies in its line");
      require(!service->protocol.empty() && lies_in(service->protocol, *line), "a protocol lies in its line");
      require(!is_service_remark(*line), "a remark is no service");
    }
    if (const auto host = parse_hosts_line(*line)) {
      require(!host->name.empty() && lies_in(host->name, *line), "a host's name lies in its line");
    }
  }
}

void ptr_record(Input input) {
  constexpr std::size_t longest_name = 253;
  if (const auto record = parse_ptr_record(input)) {
    require(!record->name.empty() && record->name.size() <= longest_name, "a name is not longer than a name may be");
  }
}

void kernel_version(Input input) {
  const std::string_view text = as_text(input);
  if (const auto version = parse_kernel_version(text)) {
    require(text.find(std::to_string(version->major)) != std::string_view::npos
              && text.find(std::to_string(version->minor)) != std::string_view::npos,
            "a version stands in the text");
  }
}

void process_facts(Input input) {
  const std::string_view text = as_text(input);
  if (const auto stat = parse_process_stat(text)) {
    require(text.find("(" + stat->comm + ")") != std::string_view::npos, "a name stands in parentheses");
  }
  if (const auto limit = parse_fd_limit(text)) {
    require(text.find(std::to_string(*limit)) != std::string_view::npos, "a limit stands in the text");
  }
  const CgroupMembership membership = parse_cgroup(text);
  for (const auto& name : {membership.unit, membership.container}) {
    require(!name || text.find(*name) != std::string_view::npos, "a unit or container stands in the text");
    require(!name || name->find('/') == std::string::npos, "a unit or container is one component of a path");
  }
  if (const auto inode = parse_namespace_link(text)) {
    require(text.find(std::to_string(*inode)) != std::string_view::npos, "an inode stands in its link");
  }
}

void bundle_format(Input input) {
  const std::string_view text = as_text(input);
  if (const auto clocks = bundle::parse_clocks(text)) {
    require(bundle::parse_clocks(bundle::format_clocks(*clocks)) == clocks, "parse_clocks(format_clocks(x)) == x");
  }
  if (const auto facts = bundle::parse_owner_facts(text)) {
    const auto again = bundle::parse_owner_facts(bundle::format_owner_facts(*facts));
    require(again && again->error == facts->error && again->processes_seen == facts->processes_seen
              && again->processes_denied == facts->processes_denied && again->fd_counts == facts->fd_counts,
            "parse_owner_facts(format_owner_facts(x)) == x");
  }
  if (const auto namespaces = bundle::parse_namespaces(text)) {
    const auto again = bundle::parse_namespaces(bundle::format_namespaces(*namespaces));
    const auto same = [](const NamespaceId& a, const NamespaceId& b) {
      return a.name == b.name && a.path == b.path && a.inode == b.inode;
    };
    require(again && std::ranges::equal(*again, *namespaces, same), "parse_namespaces(format_namespaces(x)) == x");
    for (const NamespaceId& id : *namespaces) {
      require(bundle::is_plain_name(id.name), "a namespace's name is one component of a path");
    }
  }
  const auto errors = bundle::parse_errors(text);
  std::string formatted;
  for (const auto& [path, error] : errors) {
    formatted += bundle::format_error_line(error, path);
  }
  require(bundle::parse_errors(formatted) == errors, "parse_errors(format_error_line(x)...) == x");
}

} // namespace hindstat::fuzz
