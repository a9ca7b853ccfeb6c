// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace hindstat {

/// Compares `text` with the file `name` (from the project's root: "tests/golden/catalog.txt"); with HINDSTAT_ACCEPT=1
/// in the environment (`./dev accept`) writes it there.
inline void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(HINDSTAT_SOURCE_DIR) + "/" + name;
  if (const char* accept = std::getenv("HINDSTAT_ACCEPT"); accept != nullptr && std::string(accept) == "1") {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream golden;
  golden << file.rdbuf();
  INFO(name << " differs; after a wanted change run ./dev accept and read the diff");
  CHECK(text == golden.str());
}

} // namespace hindstat
