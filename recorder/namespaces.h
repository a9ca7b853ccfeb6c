// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recorder/system.h"

namespace hindstat {

/// Which network namespaces a recording reads besides its own.
struct NamespaceSelection {
  bool all = false;                  ///< Every one that has a name or a process.
  std::vector<std::string> patterns; ///< Names as in table network_namespace; fnmatch(3) patterns such as "cni-*".
  std::size_t most = 1000;           ///< Hosts have thousands; what goes beyond is a status.

  [[nodiscard]] bool any() const {
    return all || !patterns.empty();
  }
};

/// A network namespace and how the tables name it.
struct KnownNamespace {
  NamespaceId id;
  std::string netns;               ///< "" for the recorder's own; unique.
  std::optional<std::string> name; ///< Where it has one.
  std::optional<std::string> container;
};

/// Every network namespace that `system` knows, its own first. One without a name is called after the container of
/// its processes, one without a container by its inode: "net:[4026532311]". `own_inode` is 0 when it is not known.
[[nodiscard]] std::vector<KnownNamespace> describe_namespaces(const System& system, std::uint64_t own_inode);

/// Those of `known` that are selected, never the recorder's own.
[[nodiscard]] std::vector<KnownNamespace> select_namespaces(const std::vector<KnownNamespace>& known,
                                                            const NamespaceSelection& selection);

/// The patterns of the selection that match none of `known` although they are names in full.
[[nodiscard]] std::vector<std::string> find_missing(const std::vector<KnownNamespace>& known,
                                                    const NamespaceSelection& selection);

} // namespace hindstat
