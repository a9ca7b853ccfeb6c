// SPDX-License-Identifier: MIT
#include "recorder/readers/socket_reader.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "recorder/readers/socket_counts.h"
#include "recorder/readers/socket_rows.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

constexpr int ipproto_dccp = 33;
constexpr int ipproto_mptcp = 262;

/// One protocol of one family, and where the kernel tells of it.
struct Source {
  std::string_view label;
  SocketProtocol protocol;
  int family;
  int ip_protocol;
  std::string_view dump; ///< Empty where sock_diag does not know the protocol.
  const char* path;      ///< Null where no file tells of it.
};

constexpr std::array<Source, 16> sources = {{
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
  {"mptcp", SocketProtocol::mptcp, AF_INET, ipproto_mptcp, "sock_diag-mptcp-inet", nullptr},
  {"mptcp6", SocketProtocol::mptcp, AF_INET6, ipproto_mptcp, "sock_diag-mptcp-inet6", nullptr},
  {"sctp", SocketProtocol::sctp, AF_INET, IPPROTO_SCTP, "sock_diag-sctp-inet", "/proc/net/sctp/eps"},
  {"sctp6", SocketProtocol::sctp, AF_INET6, IPPROTO_SCTP, "sock_diag-sctp-inet6", "/proc/net/sctp/eps"},
  {"dccp", SocketProtocol::dccp, AF_INET, ipproto_dccp, "sock_diag-dccp-inet", nullptr},
  {"dccp6", SocketProtocol::dccp, AF_INET6, ipproto_dccp, "sock_diag-dccp-inet6", nullptr},
}};

/// Table tcp_info while the dumps of table socket are being read, where it was asked for.
class TcpInfoPart {
public:
  explicit TcpInfoPart(ReadContext& context) : context_(context), capture_(context.begin(tcp_infos.name(), "netlink")) {
  }

  /// Null where the table is not wanted.
  [[nodiscard]] TcpInfoRows* rows() {
    return context_.tcp_info ? &rows_ : nullptr;
  }

  void add_answer(const Source& source, int error, bool interrupted) {
    if (source.protocol != SocketProtocol::tcp) {
      return;
    }
    if (error != 0) {
      answers_.add_missing(capture_, source.label, error, false);
      return;
    }
    answers_.add_told(capture_, source.label, "netlink", false);
    if (interrupted) {
      mark_partial(capture_, "interrupted: the table changed during the dump (3 tries)");
    }
  }

  void keep() && {
    if (!context_.tcp_info) {
      return;
    }
    context_.end(capture_);
    if (answers_.any()) {
      context_.keep(std::move(capture_), std::move(rows_).build());
      return;
    }
    context_.keep_missing(std::move(capture_), status_of_error(answers_.error()),
                          "sock_diag does not answer: " + error_text(answers_.error()));
  }

private:
  ReadContext& context_;
  Capture capture_;
  PartAnswers answers_;
  TcpInfoRows rows_;
};

/// Protocols that many kernels lack. Each time that one is asked for, such a kernel looks for a module.
bool is_seldom_there(SocketProtocol protocol) {
  return protocol == SocketProtocol::raw || protocol == SocketProtocol::mptcp || protocol == SocketProtocol::sctp
         || protocol == SocketProtocol::dccp;
}

class SocketReader {
public:
  explicit SocketReader(ReadContext& context)
    : context_(context), infos_(context), table_(context, sockets.name(), SocketRows(infos_.rows())) {
  }

  void run() {
    const SocketCounts counts(context_);
    // Tables that grow by doubling are copied as often as they double.
    constexpr std::uint64_t most_reserved = 4'000'000;
    table_.rows().reserve(static_cast<std::size_t>(std::min(counts.tcp(), most_reserved)));
    std::vector<std::string> not_asked;
    for (const Source& source : sources) {
      // What is not there is said to be told by who tells it in the recorder's own namespace: snapshots compare.
      const std::string_view teller = context_.own_teller(sockets.name(), source.label);
      if (context_.is_entered && counts.has_none(source.protocol) && (teller == "netlink" || teller == "proc")) {
        table_.read(source.label, {{teller, [](SocketRows&, Capture&) { return PartRead{}; }}});
        infos_.add_answer(source, teller == "netlink" ? 0 : ENOENT, false);
        if (source.family == AF_INET) {
          not_asked.push_back("no_" + std::string(source.label));
        }
      } else {
        read(source);
      }
    }
    for (const std::string& word : not_asked) {
      table_.add_coverage(word, "sockstat");
    }
    std::move(table_).keep("neither sock_diag nor /proc/net answers");
    std::move(infos_).keep();
  }

private:
  using Witness = TableParts<SocketRows>::Witness;

  void read(const Source& source) {
    const Witness netlink{"netlink",
                          [&](SocketRows& rows, Capture& capture) { return read_netlink(source, rows, capture); }};
    const Witness proc{"proc", [&](SocketRows& rows, Capture& capture) {
                         return source.protocol == SocketProtocol::sctp ? read_sctp(source, rows, capture)
                                                                        : read_proc(source, rows, capture);
                       }};
    if (source.dump.empty()) {
      table_.read(source.label, {proc});
    } else if (source.path == nullptr) {
      table_.read(source.label, {netlink});
    } else {
      table_.read(source.label, {netlink, proc});
    }
  }

  [[nodiscard]] DiagDetail detail_of(const Source& source) const {
    if (source.protocol != SocketProtocol::tcp) {
      return DiagDetail::memory;
    }
    return context_.tcp_info ? DiagDetail::tcp_info : DiagDetail::none;
  }

  PartRead read_netlink(const Source& source, SocketRows& rows, Capture& capture) {
    if (source.protocol == SocketProtocol::tcp && read_tcp_at_once(source, rows, capture)) {
      return {};
    }
    const auto plain = inet_diag_request(source.family, source.ip_protocol, detail_of(source));
    const auto mptcp = mptcp_diag_request(source.family);
    const auto payload =
      source.protocol == SocketProtocol::mptcp ? std::span<const std::byte>(mptcp) : std::span<const std::byte>(plain);
    const NetlinkRequest request{source.dump, NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload, false};
    if (context_.absent_dumps.contains(source.dump)) {
      return {ENOENT};
    }
    const std::string doubts = capture.detail;
    const int error = read_diag(source, request, rows, capture);
    infos_.add_answer(source, error, capture.detail != doubts);
    if (error == ENOENT && is_seldom_there(source.protocol)) {
      context_.absent_dumps.emplace(source.dump);
    }
    return {error};
  }

  /// Asks for both families with the first one; false: each is to be asked for.
  bool read_tcp_at_once(const Source& source, SocketRows& rows, Capture& capture) {
    if (source.family == AF_INET) {
      const auto payload = tcp_diag_request(detail_of(source));
      const NetlinkRequest request{"sock_diag-tcp", NETLINK_SOCK_DIAG, TCPDIAG_GETSOCK, payload, false};
      const std::size_t size_before = rows.size();
      const Capture capture_before = capture;
      has_tcp_at_once_ = read_diag(source, request, rows, capture) == 0;
      if (!has_tcp_at_once_) {
        rows.truncate(size_before);
        capture = capture_before;
        return false;
      }
      infos_.add_answer(source, 0, capture.detail != capture_before.detail);
    } else if (has_tcp_at_once_) {
      infos_.add_answer(source, 0, false);
    }
    return has_tcp_at_once_;
  }

  /// 0 or an errno value.
  int read_diag(const Source& source, const NetlinkRequest& request, SocketRows& rows, Capture& capture) {
    const InterfaceNames& names = context_.interfaces();
    const auto add = [&](std::span<const std::byte> message, std::uint64_t boottime_ms) {
      const auto socket = parse_inet_diag(message);
      if (socket) {
        rows.add(source.protocol, *socket, names, boottime_ms);
      }
      return socket ? Verdict::kept : Verdict::rejected;
    };
    return read_dump(context_, request, request.type, rows, capture, add);
  }

  PartRead read_proc(const Source& source, SocketRows& rows, Capture& capture) {
    const std::uint64_t boottime_ms = context_.boottime_ms();
    const FileRead file = context_.system().read_file(source.path);
    bool in_header = true;
    read_lines(file.bytes, capture, [&](std::string_view line) {
      if (std::exchange(in_header, false)) {
        return Verdict::heading;
      }
      const auto socket = parse_proc_socket(line, source.protocol != SocketProtocol::tcp);
      const bool fits = socket && socket->local_address.is_v4() == (source.family == AF_INET);
      if (fits) {
        rows.add(source.protocol, *socket, boottime_ms);
      }
      return fits ? Verdict::kept : Verdict::rejected;
    });
    return {file.error};
  }

  /// Endpoints and associations of one family; those of the other are in the same two files.
  PartRead read_sctp(const Source& source, SocketRows& rows, Capture& capture) {
    const bool v4 = source.family == AF_INET;
    using Parser = std::optional<SctpRecord> (*)(std::string_view);
    using File = std::pair<const char*, Parser>;
    for (const auto& [path, parser] :
         {File(source.path, parse_sctp_endpoint), File("/proc/net/sctp/assocs", parse_sctp_association)}) {
      const Parser parse = parser;
      const FileRead& file = context_.shared_file(path);
      if (file.error != 0) {
        return {file.error};
      }
      bool in_header = true;
      read_lines(file.bytes, capture, [&](std::string_view line) {
        if (std::exchange(in_header, false)) {
          return Verdict::heading;
        }
        const auto record = parse(line);
        if (record && record->local_address.is_v4() == v4) {
          rows.add(*record);
        }
        // A line that is understood is another family's at worst; one that is not counts once.
        return record || !v4 ? Verdict::kept : Verdict::rejected;
      });
    }
    return {};
  }

  ReadContext& context_;
  TcpInfoPart infos_;
  TableParts<SocketRows> table_;
  bool has_tcp_at_once_ = false; ///< One dump told the TCP sockets of both families.
};

} // namespace

void read_sockets(ReadContext& context) {
  SocketReader(context).run();
}

} // namespace hindstat
