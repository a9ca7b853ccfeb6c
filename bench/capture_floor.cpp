// SPDX-License-Identifier: MIT
//
// The floor of a capture: one thread receives the TCP dumps of IPv4 and IPv6 and reads the link of every descriptor,
// one after the other, and decodes nothing of it. What the kernel takes for that, no recorder can save, except by
// asking in another way or from several threads. Prints how much it received.
#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace {

using namespace hindstat;

[[noreturn]] void fail(const char* what) {
  const int error = errno;
  throw Error(std::string(what) + ": " + std::strerror(error));
}

enum class End { none, done, error };

/// Whether the dump ends in this datagram: its messages are only stepped over.
End end_of(std::span<const std::byte> datagram) {
  nlmsghdr header{};
  while (datagram.size() >= sizeof(header)) {
    std::memcpy(&header, datagram.data(), sizeof(header));
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
      return header.nlmsg_type == NLMSG_DONE ? End::done : End::error;
    }
    datagram =
      datagram.subspan(std::clamp<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), sizeof(header), datagram.size()));
  }
  return End::none;
}

/// Bytes of one dump.
std::size_t receive_dump(int family, bool tcp_info) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 body;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = static_cast<__u8>(family);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0U;
  if (tcp_info) { // What ss -im asks for.
    request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1U) | 1U << (INET_DIAG_CONG - 1U)
                             | 1U << (INET_DIAG_VEGASINFO - 1U) | 1U << (INET_DIAG_SKMEMINFO - 1U)
                             | 1U << (INET_DIAG_MEMINFO - 1U);
  }
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd || ::send(fd.get(), &request, sizeof(request), 0) < 0) {
    fail("cannot ask sock_diag");
  }
  std::vector<std::byte> buffer(std::size_t{32} * 1024);
  std::size_t received = 0;
  while (true) {
    const ssize_t size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (size < static_cast<ssize_t>(sizeof(nlmsghdr))) {
      fail("cannot receive from sock_diag");
    }
    const End end = end_of(std::span<const std::byte>(buffer).first(static_cast<std::size_t>(size)));
    if (end == End::error) {
      throw Error("sock_diag does not answer");
    }
    received += static_cast<std::size_t>(size);
    if (end == End::done) {
      return received;
    }
  }
}

class DescriptorLinks {
public:
  DescriptorLinks() : proc_(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!proc_) {
      fail("cannot open /proc");
    }
  }

  std::size_t read_all() {
    each_entry(proc_.get(), [this](const char* name) {
      if (name[0] >= '1' && name[0] <= '9') {
        read_process(std::string(name) + "/fd");
      }
    });
    return links_;
  }

private:
  template <typename Visit>
  static void each_entry(int directory, Visit&& visit) {
    alignas(dirent64) std::array<std::byte, std::size_t{32} * 1024> buffer;
    ssize_t size = 0;
    while ((size = ::getdents64(directory, buffer.data(), buffer.size())) > 0) {
      for (ssize_t at = 0; at < size;) {
        const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
        at += entry->d_reclen;
        visit(entry->d_name);
      }
    }
  }

  void read_process(const std::string& path) {
    const UniqueFd directory(::openat(proc_.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory) {
      each_entry(directory.get(), [&](const char* name) {
        std::array<char, 64> target;
        links_ += ::readlinkat(directory.get(), name, target.data(), target.size()) > 0 ? 1U : 0U;
      });
    }
  }

  UniqueFd proc_;
  std::size_t links_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  bool tcp_info = false;
  CLI::App app("Receives what a capture of TCP sockets and their owners needs, and decodes nothing.", "capture_floor");
  app.add_flag("--tcp-info", tcp_info, "Ask for struct tcp_info, too");
  CLI11_PARSE(app, argc, argv);
  try {
    const std::size_t bytes = receive_dump(AF_INET, tcp_info) + receive_dump(AF_INET6, tcp_info);
    const std::size_t links = DescriptorLinks().read_all();
    std::printf("%zu bytes of dumps, %zu links\n", bytes, links);
  } catch (const Error& error) {
    std::fprintf(stderr, "capture_floor: %s\n", error.what());
    return 2;
  }
  return 0;
}
