// SPDX-License-Identifier: MIT
#include "recorder/readers/socket_reader.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "recorder/netlink_message.h"
#include "recorder/readers/socket_rows.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

/// One protocol of one family, and where the kernel tells of it.
struct Source {
  std::string_view label;
  SocketProtocol protocol;
  int family;
  int ip_protocol;
  std::string_view dump; ///< Empty where sock_diag does not know the protocol.
  const char* path;
};

constexpr std::array<Source, 10> sources = {{
  {"tcp", SocketProtocol::tcp, AF_INET, IPPROTO_TCP, "sock_diag-tcp-inet", "/proc/net/tcp"},
  {"tcp6", SocketProtocol::tcp, AF_INET6, IPPROTO_TCP, "sock_diag-tcp-inet6", "/proc/net/tcp6"},
  {"udp", SocketProtocol::udp, AF_INET, IPPROTO_UDP, "sock_diag-udp-inet", "/proc/net/udp"},
  {"udp6", SocketProtocol::udp, AF_INET6, IPPROTO_UDP, "sock_diag-udp-inet6", "/proc/net/udp6"},
  {"udplite", SocketProtocol::udplite, AF_INET, IPPROTO_UDPLITE, "sock_diag-udplite-inet", "/proc/net/udplite"},
  {"udplite6", SocketProtocol::udplite, AF_INET6, IPPROTO_UDPLITE, "sock_diag-udplite-inet6", "/proc/net/udplite6"},
  {"raw", SocketProtocol::raw, AF_INET, IPPROTO_RAW, "sock_diag-raw-inet", "/proc/net/raw"},
  {"raw6", SocketProtocol::raw, AF_INET6, IPPROTO_RAW, "sock_diag-raw-inet6", "/proc/net/raw6"},
  {"icmp", SocketProtocol::icmp, AF_INET, IPPROTO_ICMP, "", "/proc/net/icmp"},
  {"icmp6", SocketProtocol::icmp, AF_INET6, IPPROTO_ICMPV6, "", "/proc/net/icmp6"},
}};

/// Who told of one source's sockets, or why nobody did.
struct Answer {
  bool netlink = false;
  bool proc = false;
  int error = 0;
};

class SocketReader {
public:
  explicit SocketReader(ReadContext& context) : context_(context), capture_(context.begin(sockets.name(), "")) {
  }

  void run() {
    std::array<Answer, sources.size()> answers;
    std::ranges::transform(sources, answers.begin(), [this](const Source& source) { return read(source); });
    context_.end(capture_);
    keep(answers, std::move(rows_).build());
  }

private:
  Answer read(const Source& source) {
    const std::size_t before = rows_.size();
    const Capture capture_before = capture_;
    if (!source.dump.empty() && read_netlink(source) == 0) {
      return {.netlink = true};
    }
    rows_.truncate(before);
    capture_ = capture_before;
    const int error = read_proc(source);
    return {.proc = error == 0, .error = error};
  }

  int read_netlink(const Source& source) {
    const std::size_t before = rows_.size();
    const Capture capture_before = capture_;
    const InterfaceNames& names = context_.interfaces();
    const auto payload = inet_diag_request(source.family, source.ip_protocol, source.protocol != SocketProtocol::tcp);
    const NetlinkRequest request{source.dump, NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload, false};
    std::uint64_t boottime_ms = 0;
    const auto start_again = [&] {
      rows_.truncate(before);
      capture_ = capture_before;
      boottime_ms = context_.boottime_ms();
    };
    return context_
      .dump(request, capture_, start_again,
            [&](std::span<const std::byte> datagram) { add_datagram(source, datagram, names, boottime_ms); })
      .error;
  }

  void add_datagram(const Source& source, std::span<const std::byte> datagram, const InterfaceNames& names,
                    std::uint64_t boottime_ms) {
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
      if (message->type != SOCK_DIAG_BY_FAMILY) {
        continue;
      }
      const auto socket = parse_inet_diag(message->payload);
      if (socket) {
        rows_.add(source.protocol, *socket, names, boottime_ms);
      }
      count_verdict(capture_, socket ? Verdict::kept : Verdict::rejected,
                    [&] { return hex_example(message->payload); });
    }
  }

  int read_proc(const Source& source) {
    const std::uint64_t boottime_ms = context_.boottime_ms();
    const FileRead file = context_.system().read_file(source.path);
    if (file.error != 0) {
      return file.error;
    }
    Lines lines(file.bytes);
    std::ignore = lines.next(); // the header
    while (const auto line = lines.next()) {
      const auto socket = parse_proc_socket(*line, source.protocol != SocketProtocol::tcp);
      const bool fits = socket && socket->local_address.is_v4() == (source.family == AF_INET);
      if (fits) {
        rows_.add(source.protocol, *socket, boottime_ms);
      }
      count_verdict(capture_, fits ? Verdict::kept : Verdict::rejected, [&] { return *line; });
    }
    return 0;
  }

  void keep(const std::array<Answer, sources.size()>& answers, Table table) {
    bool netlink = false;
    bool proc = false;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const Answer& answer = answers[i];
      netlink = netlink || answer.netlink;
      proc = proc || answer.proc;
      const std::string status = answer.netlink ? "netlink"
                                 : answer.proc  ? "proc"
                                                : format_status(status_of_error(answer.error));
      capture_.coverage += (i == 0 ? "" : " ") + std::string(sources[i].label) + "=" + status;
    }
    capture_.source = netlink && proc ? "netlink+proc" : netlink ? "netlink" : "proc";
    const bool answered = netlink || proc;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (answers[i].error != 0 && status_of_error(answers[i].error) != CaptureStatus::absent) {
        mark_partial(capture_, std::string(sources[i].label) + " not readable: " + error_text(answers[i].error));
      }
    }
    if (answered) {
      context_.keep(std::move(capture_), std::move(table));
      return;
    }
    context_.keep_missing(std::move(capture_), status_of_all(answers),
                          "neither sock_diag nor /proc/net answers: " + error_text(answers[0].error));
  }

  /// denied or failed when one of them is: then there might have been sockets.
  static CaptureStatus status_of_all(const std::array<Answer, sources.size()>& answers) {
    CaptureStatus status = CaptureStatus::absent;
    for (const Answer& answer : answers) {
      const CaptureStatus one = status_of_error(answer.error);
      if (one == CaptureStatus::denied || (one == CaptureStatus::failed && status == CaptureStatus::absent)) {
        status = one;
      }
    }
    return status;
  }

  ReadContext& context_;
  Capture capture_;
  SocketRows rows_;
};

} // namespace

void read_sockets(ReadContext& context) {
  SocketReader(context).run();
}

} // namespace hindstat
