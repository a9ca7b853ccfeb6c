// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "store/store.h"
#include "tables/catalog.h"
#include "tests/tables/random_table.h"

namespace hindstat {

/// A directory of its own for one test, gone after it.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "hindstat-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      std::abort();
    }
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const {
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

[[nodiscard]] inline std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A snapshot of these tables with a capture each, `minute` minutes after the first.
[[nodiscard]] inline Snapshot made_snapshot(std::vector<Table> tables, int minute = 0) {
  Snapshot snapshot;
  snapshot.info.host = "gw1";
  snapshot.info.machine_id = "0123456789abcdef0123456789abcdef";
  snapshot.info.boot_id = "11111111-2222-3333-4444-555555555555";
  snapshot.info.kernel_release = "6.1.0-27-amd64";
  snapshot.info.clocks.realtime_ns = 1'700'000'000'000'000'000 + minute * 60'000'000'000LL;
  snapshot.info.clocks.boottime_ns = 5'000'000'000'000 + minute * 60'000'000'000LL;
  snapshot.info.clocks.ntp_offset_us = -12;
  snapshot.info.took_ns = 31'000'000;
  snapshot.info.recorder = "hindstat 0.1.0";
  snapshot.info.capabilities = ~std::uint64_t{0};
  snapshot.info.net_namespace = 4026531840;
  for (const Table& table : tables) {
    Capture capture;
    capture.table = table.spec().name;
    capture.source = "netlink";
    capture.rows = static_cast<std::uint32_t>(table.size());
    capture.took_us = static_cast<std::uint32_t>(100 + minute % 7);
    snapshot.captures.push_back(capture);
  }
  snapshot.tables = std::move(tables);
  return snapshot;
}

/// One random table of every spec in the catalog.
[[nodiscard]] inline std::vector<Table> random_tables(std::size_t rows, Rng& rng) {
  std::vector<Table> tables;
  for (const TableSpec& spec : catalog()) {
    tables.push_back(random_table(spec, rows, rng));
  }
  return tables;
}

} // namespace hindstat
