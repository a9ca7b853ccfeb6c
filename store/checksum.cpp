// SPDX-License-Identifier: MIT
#include "store/checksum.h"

#include <array>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace hindstat {

struct Checksum::State {
  XXH3_state_t xxh;
};

Checksum::Checksum() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(&state_->xxh); // One state serves both widths.
}

Checksum::~Checksum() = default;

Checksum& Checksum::add(std::uint64_t number) {
  std::array<unsigned char, 8> bytes{};
  for (unsigned char& byte : bytes) {
    byte = static_cast<unsigned char>(number & 0xFF);
    number >>= 8;
  }
  XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size());
  return *this;
}

Checksum& Checksum::add(std::optional<std::int64_t> number) {
  add(std::uint64_t{number.has_value()});
  return number ? add(*number) : *this;
}

Checksum& Checksum::add(std::string_view bytes) {
  add(std::uint64_t{bytes.size()});
  XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size());
  return *this;
}

std::uint64_t Checksum::value() const {
  return XXH3_64bits_digest(&state_->xxh);
}

std::string Checksum::value128() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state_->xxh));
  return std::string(reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest);
}

} // namespace hindstat
