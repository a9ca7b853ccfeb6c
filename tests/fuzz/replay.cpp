// SPDX-License-Identifier: MIT
// hindstat_fuzz_replay TARGET COUNT PATH...: runs a target over files, and over COUNT inputs made of them by cutting
// and flipping bits; always the same ones, so that a machine without clang finds what the fuzzers once found.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/fuzz/targets.h"

namespace hindstat::fuzz {

namespace {

std::vector<std::filesystem::path> files_of(std::span<char*> paths) {
  std::vector<std::filesystem::path> files;
  for (const char* path : paths) {
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) {
          files.push_back(entry.path());
        }
      }
    } else if (std::filesystem::exists(path)) {
      files.emplace_back(path);
    }
  }
  std::ranges::sort(files);
  return files;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Calls `run` with `count` texts made of `seed`: the first half cut at lengths spread evenly (or at each, when it is
/// short enough), the rest with one to three bits flipped.
void mutate(const std::string& seed, std::size_t count, const std::function<void(const std::string&)>& run) {
  const std::size_t cuts = std::min(count / 2, seed.size());
  for (std::size_t i = 0; i < cuts; ++i) {
    run(seed.substr(0, seed.size() * i / cuts));
  }
  std::mt19937_64 random(seed.size());
  for (std::size_t i = cuts; i < count && !seed.empty(); ++i) {
    std::string flipped = seed;
    for (std::size_t bits = 1 + i % 3; bits > 0; --bits) {
      char& byte = flipped[random() % flipped.size()];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (random() % 8)));
    }
    run(flipped);
  }
}

/// Runs one input; on a fault says which and keeps it in the working directory.
bool holds(const Target& target, const std::string& bytes, const std::filesystem::path& seed) {
  try {
    target.run(std::as_bytes(std::span(bytes)));
    return true;
  } catch (const std::exception& e) {
    const std::string kept = fmt::format("failing-{}", target.name);
    std::ofstream(kept, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    fmt::print(stderr, "{}: {}\n(an input made of {}, kept as {})\n", target.name, e.what(), seed.string(),
               std::filesystem::absolute(kept).string());
    return false;
  }
}

int replay(const Target& target, std::size_t mutations, std::span<char*> paths) {
  const auto files = files_of(paths);
  if (files.empty()) {
    fmt::print(stderr, "{} has no seeds\n", target.name);
    return 1;
  }
  std::size_t inputs = 0;
  bool all_hold = true;
  for (const auto& file : files) {
    const std::string seed = read_file(file);
    fmt::print(stderr, "{}\n", file.string()); // When a sanitizer ends the run, this is the culprit.
    const auto run = [&](const std::string& bytes) {
      all_hold = all_hold && holds(target, bytes, file);
      ++inputs;
    };
    run(seed);
    mutate(seed, mutations / files.size(), run);
  }
  fmt::print("{}: {} inputs of {} seeds\n", target.name, inputs, files.size());
  return all_hold ? 0 : 1;
}

} // namespace

} // namespace hindstat::fuzz

int main(int argc, char** argv) {
  using namespace hindstat::fuzz;
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const auto is_named = [&](const Target& target) { return arguments.size() > 3 && target.name == arguments[1]; };
  for (const Target& target : targets()) {
    if (is_named(target)) {
      return replay(target, std::strtoul(arguments[2], nullptr, 10), arguments.subspan(3));
    }
  }
  fmt::print(stderr, "usage: hindstat_fuzz_replay TARGET COUNT FILE|DIRECTORY...\n");
  return 2;
}
