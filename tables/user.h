// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// The name of a uid that was seen in the snapshot, as the recorded host had it. Source: /etc/passwd.
struct User {
  std::uint32_t uid = 0;
  std::string name;
};

inline constexpr auto users =
  define_table<User>("user", "Names of the users that were seen.", field<&User::uid>("uid", Role::key, "User id."),
                     field<&User::name>("name", Role::attribute, "Login name."));

} // namespace hindstat
