// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/namespaces.h"
#include "recorder/readers/interface_names.h"
#include "recorder/readers/rtnetlink_link.h"
#include "recorder/restraint.h"
#include "recorder/system.h"
#include "tables/snapshot.h"

namespace hindstat {

/// What became of one record of a source. A heading is no record and not counted; what is skipped belongs elsewhere.
enum class Verdict { kept, skipped, rejected, heading };

/// Counts `verdict` in the capture; `example()` gives the record as text and is called for the first rejected one.
template <typename Example>
void count_verdict(Capture& capture, Verdict verdict, Example&& example) {
  constexpr std::size_t longest_example = 200;
  capture.skipped += verdict == Verdict::skipped ? 1U : 0U;
  if (verdict == Verdict::rejected && capture.rejected++ == 0) {
    capture.example = std::string(example()).substr(0, longest_example);
  }
}

/// The bytes as hexadecimal digits, at most 100 of them: how a rejected message is shown.
[[nodiscard]] std::string hex_example(std::span<const std::byte> bytes);

/// absent for ENOENT and its kin, denied for EPERM and EACCES, late for ETIMEDOUT, failed for every other error.
[[nodiscard]] CaptureStatus status_of_error(int error);

/// "No such file or directory" and so on, for details; with the capability that would help where one is missing.
[[nodiscard]] std::string error_text(int error);

/// Makes the capture partial and adds a reason to its detail, where it is not said yet.
void mark_partial(Capture& capture, std::string_view reason);

/// One network namespace while its tables are being read. Readers take what they need from it and keep() what they
/// made.
class ReadContext {
public:
  ReadContext(const System& system, std::int64_t began_ns, std::future<OwnerScan> owners, bool all_witnesses)
    : system_(&system), began_ns_(began_ns), pending_owners_(std::move(owners)), all_witnesses_(all_witnesses) {
  }

  [[nodiscard]] const System& system() const {
    return *system_;
  }
  /// From now on captures say what `restraint`, which outlives the context, kept from being read. `system` is to be
  /// restrained by it.
  void obey(Restraint& restraint) {
    restraint_ = &restraint;
  }
  /// Whether what the kernel tells twice, by netlink and in a file, is to be read twice, for the bundle that it is
  /// read through; the tables take it from the first that answers all the same.
  [[nodiscard]] bool all_witnesses() const {
    return all_witnesses_;
  }
  /// A file that several readers need: read once, so that all of them see the same.
  [[nodiscard]] const FileRead& shared_file(const char* path);
  /// CLOCK_BOOTTIME now, in ms: what relative timers are added to.
  [[nodiscard]] std::uint64_t boottime_ms() const;

  /// The reply to RTM_GETLINK; asked for once, by the first reader that needs it.
  [[nodiscard]] const LinkDump& links();
  /// Names from links().
  [[nodiscard]] const InterfaceNames& interfaces();
  /// Waits for the owner scan, which runs beside the dumps.
  [[nodiscard]] const OwnerScan& owners();

  /// The time that one table may take begins now, and what was late before is forgotten. begin() does that, too.
  void begin_time() const;
  /// A capture of `table` that begins now, complete so far.
  [[nodiscard]] Capture begin(std::string_view table, std::string_view source) const;
  /// Sets took_us; to be called when the source has been read.
  void end(Capture& capture) const;

  /// A table that was collected. Rejected records make its capture partial.
  void keep(Capture capture, Table table);
  /// A table that was not.
  void keep_missing(Capture capture, CaptureStatus status, std::string detail);

  /// Repeats a dump while it is interrupted or the kernel had no room for the answer, three times at most;
  /// `start_again` drops the rows of a try. The capture is marked partial when the last try was interrupted too.
  template <typename StartAgain>
  [[nodiscard]] DumpEnd dump(const NetlinkRequest& request, Capture& capture, StartAgain&& start_again,
                             const DatagramSink& sink) {
    constexpr int most_tries = 3;
    DumpEnd end;
    for (int tries = 0; tries < most_tries; ++tries) {
      start_again();
      end = system_->netlink_dump(request, sink);
      const bool again = end.error == ENOBUFS || (end.error == 0 && end.interrupted);
      if (!again) {
        return end;
      }
    }
    if (end.error != 0) {
      return end;
    }
    mark_partial(capture, "interrupted: the table changed during the dump (3 tries)");
    return end;
  }

  /// Who told this part of a table in the recorder's own namespace: "netlink", "proc", "absent"; "" if not known.
  [[nodiscard]] std::string_view own_teller(std::string_view table, std::string_view label) const;

  /// Adds what was read in another namespace: its rows and captures get the name `netns`.
  void add_namespace(std::string_view netns, ReadContext other);

  std::vector<Table> tables;
  std::vector<Capture> captures;
  std::vector<KnownNamespace> namespaces; ///< Of the host; for readers of scope host.
  bool is_entered = false;                ///< It is another namespace than the recorder's own.
  bool tcp_info = false;                  ///< Whether table tcp_info was asked for.
  /// Coverage of each table in the recorder's own namespace, which is read first; empty while that one is read.
  std::map<std::string, std::string, std::less<>> own_coverage;
  /// Dumps that this kernel was found not to have: no other namespace is asked for them again.
  std::set<std::string, std::less<>> absent_dumps;

private:
  /// Adds what was late or not asked.
  void add_restraint(Capture& capture) const;

  const System* system_;
  Restraint* restraint_ = nullptr;
  std::int64_t began_ns_;
  std::future<OwnerScan> pending_owners_;
  std::optional<OwnerScan> owners_;
  std::optional<LinkDump> links_;
  std::optional<InterfaceNames> interfaces_;
  std::map<std::string, FileRead, std::less<>> files_;
  bool all_witnesses_;
};

} // namespace hindstat
