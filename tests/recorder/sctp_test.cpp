// SPDX-License-Identifier: MIT
// SCTP, MPTCP and DCCP in table socket. The texts of /proc/net/sctp are made from the kernel's own printf formats
// (net/sctp/proc.c), and the messages from its structs (net/sctp/diag.c): few kernels have the protocol built in.
#include <catch2/catch.hpp>

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <map>

#include "recorder/netlink_message.h"
#include "recorder/readers/proc_net_sctp.h"
#include "recorder/readers/sock_diag.h"
#include "recorder/recorder.h"
#include "tables/protocol_counter.h"
#include "tables/socket.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const std::string endpoints =
  " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n"
  "d6a2b9c1 0f3e1a77 2   10  29   7046      0 21591 10.77.1.2 10.77.2.2 \n"
  "d6a2b9c2 0f3e1a78 2   10  30   7047   1000 21592 fd77:0001:0000:0000:0000:0000:0000:0002 \n";
const std::string associations =
  " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT INS OUTS "
  "MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf\n"
  "1c9a8f02 0f3e1a77 2   1   3  0       1       12        7       0 21593 7046  41022  10.77.2.2 *10.77.1.2 <-> "
  "*10.77.1.1 10.77.2.1 \t   30000    10    10   10    0    0        0        1        0   212992   212992\n"
  "1c9a8f03 0f3e1a79 2   8   5  0       2        0        0    1000 21594 7046  41023  *10.77.1.2 <-> *10.77.1.9 \t   "
  "30000    10    10   10    0    0        0        1        0   212992   212992\n";

class WithFiles : public FakeSystem {
public:
  WithFiles() {
    files["/proc/net/sctp/eps"] = {0, endpoints};
    files["/proc/net/sctp/assocs"] = {0, associations};
  }
};

std::vector<Socket> sockets_of(const Snapshot& snapshot) {
  std::vector<Socket> rows;
  const Table& table = *snapshot.find_table("socket");
  for (std::size_t i = 0; i < table.size(); ++i) {
    rows.push_back(sockets.row(table, i));
  }
  return rows;
}

FakeDump reply(std::initializer_list<std::vector<std::byte>> messages) {
  NetlinkBuilder builder;
  for (const auto& message : messages) {
    builder.message(SOCK_DIAG_BY_FAMILY, 2, message);
  }
  return {builder.done().bytes(), {}};
}

} // namespace

TEST_CASE("SCTP endpoints and associations are read from the files, with their primary addresses", "[recorder]") {
  const Snapshot snapshot = record_snapshot(WithFiles(), {});
  const std::vector<Socket> rows = sockets_of(snapshot);
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].protocol == SocketProtocol::sctp);
  CHECK(rows[0].state == TcpState::listen);
  CHECK(format_ip_address(rows[0].local_address) == "10.77.1.2");
  CHECK(rows[0].local_port == 7046);
  CHECK(rows[0].remote_address.is_unspecified());
  CHECK(rows[0].inode == 21591);
  CHECK(rows[1].state == TcpState::established);
  CHECK(format_ip_address(rows[1].local_address) == "10.77.1.2");
  CHECK(format_ip_address(rows[1].remote_address) == "10.77.1.1");
  CHECK(rows[1].remote_port == 41022);
  CHECK(rows[1].send_queue == 12);
  CHECK(rows[1].recv_queue == 7);
  CHECK(rows[1].inode == 21593);
  CHECK(rows[2].state == TcpState::shutdown_sent);
  CHECK(rows[2].uid == 1000);
  CHECK(format_ip_address(rows[3].local_address) == "fd77:1::2");
  CHECK(rows[3].remote_address.is_v6());
  CHECK(rows[0].local_addresses == "*10.77.1.2 10.77.2.2");
  CHECK_FALSE(rows[0].remote_addresses);
  CHECK(rows[1].local_addresses == "*10.77.1.2 10.77.2.2");
  CHECK(rows[1].remote_addresses == "*10.77.1.1 10.77.2.1");
  CHECK_FALSE(rows[2].local_addresses);
  CHECK_FALSE(rows[2].remote_addresses);
  CHECK_FALSE(rows[3].local_addresses);
  const std::string& coverage = snapshot.find_capture("socket")->coverage;
  CHECK(coverage.find("sctp=proc sctp6=proc dccp=absent") != std::string::npos);
  CHECK(snapshot.find_capture("socket")->rejected == 0);
}

TEST_CASE("a line of /proc/net/sctp cut at any byte is refused or is one with fewer addresses", "[recorder]") {
  const std::string endpoint = endpoints.substr(endpoints.find('\n') + 1, 80);
  const std::string association = associations.substr(associations.find('\n') + 1, 120);
  REQUIRE(parse_sctp_endpoint(endpoint.substr(0, endpoint.find('\n'))));
  for (std::size_t size = 0; size < 30; ++size) {
    CHECK_FALSE(parse_sctp_endpoint(endpoint.substr(0, size)));
  }
  REQUIRE(parse_sctp_association(association));
  for (std::size_t size = 0; size < association.find("*10.77.1.1 ") + 8; ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_sctp_association(association.substr(0, size)));
  }
  CHECK_FALSE(parse_sctp_association(endpoint));
}

TEST_CASE("SCTP through sock_diag: a message with peers is an association", "[recorder]") {
  inet_diag_msg endpoint = diag_message(7046);
  endpoint.idiag_state = 10;
  endpoint.id.idiag_dport = 0;
  endpoint.id.idiag_dst[0] = 0;
  endpoint.idiag_rqueue = 1;
  endpoint.idiag_wqueue = 5;
  inet_diag_msg association = diag_message(7046);
  association.idiag_state = 3;
  association.idiag_timer = 4; // SCTP_EVENT_TIMEOUT_T3_RTX
  association.idiag_expires = 900;
  inet_diag_msg closing = association;
  closing.idiag_state = 7;
  const std::array<std::byte, 128> address{};
  WithFiles system;
  system.dumps["sock_diag-sctp-inet"] = {
    reply({NetlinkBuilder().value(endpoint).attribute(INET_DIAG_LOCALS, address).bytes(),
           NetlinkBuilder().value(association).attribute(INET_DIAG_PEERS, address).bytes(),
           NetlinkBuilder().value(closing).attribute(INET_DIAG_PEERS, address).bytes()})};
  const std::vector<Socket> rows = sockets_of(record_snapshot(system, {}));
  REQUIRE(rows.size() == 4); // The IPv6 endpoint comes from the file.
  CHECK(rows[0].state == TcpState::listen);
  CHECK(rows[0].backlog == 5U);
  CHECK(rows[0].send_queue == 0);
  CHECK(rows[1].state == TcpState::established);
  CHECK(rows[1].timer == SocketTimer::on);
  CHECK(rows[1].timer_expires.has_value());
  CHECK(rows[1].cookie == 0x200000001ULL);
  CHECK(rows[2].state == TcpState::shutdown_ack_sent);
}

TEST_CASE("SCTP through sock_diag has the addresses of multi-homed ends", "[recorder]") {
  sockaddr_storage first{};
  sockaddr_storage second{};
  sockaddr_in6 third{};
  reinterpret_cast<sockaddr_in&>(first) = {AF_INET, 0, {htonl(0x0a000005)}, {}};
  reinterpret_cast<sockaddr_in&>(second) = {AF_INET, 0, {htonl(0x0a000105)}, {}};
  third.sin6_family = AF_INET6;
  third.sin6_addr.s6_addr[0] = 0xfd;
  sockaddr_storage third_storage{};
  std::memcpy(&third_storage, &third, sizeof(third));
  const auto locals = NetlinkBuilder().value(second).value(first).value(third_storage).bytes();
  const auto peers = NetlinkBuilder().value(second).bytes();
  const std::vector<IpAddress> parsed = parse_diag_addresses(locals);
  REQUIRE(parsed.size() == 3);
  CHECK(format_ip_address(parsed[2]) == "fd00::");
  CHECK(parse_diag_addresses(cut(locals, locals.size() - 1)).size() == 2);

  WithFiles system;
  system.dumps["sock_diag-sctp-inet"] = {
    reply({NetlinkBuilder()
             .value(diag_message(7046))
             .attribute(INET_DIAG_LOCALS, locals)
             .attribute(INET_DIAG_PEERS, peers)
             .bytes(),
           NetlinkBuilder().value(diag_message(7047)).attribute(INET_DIAG_LOCALS, {}).bytes()})};
  const std::vector<Socket> rows = sockets_of(record_snapshot(system, {}));
  CHECK(rows[0].local_addresses == "*10.0.0.5 10.0.1.5 fd00::");
  CHECK(rows[0].remote_addresses == "*10.0.9.2 10.0.1.5");
  CHECK_FALSE(rows[1].local_addresses);
  CHECK_FALSE(rows[1].remote_addresses);
}

TEST_CASE("the counters of SCTP are rows of protocol_counter, the established associations as a level", "[recorder]") {
  WithFiles system;
  system.files["/proc/net/sctp/snmp"] = {0, "SctpCurrEstab                   \t1\n"
                                            "SctpActiveEstabs                \t2\n"
                                            "SctpT3Retransmits               \t26\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("protocol_counter")->coverage.ends_with("sctp=proc"));
  const Table& table = *snapshot.find_table("protocol_counter");
  REQUIRE(table.size() == 3);
  CHECK(protocol_counters.row(table, 0).group == "Sctp");
  CHECK(protocol_counters.row(table, 0).name == "CurrEstab");
  CHECK(protocol_counters.row(table, 0).level == 1);
  CHECK(protocol_counters.row(table, 2).name == "T3Retransmits");
  CHECK(protocol_counters.row(table, 2).count == 26U);
}

TEST_CASE("MPTCP is asked for with its number in an attribute, and no other protocol in its place", "[recorder]") {
  const auto request = mptcp_diag_request(AF_INET6);
  const auto head = load_value<inet_diag_req_v2>(request);
  CHECK(head->sdiag_family == AF_INET6);
  CHECK(head->sdiag_protocol == 0);
  const std::span<const std::byte> bytes(request);
  NetlinkAttributes attributes(bytes.subspan(sizeof(inet_diag_req_v2)));
  const auto attribute = attributes.next();
  REQUIRE(attribute);
  CHECK(attribute->type == 3);
  CHECK(load_value<std::uint32_t>(attribute->value) == 262U);

  FakeSystem system;
  system.dumps["sock_diag-mptcp-inet"] = {reply({NetlinkBuilder().value(diag_message(443)).bytes()})};
  const Snapshot snapshot = record_snapshot(system, {});
  const std::vector<Socket> rows = sockets_of(snapshot);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].protocol == SocketProtocol::mptcp);
  CHECK(rows[0].state == TcpState::established);
  const Capture& capture = *snapshot.find_capture("socket");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.coverage.find("mptcp=netlink mptcp6=absent sctp=absent") != std::string::npos);
}

TEST_CASE("a protocol that the kernel lacks is a word of the coverage, and the table is complete", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {reply({NetlinkBuilder().value(diag_message(443)).bytes()})};
  const Capture capture = *record_snapshot(system, {}).find_capture("socket");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.detail.empty());
}
