// SPDX-License-Identifier: MIT
//
// /proc/net/unix, one socket after the other (net/unix/af_unix.c unix_seq_show):
//   Num       RefCount Protocol Flags    Type St Inode Path
//   00000000cdd09a63: 00000002 00000000 00010000 0001 01 876978 /run/example/stream.sock
// Numbers have fixed widths; the inode alone is decimal and padded to five. Paths are printed raw.
#include "recorder/readers/proc_net_unix.h"

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::size_t longest_name = 108; // sizeof(sockaddr_un::sun_path)

/// The next word as a hexadecimal number of exactly so many digits.
template <typename Number>
std::optional<Number> next_padded(Fields& fields, std::size_t digits) {
  const std::string_view word = fields.next();
  return word.size() == digits ? parse_number<Number>(word, 16) : std::nullopt;
}

std::optional<ProcUnixSocket> parse_line(std::string_view line) {
  Fields fields(line);
  const std::string_view number = fields.next();
  const auto references = next_padded<std::uint32_t>(fields, 8);
  const auto protocol = next_padded<std::uint32_t>(fields, 8);
  const auto flags = next_padded<std::uint32_t>(fields, 8);
  const auto type = next_padded<std::uint16_t>(fields, 4);
  const auto state = next_padded<std::uint8_t>(fields, 2);
  const std::string_view inode_text = fields.next();
  const auto inode = parse_number<std::uint32_t>(inode_text);
  if (number.size() < 2 || !number.ends_with(':') || !references || !protocol || !flags || !type || !state || !inode) {
    return std::nullopt;
  }
  ProcUnixSocket socket{*references, *flags, *type, *state, *inode, std::nullopt};
  const auto inode_end = static_cast<std::size_t>(inode_text.data() + inode_text.size() - line.data());
  if (inode_end < line.size()) {
    socket.name = line.substr(inode_end + 1);
  }
  return socket;
}

} // namespace

ProcUnixRecords::ProcUnixRecords(std::string_view text) : rest_(split_at(text, '\n').after) {
}

std::optional<ProcUnixRecord> ProcUnixRecords::next() {
  if (rest_.empty()) {
    return std::nullopt;
  }
  const Split first = split_at(rest_, '\n');
  const std::string_view whole = rest_;
  ProcUnixRecord record{first.before, parse_line(first.before)};
  rest_ = first.after;
  while (record.socket && record.socket->name && !rest_.empty()) {
    const Split more = split_at(rest_, '\n');
    const std::size_t size = record.text.size() + 1 + more.before.size();
    const std::size_t name_begin = static_cast<std::size_t>(record.socket->name->data() - whole.data());
    if (size - name_begin > longest_name || parse_line(more.before)) {
      break;
    }
    record.text = whole.substr(0, size);
    record.socket->name = record.text.substr(name_begin);
    rest_ = more.after;
  }
  if (record.socket && record.socket->name && record.socket->name->empty()) {
    record.socket->name = std::nullopt;
  }
  return record;
}

} // namespace hindstat
