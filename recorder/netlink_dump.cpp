// SPDX-License-Identifier: MIT
#include "recorder/netlink_dump.h"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "recorder/netlink_message.h"

namespace hindstat {

namespace {

constexpr std::size_t receive_size = std::size_t{32} * 1024; // The kernel fills no more of a dump's datagram than that.
constexpr std::uint32_t sequence = 1;                        // One request a socket.
constexpr int silence_limit_s = 5;

struct CloseSocket {
  void operator()(mnl_socket* socket) const {
    mnl_socket_close(socket);
  }
};
using Socket = std::unique_ptr<mnl_socket, CloseSocket>;

std::vector<std::byte> dump_request(const NetlinkRequest& request) {
  std::vector<std::byte> bytes(sizeof(nlmsghdr) + request.payload.size());
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof(nlmsghdr) + request.payload.size());
  header.nlmsg_type = request.type;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header.nlmsg_seq = sequence;
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::ranges::copy(request.payload, bytes.begin() + sizeof(nlmsghdr));
  return bytes;
}

/// The socket with the request sent, or null with errno set.
Socket start_dump(const NetlinkRequest& request) {
  Socket socket(mnl_socket_open2(request.protocol, SOCK_CLOEXEC));
  if (socket == nullptr || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return nullptr;
  }
  if (request.strict) {
    // Best effort: a kernel before 4.20 does not know it and answers the looser question.
    int on = 1;
    std::ignore = mnl_socket_setsockopt(socket.get(), NETLINK_GET_STRICT_CHK, &on, sizeof(on));
  }
  const timeval limit{silence_limit_s, 0};
  const std::vector<std::byte> bytes = dump_request(request);
  if (::setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0
      || mnl_socket_sendto(socket.get(), bytes.data(), bytes.size()) < 0) {
    return nullptr;
  }
  return socket;
}

} // namespace

DumpEnd run_netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) {
  const Socket socket = start_dump(request);
  if (socket == nullptr) {
    return {errno, false};
  }
  const std::uint32_t port = mnl_socket_get_portid(socket.get());
  std::vector<std::byte> buffer(receive_size);
  DumpEnd end;
  while (true) {
    const ssize_t size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (size < 0) {
      if (errno == EINTR) {
        continue;
      }
      return {errno == EAGAIN ? ETIMEDOUT : errno, end.interrupted};
    }
    const auto datagram = std::span<const std::byte>(buffer).first(static_cast<std::size_t>(size));
    const DumpProgress progress = dump_progress(datagram, sequence, port);
    end.interrupted = end.interrupted || progress.interrupted;
    if (progress.error != 0) {
      end.error = progress.error;
      return end;
    }
    sink(datagram);
    if (progress.done) {
      return end;
    }
  }
}

} // namespace hindstat
