// SPDX-License-Identifier: MIT
#include "tables/dictionary.h"

#include <cassert>
#include <limits>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace hindstat {

namespace {

constexpr std::size_t smallest_index = 16;

} // namespace

void Dictionary::index_up_to_date() const {
  if (index_.size() < 2 * (size() + 1)) {
    std::size_t wanted = smallest_index;
    while (wanted < 4 * (size() + 1)) {
      wanted *= 2;
    }
    index_.assign(wanted, 0);
    indexed_ = 0;
  }
  const std::size_t mask = index_.size() - 1;
  for (; indexed_ < size(); ++indexed_) {
    std::size_t slot = hashes_[indexed_] & mask;
    while (index_[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    index_[slot] = static_cast<std::uint32_t>(indexed_ + 1);
  }
}

std::optional<std::uint32_t> Dictionary::find(std::string_view bytes) const {
  return find_hashed(bytes, XXH3_64bits(bytes.data(), bytes.size()));
}

std::optional<std::uint32_t> Dictionary::find_hashed(std::string_view bytes, std::uint64_t hash) const {
  index_up_to_date();
  const std::size_t mask = index_.size() - 1;
  for (std::size_t slot = hash & mask; index_[slot] != 0; slot = (slot + 1) & mask) {
    const std::uint32_t id = index_[slot] - 1;
    if (hashes_[id] == hash && at(id) == bytes) {
      return id;
    }
  }
  return std::nullopt;
}

std::uint32_t Dictionary::intern(std::string_view bytes) {
  return intern_hashed(bytes, XXH3_64bits(bytes.data(), bytes.size()));
}

std::uint32_t Dictionary::intern_from(const Dictionary& from, std::uint32_t id) {
  return intern_hashed(from.at(id), from.hash(id));
}

std::uint32_t Dictionary::intern_hashed(std::string_view bytes, std::uint64_t hash) {
  if (const auto found = find_hashed(bytes, hash)) {
    return *found;
  }
  assert(arena_.size() + bytes.size() <= std::numeric_limits<std::uint32_t>::max());
  arena_ += bytes;
  ends_.push_back(static_cast<std::uint32_t>(arena_.size()));
  hashes_.push_back(hash);
  return static_cast<std::uint32_t>(size() - 1);
}

} // namespace hindstat
