// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hindstat {

/// Distinct byte strings numbered from 0 in the order they were interned. Ids never change while entries are added.
class Dictionary {
public:
  [[nodiscard]] std::size_t size() const {
    return ends_.size();
  }
  /// The bytes of `id` < size(); the view lives until the next intern().
  [[nodiscard]] std::string_view at(std::uint32_t id) const {
    const std::size_t begin = id == 0 ? 0 : ends_[id - 1];
    return std::string_view(arena_).substr(begin, ends_[id] - begin);
  }
  /// XXH3-64 of the bytes of `id`.
  [[nodiscard]] std::uint64_t hash(std::uint32_t id) const {
    return hashes_[id];
  }

  /// The id of `bytes`, new if they were not there.
  std::uint32_t intern(std::string_view bytes);
  /// The id of what `from` has as `id`: the same without hashing.
  std::uint32_t intern_from(const Dictionary& from, std::uint32_t id);
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view bytes) const;

private:
  [[nodiscard]] std::optional<std::uint32_t> find_hashed(std::string_view bytes, std::uint64_t hash) const;
  std::uint32_t intern_hashed(std::string_view bytes, std::uint64_t hash);
  void index_up_to_date() const;

  std::string arena_;
  std::vector<std::uint32_t> ends_;
  std::vector<std::uint64_t> hashes_;
  // Open addressing, id + 1 or 0; built on first use, so a dictionary that is only read costs no index.
  mutable std::vector<std::uint32_t> index_;
  mutable std::size_t indexed_ = 0;
};

} // namespace hindstat
