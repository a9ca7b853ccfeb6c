// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "tables/table.h"

namespace hindstat {

using Rng = std::mt19937_64;

/// A table of any spec with values that find faults: nulls where allowed, extremes, repeats (so that keys collide),
/// hostile bytes in texts, both address families. The same generator state gives the same table.
[[nodiscard]] Table random_table(const TableSpec& spec, std::size_t rows, Rng& rng);

/// A later version of `table`: about `churn` (0 to 1) of its rows are removed, as many added, as many changed in a few
/// cells, some duplicated; the order of rows is shuffled.
[[nodiscard]] Table mutate(const Table& table, Rng& rng, double churn);

/// The same rows in another order.
[[nodiscard]] Table shuffled(const Table& table, Rng& rng);

/// A made-up spec with a column of every kind, nullable and not, and every role; for laws that must hold for tables
/// that do not exist yet.
[[nodiscard]] const TableSpec& all_kinds_spec();

} // namespace hindstat
