// SPDX-License-Identifier: MIT
// What a store decodes. Bodies are packed here, so that the fuzzer gets past zstd; block_frame fuzzes the frame too.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "store/block_codec.h"
#include "store/bytes.h"
#include "store/compression.h"
#include "store/file_header.h"
#include "store/layout.h"
#include "store/store.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/targets.h"
#include "tests/tables/laws.h"

namespace hindstat::fuzz {

namespace {

/// Keeps a body that claims millions of equal rows (which is no fault) from taking all the time.
constexpr std::uint64_t most_rows_here = 2000;

TableSpec spec_of(std::uint8_t choice) {
  static const std::vector<TableSpec> specs = specs_under_law();
  return specs[choice % specs.size()];
}

/// The base that a change set of the input is made for: the same for the same parameters.
Table base_of(const TableSpec& spec, std::uint8_t seed) {
  Rng rng(seed);
  const Table table = random_table(spec, seed % 20, rng);
  Table stored(spec);
  BlockDecoder().apply(encode_keyframe(table), table.size(), stored);
  return stored;
}

/// Applies a payload; nullopt where it is refused.
std::optional<Table> applied(std::string_view payload, std::uint64_t rows, const Table& base) {
  try {
    Table table = base;
    BlockDecoder().apply(payload, rows, table);
    require(table.size() == rows, "a block gives as many rows as its record says");
    return table;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// A stored text or count may be anything that fits; that is all there is to know of a table from a stranger.
void require_decoded(const std::optional<Table>& table, const Table& base) {
  if (table) {
    for (std::size_t i = 0; i < table->spec().columns.size(); ++i) {
      require(table->column(i).size() == table->size(), "every column has a cell for every row");
    }
    require_storable(*table, base);
  }
}

/// A file without a name that holds the input.
UniqueFd file_of(Input input) {
  UniqueFd fd(::memfd_create("hindstat-fuzz", MFD_CLOEXEC));
  require(fd && ::write(fd.get(), input.data(), input.size()) == static_cast<ssize_t>(input.size()),
          "a file in memory can be written");
  return fd;
}

} // namespace

void block_keyframe(Input input) {
  Parameters parameters(input);
  const TableSpec spec = spec_of(parameters.byte());
  const std::string body = "K" + std::string(as_text(parameters.rest()));
  std::uint64_t rows = 0;
  try {
    rows = ByteReader(std::string_view(body).substr(1)).varint();
  } catch (const Error&) {
    return;
  }
  if (rows <= most_rows_here) {
    require_decoded(applied(compress(body), rows, Table(spec)), Table(spec));
  }
}

void block_changes(Input input) {
  Parameters parameters(input);
  const TableSpec spec = spec_of(parameters.byte());
  const Table base = base_of(spec, parameters.byte());
  const std::uint64_t rows = parameters.byte();
  const std::string body = "C" + std::string(as_text(parameters.rest()));
  require_decoded(applied(compress(body), rows, base), base);
}

void block_frame(Input input) {
  Parameters parameters(input);
  const TableSpec spec = spec_of(parameters.byte());
  const Table base = base_of(spec, parameters.byte());
  const std::uint64_t rows = parameters.byte();
  require_decoded(applied(as_text(parameters.rest()), rows, base), base);
}

void change_sets(Input input) {
  Parameters parameters(input);
  const TableSpec spec = spec_of(parameters.byte());
  const std::size_t rows = parameters.byte() % 64;
  const double churn = parameters.byte() / 255.0;
  std::uint64_t seed = 0;
  for (int i = 0; i < 8; ++i) {
    seed = seed << 8 | parameters.byte();
  }
  Rng rng(seed);
  const Table before = random_table(spec, rows, rng);
  const Table after = mutate(before, rng, churn);
  require_storable(after, before);
  require_storable(shuffled(before, rng), before);
  Table settled = after;
  settle_timers(before, settled);
  Table again = settled;
  settle_timers(before, again);
  require(again == settled, "settling timers twice is settling them once");
}

void layout(Input input) {
  const std::string json(as_text(input));
  try {
    const Layout layout(1, "stranger", json, layout_checksum("stranger", json));
    const std::string again = format_columns_json(layout.spec());
    const Layout copy(2, "stranger", again, layout_checksum("stranger", again));
    require(format_columns_json(copy.spec()) == again, "a layout that is written again stays the same");
    require_convertible(layout.spec(), copy.spec());
    const Table empty(layout.spec());
    for (const TableSpec& spec : specs_under_law()) {
      try {
        require_convertible(layout.spec(), spec);
        require(empty.converted_to(spec).empty(), "an empty table is converted to an empty one");
      } catch (const Error&) {
        continue;
      }
    }
  } catch (const Error&) {
    return;
  }
}

void file_header(Input input) {
  const UniqueFd fd = file_of(input);
  try {
    const FileKind kind = read_file_kind(fd, "x.db");
    require((kind == FileKind::empty) == input.empty(), "a file is empty where it has no byte");
    require(kind == FileKind::empty || input.size() >= 100, "a file with a part of a header is neither");
  } catch (const Error&) {
    require(!input.empty(), "an empty file is no error");
  }
  require(describe_truncation(fd).find('\n') == std::string::npos, "what is said of a file is one line");
}

void store_file(Input input) {
  // One file for all inputs: a directory for each would cost more than reading it.
  static const std::string path =
    std::filesystem::temp_directory_path() / ("hindstat-fuzz-" + std::to_string(::getpid()) + ".db");
  std::ofstream(path, std::ios::binary | std::ios::trunc)
    .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  try {
    const Store store(path);
    for (const SnapshotEntry& entry : store.list()) {
      require(entry.uid.size() == 32, "a uid has 32 digits");
      try {
        const Snapshot snapshot = store.load(entry.id);
        for (const Table& table : snapshot.tables) {
          require(find_table_spec(table.spec().name) != nullptr, "tables that are loaded are in the catalog");
          require_storable(table, Table(table.spec()));
        }
      } catch (const Error&) {
        continue;
      }
    }
  } catch (const Error&) {}
  std::filesystem::remove(path);
}

} // namespace hindstat::fuzz
