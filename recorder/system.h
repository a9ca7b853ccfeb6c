// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tables/snapshot.h"

namespace hindstat {

/// A whole file. `error` is 0 or an errno value: ENOENT (no such source) and EACCES (denied) stay apart. ETIMEDOUT:
/// it took too long, and `bytes` are what came until then.
struct FileRead {
  int error = 0;
  std::string bytes;
};

struct DirectoryRead {
  int error = 0;
  std::vector<std::string> names; ///< Without "." and "..", in no particular order.
};

struct LinkRead {
  int error = 0;
  std::string target;
};

/// One dump request. The name identifies it in a bundle ("sock_diag-tcp-inet"), where it is the file netlink/NAME.
struct NetlinkRequest {
  std::string_view name;
  int protocol = 0;                   ///< NETLINK_SOCK_DIAG, NETLINK_ROUTE, ...
  std::uint16_t type = 0;             ///< nlmsg_type of the request.
  std::span<const std::byte> payload; ///< What follows the nlmsghdr; lives until the call returns.
  bool strict = false;                ///< Ask for NETLINK_GET_STRICT_CHK.
  std::int64_t limit_ns = 0;          ///< The whole answer may take so long: then ETIMEDOUT; 0 for no such limit.
};

/// Receives each datagram (one or more whole nlmsghdr-framed messages); the span lives during the call.
using DatagramSink = std::function<void(std::span<const std::byte>)>;

/// How a dump ended: 0 or an errno value (ETIMEDOUT: after what was handed on there would be more); interrupted when
/// the kernel flagged NLM_F_DUMP_INTR (the table changed while it was being dumped: the reader drops its rows and
/// retries).
struct DumpEnd {
  int error = 0;
  bool interrupted = false;
};

/// A descriptor that is a socket.
struct SocketFd {
  std::uint32_t inode = 0;
  std::uint32_t pid = 0;
  std::uint32_t fd = 0;
};

/// A process that holds at least one socket, as the kernel tells of it: raw texts, parsed by the reader.
struct ProcessFiles {
  std::uint32_t pid = 0;
  std::uint32_t fd_count = 0;
  std::string stat;
  std::string cgroup;
  std::string limits;
  std::string exe; ///< Target of the link; empty when it was not readable.
};

/// All sockets held by processes, found in one walk of /proc/*/fd.
struct OwnerScan {
  int error = 0; ///< /proc itself could not be listed.
  std::vector<SocketFd> sockets;
  std::vector<ProcessFiles> processes;
  std::uint32_t processes_seen = 0;
  std::uint32_t processes_denied = 0; ///< Their fd directory was not readable.
  std::uint32_t processes_late = 0;   ///< Not read to the end, because time was up.
};

/// A network namespace of the host that can be entered.
struct NamespaceId {
  std::string name;        ///< In /run/netns or /run/docker/netns; "net:[INODE]" when it has none.
  std::string path;        ///< Where it is bound; /proc/PID/ns/net when it has no name.
  std::uint64_t inode = 0; ///< In nsfs.
  std::uint32_t pid = 0;   ///< The lowest process that is in it; 0 when none could be looked into.

  friend bool operator==(const NamespaceId&, const NamespaceId&) = default;
};

/// A network namespace may not be entered: a privilege is missing, which the sentence names.
class NamespaceDenied : public Error {
public:
  using Error::Error;
};

/// One network namespace of one host, live or in a bundle; it fetches bytes and has no policy. Readers get a
/// `const System&` and nothing else. Implementations may be called from several threads at once.
/// Eight methods fetch; a further one needs a decision record, as the ninth has.
class System {
public:
  System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  virtual ~System() = default;

  /// `path` is absolute and is that of the live system: "/proc/net/tcp" is the file of this object's namespace.
  [[nodiscard]] virtual FileRead read_file(const char* path) const = 0;
  [[nodiscard]] virtual DirectoryRead list_directory(const char* path) const = 0;
  [[nodiscard]] virtual LinkRead read_link(const char* path) const = 0;
  [[nodiscard]] virtual DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const = 0;
  [[nodiscard]] virtual OwnerScan socket_owners() const = 0;
  [[nodiscard]] virtual Clocks now() const = 0;
  /// Those that have a name, then those that only processes keep, this one's own among them; each inode once.
  [[nodiscard]] virtual std::vector<NamespaceId> namespaces() const = 0;
  /// Throws NamespaceDenied when the namespace may not be entered, Error when it is gone.
  [[nodiscard]] virtual std::unique_ptr<System> enter(const NamespaceId& id) const = 0;
  /// Runs `work` where the calls of this object cost least, and returns when it is done; what it throws comes out.
  /// `work` may call any method of this object (docs/decisions/0007).
  virtual void run_inside(const std::function<void()>& work) const {
    work();
  }
};

} // namespace hindstat
