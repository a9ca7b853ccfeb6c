// SPDX-License-Identifier: MIT
#include "recorder/readers/unix_reader.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <algorithm>

#include "recorder/readers/table_parts.h"
#include "recorder/readers/unix_rows.h"

namespace hindstat {

namespace {

class UnixReader {
public:
  explicit UnixReader(ReadContext& context) : context_(context), capture_(context.begin(unix_sockets.name(), "")) {
  }

  void run() {
    // The file comes first: the reference counts must be at hand when the dump's rows are made.
    const FileRead file = context_.system().read_file("/proc/net/unix");
    const bool proc = file.error == 0;
    if (proc) {
      parse_file(file.bytes);
    }
    const Capture capture_before = capture_;
    // Another namespace's file that lists no socket leaves nothing to ask for.
    const bool empty = proc && context_.is_entered && lines_.empty() && capture_.rejected == 0
                       && context_.own_teller(unix_sockets.name(), "unix") == "netlink";
    const int netlink_error = empty ? 0 : read_netlink();
    const bool netlink = netlink_error == 0;
    if (!netlink) {
      rows_.truncate(0);
      capture_ = capture_before;
    }
    add_lines(!netlink);
    context_.end(capture_);
    capture_.source = netlink && proc ? "netlink+proc" : netlink ? "netlink" : "proc";
    capture_.coverage = "unix="
                        + (netlink ? "netlink"
                           : proc  ? "proc"
                                   : format_status(status_of_error(file.error)))
                        + " embryos=" + (proc ? "proc" : format_status(status_of_error(file.error)));
    if (!netlink && !proc) {
      context_.keep_missing(std::move(capture_), status_of_both(netlink_error, file.error),
                            "neither unix_diag nor /proc/net/unix answers: " + error_text(file.error));
      return;
    }
    if (!proc) {
      mark_partial(capture_, "reference counts and embryos not readable: " + error_text(file.error));
    }
    context_.keep(std::move(capture_), std::move(rows_).build());
  }

private:
  using References = std::pair<std::uint32_t, std::uint32_t>; // inode, reference count

  void parse_file(std::string_view text) {
    ProcUnixRecords records(text);
    while (const auto record = records.next()) {
      if (!record->socket) {
        count_verdict(capture_, Verdict::rejected, [&] { return record->text; });
        continue;
      }
      lines_.push_back(*record);
      references_.emplace_back(record->socket->inode, record->socket->references);
    }
    std::ranges::sort(references_);
  }

  int read_netlink() {
    const auto payload = unix_diag_request();
    const NetlinkRequest request{"sock_diag-unix", NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload, false};
    return read_dump(context_, request, SOCK_DIAG_BY_FAMILY, rows_, capture_,
                     [this](std::span<const std::byte> message, std::uint64_t) {
                       const auto socket = parse_unix_diag(message);
                       const bool kept = socket && rows_.add(*socket, find_references(socket->inode));
                       return kept ? Verdict::kept : Verdict::rejected;
                     });
  }

  /// Adds the file's sockets: all, or those that unix_diag cannot tell.
  void add_lines(bool all) {
    for (const ProcUnixRecord& line : lines_) {
      if (all || line.socket->inode == 0) {
        count_verdict(capture_, rows_.add(*line.socket) ? Verdict::kept : Verdict::rejected, [&] { return line.text; });
      }
    }
  }

  [[nodiscard]] std::optional<std::uint32_t> find_references(std::uint32_t inode) const {
    const auto found = std::ranges::lower_bound(references_, inode, {}, &References::first);
    return found != references_.end() && found->first == inode ? std::optional(found->second) : std::nullopt;
  }

  /// What keeps one of them from answering is worth more than that the other does not exist.
  static CaptureStatus status_of_both(int netlink_error, int proc_error) {
    const CaptureStatus status = status_of_error(proc_error);
    return status != CaptureStatus::absent ? status : status_of_error(netlink_error);
  }

  ReadContext& context_;
  Capture capture_;
  std::vector<ProcUnixRecord> lines_;
  std::vector<References> references_;
  UnixRows rows_;
};

} // namespace

void read_unix_sockets(ReadContext& context) {
  UnixReader(context).run();
}

} // namespace hindstat
