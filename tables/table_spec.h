// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tables/kinds.h"
#include "tables/table.h"

namespace hindstat {

namespace detail {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {
  using Value = T;
};

template <typename T>
struct MemberOf;
template <typename Row, typename Value>
struct MemberOf<Value Row::*> {
  using row_type = Row;
  using value_type = Value;
};

template <typename T>
constexpr std::span<const ValueName> names_for() {
  if constexpr (NamedEnum<T>) {
    return NamesOf<T>::values;
  } else if constexpr (requires { typename T::Bits; }) {
    return []<typename Enum>(std::type_identity<FlagSet<Enum>>) {
      return std::span<const ValueName>(NamesOf<Enum>::values);
    }(std::type_identity<T>{});
  } else {
    return {};
  }
}

} // namespace detail

/// One member of a row struct and what it means. A member of type std::optional<T> is a nullable column.
template <auto Member>
struct Field {
  using Row = typename detail::MemberOf<decltype(Member)>::row_type;
  using Declared = typename detail::MemberOf<decltype(Member)>::value_type;
  static constexpr bool nullable = detail::IsOptional<Declared>::value;
  using Value = typename decltype([] {
    if constexpr (nullable) {
      return std::type_identity<typename detail::IsOptional<Declared>::Value>{};
    } else {
      return std::type_identity<Declared>{};
    }
  }())::type;

  ColumnSpec column;

  static void append(Column& to, const Row& row) {
    if constexpr (nullable) {
      if (!(row.*Member).has_value()) {
        to.append_null();
        return;
      }
      append_value(to, *(row.*Member));
    } else {
      append_value(to, row.*Member);
    }
  }

  static void read(const Column& from, std::size_t index, Row& row) {
    if (from.is_null(index)) {
      row.*Member = Declared{};
    } else if constexpr (is_interned(CellOf<Value>::kind)) {
      row.*Member = CellOf<Value>::unpack(from.bytes(index));
    } else {
      row.*Member = CellOf<Value>::unpack(from.raw(index));
    }
  }

private:
  static void append_value(Column& to, const Value& value) {
    if constexpr (is_interned(CellOf<Value>::kind)) {
      to.append_bytes(CellOf<Value>::pack(value));
    } else {
      to.append_raw(CellOf<Value>::pack(value));
    }
  }
};

/// Names a member as a column; the storage kind and width follow from the member's type.
template <auto Member>
[[nodiscard]] constexpr Field<Member> field(std::string_view name, Role role, std::string_view doc,
                                            Unit unit = Unit::none) {
  using Spec = Field<Member>;
  return Spec{ColumnSpec{name, CellOf<typename Spec::Value>::kind, role, unit, Spec::nullable, doc,
                         detail::names_for<typename Spec::Value>()}};
}

/// A table known at compile time: the row struct on one side, the generic TableSpec on the other. Instances are
/// `inline constexpr` at namespace scope: the spec points into them.
template <typename RowType, auto... Members>
class TableDefinition {
public:
  using Row = RowType;

  constexpr TableDefinition(std::string_view name, std::string_view doc, Field<Members>... fields)
    : name_(name), doc_(doc), columns_{fields.column...} {
  }

  [[nodiscard]] constexpr TableSpec spec() const {
    return TableSpec{name_, doc_, columns_};
  }
  [[nodiscard]] constexpr std::string_view name() const {
    return name_;
  }

  /// The position of a member's column in the spec: `sockets.index_of<&Socket::state>()`.
  template <auto Member>
  [[nodiscard]] static constexpr std::size_t index_of() {
    constexpr std::array<bool, sizeof...(Members)> found{is_same_member<Member, Members>()...};
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i]) {
        return i;
      }
    }
    return found.size();
  }

  /// The column of a member in a table of this spec.
  template <auto Member>
  [[nodiscard]] const Column& column(const Table& table) const {
    static_assert(index_of<Member>() < sizeof...(Members), "this member is not a column of the table");
    return table.column(index_of<Member>());
  }

  void append(Table& table, const Row& row) const {
    std::size_t i = 0;
    (Field<Members>::append(table.column(i++), row), ...);
    table.row_appended();
  }

  /// Row `index` of a table that has this spec.
  [[nodiscard]] Row row(const Table& table, std::size_t index) const {
    Row row;
    std::size_t i = 0;
    (Field<Members>::read(table.column(i++), index, row), ...);
    return row;
  }

private:
  template <auto A, auto B>
  static constexpr bool is_same_member() {
    if constexpr (std::is_same_v<decltype(A), decltype(B)>) {
      return A == B;
    } else {
      return false;
    }
  }

  std::string_view name_;
  std::string_view doc_;
  std::array<ColumnSpec, sizeof...(Members)> columns_;
};

/// Declares a table: `inline constexpr auto routes = define_table<Route>("route", "Doc.", field<&Route::...>(...))`.
/// That the names are unique, a key exists and each doc is a sentence is held by lint_table_spec() over the catalog.
template <typename Row, auto... Members>
[[nodiscard]] constexpr auto define_table(std::string_view name, std::string_view doc, Field<Members>... fields) {
  static_assert((std::is_same_v<typename Field<Members>::Row, Row> && ...), "each field is a member of the row");
  return TableDefinition<Row, Members...>(name, doc, fields...);
}

/// Collects rows of one definition into a Table; no row is kept, so one row struct can be filled again and again.
template <typename Definition>
class TableBuilder {
public:
  explicit TableBuilder(const Definition& definition) : definition_(&definition), table_(definition.spec()) {
  }

  void reserve(std::size_t rows) {
    table_.reserve(rows);
  }
  void add(const typename Definition::Row& row) {
    definition_->append(table_, row);
  }
  [[nodiscard]] std::size_t size() const {
    return table_.size();
  }
  /// Forgets rows beyond the first `size`: an interrupted dump is read again.
  void truncate(std::size_t size) {
    table_.truncate(size);
  }
  [[nodiscard]] Table build() && {
    return std::move(table_);
  }

private:
  const Definition* definition_;
  Table table_;
};

} // namespace hindstat
