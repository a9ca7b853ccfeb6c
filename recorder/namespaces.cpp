// SPDX-License-Identifier: MIT
#include "recorder/namespaces.h"

#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "recorder/host_info.h"
#include "recorder/readers/process_facts.h"

namespace hindstat {

namespace {

std::optional<std::string> find_container(const System& system, std::uint32_t pid) {
  if (pid == 0) {
    return std::nullopt;
  }
  const FileRead cgroup = system.read_file(("/proc/" + std::to_string(pid) + "/cgroup").c_str());
  return cgroup.error == 0 ? parse_cgroup(cgroup.bytes).container : std::nullopt;
}

bool matches(const std::string& pattern, const KnownNamespace& known) {
  return pattern == known.netns || ::fnmatch(pattern.c_str(), known.netns.c_str(), 0) == 0;
}

} // namespace

std::vector<KnownNamespace> describe_namespaces(const System& system, std::uint64_t own_inode) {
  std::vector<KnownNamespace> known;
  std::set<std::string> taken{""};
  if (own_inode != 0) {
    known.push_back({{"", "/proc/self/ns/net", own_inode}, "", std::nullopt, std::nullopt});
  }
  for (NamespaceId& id : system.namespaces()) {
    const std::string unnamed = format_namespace_link(id.inode);
    KnownNamespace found{std::move(id), "", std::nullopt, std::nullopt};
    found.name = found.id.name == unnamed ? std::nullopt : std::optional(found.id.name);
    if (found.id.inode == own_inode) {
      known.front().name = found.name;
      continue;
    }
    found.container = find_container(system, found.id.pid);
    for (const std::optional<std::string>& candidate : {found.name, found.container, std::optional(unnamed)}) {
      if (candidate && taken.insert(*candidate).second) {
        found.netns = *candidate;
        break;
      }
    }
    if (!found.netns.empty()) {
      known.push_back(std::move(found));
    }
  }
  return known;
}

std::vector<KnownNamespace> select_namespaces(const std::vector<KnownNamespace>& known,
                                              const NamespaceSelection& selection) {
  std::vector<KnownNamespace> selected;
  std::ranges::copy_if(known, std::back_inserter(selected), [&](const KnownNamespace& each) {
    return !each.netns.empty()
           && (selection.all || std::ranges::any_of(selection.patterns, [&](const std::string& pattern) {
                 return matches(pattern, each);
               }));
  });
  return selected;
}

std::vector<std::string> find_missing(const std::vector<KnownNamespace>& known, const NamespaceSelection& selection) {
  std::vector<std::string> missing;
  std::ranges::copy_if(selection.patterns, std::back_inserter(missing), [&](const std::string& pattern) {
    return pattern.find_first_of("*?[") == std::string::npos
           && std::ranges::none_of(known, [&](const KnownNamespace& each) { return matches(pattern, each); });
  });
  return missing;
}

} // namespace hindstat
