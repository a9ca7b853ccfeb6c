// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "cli/filters.h"
#include "cli/namespaces.h"
#include "cli/range_selection.h"
#include "cli/times.h"

namespace hindstat {

inline constexpr const char* diff_tool = "hindstat-diff";

/// The command line of hindstat-diff.
struct DiffCommand {
  /// What is printed; at most one is chosen.
  struct Forms {
    bool stat = false;
    bool shortstat = false;
    bool name_status = false;
    bool porcelain = false;
    bool json = false;
    bool csv = false;
  };

  RangeRequest range;
  std::string store;
  bool nearest = false;
  bool after = false;
  std::string max_gap;
  bool utc = false;
  std::string zone;

  std::vector<std::string> tables;
  NamespaceChoice namespaces;
  FilterOptions filters;
  std::string where;

  Forms forms;
  bool all = false;
  bool nul = false;
  std::string color = "auto";
  bool no_pager = false;
  std::vector<std::string> labels;

  bool quiet = false;
  bool report_identical = false;
  bool exit_zero = false;
  bool strict = false;
  bool cross_namespaces = false;

  [[nodiscard]] Zone viewer_zone() const {
    return Zone{utc ? "UTC" : zone};
  }
  /// Text for people, not for programs.
  [[nodiscard]] bool for_people() const {
    return !forms.porcelain && !forms.json && !forms.csv;
  }
};

/// Declares the options; `command` outlives the parsing.
void add_diff_options(CLI::App& app, DiffCommand& command);

/// Throws Error for what excludes each other.
void check(const DiffCommand& command);

/// The filters as they were typed, "--port 443 --state CLOSE_WAIT"; "" without any.
[[nodiscard]] std::string describe_filters(const DiffCommand& command);

} // namespace hindstat
