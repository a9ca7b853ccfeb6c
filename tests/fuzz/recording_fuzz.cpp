// SPDX-License-Identifier: MIT
// A whole recording of a hostile machine: the input is an archive of everything a System tells.
//
//   input  := { source:byte size:u16 bytes }    source counts through `paths`, then `dumps`, modulo their number;
//                                               size is little-endian; the last source takes what is left
#include <algorithm>
#include <array>

#include "recorder/recorder.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/recording_sources.h"
#include "tests/fuzz/targets.h"
#include "tests/recorder/fake_system.h"

namespace hindstat::fuzz {

namespace {

/// The machine that an input describes.
class DescribedSystem : public test::FakeSystem {
public:
  explicit DescribedSystem(Input input) {
    while (!input.empty()) {
      Parameters parameters(input);
      const std::size_t source = parameters.byte() % (recorded_files.size() + recorded_dumps.size());
      const std::size_t low = parameters.byte();
      const std::size_t size = low + std::size_t{256} * parameters.byte();
      const Input content = parameters.rest().first(std::min(size, parameters.rest().size()));
      if (source < recorded_files.size()) {
        files[std::string(recorded_files[source])] = {0, std::string(as_text(content))};
      } else {
        const std::string name(recorded_dumps[source - recorded_files.size()]);
        dumps[name] = {{std::vector<std::byte>(content.begin(), content.end()), {}}};
      }
      input = parameters.rest().subspan(content.size());
    }
    owners.sockets = {{.inode = 4711, .pid = 23, .fd = 4}, {.inode = 4711, .pid = 24, .fd = 4}};
    const auto file = [&](const char* path) { return read_file(path).bytes; };
    owners.processes = {{.pid = 23,
                         .fd_count = 12,
                         .stat = file("/proc/23/stat"),
                         .cgroup = file("/proc/23/cgroup"),
                         .limits = file("/proc/23/limits"),
                         .exe = "/usr/sbin/nginx"}};
  }
};

} // namespace

void recording(Input input) {
  const DescribedSystem system(input);
  RecordOptions options;
  options.host_label = "gw1"; // Without a name there is no recording.
  const Snapshot snapshot = record_snapshot(system, options);
  require(!snapshot.captures.empty(), "every table has a capture");
  for (const Table& table : snapshot.tables) {
    const Capture* capture = snapshot.find_capture(table.spec().name);
    require(capture != nullptr && was_collected(capture->status), "a table that is there was collected");
    require(capture->rows == table.size(), "a capture counts its table's rows");
    require_sound(table, input.size() + 1);
  }
  for (const Capture& capture : snapshot.captures) {
    require(capture.rejected != 0 || capture.example.empty(), "an example is of a rejected record");
    require(capture.example.size() <= 200, "an example is short");
  }
}

} // namespace hindstat::fuzz
