// SPDX-License-Identifier: MIT
//
// One measurement of the store each, for bench/store.py and bench/diff.py, which run it in fresh processes: prints one
// JSON line.
//
//   bench_store generate STORE SOCKETS CHURN SNAPSHOTS [TEXT]   a generated busy server; TEXT gets what ss says of it
//   bench_store again STORE NEW                                 appends what a store holds of sockets to another
//   bench_store text STORE ID TEXT                              what ss -tanpe says of a snapshot
//   bench_store load STORE ID                                   one snapshot
//   bench_store stream STORE                                    from the first to the last, with what each step touched
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "bench/codec_traffic.h"
#include "bench/ss_text.h"
#include "store/store.h"
#include "store/walk.h"
#include "tables/process.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"

namespace hindstat {

namespace {

constexpr std::uint64_t seed = 7;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  constexpr double ms = 1e3;
  constexpr double ns = 1e-6;
  return static_cast<double>(now.tv_sec) * ms + static_cast<double>(now.tv_nsec) * ns;
}

/// Wall and CPU time (of all threads) of some runs.
class Times {
public:
  template <typename Work>
  void measure(Work&& work) {
    const double cpu = cpu_ms();
    const auto began = std::chrono::steady_clock::now();
    work();
    walls_.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
    cpus_.push_back(cpu_ms() - cpu);
  }
  /// JSON members.
  [[nodiscard]] std::string members() const {
    return fmt::format(R"("wall_ms":{:.3f},"cpu_ms":{:.3f})", median(walls_), median(cpus_));
  }

private:
  std::vector<double> walls_;
  std::vector<double> cpus_;
};

/// VmHWM of this process, in kB. Its parent's wait4() would say the parent's own, inherited through exec.
std::uint64_t peak_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::stoull(line.substr(line.find(':') + 1));
    }
  }
  throw Error("/proc/self/status has no VmHWM");
}

Snapshot snapshot_of(BusyServer& server) {
  constexpr std::int64_t ns = 1'000'000;
  Snapshot snapshot;
  snapshot.info = made_info(0);
  const auto now_ns = static_cast<std::int64_t>(server.now_ms()) * ns;
  snapshot.info.clocks.realtime_ns += now_ns;
  snapshot.info.clocks.boottime_ns = now_ns;
  snapshot.tables = {server.table(), Table(socket_owners.spec()), server.processes()};
  for (const Table& table : snapshot.tables) {
    Capture capture;
    capture.table = table.spec().name;
    capture.source = "netlink";
    capture.coverage = "tcp=netlink tcp6=netlink owners=complete";
    capture.rows = static_cast<std::uint32_t>(table.size());
    snapshot.captures.push_back(capture);
  }
  return snapshot;
}

/// Appends to a store and keeps the times; the first, a keyframe, is apart.
class Appender {
public:
  explicit Appender(const std::string& path) : writer_(path) {
  }
  void append(Snapshot snapshot) {
    Times& times = count_++ == 0 ? first_ : rest_;
    times.measure([&] { writer_.append(std::move(snapshot)); });
  }
  void print(std::size_t rows) const {
    fmt::print("{{\"snapshots\":{},\"rows\":{},\"first\":{{{}}},\"append\":{{{}}},\"peak_kb\":{}}}\n", count_, rows,
               first_.members(), rest_.members(), peak_kb());
  }

private:
  StoreWriter writer_;
  Times first_;
  Times rest_;
  int count_ = 0;
};

void generate(const std::string& store, std::size_t count, double churn, int snapshots, const std::string& text_path) {
  BusyServer server(count, seed);
  Appender appender(store);
  std::ofstream text;
  if (!text_path.empty()) {
    text.exceptions(std::ios::failbit | std::ios::badbit);
    text.open(text_path, std::ios::binary);
  }
  std::size_t rows = 0;
  for (int step = 0; step < snapshots; ++step) {
    Snapshot snapshot = snapshot_of(server);
    rows = snapshot.tables.front().size();
    if (text.is_open()) {
      text << ss_text(snapshot.tables.front(), snapshot.tables.back(), server.now_ms());
    }
    appender.append(std::move(snapshot));
    server.step(churn);
  }
  appender.print(rows);
}

void again(const std::string& from, const std::string& to) {
  const std::vector<std::string> tables{"socket", "socket_owner", "process"};
  const Store store(from);
  Appender appender(to);
  std::size_t rows = 0;
  for (const SnapshotEntry& entry : store.list()) {
    Snapshot snapshot = store.load(entry.id, tables);
    std::erase_if(snapshot.captures,
                  [&](const Capture& capture) { return std::ranges::find(tables, capture.table) == tables.end(); });
    rows = snapshot.find_table("socket")->size();
    appender.append(std::move(snapshot));
  }
  appender.print(rows);
}

void write_text(const std::string& path, std::int64_t id, const std::string& text_path) {
  const Snapshot snapshot = Store(path).load(SnapshotId(id));
  std::ofstream text;
  text.exceptions(std::ios::failbit | std::ios::badbit);
  text.open(text_path, std::ios::binary);
  text << ss_text(*snapshot.find_table("socket"), *snapshot.find_table("process"), std::nullopt);
  text.close();
}

void load(const std::string& path, std::int64_t id) {
  Times times;
  std::size_t rows = 0;
  times.measure([&] { rows = Store(path).load(SnapshotId(id)).find_table("socket")->size(); });
  fmt::print("{{\"rows\":{},{},\"peak_kb\":{}}}\n", rows, times.members(), peak_kb());
}

void stream(const std::string& path) {
  Times times;
  std::size_t rows = 0;
  std::size_t steps = 0;
  std::size_t whole = 0; // Steps in which the sockets did not keep their slots: a new keyframe.
  times.measure([&] {
    const Store store(path);
    std::vector<SnapshotId> ids;
    for (const SnapshotEntry& entry : store.list()) {
      ids.push_back(entry.id);
    }
    for (SnapshotWalk walk(store, std::move(ids)); walk.next(); ++steps) {
      const auto touched = std::ranges::find(walk.touched(), "socket", &TouchedRows::table);
      if (touched == walk.touched().end()) {
        ++whole;
      } else {
        rows += touched->after.size();
      }
    }
  });
  fmt::print("{{\"steps\":{},\"whole\":{},\"touched\":{},{},\"peak_kb\":{}}}\n", steps, whole, rows, times.members(),
             peak_kb());
}

int run(const std::vector<std::string>& arguments) {
  const std::size_t count = arguments.size();
  const std::string verb = count > 0 ? arguments[0] : "";
  if (verb == "generate" && (count == 5 || count == 6)) {
    generate(arguments[1], std::stoull(arguments[2]), std::stod(arguments[3]), std::stoi(arguments[4]),
             count == 6 ? arguments[5] : "");
  } else if (verb == "again" && count == 3) {
    again(arguments[1], arguments[2]);
  } else if (verb == "text" && count == 4) {
    write_text(arguments[1], std::stoll(arguments[2]), arguments[3]);
  } else if (verb == "load" && count == 3) {
    load(arguments[1], std::stoll(arguments[2]));
  } else if (verb == "stream" && count == 2) {
    stream(arguments[1]);
  } else {
    throw Error("usage: bench_store generate STORE SOCKETS CHURN SNAPSHOTS [TEXT] | again STORE NEW | "
                "text STORE ID TEXT | load STORE ID | stream STORE");
  }
  return 0;
}

} // namespace

} // namespace hindstat

int main(int argc, char** argv) {
  try {
    return hindstat::run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& e) {
    fmt::print(stderr, "bench_store: {}\n", e.what());
    return 2;
  }
}
