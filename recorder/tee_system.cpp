// SPDX-License-Identifier: MIT
#include "recorder/tee_system.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/unique_fd.h"
#include "recorder/bundle_format.h"
#include "recorder/raw_file.h"

namespace hindstat {

namespace {

// A bundle names peers and programs: it is for its owner.
constexpr mode_t directory_mode = 0700;
constexpr mode_t file_mode = 0600;

/// Makes files, links and directories below one directory, with the directories that lead to them. Whatever stood
/// under the same name before is replaced.
class BundleWriter {
public:
  BundleWriter(UniqueFd root, std::string directory) : root_(std::move(root)), directory_(std::move(directory)) {
  }

  [[nodiscard]] BundleWriter share() const {
    return {UniqueFd(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0)), directory_};
  }

  void write_file(const std::string& path, std::string_view bytes) const {
    make_parents(path);
    put(path, bytes, O_TRUNC);
  }

  void append_line(const std::string& path, std::string_view line) const {
    put(path, line, O_APPEND);
  }

  void write_link(const std::string& path, const std::string& target) const {
    make_parents(path);
    ::unlinkat(root_.get(), path.c_str(), 0);
    check(::symlinkat(target.c_str(), root_.get(), path.c_str()) == 0, path);
  }

  void make_directory(const std::string& path) const {
    if (::mkdirat(root_.get(), path.c_str(), directory_mode) == 0) {
      return;
    }
    struct stat status {};
    if (errno == EEXIST && ::fstatat(root_.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISREG(status.st_mode)) {
      // An empty file that stood for a name in a listing (list_directory) turns out to be a directory.
      check(::unlinkat(root_.get(), path.c_str(), 0) == 0 && ::mkdirat(root_.get(), path.c_str(), directory_mode) == 0,
            path);
      return;
    }
    check(errno == EEXIST || S_ISDIR(status.st_mode), path);
  }

  /// An empty file under a name that nothing has yet.
  void make_placeholder(const std::string& path) const {
    const UniqueFd fd(::openat(root_.get(), path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode));
    check(fd || errno == EEXIST, path);
  }

  void make_parents(const std::string& path) const {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      make_directory(path.substr(0, slash));
    }
  }

private:
  void put(const std::string& path, std::string_view bytes, int flags) const {
    const UniqueFd fd(
      ::openat(root_.get(), path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, file_mode));
    check(static_cast<bool>(fd), path);
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) {
        continue;
      }
      check(count >= 0, path);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void check(bool good, const std::string& path) const {
    if (!good) {
      const bool full = errno == ENOSPC || errno == EDQUOT;
      throw Error("cannot write " + directory_ + "/" + path + ": " + std::strerror(errno),
                  full ? ExitCode::try_again : ExitCode::trouble);
    }
  }

  UniqueFd root_;
  std::string directory_;
};

/// One NLMSG_ERROR message, as the kernel refuses a request.
std::string refusal(int error) {
  struct {
    nlmsghdr header;
    nlmsgerr body;
  } message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = NLMSG_ERROR;
  message.body.error = -error;
  return {reinterpret_cast<const char*>(&message), sizeof(message)};
}

class TeeSystem : public System {
public:
  TeeSystem(std::unique_ptr<System> source, BundleWriter writer, Clocks clocks, std::string prefix = {})
    : source_(std::move(source)), writer_(std::move(writer)), clocks_(clocks), prefix_(std::move(prefix)) {
  }

  FileRead read_file(const char* path) const override {
    FileRead read = source_->read_file(path);
    const std::string place = bundle::place_of(path, prefix_);
    if (read.error == 0) {
      writer_.write_file(place, read.bytes);
    } else {
      keep_error(read.error, place);
    }
    return read;
  }

  DirectoryRead list_directory(const char* path) const override {
    DirectoryRead read = source_->list_directory(path);
    const std::string place = bundle::place_of(path, prefix_);
    if (read.error != 0) {
      keep_error(read.error, place);
      return read;
    }
    const std::string inside = place + "/";
    writer_.make_parents(inside);
    for (const std::string& name : read.names) {
      if (bundle::is_plain_name(name)) {
        writer_.make_placeholder(std::string(inside).append(name));
      }
    }
    return read;
  }

  LinkRead read_link(const char* path) const override {
    LinkRead read = source_->read_link(path);
    const std::string place = bundle::place_of(path, prefix_);
    if (read.error == 0) {
      writer_.write_link(place, read.target);
    } else {
      keep_error(read.error, place);
    }
    return read;
  }

  DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
    std::string reply;
    const DumpEnd end = source_->netlink_dump(request, [&reply, &sink](std::span<const std::byte> datagram) {
      reply.append(reinterpret_cast<const char*>(datagram.data()), datagram.size());
      sink(datagram);
    });
    if (end.error != 0) {
      reply += refusal(end.error);
    }
    writer_.write_file(prefix_ + bundle::netlink_directory + "/" + std::string(request.name), reply);
    return end;
  }

  OwnerScan socket_owners() const override {
    OwnerScan scan = source_->socket_owners();
    bundle::OwnerFacts facts{scan.error, scan.processes_seen, scan.processes_denied, {}, scan.processes_late};
    for (const ProcessFiles& process : scan.processes) {
      const std::string home = "proc/" + std::to_string(process.pid) + "/";
      writer_.make_parents(home + "fd/");
      writer_.write_file(home + "stat", process.stat);
      writer_.write_file(home + "cgroup", process.cgroup);
      writer_.write_file(home + "limits", process.limits);
      if (!process.exe.empty()) {
        writer_.write_link(home + "exe", process.exe);
      }
      facts.fd_counts.emplace_back(process.pid, process.fd_count);
    }
    for (const SocketFd& socket : scan.sockets) {
      writer_.write_link("proc/" + std::to_string(socket.pid) + "/fd/" + std::to_string(socket.fd),
                         "socket:[" + std::to_string(socket.inode) + "]");
    }
    writer_.write_file(bundle::owners_file, bundle::format_owner_facts(facts));
    return scan;
  }

  Clocks now() const override {
    return clocks_;
  }

  std::vector<NamespaceId> namespaces() const override {
    std::vector<NamespaceId> namespaces = source_->namespaces();
    writer_.write_file(bundle::namespaces_file, bundle::format_namespaces(namespaces));
    return namespaces;
  }

  std::unique_ptr<System> enter(const NamespaceId& id) const override {
    const std::string prefix = std::string(bundle::namespaces_directory) + "/" + id.name + "/";
    auto entered = source_->enter(id);
    writer_.make_parents(prefix);
    return std::make_unique<TeeSystem>(std::move(entered), writer_.share(), clocks_, prefix);
  }

  void run_inside(const std::function<void()>& work) const override {
    source_->run_inside(work);
  }

private:
  void keep_error(int error, const std::string& place) const {
    if (error != ENOENT) { // What a bundle does not hold is ENOENT.
      writer_.append_line(bundle::errors_file, bundle::format_error_line(error, place));
    }
  }

  std::unique_ptr<System> source_;
  BundleWriter writer_;
  Clocks clocks_;
  std::string prefix_;
};

} // namespace

std::unique_ptr<System> tee_into_bundle(std::unique_ptr<System> source, const std::string& directory) {
  if (::mkdir(directory.c_str(), directory_mode) < 0 && errno != EEXIST) {
    throw Error("cannot make directory " + directory + ": " + std::strerror(errno));
  }
  UniqueFd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    throw Error("cannot open directory " + directory + ": " + std::strerror(errno));
  }
  const DirectoryRead present = read_directory(root.get());
  if (present.error != 0 || !present.names.empty()) {
    throw Error("cannot save a bundle in " + directory + ": it is not empty");
  }
  const Clocks clocks = source->now();
  BundleWriter writer(std::move(root), directory);
  writer.make_directory("proc");
  writer.write_file(bundle::clocks_file, bundle::format_clocks(clocks));
  return std::make_unique<TeeSystem>(std::move(source), std::move(writer), clocks);
}

} // namespace hindstat
