// SPDX-License-Identifier: MIT
#include "store/chain.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "tables/catalog.h"

namespace hindstat {

namespace {

// A chain ends with any of these: they bound the time to load its last table and what one damaged block can take with
// it. Below `small_bytes` a chain loads in no time and only size counts.
constexpr std::uint32_t longest_chain = 128;
constexpr std::uint64_t most_changes_per_keyframe = 4;
constexpr std::uint64_t most_change_bytes = std::uint64_t{16} << 20; // Of a million sockets some 45 steps of 2 %.
constexpr std::uint64_t least_keyframes_per_change = 3;
constexpr std::uint64_t small_bytes = 4096;
constexpr std::uint64_t small_chain_bytes = 16'384;

// What a reader believes of a stranger's file.
constexpr std::size_t longest_readable_chain = 4096;
constexpr std::uint64_t most_work = 4 * most_bytes;
constexpr std::uint64_t most_captures = 65'536;

void add_work(std::uint64_t& total, std::uint64_t bytes) {
  total += bytes;
  if (total > most_work) {
    throw Error("damaged: its chain holds too much");
  }
}

void require_content_sum(const LoadedTable& loaded, std::uint64_t sum) {
  if (sum != loaded.block.content_sum) {
    throw Error(fmt::format("block {} is damaged (its rows have another content sum)", loaded.block.id));
  }
}

} // namespace

void ChainSizes::add(bool keyframe, std::uint64_t payload_bytes) {
  if (keyframe) {
    *this = ChainSizes{payload_bytes, 0, 1};
  } else {
    change_bytes += payload_bytes;
    ++blocks;
  }
}

Encoded encode_next(const ChainSizes& sizes, const Table& base, const ChangeSet& changes, const Table& after) {
  if (sizes.blocks == 0 || sizes.blocks >= longest_chain) {
    return {true, encode_keyframe(after)};
  }
  Encoded next{false, encode_changes(changes, base)};
  const std::uint64_t bytes = next.payload.size();
  const std::uint64_t most =
    std::min(most_changes_per_keyframe * sizes.keyframe_bytes, std::max(most_change_bytes, sizes.keyframe_bytes));
  if (sizes.change_bytes + bytes > std::max(most, small_chain_bytes)) {
    return {true, encode_keyframe(after)};
  }
  if (least_keyframes_per_change * bytes <= sizes.keyframe_bytes) {
    return next;
  }
  Encoded keyframe{true, encode_keyframe(after)};
  return bytes <= small_bytes && bytes < keyframe.payload.size() ? next : keyframe;
}

Encoded pack_behind(std::optional<LoadedTable>& end, const LoadedTable& content, BlockDecoder& decoder) {
  const Table& table = content.table;
  Encoded next{true, {}};
  if (end) {
    next = encode_next(end->sizes, end->table, compare(end->table, table), table);
  } else {
    next.payload = encode_keyframe(table);
  }
  if (next.keyframe) {
    end = LoadedTable{Table(content.layout->spec()), content.layout, {}, {}};
  }
  decoder.apply(next.payload, table.size(), end->table);
  if (!(end->table == table)) {
    throw Error(
      fmt::format("table {}: what was packed does not unpack to the same rows", content.layout->table_name()));
  }
  end->block = content.block;
  end->sizes.add(next.keyframe, next.payload.size());
  return next;
}

LoadedTable ChainReader::load_table(std::int64_t block_id) {
  LoadedTable loaded = load_unverified(block_id);
  require_content_sum(loaded, loaded.table.content_sum());
  return loaded;
}

LoadedTable ChainReader::load_table(std::int64_t block_id, std::vector<std::uint64_t>& row_hashes) {
  LoadedTable loaded = load_unverified(block_id);
  row_hashes = loaded.table.row_hashes();
  require_content_sum(loaded, std::accumulate(row_hashes.begin(), row_hashes.end(), std::uint64_t{0}));
  return loaded;
}

LoadedTable ChainReader::load_unverified(std::int64_t block_id) {
  std::vector<BlockRecord> chain;
  for (std::optional<std::int64_t> id = block_id; id; id = chain.back().base_id) {
    if (chain.size() == longest_readable_chain) {
      throw Error(fmt::format("block {} is damaged (its chain has no end)", block_id));
    }
    chain.push_back(records_->load_block(*id));
    if (chain.back().layout_id != chain.front().layout_id) {
      throw Error(fmt::format("block {} is damaged (its base has another layout)", chain[chain.size() - 2].id));
    }
  }
  const Layout& layout = layouts_->get(chain.front().layout_id);
  LoadedTable loaded{Table(layout.spec()), &layout, chain.front(), {}};
  SQLite::Statement select(*database_, "SELECT payload FROM block WHERE id = ?");
  std::uint64_t work = 0;
  for (auto block = chain.rbegin(); block != chain.rend(); ++block) {
    add_work(work, apply_block(loaded, *block, select));
  }
  budget_.take(decoding_bytes(layout.spec(), loaded.table.size()));
  return loaded;
}

// The view lives until the statement's next step.
std::string_view ChainReader::read_payload(const BlockRecord& block, const Layout& layout,
                                           SQLite::Statement& payloads) {
  payloads.reset();
  payloads.bind(1, block.id);
  if (!payloads.executeStep()) {
    throw Error(fmt::format("block {} is missing", block.id));
  }
  const auto column = payloads.getColumn(0);
  const std::string_view payload(static_cast<const char*>(column.getBlob()),
                                 static_cast<std::size_t>(column.getBytes()));
  if (block_checksum(block, layout, payload) != block.checksum) {
    throw Error(fmt::format("block {} is damaged (its checksum does not match)", block.id));
  }
  return payload;
}

std::uint64_t ChainReader::apply_block(LoadedTable& loaded, const BlockRecord& block, SQLite::Statement& payloads) {
  const std::string_view payload = read_payload(block, *loaded.layout, payloads);
  loaded.sizes.add(!block.base_id.has_value(), payload.size());
  return apply_payload(block, payload, loaded.table);
}

std::uint64_t ChainReader::apply_payload(const BlockRecord& block, std::string_view payload, Table& table) {
  try {
    budget_.add_payload(payload.size());
    return decoder_.apply(payload, block.row_count, table, budget_);
  } catch (const Error& e) {
    throw Error(fmt::format("block {}: {}", block.id, e.what()));
  }
}

const std::vector<std::uint32_t>& ChainReader::apply(const ChainLink& link, Table& table) {
  std::ignore = apply_payload(link.block, link.payload, table);
  return decoder_.touched();
}

std::optional<std::vector<ChainLink>> ChainReader::find_links(const LoadedTable& base, std::int64_t block_id) {
  std::vector<ChainLink> links;
  for (std::optional<std::int64_t> id = block_id; id != base.block.id; id = links.back().block.base_id) {
    // A chain's blocks are as old as their numbers, but where it was packed anew.
    if (!id || links.size() == longest_chain) {
      return std::nullopt;
    }
    links.push_back({records_->load_block(*id), {}});
    if (links.back().block.layout_id != base.layout->id()) {
      return std::nullopt;
    }
  }
  SQLite::Statement select(*database_, "SELECT payload FROM block WHERE id = ?");
  for (ChainLink& link : links) {
    link.payload = read_payload(link.block, *base.layout, select);
  }
  std::ranges::reverse(links);
  return links;
}

LoadedTable ChainReader::load_next(LoadedTable base, std::int64_t block_id) {
  const BlockRecord block = records_->load_block(block_id);
  if (block.base_id != base.block.id || block.layout_id != base.layout->id()) {
    throw Error(fmt::format("block {} is damaged (it has another base)", block_id));
  }
  SQLite::Statement select(*database_, "SELECT payload FROM block WHERE id = ?");
  budget_.add_payload(base.sizes.bytes()); // What the base holds was paid for when it was loaded.
  std::ignore = apply_block(base, block, select);
  base.block = block;
  require_content_sum(base, base.table.content_sum());
  budget_.take(decoding_bytes(base.layout->spec(), base.table.size()));
  return base;
}

LoadedTable ChainReader::load_captures(const SnapshotRecord& record) {
  std::vector<SnapshotRecord> chain{record};
  const auto continues_last = [this](const SnapshotRecord& next) {
    return last_captures_ && next.boot_id == last_captures_->boot_id && next.captures_base == last_captures_->sequence
           && next.captures_layout == last_captures_->loaded.layout->id();
  };
  while (chain.back().captures_base && !continues_last(chain.back())) {
    const SnapshotRecord& next = chain.back();
    auto base =
      *next.captures_base < next.sequence ? records_->find_snapshot(next.boot_id, *next.captures_base) : std::nullopt;
    if (!base || base->captures_layout != record.captures_layout || chain.size() == longest_readable_chain) {
      throw Error(fmt::format("the captures of snapshot {} are damaged (their base is missing)", next.id));
    }
    chain.push_back(std::move(*base));
  }
  const Layout& layout = layouts_->get(record.captures_layout);
  LoadedTable loaded{Table(layout.spec()), &layout, {}, {}};
  if (continues_last(chain.back())) {
    loaded = std::move(last_captures_->loaded);
  }
  last_captures_.reset();
  std::uint64_t work = 0;
  for (auto next = chain.rbegin(); next != chain.rend(); ++next) {
    try {
      budget_.add_payload(next->captures.size());
      add_work(work,
               decoder_.apply(next->captures, std::min(next->captures_rows, most_captures), loaded.table, budget_));
    } catch (const Error& e) {
      throw Error(fmt::format("the captures of snapshot {}: {}", next->id, e.what()));
    }
    loaded.sizes.add(!next->captures_base.has_value(), next->captures.size());
  }
  last_captures_ = LastCaptures{record.boot_id, record.sequence, loaded};
  return loaded;
}

std::vector<Capture> to_captures(const LoadedTable& loaded) {
  const Table table = to_known_spec(loaded, captures.spec());
  std::vector<Capture> result;
  result.reserve(table.size());
  for (std::size_t row = 0; row < table.size(); ++row) {
    result.push_back(captures.row(table, row));
  }
  const auto position = [](const Capture& capture) {
    const TableSpec* spec = find_table_spec(capture.table);
    return spec != nullptr ? spec - catalog().data() : static_cast<std::ptrdiff_t>(catalog().size());
  };
  std::ranges::sort(result, [&](const Capture& a, const Capture& b) {
    return std::tuple(position(a), std::string_view(a.table), std::string_view(a.netns))
           < std::tuple(position(b), std::string_view(b.table), std::string_view(b.netns));
  });
  return result;
}

Table to_known_spec(LoadedTable loaded, const TableSpec& known) {
  if (loaded.layout->spec().columns.data() == known.columns.data()) {
    return std::move(loaded.table);
  }
  require_convertible(loaded.layout->spec(), known);
  return loaded.table.converted_to(known);
}

} // namespace hindstat
