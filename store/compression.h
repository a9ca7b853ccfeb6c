// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hindstat {

/// One zstd frame of level 3 with its content size in the header.
[[nodiscard]] std::string compress(std::string_view body);

/// What a frame says to hold, in bytes. Throws Error when it does not say.
[[nodiscard]] std::uint64_t content_size(std::string_view frame);

/// Opens frames that may come from a stranger; keeps its context and buffer from frame to frame.
class Decompressor {
public:
  Decompressor();
  ~Decompressor();
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;

  /// The content; the view lives until the next call. Throws Error when `frame` is not exactly one frame, or says to
  /// hold more than `limit` bytes: nothing is allocated before that is known.
  [[nodiscard]] std::string_view decompress(std::string_view frame, std::uint64_t limit);

private:
  struct Context;
  std::unique_ptr<Context> context_;
};

} // namespace hindstat
