// SPDX-License-Identifier: MIT
#include "recorder/bundle_system.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/error.h"
#include "base/unique_fd.h"
#include "recorder/bundle_format.h"
#include "recorder/netlink_message.h"
#include "recorder/owner_scan.h"
#include "recorder/raw_file.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

/// Opens a path below `root`; links are followed inside it only, as if it were "/".
UniqueFd open_below(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how))));
}

/// The file once it is known to be a regular one, so that opening neither waits for a pipe nor wakes a device.
FileRead read_below(int root, const std::string& path) {
  const UniqueFd place = open_below(root, path, O_PATH);
  struct stat status {};
  if (!place || ::fstat(place.get(), &status) < 0) {
    return {errno, {}};
  }
  if (!S_ISREG(status.st_mode)) {
    return {EINVAL, {}};
  }
  const UniqueFd file(::open(("/proc/self/fd/" + std::to_string(place.get())).c_str(), O_RDONLY | O_CLOEXEC));
  return file ? read_to_end(file.get()) : FileRead{errno, {}};
}

/// proc/uptime, "5025.12 9876.54", and when it was written.
std::optional<Clocks> clocks_of_uptime(int root) {
  const std::string path = "proc/uptime";
  const FileRead uptime = read_below(root, path);
  const UniqueFd place = open_below(root, path, O_PATH);
  struct stat status {};
  if (uptime.error != 0 || !place || ::fstat(place.get(), &status) < 0) {
    return std::nullopt;
  }
  const auto [seconds_text, fraction_text] = split_at(Fields(uptime.bytes).next(), '.');
  const auto seconds = parse_number<std::uint32_t>(seconds_text);
  const auto hundredths = parse_number<std::uint32_t>(fraction_text);
  if (!seconds || !hundredths || *hundredths > 99) {
    return std::nullopt;
  }
  Clocks clocks;
  clocks.realtime_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  clocks.boottime_ns = std::int64_t{*seconds} * 1'000'000'000 + std::int64_t{*hundredths} * 10'000'000;
  return clocks;
}

Clocks read_bundle_clocks(int root, const std::string& directory) {
  const FileRead saved = read_below(root, bundle::clocks_file);
  if (saved.error == 0) {
    if (const auto clocks = bundle::parse_clocks(saved.bytes)) {
      return *clocks;
    }
    throw Error("bundle " + directory + ": the file clocks does not give realtime_ns and boottime_ns as numbers");
  }
  if (const auto clocks = clocks_of_uptime(root)) {
    return *clocks;
  }
  throw Error("bundle " + directory + " does not say when it was taken: it has neither a file clocks nor proc/uptime");
}

/// What had arrived before the message that ended a dump with an error.
std::span<const std::byte> before_refusal(std::span<const std::byte> bytes) {
  NetlinkMessages messages(bytes);
  std::size_t size = 0;
  while (const auto message = messages.next()) {
    if (message->type == NLMSG_ERROR || message->type == NLMSG_DONE || message->type == NLMSG_OVERRUN) {
      break;
    }
    size = static_cast<std::size_t>(message->payload.data() + message->payload.size() - bytes.data());
  }
  return bytes.first(std::min((size + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO, bytes.size()));
}

class BundleSystem : public System {
public:
  /// `prefix` is "" for the recorder's namespace, else "netns/NAME/".
  BundleSystem(UniqueFd root, std::string directory, Clocks clocks, std::string prefix = {})
    : root_(std::move(root)), directory_(std::move(directory)), clocks_(clocks), prefix_(std::move(prefix)),
      errors_(bundle::parse_errors(read_below(root_.get(), bundle::errors_file).bytes)) {
  }

  FileRead read_file(const char* path) const override {
    const std::string place = located(path);
    const auto error = errors_.find(place);
    return error != errors_.end() ? FileRead{error->second, {}} : read_below(root_.get(), place);
  }

  DirectoryRead list_directory(const char* path) const override {
    const std::string place = located(path);
    if (const auto error = errors_.find(place); error != errors_.end()) {
      return {error->second, {}};
    }
    const UniqueFd fd = open_below(root_.get(), place, O_RDONLY | O_DIRECTORY);
    return fd ? read_directory(fd.get()) : DirectoryRead{errno, {}};
  }

  LinkRead read_link(const char* path) const override {
    const std::string place = located(path);
    if (const auto error = errors_.find(place); error != errors_.end()) {
      return {error->second, {}};
    }
    const UniqueFd link = open_below(root_.get(), place, O_PATH | O_NOFOLLOW);
    struct stat status {};
    if (!link || ::fstat(link.get(), &status) < 0) {
      return {errno, {}};
    }
    return S_ISLNK(status.st_mode) ? read_link_at(link.get(), "") : LinkRead{EINVAL, {}};
  }

  DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
    const FileRead reply =
      read_below(root_.get(), prefix_ + bundle::netlink_directory + "/" + std::string(request.name));
    if (reply.error != 0) {
      return {reply.error, false};
    }
    const auto bytes = std::as_bytes(std::span(reply.bytes));
    const DumpProgress progress = dump_progress(bytes);
    if (!progress.done) {
      return {EBADMSG, progress.interrupted}; // Cut short: what is missing cannot be known.
    }
    sink(progress.error == 0 ? bytes : before_refusal(bytes));
    return {progress.error, progress.interrupted};
  }

  OwnerScan socket_owners() const override {
    OwnerScan scan;
    const FileRead saved = read_below(root_.get(), bundle::owners_file);
    const auto facts = saved.error == 0 ? bundle::parse_owner_facts(saved.bytes) : std::nullopt;
    if (saved.error == 0 && !facts) {
      throw Error("bundle " + directory_ + ": the file owners has a line that is not understood");
    }
    if (facts && facts->error != 0) {
      scan.error = facts->error;
      return scan;
    }
    const UniqueFd proc = open_below(root_.get(), "proc", O_RDONLY | O_DIRECTORY);
    if (!proc) {
      scan.error = errno;
      return scan;
    }
    scan = scan_socket_owners(proc.get());
    if (facts) {
      apply(*facts, scan);
    } else if (scan.processes_seen == 0) {
      scan.error = ENOENT; // A copy of proc/net alone does not say that no process held a socket.
    }
    return scan;
  }

  Clocks now() const override {
    return clocks_;
  }

  std::vector<NamespaceId> namespaces() const override {
    const FileRead saved = read_below(root_.get(), bundle::namespaces_file);
    if (saved.error != 0) {
      return {};
    }
    auto namespaces = bundle::parse_namespaces(saved.bytes);
    if (!namespaces) {
      throw Error("bundle " + directory_ + ": the file namespaces has a line that is not understood");
    }
    return *std::move(namespaces);
  }

  std::unique_ptr<System> enter(const NamespaceId& id) const override {
    const std::string prefix = std::string(bundle::namespaces_directory) + "/" + id.name + "/";
    if (!bundle::is_plain_name(id.name) || !open_below(root_.get(), prefix, O_PATH | O_DIRECTORY)) {
      throw Error("bundle " + directory_ + " holds nothing of network namespace " + id.name);
    }
    UniqueFd root(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
    if (!root) {
      throw Error("cannot open bundle " + directory_ + " again: " + std::strerror(errno));
    }
    return std::make_unique<BundleSystem>(std::move(root), directory_, clocks_, prefix);
  }

private:
  std::string located(std::string_view path) const {
    return bundle::place_of(path, prefix_);
  }

  static void apply(const bundle::OwnerFacts& facts, OwnerScan& scan) {
    scan.processes_seen = facts.processes_seen;
    scan.processes_denied = facts.processes_denied;
    scan.processes_late = facts.processes_late;
    for (ProcessFiles& process : scan.processes) {
      const auto found = std::ranges::lower_bound(facts.fd_counts, std::pair(process.pid, std::uint32_t{0}));
      if (found != facts.fd_counts.end() && found->first == process.pid) {
        process.fd_count = found->second;
      }
    }
  }

  UniqueFd root_;
  std::string directory_;
  Clocks clocks_;
  std::string prefix_;
  std::map<std::string, int, std::less<>> errors_;
};

} // namespace

std::unique_ptr<System> open_bundle(const std::string& directory) {
  UniqueFd root(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    throw Error("cannot open bundle " + directory + ": " + std::strerror(errno));
  }
  if (!open_below(root.get(), "proc", O_PATH | O_DIRECTORY)) {
    throw Error(errno == ENOSYS ? "reading a bundle needs openat2, which this kernel lacks (Linux 5.6)"
                                : directory + " is no bundle: it has no directory proc");
  }
  const Clocks clocks = read_bundle_clocks(root.get(), directory);
  return std::make_unique<BundleSystem>(std::move(root), directory, clocks);
}

} // namespace hindstat
