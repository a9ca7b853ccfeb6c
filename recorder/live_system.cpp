// SPDX-License-Identifier: MIT
#include "recorder/live_system.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/unique_fd.h"
#include "recorder/host_info.h"
#include "recorder/netlink_dump.h"
#include "recorder/owner_scan.h"
#include "recorder/raw_file.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::size_t most_file_bytes = std::size_t{1} << 30;
constexpr std::array<const char*, 2> namespace_directories = {"/run/netns", "/run/docker/netns"};

/// The path that shows this thread's namespace instead of the main thread's.
std::string thread_path(std::string_view path) {
  for (const std::string_view prefix : {"/proc/net/", "/proc/self/"}) {
    if (path.starts_with(prefix)) {
      return std::string("/proc/thread-self/") + std::string(path.substr(prefix == "/proc/self/" ? prefix.size() : 6));
    }
  }
  return std::string(path);
}

std::int64_t clock_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Clocks read_times() {
  Clocks clocks;
  clocks.realtime_ns = clock_ns(CLOCK_REALTIME);
  clocks.boottime_ns = clock_ns(CLOCK_BOOTTIME);
  return clocks;
}

void add_discipline(Clocks& clocks) {
  timex state{}; // modes 0: only read
  if (::adjtimex(&state) >= 0) {
    clocks.ntp_offset_us = (state.status & STA_NANO) != 0 ? state.offset / 1000 : state.offset;
    clocks.ntp_maxerror_us = state.maxerror;
    clocks.ntp_status = state.status;
  }
}

DirectoryRead list_path(const char* path) {
  const UniqueFd fd(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd ? read_directory(fd.get()) : DirectoryRead{errno, {}};
}

/// Whether the recorder's own netlink socket would be counted in the file.
bool counts_sockets(std::string_view path) {
  return path == "/proc/net/sockstat" || path == "/proc/net/netlink" || path == "/proc/net/protocols";
}

[[noreturn]] void refuse(const std::string& what, int error, const char* capability) {
  const std::string sentence = what + ": " + std::strerror(error);
  if (error == EPERM || error == EACCES) {
    throw NamespaceDenied(sentence + ": run as root or with " + capability);
  }
  throw Error(sentence);
}

NamespaceId* find_inode(std::vector<NamespaceId>& namespaces, std::uint64_t inode) {
  const auto found = std::ranges::find(namespaces, inode, &NamespaceId::inode);
  return found != namespaces.end() ? &*found : nullptr;
}

std::vector<NamespaceId> named_namespaces() {
  std::vector<NamespaceId> found;
  for (const char* directory : namespace_directories) {
    std::vector<std::string> names = list_path(directory).names;
    std::ranges::sort(names);
    for (const std::string& name : names) {
      NamespaceId id{name, std::string(directory) + "/" + name};
      struct statfs filesystem {};
      struct stat status {};
      // A name whose namespace was never bound, or was unmounted, is a plain file.
      if (::statfs(id.path.c_str(), &filesystem) == 0 && filesystem.f_type == NSFS_MAGIC
          && ::stat(id.path.c_str(), &status) == 0 && find_inode(found, status.st_ino) == nullptr) {
        id.inode = status.st_ino;
        found.push_back(std::move(id));
      }
    }
  }
  return found;
}

/// Adds the namespaces that no name keeps, and to each its lowest process. Processes that may not be looked into are
/// left out.
void add_namespaces_of_processes(std::vector<NamespaceId>& namespaces) {
  std::vector<std::uint32_t> pids;
  for (const std::string& name : list_path("/proc").names) {
    if (const auto pid = parse_number<std::uint32_t>(name)) {
      pids.push_back(*pid);
    }
  }
  std::ranges::sort(pids);
  for (const std::uint32_t pid : pids) {
    const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
    const LinkRead link = read_link_at(AT_FDCWD, path.c_str());
    const auto inode = parse_namespace_link(link.target);
    if (!inode) {
      continue;
    }
    NamespaceId* known = find_inode(namespaces, *inode);
    if (known == nullptr) {
      namespaces.push_back({link.target, path, *inode, pid});
    } else if (known->pid == 0) {
      known->pid = pid;
    }
  }
}

/// A thread that lives in one network namespace and does there what it is given, one piece of work after the other: a
/// thread of its own for each would cost more than most of what is read.
class NamespaceThread {
public:
  /// `network_namespace` outlives the thread.
  explicit NamespaceThread(int network_namespace) : thread_([this, network_namespace] { run(network_namespace); }) {
  }
  NamespaceThread(const NamespaceThread&) = delete;
  NamespaceThread& operator=(const NamespaceThread&) = delete;
  ~NamespaceThread() {
    give(nullptr);
    thread_.join();
  }

  /// Returns when `work` is done, with 0; or with the error of setns(2), and it is not done. What it throws comes out.
  /// Work may give further work, which is then done at once.
  int perform(const std::function<void()>& work) {
    if (std::this_thread::get_id() == thread_.get_id()) {
      work();
      return 0;
    }
    const std::scoped_lock one_at_a_time(callers_);
    give(&work);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return idle_; });
    if (thrown_) {
      std::rethrow_exception(std::exchange(thrown_, nullptr));
    }
    return error_;
  }

private:
  /// Null: the end.
  void give(const std::function<void()>* work) {
    const std::scoped_lock lock(mutex_);
    work_ = work;
    idle_ = false;
    changed_.notify_all();
  }

  void run(int network_namespace) {
    const int error = ::setns(network_namespace, CLONE_NEWNET) < 0 ? errno : 0;
    std::unique_lock lock(mutex_);
    error_ = error;
    while (true) {
      changed_.wait(lock, [this] { return !idle_; });
      if (work_ == nullptr) {
        return;
      }
      if (error_ == 0) {
        lock.unlock();
        std::exception_ptr thrown;
        try {
          (*work_)();
        } catch (...) {
          thrown = std::current_exception();
        }
        lock.lock();
        thrown_ = thrown;
      }
      idle_ = true;
      changed_.notify_all();
    }
  }

  std::mutex callers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* work_ = nullptr;
  bool idle_ = true;
  int error_ = 0;
  std::exception_ptr thrown_;
  std::thread thread_; ///< The last: it begins when all the others are there.
};

class LiveSystem : public System {
public:
  explicit LiveSystem(LiveLimits limits) : limits_(limits) {
  }
  LiveSystem(LiveLimits limits, UniqueFd network_namespace)
    : limits_(limits), namespace_(std::move(network_namespace)),
      thread_(std::make_unique<NamespaceThread>(namespace_.get())) {
  }

  FileRead read_file(const char* path) const override {
    return inside([this, path] {
      if (counts_sockets(path)) {
        dumps_.close();
      }
      const UniqueFd fd(::open(thread_path(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
      return fd ? read_to_end(fd.get(), most_file_bytes, limits_.file_ns) : FileRead{errno, {}};
    });
  }

  DirectoryRead list_directory(const char* path) const override {
    return inside([path] { return list_path(thread_path(path).c_str()); });
  }

  LinkRead read_link(const char* path) const override {
    return inside([path] { return read_link_at(AT_FDCWD, thread_path(path).c_str()); });
  }

  DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
    // A thread of the caller's may be in any namespace at the next call: only what is entered keeps its socket.
    return thread_ == nullptr ? run_netlink_dump(request, sink) : inside([&] { return dumps_.run(request, sink); });
  }

  OwnerScan socket_owners() const override {
    const UniqueFd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!proc) {
      OwnerScan scan;
      scan.error = errno;
      return scan;
    }
    return scan_socket_owners(proc.get(), limits_.owners_ns);
  }

  Clocks now() const override {
    Clocks clocks = read_times();
    if (thread_ == nullptr) { // How the clock is disciplined is asked of the host, not of each of its namespaces.
      add_discipline(clocks);
    }
    return clocks;
  }

  std::vector<NamespaceId> namespaces() const override {
    std::vector<NamespaceId> found = named_namespaces();
    add_namespaces_of_processes(found);
    return found;
  }

  std::unique_ptr<System> enter(const NamespaceId& id) const override {
    UniqueFd fd(::open(id.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
      refuse("cannot open network namespace " + id.path, errno, "CAP_SYS_PTRACE");
    }
    auto entered = std::make_unique<LiveSystem>(limits_, std::move(fd));
    if (const int error = entered->inside([] { return LinkRead{}; }).error; error != 0) {
      refuse("cannot enter network namespace " + id.path, error, "CAP_SYS_ADMIN");
    }
    return entered;
  }

  void run_inside(const std::function<void()>& work) const override {
    if (thread_ == nullptr || thread_->perform(work) != 0) {
      work(); // Where the thread could not enter, each call says so.
    }
  }

private:
  /// The result of `work` in the namespace, or a result of that type with only the error of setns(2).
  template <typename Work>
  auto inside(Work&& work) const -> decltype(work()) {
    if (thread_ == nullptr) {
      return work();
    }
    decltype(work()) result{};
    if (const int error = thread_->perform([&] { result = work(); }); error != 0) {
      result.error = error;
    }
    return result;
  }

  LiveLimits limits_;
  UniqueFd namespace_;
  mutable NetlinkDumps dumps_;              ///< Touched by thread_ alone.
  std::unique_ptr<NamespaceThread> thread_; ///< In the namespace; null: the calling thread is.
};

} // namespace

std::unique_ptr<System> open_live_system(LiveLimits limits) {
  return std::make_unique<LiveSystem>(limits);
}

} // namespace hindstat
