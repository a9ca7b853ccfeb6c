// SPDX-License-Identifier: MIT
#include "cli/store_path.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "tests/cli/environment.h"

namespace hindstat {

TEST_CASE("HINDSTAT_STORE names the store for reading and writing", "[cli]") {
  const ScopedVariable variable("HINDSTAT_STORE", "/nowhere/at/all.db");
  CHECK(default_store_path(true) == "/nowhere/at/all.db");
  CHECK(default_store_path(false) == "/nowhere/at/all.db");
}

TEST_CASE("an empty HINDSTAT_STORE counts as absent", "[cli]") {
  const ScopedVariable variable("HINDSTAT_STORE", "");
  const ScopedVariable state("XDG_STATE_HOME", "/somebody/state");
  const std::string expected =
    ::geteuid() == 0 ? "/var/lib/hindstat/hindstat.db" : "/somebody/state/hindstat/hindstat.db";
  CHECK(default_store_path(true) == expected);
}

TEST_CASE("a user's own store lies under XDG_STATE_HOME, else under HOME", "[cli]") {
  if (::geteuid() == 0) {
    WARN("skipped: root always uses the system's store");
    return;
  }
  const auto home = std::filesystem::temp_directory_path() / ("hindstat-home-" + std::to_string(::getpid()));
  const ScopedVariable variable("HINDSTAT_STORE", nullptr);
  const ScopedVariable relative("XDG_STATE_HOME", "relative/is/ignored");
  const ScopedVariable home_variable("HOME", home.c_str());
  const std::string own = home.string() + "/.local/state/hindstat/hindstat.db";
  CHECK(default_store_path(true) == own);
  std::filesystem::create_directories(std::filesystem::path(own).parent_path());
  std::ofstream(own) << "x";
  CHECK(default_store_path(false) == own);
  std::filesystem::remove_all(home);
}

TEST_CASE("a store that is not there is an error that names the places", "[cli]") {
  if (std::filesystem::exists("/var/lib/hindstat/hindstat.db")) {
    WARN("skipped: this machine has a store of its own");
    return;
  }
  const ScopedVariable variable("HINDSTAT_STORE", nullptr);
  const ScopedVariable state("XDG_STATE_HOME", "/nowhere/state");
  CHECK_THROWS_WITH(default_store_path(false), Catch::Contains("/var/lib/hindstat/hindstat.db does not exist"));
}

} // namespace hindstat
