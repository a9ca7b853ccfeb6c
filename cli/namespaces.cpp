// SPDX-License-Identifier: MIT
#include "cli/namespaces.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/escape.h"

namespace hindstat {

namespace {

constexpr std::size_t most_listed = 20;

std::string list_names(const std::set<std::string>& names) {
  std::string text;
  std::size_t listed = 0;
  for (const std::string& name : names) {
    if (name.empty()) {
      continue;
    }
    if (listed++ == most_listed) {
      return text + " and " + std::to_string(names.size() - most_listed) + " more";
    }
    text += (text.empty() ? "" : ", ") + escape_terminal(name);
  }
  return text;
}

} // namespace

std::vector<Snapshot> choose_namespaces(std::vector<Snapshot> snapshots, const NamespaceChoice& choice) {
  if (choice.all) {
    return snapshots;
  }
  std::set<std::string> recorded;
  for (const Snapshot& snapshot : snapshots) {
    recorded.merge([&] {
      const std::vector<std::string> names = recorded_namespaces(snapshot);
      return std::set<std::string>(names.begin(), names.end());
    }());
  }
  for (const std::string& name : choice.names) {
    if (!recorded.contains(name)) {
      const std::string known = list_names(recorded);
      throw Error("network namespace '" + escape_terminal(name) + "' was not recorded; "
                  + (known.empty() ? "only the recorder's own was (hindstat-record --all-netns records every one)"
                                   : "beside the recorder's own there are: " + known));
    }
  }
  const std::vector<std::string> wanted = choice.names.empty() ? std::vector<std::string>{""} : choice.names;
  for (Snapshot& snapshot : snapshots) {
    snapshot = only_namespaces(std::move(snapshot), wanted);
  }
  return snapshots;
}

} // namespace hindstat
