// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

namespace hindstat {

/// How often what is left to chance is tried: $HINDSTAT_SOAK times, which `./dev soak` sets, else `otherwise` times.
[[nodiscard]] inline int soak_rounds(int otherwise) {
  const char* soak = std::getenv("HINDSTAT_SOAK");
  return soak != nullptr ? std::max(1, std::atoi(soak)) : otherwise;
}

/// In a soak: says each tenth of a long loop on stderr.
inline void say_progress(const char* what, std::size_t done, std::size_t all) {
  constexpr std::size_t parts = 10;
  if (std::getenv("HINDSTAT_SOAK") != nullptr && done * parts / all != (done - 1) * parts / all) {
    std::fprintf(stderr, "%s: %zu of %zu\n", what, done, all);
  }
}

/// Positions below `size` for a test that would take too long over all of them: the first `always`, and every
/// `stride`-th from where the seed of the run (--rng-seed) says, so that `stride` successive seeds cover all. All in a
/// soak. A stride that is odd covers all bits of a byte alike.
[[nodiscard]] inline std::vector<std::size_t> swept(std::size_t size, std::size_t stride, std::size_t always = 0) {
  stride = std::getenv("HINDSTAT_SOAK") != nullptr ? 1 : stride;
  std::vector<std::size_t> positions(std::min(always, size));
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  const std::size_t begin = always + (Catch::rngSeed() + stride - always % stride) % stride;
  for (std::size_t position = begin; position < size; position += stride) {
    positions.push_back(position);
  }
  return positions;
}

} // namespace hindstat
