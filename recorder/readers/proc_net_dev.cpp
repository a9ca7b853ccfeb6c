// SPDX-License-Identifier: MIT
//
// /proc/net/dev (net/core/net-procfs.c dev_seq_printf_stats):
//   face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
//   eth0: 33880     196    0    0    0     0          0         0 11243     116    0    0    0     0       0          0
// drop is rx_dropped + rx_missed_errors, frame is length + over + crc + frame, carrier is carrier + aborted + window +
// heartbeat. Kernels before 2.6.35 print no blank after the colon when the number is long.
#include "recorder/readers/proc_net_dev.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::size_t most_columns = 16;
constexpr std::size_t columns_without_compressed = 13;
constexpr std::size_t columns_without_bytes = 11;

void read_receive(Interface& row, std::span<const std::uint64_t> numbers) {
  row.rx_packets = numbers[0];
  row.rx_errors = numbers[1];
  row.rx_fifo_errors = numbers[3];
}

void read_send(Interface& row, std::span<const std::uint64_t> numbers) {
  row.tx_packets = numbers[0];
  row.tx_errors = numbers[1];
  row.tx_dropped = numbers[2];
  row.tx_fifo_errors = numbers[3];
  row.collisions = numbers[4];
}

/// False when no kernel prints so many columns.
bool read_numbers(Interface& row, std::span<const std::uint64_t> numbers) {
  switch (numbers.size()) {
    case most_columns:
      row.rx_bytes = numbers[0];
      read_receive(row, numbers.subspan(1));
      row.rx_compressed = numbers[6];
      row.multicast = numbers[7];
      row.tx_bytes = numbers[8];
      read_send(row, numbers.subspan(9));
      row.tx_compressed = numbers[15];
      return true;
    case columns_without_compressed:
      row.rx_bytes = numbers[0];
      read_receive(row, numbers.subspan(1));
      row.tx_bytes = numbers[6];
      read_send(row, numbers.subspan(7));
      return true;
    case columns_without_bytes:
      read_receive(row, numbers);
      read_send(row, numbers.subspan(5));
      return true;
    default:
      return false;
  }
}

} // namespace

Verdict add_proc_interface(InterfaceRows& rows, std::string_view line) {
  if (line.find('|') != std::string_view::npos) {
    return Verdict::heading;
  }
  const std::size_t colon = line.rfind(':'); // An alias has one in its name: "eth0:1:".
  if (colon == std::string_view::npos) {
    return Verdict::rejected;
  }
  Fields name(line.substr(0, colon));
  Interface row;
  row.name = name.next();
  std::array<std::uint64_t, most_columns> numbers{};
  std::size_t count = 0;
  Fields fields(line.substr(colon + 1));
  for (std::string_view word = fields.next(); !word.empty(); word = fields.next()) {
    const auto number = parse_number<std::uint64_t>(word);
    if (!number || count == numbers.size()) {
      return Verdict::rejected;
    }
    numbers[count++] = *number;
  }
  if (row.name.empty() || !name.next().empty() || !read_numbers(row, std::span(numbers).first(count))) {
    return Verdict::rejected;
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
