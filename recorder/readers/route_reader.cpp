// SPDX-License-Identifier: MIT
#include "recorder/readers/route_reader.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <tuple>

#include "recorder/netlink_message.h"
#include "recorder/readers/proc_net_route.h"
#include "recorder/readers/rtnetlink_route.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

using AddLine = Verdict (*)(RouteRows&, std::string_view);

/// One family, and where the kernel tells of its routes.
struct Source {
  std::string_view label;
  int family;
  std::string_view dump;
  const char* path;
  bool has_header;
  AddLine add_line;
  std::string_view missing_in_proc;
};

constexpr std::array<Source, 2> sources = {{
  {"inet", AF_INET, "rtnetlink-route-inet", "/proc/net/route", true, add_proc_route,
   "/proc/net/route holds table main only, and the first hop of a multipath route"},
  {"inet6", AF_INET6, "rtnetlink-route-inet6", "/proc/net/ipv6_route", false, add_proc_route6,
   "/proc/net/ipv6_route does not say which table a route is in"},
}};

class RouteReader {
public:
  explicit RouteReader(ReadContext& context)
    : context_(context), capture_(context.begin(routes.name(), "")), rows_(routes) {
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
    std::string_view answer = "netlink";
    if (read_netlink(source) == 0) {
      netlink_ = true;
    } else {
      rows_.truncate(before);
      capture_ = capture_before;
      const int error = read_proc(source);
      answer = error == 0 ? "proc" : note_error(source, error);
    }
    capture_.coverage += (capture_.coverage.empty() ? "" : " ") + std::string(source.label) + "=" + std::string(answer);
  }

  std::string_view note_error(const Source& source, int error) {
    first_error_ = first_error_ == 0 ? error : first_error_;
    const CaptureStatus status = status_of_error(error);
    if (status == CaptureStatus::absent) {
      return "absent"; // A kernel without that family has no such routes.
    }
    mark_partial(capture_, std::string(source.label) + " not readable: " + error_text(error));
    return status == CaptureStatus::denied ? "denied" : "failed";
  }

  int read_netlink(const Source& source) {
    const std::size_t before = rows_.size();
    const Capture capture_before = capture_;
    const InterfaceNames& names = context_.interfaces();
    rtmsg header{};
    header.rtm_family = static_cast<std::uint8_t>(source.family);
    const NetlinkRequest request{source.dump, NETLINK_ROUTE, RTM_GETROUTE, std::as_bytes(std::span(&header, 1)), true};
    std::uint64_t boottime_ms = 0;
    const auto start_again = [&] {
      rows_.truncate(before);
      capture_ = capture_before;
      boottime_ms = context_.boottime_ms();
    };
    const auto add = [&](std::span<const std::byte> datagram) {
      NetlinkMessages messages(datagram);
      while (const auto message = messages.next()) {
        if (message->type == RTM_NEWROUTE) {
          count_verdict(capture_, add_route_message(rows_, message->payload, names, boottime_ms),
                        [&] { return hex_example(message->payload); });
        }
      }
    };
    return context_.dump(request, capture_, start_again, add).error;
  }

  int read_proc(const Source& source) {
    const FileRead file = context_.system().read_file(source.path);
    if (file.error != 0) {
      return file.error;
    }
    Lines lines(file.bytes);
    if (source.has_header) {
      std::ignore = lines.next();
    }
    while (const auto line = lines.next()) {
      count_verdict(capture_, source.add_line(rows_, *line), [&] { return *line; });
    }
    mark_partial(capture_, source.missing_in_proc);
    proc_ = true;
    return 0;
  }

  ReadContext& context_;
  Capture capture_;
  RouteRows rows_;
  bool netlink_ = false;
  bool proc_ = false;
  int first_error_ = 0;
};

} // namespace

void read_routes(ReadContext& context) {
  RouteReader(context).run();
}

} // namespace hindstat
