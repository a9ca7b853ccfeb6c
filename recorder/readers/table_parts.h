// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "recorder/netlink_message.h"
#include "recorder/read_context.h"
#include "recorder/text_fields.h"

namespace hindstat {

/// What came of asking one witness for one part of a table.
struct PartRead {
  int error = 0;         ///< 0 or an errno value; with one, nothing of what was added is kept.
  bool has_gaps = false; ///< Rows are known to be missing; the capture's detail says which.
};

/// Adds "label=answer" to what the capture says of its sources.
void add_coverage(Capture& capture, std::string_view label, std::string_view answer);

/// Who told the parts of one table, for its capture.
class PartAnswers {
public:
  /// `witness` is "netlink" or "proc".
  void add_told(Capture& capture, std::string_view label, std::string_view witness, bool has_gaps);
  /// `error`: why none did. That a part is absent is no doubt about the rest, but for one that every kernel has.
  void add_missing(Capture& capture, std::string_view label, int error, bool in_every_kernel);

  [[nodiscard]] bool any() const {
    return netlink_ || proc_;
  }
  /// "netlink", "proc" or "netlink+proc".
  [[nodiscard]] std::string source() const;
  /// The error that weighs most: with one that is denied or failed there might have been rows.
  [[nodiscard]] int error() const {
    return error_;
  }

private:
  bool netlink_ = false;
  bool proc_ = false;
  int error_ = 0;
};

/// Reads one table of several parts (families, protocols, files), each told by one witness or two: netlink and a file.
/// Rows is a TableBuilder or what has its size(), truncate() and build().
template <typename Rows>
class TableParts {
public:
  struct Witness {
    std::string_view name; ///< "netlink" or "proc".
    std::function<PartRead(Rows& rows, Capture& capture)> read;
  };

  TableParts(ReadContext& context, std::string_view table, Rows rows)
    : context_(context), capture_(context.begin(table, "")), rows_(std::move(rows)) {
  }

  /// The first witness that answers tells the part; where none does, the reason is that of the file, which a kernel
  /// lacks when it lacks the part.
  void read(std::string_view label, std::initializer_list<Witness> witnesses, bool in_every_kernel = false) {
    bool told = false;
    int error = 0;
    for (const Witness& witness : witnesses) {
      if (told && !context_.all_witnesses()) {
        break;
      }
      const std::size_t size_before = rows_.size();
      Capture capture_before = capture_;
      const PartRead answer = witness.read(rows_, capture_);
      if (told || answer.error != 0) {
        rows_.truncate(size_before);
        capture_ = std::move(capture_before);
      } else {
        told = true;
        answers_.add_told(capture_, label, witness.name, answer.has_gaps);
      }
      error = pick_error(error, answer.error, witness.name == "proc", in_every_kernel);
    }
    if (!told) {
      answers_.add_missing(capture_, label, error, in_every_kernel);
    }
  }

  /// The same of a part that few kernels have: that this one lacks it is not worth a word in the coverage.
  void read_seldom(std::string_view label, std::initializer_list<Witness> witnesses) {
    const std::string coverage_before = capture_.coverage;
    read(label, witnesses);
    if (capture_.coverage.ends_with("=absent")) {
      capture_.coverage = coverage_before;
    }
  }

  /// What was read so far.
  [[nodiscard]] Rows& rows() {
    return rows_;
  }

  /// One more word for the capture's coverage.
  void add_coverage(std::string_view label, std::string_view answer) {
    hindstat::add_coverage(capture_, label, answer);
  }

  /// Hands the table to the context; `unanswered` is the detail when no part was told: "neither X nor Y answers".
  void keep(std::string_view unanswered) && {
    context_.end(capture_);
    capture_.source = answers_.source();
    if (answers_.any()) {
      context_.keep(std::move(capture_), std::move(rows_).build());
      return;
    }
    const int error = answers_.error();
    context_.keep_missing(std::move(capture_), status_of_error(error),
                          std::string(unanswered) + ": " + error_text(error));
  }

private:
  /// The file's error, but for a part that every kernel has: where its file is absent, what else went wrong counts.
  static int pick_error(int before, int error, bool is_of_file, bool in_every_kernel) {
    const bool says_nothing = !is_of_file || (in_every_kernel && status_of_error(error) == CaptureStatus::absent);
    return before != 0 && says_nothing ? before : error;
  }

  ReadContext& context_;
  Capture capture_;
  Rows rows_;
  PartAnswers answers_;
};

/// Adds what the messages of type `reply` of a dump say: add(payload, boottime_ms) gives the Verdict on one of them;
/// timers count from `boottime_ms`, when the dump began. Returns 0 or an errno value.
template <typename Rows, typename AddMessage>
[[nodiscard]] int read_dump(ReadContext& context, const NetlinkRequest& request, std::uint16_t reply, Rows& rows,
                            Capture& capture, AddMessage&& add) {
  const std::size_t size_before = rows.size();
  const Capture capture_before = capture;
  std::uint64_t boottime_ms = 0;
  const auto start_again = [&] {
    rows.truncate(size_before);
    capture = capture_before;
    boottime_ms = context.boottime_ms();
  };
  const auto sink = [&](std::span<const std::byte> datagram) {
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
      if (message->type == reply) {
        count_verdict(capture, add(message->payload, boottime_ms), [&] { return hex_example(message->payload); });
      }
    }
  };
  return context.dump(request, capture, start_again, sink).error;
}

/// The same of rtnetlink, whose messages have interfaces by their index: add(payload, names, boottime_ms).
template <typename Rows, typename AddMessage>
[[nodiscard]] int read_rtnetlink(ReadContext& context, const NetlinkRequest& request, std::uint16_t reply, Rows& rows,
                                 Capture& capture, AddMessage&& add) {
  const InterfaceNames& names = context.interfaces();
  const int error = read_dump(context, request, reply, rows, capture, [&](auto payload, std::uint64_t boottime_ms) {
    return add(payload, names, boottime_ms);
  });
  if (error == 0 && names.error != 0) {
    mark_partial(capture, "interface names not readable: " + error_text(names.error));
  }
  return error;
}

/// Adds what the lines of a text say: add(line) gives the Verdict on one of them.
template <typename AddLine>
void read_lines(std::string_view text, Capture& capture, AddLine&& add) {
  Lines lines(text);
  while (const auto line = lines.next()) {
    count_verdict(capture, add(*line), [&] { return *line; });
  }
}

} // namespace hindstat
