// SPDX-License-Identifier: MIT
// Tables that are read from files of /proc/net alone.
#include "recorder/readers/proc_table_reader.h"

#include "recorder/readers/proc_net_igmp.h"
#include "recorder/readers/proc_net_snmp.h"
#include "recorder/readers/proc_net_sockstat.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

template <typename Definition>
class ProcTable {
public:
  using Rows = TableBuilder<Definition>;

  ProcTable(ReadContext& context, const Definition& definition)
    : context_(context), capture_(context.begin(definition.name(), "proc")), rows_(definition) {
  }

  /// Reads /proc/net/`name`; `add_text(rows, capture, text)` adds what it says.
  template <typename AddText>
  void read(std::string_view name, AddText&& add_text) {
    const FileRead file = context_.system().read_file(("/proc/net/" + std::string(name)).c_str());
    std::string answer = "proc";
    if (file.error == 0) {
      found_ = true;
      add_text(rows_, capture_, file.bytes);
    } else {
      answer = note_error(name, file.error);
    }
    capture_.coverage += (capture_.coverage.empty() ? "" : " ") + std::string(name) + "=" + answer;
  }

  void keep() {
    context_.end(capture_);
    if (found_) {
      context_.keep(std::move(capture_), std::move(rows_).build());
    } else {
      context_.keep_missing(std::move(capture_), status_of_error(error_),
                            "/proc/net does not answer: " + error_text(error_));
    }
  }

private:
  std::string note_error(std::string_view name, int error) {
    error_ = error_ == 0 ? error : error_;
    const CaptureStatus status = status_of_error(error);
    if (status != CaptureStatus::absent) { // A kernel without that protocol has nothing to tell.
      mark_partial(capture_, std::string(name) + " not readable: " + error_text(error));
    }
    return format_status(status);
  }

  ReadContext& context_;
  Capture capture_;
  Rows rows_;
  bool found_ = false;
  int error_ = 0;
};

/// Adds every line by `add_line(rows, line)`.
template <typename AddLine>
auto by_line(AddLine add_line) {
  return [add_line](auto& rows, Capture& capture, std::string_view text) mutable {
    Lines lines(text);
    while (const auto line = lines.next()) {
      const Verdict verdict = add_line(rows, *line);
      if (verdict != Verdict::skipped) { // Headings are no records.
        count_verdict(capture, verdict, [&] { return *line; });
      }
    }
  };
}

/// Lines come in pairs; one without its partner is passed over, and the next may begin a pair again.
void add_counter_groups(CounterRows& rows, Capture& capture, std::string_view text) {
  Lines lines(text);
  auto names = lines.next();
  while (names) {
    const auto values = lines.next();
    const bool is_pair = values && counter_group(*names) == counter_group(*values);
    count_verdict(capture, is_pair ? add_counter_group(rows, *names, *values) : Verdict::rejected, [&] {
      const std::string_view group = counter_group(*names);
      return group.empty() ? *names : group;
    });
    names = is_pair ? lines.next() : values;
  }
}

} // namespace

void read_protocol_counters(ReadContext& context) {
  ProcTable table(context, protocol_counters);
  table.read("snmp", add_counter_groups);
  table.read("netstat", add_counter_groups);
  table.read("snmp6", by_line(add_counter6));
  table.keep();
}

void read_socket_statistics(ReadContext& context) {
  ProcTable table(context, socket_statistics);
  table.read("sockstat", by_line(add_socket_statistics));
  table.read("sockstat6", by_line(add_socket_statistics));
  table.keep();
}

void read_multicast_groups(ReadContext& context) {
  ProcTable table(context, multicast_groups);
  const std::uint64_t boottime_ms = context.boottime_ms();
  table.read("igmp", by_line([lines = IgmpLines(boottime_ms)](MulticastRows& rows, std::string_view line) mutable {
               return lines.add(rows, line);
             }));
  table.read("igmp6", by_line([boottime_ms](MulticastRows& rows, std::string_view line) {
               return add_igmp6_line(rows, line, boottime_ms);
             }));
  table.keep();
}

} // namespace hindstat
