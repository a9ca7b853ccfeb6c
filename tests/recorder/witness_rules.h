// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tables/capture.h"
#include "tables/table.h"

namespace hindstat::test {

/// How a cell is shown where not as it is: the two witnesses round or write it differently. `text` is empty for null.
using ShowCell = std::string (*)(const Table& table, std::size_t row, std::string text);

/// Columns that are not compared as they are, and why.
struct ColumnsRule {
  std::string_view reason;
  std::vector<std::string_view> columns;
  ShowCell show = nullptr; ///< None: they are not compared.
};

/// Rows that one witness, by what it is, cannot list, and why.
struct RowsRule {
  std::string_view reason = {};
  /// Whether `row` of one witness's table is such a row for the other witness, whose capture is given.
  bool (*applies)(const Table& table, std::size_t row, const Capture& other) = nullptr;
};

/// How the two witnesses of one table are compared: all other columns as they are, nulls too.
struct WitnessRule {
  std::string_view table;
  std::vector<ColumnsRule> columns;
  RowsRule not_in_proc = {};
  RowsRule not_in_netlink = {};
};

[[nodiscard]] std::vector<WitnessRule> witness_rules();

/// A table that the kernel tells once, and where.
struct SingleWitness {
  std::string_view table;
  std::string_view reason;
};

[[nodiscard]] std::vector<SingleWitness> single_witnesses();

/// A table that was not there yet when the samples were made.
[[nodiscard]] bool is_younger_than_samples(std::string_view table);

/// The row as the rule compares it: "column=text ...".
[[nodiscard]] std::string show_row(const WitnessRule& rule, const Table& table, std::size_t row);

} // namespace hindstat::test
