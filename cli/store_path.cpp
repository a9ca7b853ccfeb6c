// SPDX-License-Identifier: MIT
#include "cli/store_path.h"

#include <unistd.h>

#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"

namespace hindstat {

namespace {

constexpr const char* system_store = "/var/lib/hindstat/hindstat.db";

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

// nullopt when neither variable says where; a relative path is to be ignored (XDG base directory specification).
std::optional<std::string> own_store() {
  if (const auto state = environment("XDG_STATE_HOME"); state && state->front() == '/') {
    return *state + "/hindstat/hindstat.db";
  }
  if (const auto home = environment("HOME")) {
    return *home + "/.local/state/hindstat/hindstat.db";
  }
  return std::nullopt;
}

} // namespace

std::string default_store_path(bool to_write) {
  if (const auto chosen = environment("HINDSTAT_STORE")) {
    return *chosen;
  }
  if (::geteuid() == 0) {
    if (!to_write && ::access(system_store, F_OK) != 0) {
      throw Error(fmt::format("there is no store yet: neither --store nor $HINDSTAT_STORE names one, and {} does not "
                              "exist; hindstat-record makes it",
                              system_store));
    }
    return system_store;
  }
  const auto own = own_store();
  if (to_write) {
    if (!own) {
      throw Error("there is no place for a store: name one with --store or $HINDSTAT_STORE ($HOME is not set)");
    }
    return *own;
  }
  if (own && ::access(own->c_str(), F_OK) == 0) {
    return *own;
  }
  if (::access(system_store, R_OK) == 0) {
    return system_store;
  }
  throw Error(fmt::format("there is no store: neither --store nor $HINDSTAT_STORE names one, {} does not exist, and {} "
                          "{}",
                          own.value_or("~/.local/state/hindstat/hindstat.db"), system_store,
                          ::access(system_store, F_OK) == 0 ? "is not readable" : "does not exist"));
}

} // namespace hindstat
