// SPDX-License-Identifier: MIT
#include "store/column_codec.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"
#include "store/integer_codec.h"

namespace hindstat {

namespace {

enum NullsTag : std::uint8_t { no_nulls = 0, all_null = 1, some_null = 2 };

constexpr std::size_t v4_bytes = 4;
constexpr std::size_t v6_bytes = 16;

constexpr std::uint64_t sign_bit(Kind kind) {
  return is_signed(kind) ? std::uint64_t{1} << (8 * width_of(kind) - 1) : 0;
}

std::uint64_t v4_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) {
    number = number << 8 | static_cast<std::uint8_t>(byte);
  }
  return number;
}

std::string v4_text(std::uint64_t number) {
  std::string bytes(v4_bytes, '\0');
  for (std::size_t i = v4_bytes; i-- > 0; number >>= 8) {
    bytes[i] = static_cast<char>(number & 0xFF);
  }
  return bytes;
}

void add_entry(Dictionary& dictionary, std::string_view bytes) {
  const std::size_t next = dictionary.size();
  if (dictionary.intern(bytes) != next) {
    refuse_block("a dictionary entry is there twice");
  }
}

} // namespace

CellList cells_of(const Column& column) {
  CellList list;
  std::visit([&](const auto& cells) { list.raw.assign(cells.begin(), cells.end()); }, column.cells());
  if (column.null_count() > 0) {
    for (std::uint32_t row = 0; row < column.size(); ++row) {
      if (column.is_null(row)) {
        list.nulls.push_back(row);
      }
    }
  }
  return list;
}

void require_ids(const Column& column, const CellList& cells) {
  if (!is_interned(column.kind()) || cells.nulls.size() == cells.raw.size()) {
    return;
  }
  // The raw value of a null is 0, which is an id here: some cell is not null.
  if (*std::ranges::max_element(cells.raw) >= column.dictionary().size()) {
    refuse_block("a cell refers to no entry");
  }
}

void append_slots(std::string& out, std::span<const std::uint32_t> slots) {
  append_varint(out, slots.size());
  std::vector<std::uint64_t> gaps;
  gaps.reserve(slots.size());
  std::uint64_t next = 0;
  for (const std::uint32_t slot : slots) {
    assert(slot >= next);
    gaps.push_back(slot - next);
    next = std::uint64_t{slot} + 1;
  }
  append_integers(out, gaps);
}

std::vector<std::uint32_t> read_slots(ByteReader& in, std::size_t limit) {
  const std::size_t count = in.count(limit, "the number of slots");
  const auto gaps = read_integers(in, count);
  std::vector<std::uint32_t> slots(count);
  std::uint64_t next = 0;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bits |= gaps[i];
    next += gaps[i];
    slots[i] = static_cast<std::uint32_t>(next++);
  }
  // No gap has more than 32 bits: then `next` did not overflow, and the last slot is the highest.
  if (bits >> 32 != 0 || next > limit) {
    refuse_block("a slot is beyond the table");
  }
  return slots;
}

void append_cells(std::string& out, Kind kind, const CellList& cells) {
  if (cells.raw.empty()) {
    return;
  }
  if (cells.nulls.size() == cells.raw.size()) {
    out.push_back(all_null);
    return;
  }
  const std::uint64_t flip = sign_bit(kind);
  if (cells.nulls.empty() && flip == 0) {
    out.push_back(no_nulls);
    append_integers(out, cells.raw);
    return;
  }
  out.push_back(cells.nulls.empty() ? no_nulls : some_null);
  if (!cells.nulls.empty()) {
    append_slots(out, cells.nulls);
  }
  std::vector<std::uint64_t> values;
  values.reserve(cells.raw.size() - cells.nulls.size());
  auto null = cells.nulls.begin();
  for (std::size_t i = 0; i < cells.raw.size(); ++i) {
    if (null != cells.nulls.end() && *null == i) {
      ++null;
    } else {
      values.push_back(cells.raw[i] ^ flip);
    }
  }
  append_integers(out, values);
}

CellList read_cells(ByteReader& in, Kind kind, std::size_t count) {
  CellList cells;
  if (count == 0) {
    return cells;
  }
  const std::uint8_t tag = in.byte();
  if (tag == all_null) {
    cells.raw.assign(count, 0);
    cells.nulls.resize(count);
    std::iota(cells.nulls.begin(), cells.nulls.end(), 0U);
    return cells;
  }
  if (tag != no_nulls && tag != some_null) {
    refuse_block("unknown form of nulls");
  }
  if (tag == some_null) {
    cells.nulls = read_slots(in, count);
  }
  cells.raw = read_integers(in, count - cells.nulls.size());
  if (const std::uint64_t flip = sign_bit(kind); flip != 0) {
    for (std::uint64_t& value : cells.raw) {
      value ^= flip;
    }
  }
  std::uint64_t bits = 0;
  for (const std::uint64_t value : cells.raw) {
    bits |= value;
  }
  if (bits > largest_raw(kind)) {
    refuse_block("a value is wider than its column");
  }
  if (!cells.nulls.empty()) {
    // From the tail: each value moves behind the nulls that stand before it.
    std::size_t from = cells.raw.size();
    cells.raw.resize(count, 0);
    auto null = cells.nulls.rbegin();
    for (std::size_t to = count; to-- > 0;) {
      if (null != cells.nulls.rend() && *null == to) {
        ++null;
        cells.raw[to] = 0;
      } else {
        cells.raw[to] = cells.raw[--from];
      }
    }
  }
  return cells;
}

std::optional<SameCells> read_same(ByteReader& in, std::size_t count, const Column& column) {
  if (count == 0) {
    return std::nullopt;
  }
  ByteReader ahead = in;
  const std::uint8_t tag = ahead.byte();
  if (tag == all_null) {
    in = ahead;
    return SameCells{};
  }
  if (tag != no_nulls || ahead.byte() != static_cast<std::uint8_t>(IntegerForm::constant)) {
    return std::nullopt;
  }
  const std::uint64_t raw = ahead.varint() ^ sign_bit(column.kind());
  const std::uint64_t limit = is_interned(column.kind()) ? column.dictionary().size() : largest_raw(column.kind());
  if (is_interned(column.kind()) ? raw >= limit : raw > limit) {
    refuse_block("a value is wider than its column, or refers to no entry");
  }
  in = ahead;
  return SameCells{raw};
}

namespace {

// cells(count) of which none is null.
void read_all_cells(ByteReader& in, std::size_t count, Column& column) {
  if (in.byte() != no_nulls) {
    refuse_block("unknown form of nulls");
  }
  IntegerReader reader(in, count);
  std::uint64_t highest = 0;
  column.assign_in_parts(count, [&](std::span<std::uint64_t> part) {
    reader.next(part);
    highest = std::max(highest, *std::ranges::max_element(part));
  });
  if (is_interned(column.kind()) ? highest >= column.dictionary().size() : highest > largest_raw(column.kind())) {
    refuse_block("a value is wider than its column, or refers to no entry");
  }
}

} // namespace

void read_column(ByteReader& in, std::size_t count, Column& column) {
  if (count == 0) {
    column.assign({}, {});
  } else if (const auto same = read_same(in, count, column)) {
    column.assign_same(count, same->raw);
  } else if (!is_signed(column.kind()) && ByteReader(in).byte() == no_nulls) {
    read_all_cells(in, count, column);
  } else {
    CellList cells = read_cells(in, column.kind(), count);
    require_ids(column, cells);
    column.assign(std::move(cells.raw), cells.nulls);
  }
}

void append_entries(std::string& out, Kind kind, std::span<const std::string_view> entries) {
  if (kind == Kind::address) {
    const auto v6 = std::ranges::find_if(entries, [](std::string_view entry) { return entry.size() != v4_bytes; });
    std::vector<std::uint64_t> numbers;
    std::transform(entries.begin(), v6, std::back_inserter(numbers), v4_number);
    append_varint(out, numbers.size());
    append_integers(out, numbers);
    append_varint(out, entries.size() - numbers.size());
    for (auto entry = v6; entry != entries.end(); ++entry) {
      assert(entry->size() == v6_bytes);
      out += *entry;
    }
    return;
  }
  append_varint(out, entries.size());
  std::vector<std::uint64_t> lengths;
  lengths.reserve(entries.size());
  for (const std::string_view entry : entries) {
    if (entry.size() > longest_text) {
      throw Error(fmt::format("a text of {} bytes is longer than {}", entry.size(), longest_text));
    }
    lengths.push_back(entry.size());
  }
  append_integers(out, lengths);
  for (const std::string_view entry : entries) {
    out += entry;
  }
}

void read_entries(ByteReader& in, Kind kind, std::size_t limit, Dictionary& dictionary) {
  if (kind == Kind::address) {
    const std::size_t v4 = in.count(limit, "the number of IPv4 addresses");
    for (const std::uint64_t number : read_integers(in, v4)) {
      if (number > largest_raw(Kind::u32)) {
        refuse_block("an IPv4 address has more than 32 bits");
      }
      add_entry(dictionary, v4_text(number));
    }
    const std::size_t v6 = in.count(limit, "the number of IPv6 addresses");
    for (std::size_t i = 0; i < v6; ++i) {
      add_entry(dictionary, in.take(v6_bytes));
    }
    return;
  }
  const std::size_t count = in.count(limit, "the number of texts");
  for (const std::uint64_t length : read_integers(in, count)) {
    if (length > longest_text) {
      refuse_block("a text is too long");
    }
    add_entry(dictionary, in.take(length));
  }
}

} // namespace hindstat
