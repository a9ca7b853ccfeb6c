// SPDX-License-Identifier: MIT
#include "recorder/netlink_dump.h"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <tuple>
#include <vector>

#include "recorder/netlink_message.h"

namespace hindstat {

namespace {

constexpr std::size_t receive_size = std::size_t{32} * 1024; // The kernel fills no more of a dump's datagram than that.
constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t silence_limit_ns = 5 * ns_per_s;

struct CloseSocket {
  void operator()(mnl_socket* socket) const {
    mnl_socket_close(socket);
  }
};
using Socket = std::unique_ptr<mnl_socket, CloseSocket>;

std::vector<std::byte> dump_request(const NetlinkRequest& request, std::uint32_t sequence) {
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

std::int64_t steady_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/// A bound socket, or null with errno set.
Socket open_socket(int protocol) {
  Socket socket(mnl_socket_open2(protocol, SOCK_CLOEXEC));
  if (socket == nullptr || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return nullptr;
  }
  return socket;
}

/// How a dump ended, and whether the kernel ended it: then nothing of it is left to be received.
struct Answer {
  DumpEnd end;
  bool whole = false;
};

} // namespace

struct NetlinkDumps::Open {
  Socket socket;
  int protocol = 0;
  bool strict = false;
  std::uint32_t sequence = 0; ///< Of the last request.
  std::int64_t wait_ns = 0;   ///< SO_RCVTIMEO as it is set.
  std::vector<std::byte> buffer = std::vector<std::byte>(receive_size);

  /// False with errno set.
  [[nodiscard]] bool send(const NetlinkRequest& request) {
    if (request.strict != strict) {
      // Best effort: a kernel before 4.20 does not know it and answers the looser question.
      int on = request.strict ? 1 : 0;
      std::ignore = mnl_socket_setsockopt(socket.get(), NETLINK_GET_STRICT_CHK, &on, sizeof(on));
      strict = request.strict;
    }
    const std::vector<std::byte> bytes = dump_request(request, ++sequence);
    return mnl_socket_sendto(socket.get(), bytes.data(), bytes.size()) >= 0;
  }

  /// How long a datagram is waited for. False with errno set.
  [[nodiscard]] bool set_wait(std::int64_t ns) {
    if (ns == wait_ns) {
      return true;
    }
    wait_ns = ns;
    const timeval limit{ns / ns_per_s, ns % ns_per_s / 1000 + 1}; // 0 would wait for ever.
    return ::setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0;
  }

  [[nodiscard]] Answer receive(std::int64_t limit_ns, const DatagramSink& sink) {
    const std::uint32_t port = mnl_socket_get_portid(socket.get());
    const std::int64_t until_ns = limit_ns != 0 ? steady_ns() + limit_ns : 0;
    std::int64_t rest_ns = limit_ns != 0 ? limit_ns : silence_limit_ns;
    Answer answer;
    while (true) {
      if (rest_ns <= 0) {
        answer.end.error = ETIMEDOUT;
        return answer;
      }
      // The socket's own limit is set once: an answer whose datagrams keep coming is stopped by the clock below.
      const ssize_t size = set_wait(std::min(limit_ns != 0 ? limit_ns : silence_limit_ns, silence_limit_ns))
                             ? mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size())
                             : -1;
      rest_ns = limit_ns != 0 ? until_ns - steady_ns() : rest_ns;
      if (size < 0) {
        if (errno == EINTR) {
          continue;
        }
        answer.end.error = errno == EAGAIN ? ETIMEDOUT : errno;
        return answer;
      }
      const auto datagram = std::span<const std::byte>(buffer).first(static_cast<std::size_t>(size));
      const DumpProgress progress = dump_progress(datagram, sequence, port);
      answer.end.interrupted = answer.end.interrupted || progress.interrupted;
      answer.end.error = progress.error;
      answer.whole = progress.done;
      if (progress.error == 0) {
        sink(datagram);
      }
      if (progress.error != 0 || progress.done) {
        return answer;
      }
    }
  }
};

NetlinkDumps::NetlinkDumps() = default;
NetlinkDumps::~NetlinkDumps() = default;

DumpEnd NetlinkDumps::run(const NetlinkRequest& request, const DatagramSink& sink) {
  if (open_ == nullptr || open_->protocol != request.protocol) {
    close(); // First: of two sockets the second would not have the recorder's own port.
    Socket socket = open_socket(request.protocol);
    if (socket == nullptr) {
      return {errno, false};
    }
    open_ = std::make_unique<Open>();
    open_->socket = std::move(socket);
    open_->protocol = request.protocol;
  }
  if (!open_->send(request)) {
    const int error = errno;
    close();
    return {error, false};
  }
  const Answer answer = open_->receive(request.limit_ns, sink);
  if (!answer.whole) {
    close(); // What is still to come of this answer must not be taken for the next one's.
  }
  return answer.end;
}

void NetlinkDumps::close() {
  open_.reset();
}

DumpEnd run_netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) {
  return NetlinkDumps().run(request, sink);
}

} // namespace hindstat
