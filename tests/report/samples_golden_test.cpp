// SPDX-License-Identifier: MIT
// What the report and the diff say about the sample bundles, held in tests/golden/samples.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/times.h"
#include "diff/diff.h"
#include "diff/output.h"
#include "recorder/bundle_system.h"
#include "recorder/recorder.h"
#include "report/rows_csv.h"
#include "report/view.h"
#include "tests/golden.h"

using namespace hindstat;

namespace {

using View = std::pair<std::string, ViewOptions>;

Snapshot record_sample(const std::string& name) {
  Snapshot snapshot = record_snapshot(*open_bundle(std::string(HINDSTAT_SOURCE_DIR) + "/samples/" + name), {});
  snapshot.info.took_ns = 0;
  return snapshot;
}

/// Of sockets: all, numeric, with their owners.
ViewOptions numeric_sockets() {
  ViewOptions options;
  options.numeric = true;
  options.sockets.all = true;
  options.sockets.programs = true;
  return options;
}

std::vector<View> views() {
  ViewOptions internet = numeric_sockets();
  internet.sockets.tcp = true;
  internet.sockets.udp = true;
  ViewOptions named;
  named.numeric_hosts = true;
  named.extend = 1;
  named.sockets.programs = true;
  named.sockets.ipv4 = true;
  ViewOptions unix_sockets = numeric_sockets();
  unix_sockets.unix_domain = true;
  ViewOptions route;
  route.route = true;
  ViewOptions interfaces;
  interfaces.interfaces = true;
  ViewOptions statistics;
  statistics.statistics = true;
  ViewOptions groups;
  groups.groups = true;
  std::vector<View> all{{"-tuanp", internet},    {"-p -e --inet --numeric-hosts", named},
                        {"-xanp", unix_sockets}, {"-rn", route},
                        {"-6 -rn", route},       {"-i", interfaces},
                        {"-ie", interfaces},     {"-s", statistics},
                        {"-s -6", statistics},   {"-gn", groups}};
  all[4].second.sockets.ipv6 = true;
  all[6].second.extend = 1;
  all[8].second.sockets.ipv6 = true;
  return all;
}

std::string format_views(const Snapshot& snapshot) {
  std::string text;
  for (const auto& [name, options] : views()) {
    text += fmt::format("$ hindstat-report {}\n{}\n", name, format_view(snapshot, check_view(options)));
  }
  return text;
}

std::string format_csv(const Snapshot& snapshot) {
  std::string text;
  for (const auto& [name, options] : views()) {
    text += fmt::format("$ hindstat-report {} --csv\n", name);
    for (const std::string& table : wanted_tables(check_view(options), true).shown) {
      write_rows_csv(*snapshot.find_table(table), select_rows(*snapshot.find_table(table), check_view(options)),
                     [&text](std::string_view line) { text += line; });
    }
  }
  return text;
}

DiffLabels sample_labels(const Snapshot& before, const Snapshot& after) {
  DiffLabels labels;
  labels.store = "samples.db";
  labels.before = {&before, 1, "", ""};
  labels.after = {&after, 2, "", ""};
  labels.format_time = format_time_iso;
  labels.format_duration = format_duration;
  return labels;
}

std::string format_diff(const std::string& name) {
  const Snapshot before = record_sample(name);
  const Snapshot after = record_sample(name + "-later");
  return format_diff_text(diff_snapshots(before, after, {}), sample_labels(before, after), {});
}

std::string format_all_forms(const std::string& name) {
  const Snapshot before = record_sample(name);
  const Snapshot after = record_sample(name + "-later");
  const Diff diff = diff_snapshots(before, after, {});
  const DiffLabels labels = sample_labels(before, after);
  const JsonOptions options{false, 1};
  return fmt::format(
    "$ hindstat-diff --stat\n{}\n$ hindstat-diff --shortstat\n{}\n$ hindstat-diff --name-status\n{}\n$ "
    "hindstat-diff --porcelain\n{}\n$ hindstat-diff --csv\n{}\n$ hindstat-diff --json\n{}",
    format_diff_stat(diff, labels, false), format_diff_shortstat(diff, false),
    format_diff_name_status(diff, false, false), format_diff_porcelain(diff, labels, options, false),
    format_diff_csv(diff, labels, false), format_diff_json(diff, labels, options));
}

} // namespace

TEST_CASE("the sample bundles are shown as before", "[report][golden]") {
  for (const std::string name : {"gw1", "client", "gateway", "server"}) {
    check_golden("tests/golden/samples/" + name + ".txt", format_views(record_sample(name)));
  }
}

TEST_CASE("the rows of the sample bundles are as before in CSV", "[report][golden]") {
  for (const std::string name : {"gw1", "gateway"}) {
    check_golden("tests/golden/samples/" + name + ".csv.txt", format_csv(record_sample(name)));
  }
}

TEST_CASE("what happened between two sample bundles is told as before", "[report][golden]") {
  for (const std::string name : {"client", "gateway", "server"}) {
    check_golden("tests/golden/samples/" + name + ".diff.txt", format_diff(name));
  }
}

TEST_CASE("every form of a diff of two sample bundles is as before", "[report][golden]") {
  check_golden("tests/golden/samples/server.forms.txt", format_all_forms("server"));
}

TEST_CASE("a recorded service has its whole name, however long", "[report]") {
  for (const auto& [name, options] : views()) {
    if (name == "-p -e --inet --numeric-hosts") {
      const std::string text = format_view(record_sample("client"), check_view(options));
      CHECK(text.find(" 127.0.0.1:x11-ssh-offset ") != std::string::npos);
    }
  }
}
