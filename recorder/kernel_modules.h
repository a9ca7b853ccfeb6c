// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "recorder/system.h"

namespace hindstat {

/// What a kind of dump request needs. The kernel loads these modules by itself when it is asked and they are not there
/// yet; where it cannot, it refuses.
struct ModuleNeed {
  std::string_view dumps;   ///< Names of requests that begin so: "sock_diag-tcp-".
  std::string_view module;  ///< Of this kind alone: "tcp_diag"; empty where nothing is ever loaded for it.
  std::string_view base;    ///< What that one builds on: "inet_diag"; empty where there is nothing.
  std::string_view subject; ///< The protocol's own module, without which there is nothing to lose; empty: always there.
  std::string_view lost;    ///< What a capture lacks that was made without asking: "no cookies".
};

/// The one list of all requests that the recorder makes, by their names in a bundle. Which of them may load a module:
/// those of NETLINK_SOCK_DIAG, one for the family and for internet families one for the protocol
/// (net-pf-16-proto-4-type-N[-M], net/core/sock_diag.c, net/ipv4/inet_diag.c), and those of NETLINK_NETFILTER, for the
/// protocol and the subsystem (net-pf-16-proto-12, nfnetlink-subsys-N). Dumps of rtnetlink load nothing (kinds of
/// links, encapsulations and families are loaded by what makes them), nor does generic netlink, because families are
/// found in the list of those that are there and never asked for by name.
[[nodiscard]] std::span<const ModuleNeed> module_needs();

/// The line of a request; null when none fits.
[[nodiscard]] const ModuleNeed* find_need(std::string_view dump);

/// Which modules a kernel has without loading any.
class KernelModules {
public:
  /// From /proc/modules and /lib/modules/RELEASE/modules.builtin. A kernel without /proc/modules cannot load any:
  /// what it knows is built in, and all may be asked.
  [[nodiscard]] static KernelModules read(const System& system, std::string_view release);

  [[nodiscard]] bool has(std::string_view module) const;

  /// Nullopt where the request loads nothing; else why it must not be made: "no cookies: tcp_diag is not loaded", or ""
  /// where nothing is lost.
  [[nodiscard]] std::optional<std::string> find_obstacle(std::string_view dump) const;

private:
  bool all_ = false;
  std::set<std::string, std::less<>> names_;
};

} // namespace hindstat
