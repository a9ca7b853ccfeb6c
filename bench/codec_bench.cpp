// SPDX-License-Identifier: MIT
// What a snapshot costs in the file and what it costs to load one, on generated rows. Prints each figure beside its
// mark and exits with 1 when one is missed.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <zstd.h>

#include "base/error.h"
#include "bench/codec_traffic.h"
#include "store/store.h"
#include "tables/format.h"

extern char** environ; // NOLINT: posix_spawn(3) wants it.

namespace hindstat {

namespace {

constexpr double churn = 0.02;

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

class WorkDirectory {
public:
  WorkDirectory() : path_(std::filesystem::temp_directory_path() / fmt::format("hindstat-bench-{}", ::getpid())) {
    std::filesystem::create_directory(path_);
  }
  ~WorkDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const {
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

class Report {
public:
  // `value` must not exceed `mark`.
  void line(const std::string& what, double value, double mark, const std::string& unit) {
    const bool kept = value <= mark;
    missed_ = missed_ || !kept;
    fmt::print("{:<64} {:>10.1f} {:<3} mark {:>8.1f}  {}\n", what, value, unit, mark, kept ? "ok" : "MISSED");
    std::fflush(stdout);
  }
  static void note(const std::string& what, double value, const std::string& unit) {
    fmt::print("{:<64} {:>10.1f} {}\n", what, value, unit);
    std::fflush(stdout);
  }
  [[nodiscard]] bool missed() const {
    return missed_;
  }

private:
  bool missed_ = false;
};

Snapshot snapshot_of(Table table, int step) {
  Snapshot snapshot;
  snapshot.info = made_info(std::int64_t{24} * step);
  Capture capture;
  capture.table = table.spec().name;
  capture.source = "netlink";
  capture.rows = static_cast<std::uint32_t>(table.size());
  capture.took_us = static_cast<std::uint32_t>(40'000 + 37 * step);
  snapshot.captures.push_back(capture);
  snapshot.tables.push_back(std::move(table));
  return snapshot;
}

struct Chain {
  std::uint64_t keyframe_bytes = 0;
  std::vector<double> change_bytes;
  std::vector<double> append_ms;
};

Chain record_chain(const std::string& path, std::size_t sockets, int blocks) {
  BusyServer server(sockets, 7);
  StoreWriter writer(path);
  Chain chain;
  for (int step = 0; step < blocks; ++step) {
    const Snapshot snapshot = snapshot_of(server.table(), step);
    const auto begin = Clock::now();
    const SnapshotId id = writer.append(snapshot);
    const double took = milliseconds_since(begin);
    const std::uint64_t bytes = Store(path).size_of(id).payload_bytes;
    if (step == 0) {
      chain.keyframe_bytes = bytes;
    } else {
      chain.change_bytes.push_back(static_cast<double>(bytes));
      chain.append_ms.push_back(took);
    }
    server.step(churn);
  }
  return chain;
}

int blocks_behind_last(const std::string& path) {
  const SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Statement count(database, "WITH RECURSIVE chain(id) AS (SELECT max(id) FROM block UNION ALL SELECT base_id "
                                    "FROM block JOIN chain USING (id) WHERE base_id IS NOT NULL) SELECT count(*) FROM "
                                    "chain");
  count.executeStep();
  return count.getColumn(0).getInt();
}

// Loads a snapshot; the bench runs itself with this, so that nothing is warm but the page cache.
int load(const std::string& path, std::int64_t id) {
  return Store(path).load(SnapshotId(id)).tables.front().empty() ? 1 : 0;
}

double load_in_fresh_process(const std::string& program, const std::string& path, int id) {
  const std::vector<std::string> arguments{program, "--load", path, std::to_string(id)};
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const auto begin = Clock::now();
  pid_t child = 0;
  int status = 0;
  if (::posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environ) != 0
      || ::waitpid(child, &status, 0) != child || status != 0) {
    throw Error("the loading process failed");
  }
  return milliseconds_since(begin);
}

void bench_change_set(const WorkDirectory& directory, Report& report) {
  const Chain chain = record_chain(directory.file("20000.db"), 20'000, 17);
  Report::note("keyframe of 20,000 sockets", static_cast<double>(chain.keyframe_bytes), "B");
  report.line("change set of 20,000 sockets, 2 % churn (median of 16)", median(chain.change_bytes), 10'000, "B");
  Report::note("append: settle, compare, encode, verify, commit (median)", median(chain.append_ms), "ms");
}

void bench_load(const WorkDirectory& directory, const std::string& program, Report& report) {
  constexpr int blocks = 64;
  const std::string path = directory.file("40000.db");
  const Chain chain = record_chain(path, 40'000, blocks);
  Report::note("keyframe of 40,000 sockets", static_cast<double>(chain.keyframe_bytes), "B");
  Report::note("change set of 40,000 sockets, 2 % churn (median)", median(chain.change_bytes), "B");
  Report::note("append (median)", median(chain.append_ms), "ms");
  // A shorter chain would make the figure below mean less than it says.
  report.line("blocks missing to a chain of 64", blocks - blocks_behind_last(path), 0, "");
  constexpr int runs = 9;
  std::vector<double> times;
  times.reserve(runs);
  for (int i = 0; i < runs; ++i) {
    times.push_back(load_in_fresh_process(program, path, blocks));
  }
  report.line("load of the 64th block, whole fresh process (median of 9)", median(times), 20, "ms");
}

std::string text_of(const Snapshot& snapshot) {
  std::string text;
  for (const Table& table : snapshot.tables) {
    for (std::size_t row = 0; row < table.size(); ++row) {
      for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
        text += format_cell(table.spec().columns[i], table.column(i), row);
        text += ' ';
      }
      text.back() = '\n';
    }
  }
  return text;
}

void bench_idle_day(const WorkDirectory& directory, Report& report) {
  constexpr int minutes = 1440;
  const std::string path = directory.file("idle.db");
  IdleMachine machine(9);
  std::string text;
  std::size_t rows = 0;
  double took = 0;
  for (int minute = 0; minute < minutes; ++minute) {
    const Snapshot snapshot = machine.next();
    const auto begin = Clock::now();
    StoreWriter(path).append(snapshot); // As cron would: open, append, close.
    took += milliseconds_since(begin);
    text += text_of(snapshot);
    for (const Table& table : snapshot.tables) {
      rows += table.size();
    }
  }
  Report::note("idle machine: rows a snapshot", static_cast<double>(rows) / minutes, "");
  Report::note("text of a snapshot", static_cast<double>(text.size()) / minutes, "B");
  const SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Statement whole(database, "SELECT sum(pgsize) FROM dbstat");
  whole.executeStep();
  report.line("idle machine's snapshot in the file (dbstat, mean of a day)", whole.getColumn(0).getDouble() / minutes,
              2'000, "B");
  SQLite::Statement parts(database, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 4");
  while (parts.executeStep()) {
    Report::note("  " + parts.getColumn(0).getString(), parts.getColumn(1).getDouble() / minutes, "B");
  }
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  constexpr int level = 19;
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), level));
  Report::note("  the same rows as one text, zstd -19", static_cast<double>(packed.size()) / minutes, "B");
  Report::note("open, append and close (mean)", took / minutes, "ms");
}

int run(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--load") {
    return load(argv[2], std::stoll(argv[3]));
  }
  if (argc != 1) {
    fmt::print(stderr, "usage: {}\n", argv[0]);
    return 2;
  }
  const WorkDirectory directory;
  Report report;
  bench_change_set(directory, report);
  bench_load(directory, std::filesystem::read_symlink("/proc/self/exe"), report);
  bench_idle_day(directory, report);
  return report.missed() ? 1 : 0;
}

} // namespace

} // namespace hindstat

int main(int argc, char** argv) {
  try {
    return hindstat::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "bench_codec: {}\n", e.what());
    return 2;
  }
}
