// SPDX-License-Identifier: MIT
#include "recorder/readers/address_reader.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include "recorder/netlink_message.h"
#include "recorder/readers/proc_net_if_inet6.h"
#include "recorder/readers/rtnetlink_address.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

/// One family, and where the kernel tells of its addresses.
struct Source {
  std::string_view label;
  int family;
  std::string_view dump;
  const char* path; ///< Null: no file of /proc names the interfaces of its addresses.
};

constexpr std::array<Source, 2> sources = {{
  {"inet", AF_INET, "rtnetlink-addr-inet", nullptr},
  {"inet6", AF_INET6, "rtnetlink-addr-inet6", "/proc/net/if_inet6"},
}};

class AddressReader {
public:
  explicit AddressReader(ReadContext& context)
    : context_(context), capture_(context.begin(addresses.name(), "")), rows_(addresses) {
  }

  void run() {
    for (const Source& source : sources) {
      read(source);
    }
    context_.end(capture_);
    if (netlink_ && context_.interfaces().error != 0) {
      mark_partial(capture_, "interface names not readable: " + error_text(context_.interfaces().error));
    }
    capture_.source = netlink_ && proc_ ? "netlink+proc" : netlink_ ? "netlink" : "proc";
    if (netlink_ || proc_) {
      context_.keep(std::move(capture_), std::move(rows_).build());
    } else {
      const CaptureStatus status = status_of_error(first_error_);
      context_.keep_missing(std::move(capture_), status,
                            "neither rtnetlink nor /proc/net answers: " + error_text(first_error_));
    }
  }

private:
  void read(const Source& source) {
    const std::size_t before = rows_.size();
    const Capture capture_before = capture_;
    std::string answer = "netlink";
    if (const int error = read_netlink(source); error == 0) {
      netlink_ = true;
    } else {
      rows_.truncate(before);
      capture_ = capture_before;
      const int proc_error = source.path != nullptr ? read_proc(source.path) : error;
      answer = proc_error == 0 ? "proc" : note_error(source, proc_error);
    }
    capture_.coverage += (capture_.coverage.empty() ? "" : " ") + std::string(source.label) + "=" + answer;
  }

  std::string note_error(const Source& source, int error) {
    first_error_ = first_error_ == 0 ? error : first_error_;
    const CaptureStatus status = status_of_error(error);
    // A kernel without IPv6 has no such addresses; IPv4 is in every kernel, only the source is missing.
    if (status != CaptureStatus::absent || source.path == nullptr) {
      mark_partial(capture_, std::string(source.label) + " not readable: " + error_text(error));
    }
    return format_status(status);
  }

  int read_netlink(const Source& source) {
    const std::size_t before = rows_.size();
    const Capture capture_before = capture_;
    const InterfaceNames& names = context_.interfaces();
    ifaddrmsg header{};
    header.ifa_family = static_cast<std::uint8_t>(source.family);
    const NetlinkRequest request{source.dump, NETLINK_ROUTE, RTM_GETADDR, std::as_bytes(std::span(&header, 1)), true};
    std::uint64_t boottime_ms = 0;
    const auto start_again = [&] {
      rows_.truncate(before);
      capture_ = capture_before;
      boottime_ms = context_.boottime_ms();
    };
    const auto add = [&](std::span<const std::byte> datagram) {
      NetlinkMessages messages(datagram);
      while (const auto message = messages.next()) {
        if (message->type == RTM_NEWADDR) {
          count_verdict(capture_, add_address_message(rows_, message->payload, names, boottime_ms),
                        [&] { return hex_example(message->payload); });
        }
      }
    };
    return context_.dump(request, capture_, start_again, add).error;
  }

  int read_proc(const char* path) {
    const FileRead file = context_.system().read_file(path);
    if (file.error != 0) {
      return file.error;
    }
    Lines lines(file.bytes);
    while (const auto line = lines.next()) {
      count_verdict(capture_, add_proc_address6(rows_, *line), [&] { return *line; });
    }
    mark_partial(capture_, std::string(path) + " has neither peers nor lifetimes");
    proc_ = true;
    return 0;
  }

  ReadContext& context_;
  Capture capture_;
  AddressRows rows_;
  bool netlink_ = false;
  bool proc_ = false;
  int first_error_ = 0;
};

} // namespace

void read_addresses(ReadContext& context) {
  AddressReader(context).run();
}

} // namespace hindstat
