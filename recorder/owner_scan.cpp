// SPDX-License-Identifier: MIT
//
// Who holds which socket: /proc/PID/fd/N is a link "socket:[12345]". Nearly all of a recording's time is spent here,
// in the kernel, so a descriptor costs one readlinkat and a share of a getdents64, nothing else.
#include "recorder/owner_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "base/unique_fd.h"
#include "recorder/raw_file.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned most_threads = 4;
constexpr std::size_t batch_size =
  std::size_t{16} * 1024; // About 680 descriptors: small enough to share one large process.
constexpr std::string_view socket_prefix = "socket:[";

bool is_denial(int error) {
  return error == EACCES || error == EPERM;
}

using Batch = std::array<std::byte, batch_size>;

/// One process while its descriptors are being read. Threads that have nothing else to do join in by batches; the
/// last one to leave closes it.
struct ProcessWork {
  std::uint32_t pid = 0;
  std::mutex mutex; ///< Guards the next five.
  UniqueFd home;
  UniqueFd directory;
  bool reading = false; ///< There may be more entries in directory.
  unsigned users = 0;
  std::uint32_t fd_count = 0;
  std::atomic<std::uint32_t> socket_count = 0;
  std::atomic<bool> denied = false;
  std::atomic<bool> reached = false;
  std::atomic<bool> late = false; ///< Some of its descriptors were not read, because time was up.
  bool seen = false;
  std::optional<ProcessFiles> files;
};

class Scan {
public:
  Scan(int proc_fd, const std::vector<std::uint32_t>& pids, std::optional<Clock::time_point> until)
    : proc_fd_(proc_fd), until_(until), work_(pids.size()) {
    for (std::size_t i = 0; i < pids.size(); ++i) {
      work_[i].pid = pids[i];
    }
  }

  OwnerScan run() {
    const unsigned wanted = std::clamp(std::thread::hardware_concurrency(), 1U, most_threads);
    std::vector<std::vector<SocketFd>> found(wanted);
    {
      std::vector<std::jthread> helpers;
      for (unsigned i = 1; i < wanted; ++i) {
        helpers.emplace_back([this, &found, i] { work(found[i]); });
      }
      work(found[0]);
    }
    OwnerScan scan;
    scan.sockets = std::move(found[0]);
    for (unsigned i = 1; i < wanted; ++i) {
      scan.sockets.insert(scan.sockets.end(), found[i].begin(), found[i].end());
    }
    collect_processes(scan);
    return scan;
  }

private:
  void work(std::vector<SocketFd>& found) {
    alignas(dirent64) Batch buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): getdents64 fills it
    for (std::size_t i = next_++; i < work_.size() && !is_late(); i = next_++) {
      work_[i].reached = true;
      open(work_[i]);
      read_descriptors(work_[i], found, buffer);
    }
    for (ProcessWork& process : work_) {
      read_descriptors(process, found, buffer);
    }
  }

  void open(ProcessWork& process) const {
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    UniqueFd home(::openat(proc_fd_, std::to_string(process.pid).c_str(), flags));
    const int home_error = home ? 0 : errno;
    UniqueFd directory(home ? ::openat(home.get(), "fd", flags) : -1);
    process.denied = !directory && is_denial(home ? errno : home_error);
    process.seen = process.denied || directory;
    const std::lock_guard lock(process.mutex);
    process.reading = static_cast<bool>(directory);
    process.home = std::move(home);
    process.directory = std::move(directory);
  }

  [[nodiscard]] bool is_late() const {
    return until_ && Clock::now() >= *until_;
  }

  void read_descriptors(ProcessWork& process, std::vector<SocketFd>& found, Batch& buffer) {
    if (!enter(process)) {
      return;
    }
    while (const std::size_t size = is_late() ? give_up(process) : next_batch(process, buffer)) {
      std::uint32_t count = 0;
      for (std::size_t at = 0; at < size;) {
        const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
        at += entry->d_reclen;
        const auto fd = parse_number<std::uint32_t>(entry->d_name);
        if (!fd) {
          continue;
        }
        ++count;
        if (const auto inode = socket_inode(process, entry->d_name)) {
          ++process.socket_count;
          found.push_back({*inode, process.pid, *fd});
        }
      }
      const std::lock_guard lock(process.mutex);
      process.fd_count += count;
    }
    leave(process);
  }

  static bool enter(ProcessWork& process) {
    const std::lock_guard lock(process.mutex);
    process.users += process.reading ? 1U : 0U;
    return process.reading;
  }

  static void leave(ProcessWork& process) {
    UniqueFd home;
    {
      const std::lock_guard lock(process.mutex);
      if (--process.users != 0) {
        return;
      }
      process.directory = UniqueFd();
      home = std::move(process.home);
    }
    if (process.socket_count != 0) {
      read_files(process, home.get());
    }
  }

  /// Ends the reading of a process, also for who joins in later; 0.
  static std::size_t give_up(ProcessWork& process) {
    const std::lock_guard lock(process.mutex);
    process.late = process.late || process.reading;
    process.reading = false;
    return 0;
  }

  /// Bytes of directory entries in `buffer`; 0 when there are no more.
  static std::size_t next_batch(ProcessWork& process, Batch& buffer) {
    const std::lock_guard lock(process.mutex);
    if (!process.reading) {
      return 0;
    }
    const ssize_t size = ::getdents64(process.directory.get(), buffer.data(), buffer.size());
    if (size <= 0) {
      process.denied = process.denied || (size < 0 && is_denial(errno));
      process.reading = false;
      return 0;
    }
    return static_cast<std::size_t>(size);
  }

  static std::optional<std::uint32_t> socket_inode(ProcessWork& process, const char* name) {
    std::array<char, 64> target; // NOLINT(cppcoreguidelines-pro-type-member-init): a longer target is no socket
    const ssize_t length = ::readlinkat(process.directory.get(), name, target.data(), target.size());
    if (length < 0) {
      if (is_denial(errno)) {
        process.denied = true;
      }
      return std::nullopt;
    }
    const std::string_view text(target.data(), static_cast<std::size_t>(length));
    if (!text.starts_with(socket_prefix) || text.back() != ']') {
      return std::nullopt;
    }
    return parse_number<std::uint32_t>(text.substr(socket_prefix.size(), text.size() - socket_prefix.size() - 1));
  }

  /// The facts, through a directory that stands for this process and never for a later one with the same pid.
  static void read_files(ProcessWork& process, int home) {
    ProcessFiles files;
    files.pid = process.pid;
    files.stat = read_file_at(home, "stat").bytes;
    files.cgroup = read_file_at(home, "cgroup").bytes;
    files.limits = read_file_at(home, "limits").bytes;
    files.exe = read_link_at(home, "exe").target;
    process.files = std::move(files);
  }

  void collect_processes(OwnerScan& scan) {
    for (ProcessWork& process : work_) {
      scan.processes_seen += process.seen ? 1U : 0U;
      scan.processes_denied += process.denied ? 1U : 0U;
      scan.processes_late += process.late || !process.reached ? 1U : 0U;
      if (process.files && !process.files->stat.empty()) {
        process.files->fd_count = process.fd_count;
        scan.processes.push_back(std::move(*process.files));
      }
    }
  }

  int proc_fd_;
  std::optional<Clock::time_point> until_;
  std::vector<ProcessWork> work_;
  std::atomic<std::size_t> next_ = 0;
};

} // namespace

OwnerScan scan_socket_owners(int proc_fd, std::int64_t limit_ns) {
  const auto until = limit_ns != 0 ? std::optional(Clock::now() + std::chrono::nanoseconds(limit_ns)) : std::nullopt;
  const DirectoryRead listing = read_directory(proc_fd);
  if (listing.error != 0) {
    OwnerScan scan;
    scan.error = listing.error;
    return scan;
  }
  const auto self = parse_number<std::uint32_t>(read_link_at(proc_fd, "self").target);
  std::vector<std::uint32_t> pids;
  for (const std::string& name : listing.names) {
    const auto pid = parse_number<std::uint32_t>(name);
    if (pid && pid != self) {
      pids.push_back(*pid);
    }
  }
  std::ranges::sort(pids);
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end()); // "7" and "007" in a copied tree
  return Scan(proc_fd, pids, until).run();
}

} // namespace hindstat
