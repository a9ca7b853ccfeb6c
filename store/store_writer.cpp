// SPDX-License-Identifier: MIT
#include <sqlite3.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "store/chain.h"
#include "store/checksum.h"
#include "store/connection.h"
#include "store/gap_file.h"
#include "store/room.h"
#include "store/store.h"

namespace hindstat {

namespace {

// The end of one table's chain.
struct Chain {
  LoadedTable last;
  std::string source;
  std::uint64_t stored_at = 0;
};

// What the next snapshot of a boot is compared with.
struct BootState {
  std::int64_t boot_id = 0;
  std::uint64_t last_sequence = 0;
  std::int64_t file_version = 0; // Of the file it was loaded from or written to.
  std::optional<LoadedTable> captures;
  std::map<std::string, Chain, std::less<>> chains; // By table.
};

// A block that is encoded and not inserted yet.
struct PendingBlock {
  std::string table;
  BlockRecord record;
  std::string payload;
};

// Which source a table's chain belongs to: that of the recorder's own namespace.
const std::string* find_source(const std::vector<Capture>& all_captures, std::string_view table) {
  const Capture* found = nullptr;
  for (const Capture& capture : all_captures) {
    if (capture.table == table && (found == nullptr || capture.netns.empty())) {
      found = &capture;
    }
  }
  return found != nullptr ? &found->source : nullptr;
}

// A table to be packed, with what is needed several times.
struct Input {
  Table table;
  std::uint64_t content_sum = 0;
};

std::vector<Input> inputs_of(std::vector<Table> tables) {
  std::vector<Input> inputs;
  for (Table& table : tables) {
    const std::uint64_t content_sum = table.content_sum();
    inputs.push_back({std::move(table), content_sum});
  }
  return inputs;
}

// From what was handed in, before timers settle: what is imported twice has the same uid both times.
std::string uid_of(const SnapshotInfo& info, const std::vector<Input>& inputs) {
  Checksum sum;
  sum.add(info.host).add(info.machine_id).add(info.boot_id);
  sum.add(info.clocks.realtime_ns).add(info.clocks.boottime_ns);
  for (const Input& input : inputs) {
    sum.add(input.table.spec().name).add(std::uint64_t{input.table.size()}).add(input.content_sum);
  }
  return sum.value128();
}

// Runs `work`; false when the file is damaged where it reads. That is the reader's to report: recording goes on with
// keyframes.
template <typename Work>
bool reads_undamaged(Work&& work) {
  try {
    work();
    return true;
  } catch (const Error&) {
    return false;
  } catch (const SQLite::Exception& e) {
    if ((e.getErrorCode() & 0xFF) != SQLITE_CORRUPT) {
      throw;
    }
    return false;
  }
}

std::int64_t realtime_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
    .count();
}

bool has_timers(const TableSpec& spec) {
  return std::ranges::find(spec.columns, Role::timer, &ColumnSpec::role) != spec.columns.end();
}

} // namespace

struct StoreWriter::Impl {
  Impl(const std::string& path, std::uint32_t file_mode) : connection(path, Connection::Mode::write, file_mode) {
  }

  void prepare(const std::string& host, const std::string& machine_id, const std::string& boot_id);
  SnapshotId append(Snapshot snapshot);

  void load_state(std::int64_t boot_id);
  void load_chains(const std::vector<Capture>& last_captures);
  void forget();
  std::int64_t file_version();
  void require_state(std::int64_t boot_id);
  std::optional<PendingBlock> pack(Input input, const std::string& source, std::uint64_t sequence);
  PendingBlock pack_keyframe(const Input& input, const std::string& source, std::uint64_t sequence);
  void advance(LoadedTable& last, const Encoded& next, std::uint64_t rows, std::uint64_t content_sum);
  void pack_captures(const std::vector<Capture>& of_tables, SnapshotRecord& record);
  SnapshotId insert(const SnapshotRecord& record, const std::vector<PendingBlock>& blocks);

  Connection connection;
  Layouts layouts{connection.database()};
  Records records{connection.database(), layouts};
  ChainReader chains{connection.database(), layouts, records};
  std::optional<BootState> state;
  SnapshotSize appended;
  std::int64_t commit_ns = 0;
  Room room{connection.database(), connection.resolved()};
};

// After a failure the chains in memory are ahead of the file.
void StoreWriter::Impl::forget() {
  state.reset();
  chains.forget();
  layouts.clear();
}

// Changes with every commit of another connection, and with none of this one's; to be asked inside a transaction.
std::int64_t StoreWriter::Impl::file_version() {
  return connection.database().execAndGet("PRAGMA data_version").getInt64();
}

// What is in memory holds only while nobody else has written: a recorder of another process, or a cleaning.
void StoreWriter::Impl::require_state(std::int64_t boot_id) {
  if (state && state->file_version != file_version()) {
    forget();
  }
  if (!state || state->boot_id != boot_id) {
    load_state(boot_id);
  }
}

void StoreWriter::Impl::load_state(std::int64_t boot_id) {
  state = BootState{boot_id, records.last_sequence(boot_id), file_version(), {}, {}};
  if (state->last_sequence == 0) {
    return;
  }
  const bool undamaged = reads_undamaged([&] {
    if (const auto record = records.find_snapshot(boot_id, state->last_sequence)) {
      state->captures = chains.load_captures(*record);
      load_chains(to_captures(*state->captures));
    }
  });
  if (!undamaged) {
    state->captures.reset();
    state->chains.clear();
  }
}

void StoreWriter::Impl::load_chains(const std::vector<Capture>& last_captures) {
  for (const Capture& capture : last_captures) {
    if (!capture.stored_at || state->chains.contains(capture.table)) {
      continue;
    }
    reads_undamaged([&] {
      if (const auto block =
            records.find_block(state->boot_id, *capture.stored_at, state->last_sequence, capture.table)) {
        state->chains.emplace(capture.table, Chain{chains.load_table(block->id),
                                                   *find_source(last_captures, capture.table), *capture.stored_at});
      }
    });
  }
}

void StoreWriter::Impl::prepare(const std::string& host, const std::string& machine_id, const std::string& boot_id) {
  connection.run([&] {
    const SQLite::Transaction transaction(connection.database());
    if (const auto boot = records.find_boot(host, machine_id, boot_id)) {
      require_state(*boot);
    }
  });
}

void StoreWriter::Impl::advance(LoadedTable& last, const Encoded& next, std::uint64_t rows, std::uint64_t content_sum) {
  if (next.keyframe) {
    last.table = Table(last.layout->spec());
  }
  chains.decoder().apply(next.payload, rows, last.table);
  if (last.table.content_sum() != content_sum) {
    throw Error(fmt::format("table {}: what was packed does not unpack to the same rows; nothing was recorded",
                            last.layout->table_name()));
  }
  last.sizes.add(next.keyframe, next.payload.size());
}

PendingBlock StoreWriter::Impl::pack_keyframe(const Input& input, const std::string& source, std::uint64_t sequence) {
  const Table& table = input.table;
  const Layout& layout = layouts.find_or_insert(table.spec());
  Chain chain{LoadedTable{Table(layout.spec()), &layout, {}, {}}, source, sequence};
  Encoded next{true, encode_keyframe(table)};
  advance(chain.last, next, table.size(), input.content_sum);
  const BlockRecord record{0, std::nullopt, layout.id(), table.size(), input.content_sum, 0};
  chain.last.block = record;
  state->chains.insert_or_assign(layout.table_name(), std::move(chain));
  return PendingBlock{layout.table_name(), record, std::move(next.payload)};
}

// nullopt when the table equals the one before.
std::optional<PendingBlock> StoreWriter::Impl::pack(Input input, const std::string& source, std::uint64_t sequence) {
  Table& table = input.table;
  const auto it = state->chains.find(table.spec().name);
  if (it == state->chains.end() || it->second.source != source
      || it->second.last.layout->columns_json() != format_columns_json(table.spec())) {
    return pack_keyframe(input, source, sequence);
  }
  LoadedTable& last = it->second.last;
  const auto is_as_before = [&](std::uint64_t content_sum) {
    return table.size() == last.table.size() && content_sum == last.block.content_sum;
  };
  if (is_as_before(input.content_sum)) {
    return std::nullopt;
  }
  Pairing pairing;
  if (has_timers(table.spec())) {
    pairing = settle_timers(last.table, table);
    input.content_sum = table.content_sum();
    if (is_as_before(input.content_sum)) {
      return std::nullopt;
    }
  } else {
    pairing = pair_rows(last.table, table);
  }
  Encoded next = encode_next(last.sizes, last.table, compare(last.table, table, pairing), table);
  const BlockRecord record{
    0, next.keyframe ? std::nullopt : std::optional(last.block.id), last.layout->id(), table.size(), input.content_sum,
    0};
  advance(last, next, table.size(), input.content_sum);
  last.block = record;
  it->second.stored_at = sequence;
  return PendingBlock{last.layout->table_name(), record, std::move(next.payload)};
}

void StoreWriter::Impl::pack_captures(const std::vector<Capture>& of_tables, SnapshotRecord& record) {
  TableBuilder builder(captures);
  for (Capture capture : of_tables) {
    const auto chain = state->chains.find(capture.table);
    capture.stored_at = chain != state->chains.end() ? std::optional(chain->second.stored_at) : std::nullopt;
    builder.add(capture);
  }
  const Table table = std::move(builder).build();
  const Layout& layout = layouts.find_or_insert(captures.spec());
  Encoded next{true, {}};
  if (state->captures && state->captures->layout == &layout) {
    const LoadedTable& last = *state->captures;
    next = encode_next(last.sizes, last.table, compare(last.table, table), table);
  } else {
    state->captures = LoadedTable{Table(layout.spec()), &layout, {}, {}};
    next.payload = encode_keyframe(table);
  }
  advance(*state->captures, next, table.size(), table.content_sum());
  record.captures_layout = layout.id();
  record.captures_rows = table.size();
  record.captures_base = next.keyframe ? std::nullopt : std::optional(state->last_sequence);
  record.captures = std::move(next.payload);
}

SnapshotId StoreWriter::Impl::insert(const SnapshotRecord& record, const std::vector<PendingBlock>& blocks) {
  SnapshotSize size{record.captures.size(), static_cast<std::uint32_t>(blocks.size())};
  for (const PendingBlock& block : blocks) {
    size.payload_bytes += block.payload.size();
  }
  room.require(size.payload_bytes);
  const std::int64_t id = records.insert_snapshot(record);
  for (const PendingBlock& block : blocks) {
    state->chains.find(block.table)->second.last.block.id = records.insert_block(id, block.record, block.payload);
  }
  state->last_sequence = record.sequence;
  appended = size;
  return SnapshotId(id);
}

SnapshotId StoreWriter::Impl::append(Snapshot snapshot) {
  SnapshotRecord record;
  record.info = snapshot.info;
  std::vector<Input> inputs = inputs_of(std::move(snapshot.tables));
  record.uid = uid_of(record.info, inputs);
  appended = SnapshotSize{};
  try {
    connection.run([&] {
      if (room.make(std::min(record.info.clocks.realtime_ns, realtime_now_ns()), 2 * records.last_snapshot_bytes())) {
        forget();
      }
    });
    return connection.run([&] {
      SQLite::Transaction transaction(connection.database(), SQLite::TransactionBehavior::IMMEDIATE);
      if (const auto known = records.find_uid(record.uid)) {
        return SnapshotId(*known);
      }
      records.find_or_insert_boot(record);
      require_state(record.boot_id);
      record.sequence = state->last_sequence + 1;
      record.previous = records.last_uid(record.boot_id);
      // A table that is not in this snapshot starts with a keyframe when it comes back.
      std::erase_if(state->chains, [&](const auto& chain) {
        return std::ranges::none_of(inputs, [&](const Input& input) { return input.table.spec().name == chain.first; });
      });
      std::vector<PendingBlock> blocks;
      for (Input& input : inputs) {
        const std::string* source = find_source(snapshot.captures, input.table.spec().name);
        assert(source != nullptr && "each table of a snapshot has a capture");
        // By value: a large table is gone before the next one is packed.
        if (auto block = pack(std::move(input), *source, record.sequence)) {
          blocks.push_back(std::move(*block));
        }
      }
      pack_captures(snapshot.captures, record);
      const std::string noted = read_gap_file(connection.resolved());
      for (const Gap& gap : parse_gaps(noted)) {
        Notes(connection.database()).add(gap);
      }
      const SnapshotId id = insert(record, blocks);
      const auto began = std::chrono::steady_clock::now();
      transaction.commit();
      commit_ns = std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count();
      if (!noted.empty()) {
        remove_gap_file(connection.resolved(), noted);
      }
      return id;
    });
  } catch (...) {
    forget();
    throw;
  }
}

StoreWriter::StoreWriter(const std::string& path, std::uint32_t file_mode)
  : impl_(std::make_unique<Impl>(path, file_mode)) {
}
StoreWriter::~StoreWriter() = default;
StoreWriter::StoreWriter(StoreWriter&&) noexcept = default;
StoreWriter& StoreWriter::operator=(StoreWriter&&) noexcept = default;

void StoreWriter::prepare(const std::string& host, const std::string& machine_id, const std::string& boot_id) {
  impl_->prepare(host, machine_id, boot_id);
}

SnapshotId StoreWriter::append(Snapshot snapshot) {
  return impl_->append(std::move(snapshot));
}

const PruneReport& StoreWriter::pruned() const {
  return impl_->room.pruned();
}

const std::string& StoreWriter::prune_trouble() const {
  return impl_->room.trouble();
}

std::int64_t StoreWriter::last_commit_ns() const {
  return impl_->commit_ns;
}

SnapshotSize StoreWriter::appended_size() const {
  return impl_->appended;
}

} // namespace hindstat
