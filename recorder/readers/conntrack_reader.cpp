// SPDX-License-Identifier: MIT
#include "recorder/readers/conntrack_reader.h"

#include <linux/netlink.h>

#include <array>
#include <cerrno>

#include "recorder/netlink_message.h"
#include "recorder/readers/conntrack_rows.h"
#include "recorder/readers/ctnetlink.h"
#include "recorder/readers/proc_net_conntrack.h"
#include "recorder/readers/proc_net_ip_masquerade.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr const char* count_file = "/proc/sys/net/netfilter/nf_conntrack_count";
constexpr const char* max_file = "/proc/sys/net/netfilter/nf_conntrack_max";

/// A file that holds one number.
struct NumberRead {
  int error = 0;
  std::optional<std::uint64_t> number;
};

NumberRead read_number_file(const System& system, const char* path) {
  const FileRead file = system.read_file(path);
  if (file.error != 0) {
    return {file.error, std::nullopt};
  }
  const auto number = parse_number<std::uint64_t>(trimmed(file.bytes));
  return {number ? 0 : EBADMSG, number};
}

ReadMoment moment_of(const ReadContext& context) {
  constexpr std::int64_t ns_per_s = 1'000'000'000;
  const std::int64_t realtime_ns = context.system().now().realtime_ns;
  return {context.boottime_ms(), static_cast<std::uint64_t>(std::max<std::int64_t>(realtime_ns, 0) / ns_per_s)};
}

/// Asks for a dump of `types`; `start_again()` drops what a try brought, `add(payload)` takes each answer.
template <typename StartAgain, typename Add>
int dump_answers(ReadContext& context, Capture& capture, std::string_view name, CtnetlinkTypes types,
                 StartAgain&& start_again, Add&& add) {
  const auto payload = ctnetlink_request();
  const NetlinkRequest request{name, NETLINK_NETFILTER, types.request, payload, false};
  const Capture capture_before = capture;
  const auto begin = [&] {
    capture = capture_before;
    start_again();
  };
  return context
    .dump(request, capture, begin,
          [&](std::span<const std::byte> datagram) {
            NetlinkMessages messages(datagram);
            while (const auto message = messages.next()) {
              if (message->type == types.answer) {
                count_verdict(capture, add(message->payload), [&] { return hex_example(message->payload); });
              }
            }
          })
    .error;
}

/// Adds every line of a text by `add_line(line)`; headings are no records.
template <typename AddLine>
void add_lines(Capture& capture, std::string_view text, AddLine&& add_line) {
  Lines lines(text);
  while (const auto line = lines.next()) {
    const Verdict verdict = add_line(*line);
    if (verdict != Verdict::skipped) {
      count_verdict(capture, verdict, [&] { return *line; });
    }
  }
}

/// A table that ctnetlink dumps and that files of /proc/net hold as well.
template <typename Definition>
class TrackingTable {
public:
  using Rows = TableBuilder<Definition>;
  using AddMessage = Verdict (*)(Rows&, std::span<const std::byte>, const ReadMoment&);

  TrackingTable(ReadContext& context, const Definition& definition, const NumberRead& count)
    : context_(context), count_(count), capture_(context.begin(definition.name(), "netlink")), rows_(definition) {
  }

  /// True when netlink told the table, or when there is nothing to tell.
  [[nodiscard]] bool read_netlink(std::string_view name, CtnetlinkTypes types, AddMessage add) {
    if (!count_.number) {
      return false;
    }
    if (*count_.number == 0) {
      capture_.coverage = capture_.table + "=netlink dump=skipped";
      return true;
    }
    const Capture before = capture_;
    ReadMoment moment;
    const auto start_again = [&] {
      rows_.truncate(0);
      moment = moment_of(context_);
    };
    netlink_error_ = dump_answers(context_, capture_, name, types, start_again,
                                  [&](std::span<const std::byte> payload) { return add(rows_, payload, moment); });
    if (netlink_error_ != 0) {
      rows_.truncate(0);
      capture_ = before;
      return false;
    }
    capture_.coverage = capture_.table + "=netlink";
    return true;
  }

  /// True when /proc/net/`name` is there; `add_line(rows, line, moment)` adds a line.
  template <typename AddLine>
  [[nodiscard]] bool read_file(std::string_view name, AddLine&& add_line) {
    const FileRead file = context_.system().read_file(("/proc/net/" + std::string(name)).c_str());
    if (file.error != 0) {
      file_error_ = file_error_ == 0 || file_error_ == ENOENT ? file.error : file_error_;
      return false;
    }
    const ReadMoment moment = moment_of(context_);
    add_lines(capture_, file.bytes, [&](std::string_view line) { return add_line(rows_, line, moment); });
    capture_.source = "proc";
    capture_.coverage = capture_.table + "=proc";
    return true;
  }

  [[nodiscard]] Capture& capture() {
    return capture_;
  }

  /// Keeps the rows that were found, or says why there are none.
  void keep(bool found) {
    context_.end(capture_);
    if (found) {
      context_.keep(std::move(capture_), std::move(rows_).build());
      return;
    }
    const bool file_says_more = netlink_error_ == 0 || status_of_error(netlink_error_) == CaptureStatus::absent;
    const CaptureStatus status = status_of_error(file_says_more ? file_error_ : netlink_error_);
    capture_.coverage = capture_.table + "=" + format_status(status);
    context_.keep_missing(std::move(capture_), status, describe_missing(status));
  }

private:
  [[nodiscard]] std::string describe_missing(CaptureStatus status) const {
    if (status == CaptureStatus::denied) {
      return "only a process with CAP_NET_ADMIN may read tracked flows (ctnetlink), or root (/proc/net)";
    }
    if (status == CaptureStatus::absent && count_.error == ENOENT) {
      return std::string("this network namespace has no connection tracking: there is no ") + count_file;
    }
    return "ctnetlink " + (netlink_error_ == 0 ? "was not asked" : "answers: " + error_text(netlink_error_))
           + "; /proc/net answers: " + error_text(file_error_);
  }

  ReadContext& context_;
  const NumberRead& count_;
  Capture capture_;
  Rows rows_;
  int netlink_error_ = 0;
  int file_error_ = 0;
};

void read_flows(ReadContext& context, const NumberRead& count) {
  TrackingTable table(context, conntracks, count);
  bool found = table.read_netlink("ctnetlink-conntrack", ctnetlink_flows(), add_flow_message);
  for (const std::string_view name : {"nf_conntrack", "ip_conntrack"}) {
    found = found || table.read_file(name, add_conntrack_line);
  }
  if (!found) {
    std::optional<IpMasqueradeLines> lines;
    found = table.read_file("ip_masquerade", [&](ConntrackRows& rows, std::string_view line, const ReadMoment& moment) {
      return (lines ? *lines : lines.emplace(moment)).add(rows, line);
    });
    if (found) {
      mark_partial(table.capture(), "/proc/net/ip_masquerade holds masqueraded flows only, without their new address");
    }
  }
  table.keep(found);
}

void read_expectations(ReadContext& context, const NumberRead& count) {
  TrackingTable table(context, conntrack_expectations, count);
  const bool found = table.read_netlink("ctnetlink-expectation", ctnetlink_expectations(), add_expectation_message)
                     || table.read_file("nf_conntrack_expect", add_expectation_line);
  table.keep(found);
}

void add_level(ConntrackStatRows& rows, std::string_view name, std::optional<std::uint64_t> level) {
  if (level) {
    rows.add({"", std::string(name), std::nullopt, level});
  }
}

void read_statistics(ReadContext& context, const NumberRead& count) {
  Capture capture = context.begin(conntrack_statistics.name(), "proc");
  ConntrackCounters counters;
  std::optional<std::uint64_t> entries = count.number;
  // Everyone may read the file, and it tells more than ctnetlink does.
  const FileRead file = context.system().read_file("/proc/net/stat/nf_conntrack");
  int error = file.error;
  std::string_view answer = "proc";
  if (error == 0) {
    ConntrackStatLines lines;
    add_lines(capture, file.bytes, [&](std::string_view line) { return lines.add(line); });
    counters = lines.counters();
    entries = entries ? entries : lines.entries();
  } else if (count.number) {
    answer = "netlink";
    capture.source = "netlink+proc";
    error = dump_answers(
      context, capture, "ctnetlink-statistics", ctnetlink_statistics(), [&] { counters.clear(); },
      [&](std::span<const std::byte> payload) { return add_statistics_message(counters, payload); });
  }
  context.end(capture);
  const std::string status = format_status(status_of_error(error));
  capture.coverage = "counters=" + (error == 0 ? std::string(answer) : status);
  if (error != 0 && !entries) {
    context.keep_missing(std::move(capture), status_of_error(error),
                         status_of_error(error) == CaptureStatus::absent
                           ? "this network namespace has no connection tracking"
                           : "counters not readable: " + error_text(error));
    return;
  }
  if (error != 0) {
    counters.clear();
    mark_partial(capture, "counters not readable: " + error_text(error));
  }
  ConntrackStatRows rows(conntrack_statistics);
  add_level(rows, "entries", entries);
  add_level(rows, "max", read_number_file(context.system(), max_file).number);
  for (const auto& [name, value] : counters) {
    rows.add({"", name, value, std::nullopt});
  }
  context.keep(std::move(capture), std::move(rows).build());
}

} // namespace

void read_connection_tracking(ReadContext& context) {
  const NumberRead count = read_number_file(context.system(), count_file);
  read_flows(context, count);
  read_expectations(context, count);
  read_statistics(context, count);
}

} // namespace hindstat
