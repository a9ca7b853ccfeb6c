// SPDX-License-Identifier: MIT
#include "tables/kinds.h"

#include <algorithm>

namespace hindstat {

namespace {

template <typename Enum>
struct Named {
  Enum value;
  std::string_view name;
};

constexpr std::array kind_names{
  Named<Kind>{Kind::boolean, "boolean"}, Named<Kind>{Kind::u8, "u8"},
  Named<Kind>{Kind::u16, "u16"},         Named<Kind>{Kind::u32, "u32"},
  Named<Kind>{Kind::u64, "u64"},         Named<Kind>{Kind::i32, "i32"},
  Named<Kind>{Kind::i64, "i64"},         Named<Kind>{Kind::enumeration, "enumeration"},
  Named<Kind>{Kind::flags8, "flags8"},   Named<Kind>{Kind::flags16, "flags16"},
  Named<Kind>{Kind::flags32, "flags32"}, Named<Kind>{Kind::mac, "mac"},
  Named<Kind>{Kind::text, "text"},       Named<Kind>{Kind::address, "address"},
};

constexpr std::array role_names{
  Named<Role>{Role::key, "key"},     Named<Role>{Role::incarnation, "incarnation"},
  Named<Role>{Role::state, "state"}, Named<Role>{Role::attribute, "attribute"},
  Named<Role>{Role::gauge, "gauge"}, Named<Role>{Role::counter, "counter"},
  Named<Role>{Role::timer, "timer"}, Named<Role>{Role::note, "note"},
};

constexpr std::array unit_names{
  Named<Unit>{Unit::none, "none"},
  Named<Unit>{Unit::bytes, "bytes"},
  Named<Unit>{Unit::packets, "packets"},
  Named<Unit>{Unit::count, "count"},
  Named<Unit>{Unit::milliseconds, "milliseconds"},
  Named<Unit>{Unit::microseconds, "microseconds"},
  Named<Unit>{Unit::nanoseconds, "nanoseconds"},
  Named<Unit>{Unit::boottime_ms, "boottime_ms"},
  Named<Unit>{Unit::hex, "hex"},
  Named<Unit>{Unit::octal, "octal"},
};

template <typename Enum, std::size_t Size>
std::string_view find_name(const std::array<Named<Enum>, Size>& names, Enum value) {
  const auto it = std::ranges::find(names, value, &Named<Enum>::value);
  return it == names.end() ? std::string_view("?") : it->name;
}

template <typename Enum, std::size_t Size>
std::optional<Enum> find_value(const std::array<Named<Enum>, Size>& names, std::string_view name) {
  const auto it = std::ranges::find(names, name, &Named<Enum>::name);
  return it == names.end() ? std::nullopt : std::optional(it->value);
}

} // namespace

std::string_view name_of(Kind kind) {
  return find_name(kind_names, kind);
}

std::string_view name_of(Role role) {
  return find_name(role_names, role);
}

std::string_view name_of(Unit unit) {
  return find_name(unit_names, unit);
}

std::optional<Kind> find_kind(std::string_view name) {
  return find_value(kind_names, name);
}

std::optional<Role> find_role(std::string_view name) {
  return find_value(role_names, name);
}

std::optional<Unit> find_unit(std::string_view name) {
  return find_value(unit_names, name);
}

} // namespace hindstat
