// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "tables/ip_address.h"

namespace hindstat {

/// How a column's cells are stored. The numbers and names are on disk (layout.columns) and never change meaning.
enum class Kind : std::uint8_t {
  boolean = 1,
  u8 = 2,
  u16 = 3,
  u32 = 4,
  u64 = 5,
  i32 = 6,
  i64 = 7,
  enumeration = 8, ///< 1 byte; the column's names give the texts.
  flags8 = 9,      ///< A set of bits; the column's names give the text of each bit.
  flags16 = 10,
  flags32 = 11,
  mac = 12,     ///< 48 bits in 8 bytes.
  text = 13,    ///< Any bytes; UTF-8 by custom, hostile by assumption.
  address = 14, ///< IpAddress.
};

/// What a column means to everything that is generic.
enum class Role : std::uint8_t {
  key = 1,         ///< Who the row is.
  incarnation = 2, ///< Same name, other object; null or 0 is "unknown", not "different".
  state = 3,       ///< A change is an event.
  attribute = 4,   ///< Compared exactly.
  gauge = 5,       ///< A level; compared with tolerance.
  counter = 6,     ///< Only grows within one incarnation and boot: delta and rate.
  timer = 7,       ///< When it will expire, ms on CLOCK_BOOTTIME; judges a disappearance, never compared.
  note = 8,        ///< Kept, never compared.
};

enum class Unit : std::uint8_t {
  none = 1,
  bytes = 2,
  packets = 3,
  count = 4,
  milliseconds = 5,
  microseconds = 6,
  nanoseconds = 7,
  boottime_ms = 8, ///< A moment: ms on CLOCK_BOOTTIME of the recorded host.
  hex = 9,         ///< An identifier, written in hexadecimal (and as text in JSON).
  octal = 10,
};

[[nodiscard]] std::string_view name_of(Kind kind);
[[nodiscard]] std::string_view name_of(Role role);
[[nodiscard]] std::string_view name_of(Unit unit);
[[nodiscard]] std::optional<Kind> find_kind(std::string_view name);
[[nodiscard]] std::optional<Role> find_role(std::string_view name);
[[nodiscard]] std::optional<Unit> find_unit(std::string_view name);

/// The text of one enum value or of one flag's bit. Values without a text are kept and printed as numbers.
struct ValueName {
  std::uint32_t value = 0; ///< For flag sets: the bit itself (1, 2, 4, ...).
  std::string_view name;
};

/// Specialise for each enum that is a column: `template <> struct NamesOf<TcpState> { static constexpr std::array
/// values = {ValueName{1, "ESTABLISHED"}, ...}; };`
template <typename Enum>
struct NamesOf;

template <typename Enum>
concept NamedEnum = std::is_enum_v<Enum> && requires {
  NamesOf<Enum>::values.size();
};

/// Bits of `Enum`, whose enumerators are the single bits. Bits without a name are kept.
template <NamedEnum Enum>
struct FlagSet {
  using Bits = std::underlying_type_t<Enum>;
  Bits bits = 0;

  constexpr FlagSet() = default;
  explicit constexpr FlagSet(Bits raw) : bits(raw) {
  }

  [[nodiscard]] constexpr bool has(Enum flag) const {
    return (bits & static_cast<Bits>(flag)) != 0;
  }
  constexpr void set(Enum flag) {
    bits = static_cast<Bits>(bits | static_cast<Bits>(flag));
  }
  friend auto operator<=>(const FlagSet&, const FlagSet&) = default;
};

/// True for the kinds whose cells are ids into the column's dictionary.
[[nodiscard]] constexpr bool is_interned(Kind kind) {
  return kind == Kind::text || kind == Kind::address;
}

[[nodiscard]] constexpr bool is_signed(Kind kind) {
  return kind == Kind::i32 || kind == Kind::i64;
}

[[nodiscard]] constexpr bool is_flags(Kind kind) {
  return kind == Kind::flags8 || kind == Kind::flags16 || kind == Kind::flags32;
}

/// Bytes of one cell: 1, 2, 4 or 8 (4 for dictionary ids).
[[nodiscard]] constexpr std::size_t width_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
    case Kind::u8:
    case Kind::enumeration:
    case Kind::flags8:
      return 1;
    case Kind::u16:
    case Kind::flags16:
      return 2;
    case Kind::u32:
    case Kind::i32:
    case Kind::flags32:
    case Kind::text:
    case Kind::address:
      return 4;
    case Kind::u64:
    case Kind::i64:
    case Kind::mac:
      return 8;
  }
  return 8;
}

/// Maps the type of a row's member to its column kind and its cell. `Interned` types give bytes, the others an
/// unsigned integer (two's complement for signed ones).
template <typename Value>
struct CellOf;

template <Kind K, typename Value>
struct IntegerCell {
  static constexpr Kind kind = K;
  static std::uint64_t pack(Value value) {
    return static_cast<std::uint64_t>(value);
  }
  static Value unpack(std::uint64_t raw) {
    return static_cast<Value>(raw);
  }
};

template <>
struct CellOf<bool> {
  static constexpr Kind kind = Kind::boolean;
  static std::uint64_t pack(bool value) {
    return value ? 1U : 0U;
  }
  static bool unpack(std::uint64_t raw) {
    return raw != 0;
  }
};
template <>
struct CellOf<std::uint8_t> : IntegerCell<Kind::u8, std::uint8_t> {};
template <>
struct CellOf<std::uint16_t> : IntegerCell<Kind::u16, std::uint16_t> {};
template <>
struct CellOf<std::uint32_t> : IntegerCell<Kind::u32, std::uint32_t> {};
template <>
struct CellOf<std::uint64_t> : IntegerCell<Kind::u64, std::uint64_t> {};
template <>
struct CellOf<std::int32_t> {
  static constexpr Kind kind = Kind::i32;
  static std::uint64_t pack(std::int32_t value) {
    return static_cast<std::uint32_t>(value);
  }
  static std::int32_t unpack(std::uint64_t raw) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(raw));
  }
};
template <>
struct CellOf<std::int64_t> : IntegerCell<Kind::i64, std::int64_t> {};

template <NamedEnum Enum>
struct CellOf<Enum> {
  static_assert(sizeof(Enum) == 1, "an enum column is one byte wide");
  static constexpr Kind kind = Kind::enumeration;
  static std::uint64_t pack(Enum value) {
    return static_cast<std::uint8_t>(value);
  }
  static Enum unpack(std::uint64_t raw) {
    return static_cast<Enum>(raw);
  }
};

template <NamedEnum Enum>
struct CellOf<FlagSet<Enum>> {
  static_assert(sizeof(Enum) <= 4, "a flag column is at most four bytes wide");
  static constexpr Kind kind = sizeof(Enum) == 1 ? Kind::flags8 : sizeof(Enum) == 2 ? Kind::flags16 : Kind::flags32;
  static std::uint64_t pack(FlagSet<Enum> value) {
    return value.bits;
  }
  static FlagSet<Enum> unpack(std::uint64_t raw) {
    return FlagSet<Enum>(static_cast<typename FlagSet<Enum>::Bits>(raw));
  }
};

template <>
struct CellOf<MacAddress> {
  static constexpr Kind kind = Kind::mac;
  static std::uint64_t pack(MacAddress value) {
    return value.value;
  }
  static MacAddress unpack(std::uint64_t raw) {
    return MacAddress{raw};
  }
};

template <>
struct CellOf<std::string> {
  static constexpr Kind kind = Kind::text;
  static std::string_view pack(const std::string& value) {
    return value;
  }
  static std::string unpack(std::string_view bytes) {
    return std::string(bytes);
  }
};

template <>
struct CellOf<IpAddress> {
  static constexpr Kind kind = Kind::address;
  static std::string_view pack(const IpAddress& value) {
    return value.bytes();
  }
  static IpAddress unpack(std::string_view bytes) {
    return IpAddress::from_bytes(bytes).value_or(IpAddress());
  }
};

} // namespace hindstat
