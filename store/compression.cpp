// SPDX-License-Identifier: MIT
#include "store/compression.h"

#include <zstd.h>

#include <new>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "store/bytes.h"

namespace hindstat {

namespace {

constexpr int level = 3;

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const {
    ZSTD_freeDCtx(context);
  }
};

} // namespace

struct Decompressor::Context {
  std::unique_ptr<ZSTD_DCtx, FreeContext> zstd{ZSTD_createDCtx()};
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;
};

std::string compress(std::string_view body) {
  std::string frame(ZSTD_compressBound(body.size()), '\0');
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), body.data(), body.size(), level);
  if (ZSTD_isError(size) != 0) {
    throw Error(fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  }
  frame.resize(size);
  return frame;
}

std::uint64_t content_size(std::string_view frame) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    refuse_block("it is not a zstd frame with a content size");
  }
  return size;
}

Decompressor::Decompressor() : context_(std::make_unique<Context>()) {
  if (context_->zstd == nullptr) {
    throw std::bad_alloc();
  }
}
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;

std::string_view Decompressor::decompress(std::string_view frame, std::uint64_t limit) {
  const std::uint64_t size = content_size(frame);
  if (size > limit) {
    refuse_block(fmt::format("it claims to hold {} bytes, more than {}", size, limit));
  }
  const std::size_t frame_size = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(frame_size) != 0 || frame_size != frame.size()) {
    refuse_block("it is not one whole zstd frame");
  }
  if (size > context_->capacity) {
    context_->buffer = std::unique_ptr<char[]>(new char[size]);
    context_->capacity = size;
  }
  const std::size_t written =
    ZSTD_decompressDCtx(context_->zstd.get(), context_->buffer.get(), context_->capacity, frame.data(), frame.size());
  if (ZSTD_isError(written) != 0) {
    refuse_block(fmt::format("zstd says: {}", ZSTD_getErrorName(written)));
  }
  if (written != size) {
    refuse_block("it holds another number of bytes than it claims");
  }
  return {context_->buffer.get(), written};
}

} // namespace hindstat
