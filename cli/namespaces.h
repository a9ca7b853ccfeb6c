// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tables/snapshot.h"

namespace hindstat {

/// Which network namespaces a reader of snapshots wants to see: without either, the recorder's own.
struct NamespaceChoice {
  bool all = false;
  std::vector<std::string> names; ///< As in table network_namespace; "" is the recorder's own.
};

/// The snapshots as seen from the namespaces chosen. A name that one of them has is enough; Error lists those there are
/// when none has it.
[[nodiscard]] std::vector<Snapshot> choose_namespaces(std::vector<Snapshot> snapshots, const NamespaceChoice& choice);

/// The options --netns and --all-netns of a tool whose command line is `app` (CLI::App, which only mains include).
template <typename App>
void add_namespace_options(App& app, NamespaceChoice& choice) {
  auto* all = app.add_flag("--all-netns", choice.all, "Every network namespace that was recorded");
  app
    .add_option("--netns", choice.names,
                "These network namespaces instead of the recorder's own, comma-split and repeatable")
    ->option_text("NAME")
    ->expected(1)
    ->take_all()
    ->delimiter(',')
    ->excludes(all);
}

} // namespace hindstat
