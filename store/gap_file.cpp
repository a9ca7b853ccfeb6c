// SPDX-License-Identifier: MIT
#include "store/gap_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json_writer.h"
#include "base/unique_fd.h"
#include "store/checksum.h"

namespace hindstat {

namespace {

constexpr std::size_t most_bytes_of_file = 4096;
constexpr std::size_t digits = 16;

// Without O_NONBLOCK a FIFO would wait for its writer.
constexpr int look_flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

bool is_regular(const UniqueFd& fd, bool still_named) {
  struct stat status {};
  return ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) && (!still_named || status.st_nlink > 0);
}

// Others hold the lock for a write of 4 kB.
bool lock(const UniqueFd& fd) {
  constexpr int attempts = 100;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::string read_all(const UniqueFd& fd) {
  std::array<char, most_bytes_of_file> bytes{};
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::pread(fd.get(), bytes.data() + size, bytes.size() - size, static_cast<off_t>(size));
    if (got <= 0 && !(got < 0 && errno == EINTR)) {
      break;
    }
    size += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return {bytes.data(), size};
}

bool write_all(const UniqueFd& fd, const std::string& bytes) {
  const auto size = static_cast<ssize_t>(bytes.size());
  return ::pwrite(fd.get(), bytes.data(), bytes.size(), 0) == size && ::ftruncate(fd.get(), size) == 0
         && ::fdatasync(fd.get()) == 0;
}

std::string format_sum(std::string_view json) {
  return fmt::format("{:016x}", Checksum().add(json).value());
}

std::string format_gaps(const std::vector<Gap>& gaps) {
  JsonWriter json;
  json.begin_array();
  for (const Gap& gap : gaps) {
    json.begin_object();
    json.key("host").string(gap.host).key("machine_id").string(gap.machine_id);
    json.key("reason").string(name_of(gap.reason));
    json.key("first_ns").number(gap.first_ns).key("last_ns").number(gap.last_ns).key("count").number(gap.count);
    json.end_object();
  }
  json.end_array();
  return format_sum(json.text()) + ' ' + json.text() + '\n';
}

// The next recording of the same trouble belongs to it; one of another kind between them makes it another one.
void add_to(std::vector<Gap>& gaps, const Gap& gap) {
  if (!gaps.empty() && gaps.back().host == gap.host && gaps.back().machine_id == gap.machine_id
      && gaps.back().reason == gap.reason) {
    gaps.back().last_ns = std::max(gaps.back().last_ns, gap.last_ns);
    gaps.back().count += gap.count;
  } else {
    gaps.push_back(gap);
  }
}

} // namespace

std::string gap_file_of(const std::string& store) {
  return store + "-gaps";
}

bool note_gap(const std::string& store, const Gap& gap) {
  constexpr int attempts = 3;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const UniqueFd fd(::open(gap_file_of(store).c_str(), O_RDWR | O_CREAT | look_flags, 0640));
    if (!fd || !is_regular(fd, false) || !lock(fd)) {
      return false;
    }
    if (!is_regular(fd, true)) {
      continue; // Taken in by a recording meanwhile.
    }
    std::vector<Gap> gaps = parse_gaps(read_all(fd));
    add_to(gaps, gap);
    const std::string bytes = format_gaps(gaps);
    return bytes.size() <= most_bytes_of_file && write_all(fd, bytes);
  }
  return false;
}

std::string read_gap_file(const std::string& store) {
  const UniqueFd fd(::open(gap_file_of(store).c_str(), O_RDONLY | look_flags));
  return fd && is_regular(fd, true) ? read_all(fd) : "";
}

std::vector<Gap> parse_gaps(std::string_view bytes) {
  if (bytes.size() < digits + 2 || bytes[digits] != ' ' || bytes.back() != '\n') {
    return {};
  }
  const std::string_view json = bytes.substr(digits + 1, bytes.size() - digits - 2);
  if (format_sum(json) != bytes.substr(0, digits)) {
    return {};
  }
  std::vector<Gap> gaps;
  try {
    for (const auto& entry : nlohmann::json::parse(json)) {
      Gap gap;
      gap.host = entry.at("host").get<std::string>();
      gap.machine_id = entry.at("machine_id").get<std::string>();
      gap.reason = find_obstacle(entry.at("reason").get<std::string>());
      gap.first_ns = entry.at("first_ns").get<std::int64_t>();
      gap.last_ns = entry.at("last_ns").get<std::int64_t>();
      gap.count = entry.at("count").get<std::uint64_t>();
      if (gap.reason != Obstacle::none && gap.count != 0) {
        gaps.push_back(std::move(gap));
      }
    }
  } catch (const nlohmann::json::exception&) {
    return {};
  }
  return gaps;
}

void remove_gap_file(const std::string& store, const std::string& bytes) {
  const UniqueFd fd(::open(gap_file_of(store).c_str(), O_RDONLY | look_flags));
  if (fd && is_regular(fd, true) && lock(fd) && read_all(fd) == bytes) {
    ::unlink(gap_file_of(store).c_str());
  }
}

} // namespace hindstat
