// SPDX-License-Identifier: MIT
#include "recorder/program/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/escape.h"
#include "cli/sizes.h"
#include "cli/tool.h"
#include "recorder/host_info.h"
#include "recorder/metronome.h"
#include "recorder/names/peer_names.h"
#include "recorder/program/progress.h"
#include "recorder/program/record.h"
#include "recorder/program/stop_signals.h"
#include "tables/beat.h"

namespace hindstat {

namespace {

constexpr std::int64_t ms_ns = 1'000'000;

class Watch {
public:
  explicit Watch(const RecordCommand& command)
    : command_(command), options_(record_options(command)), every_ns_(watch_interval_ns(command)),
      length_ns_(watch_length_ns(command)), system_(open_system(command)),
      names_(*system_, resolve_timeout_ns(command)), path_(store_to_write(command)), progress_(!command.verbose) {
  }

  ExitCode run() {
    Metronome metronome(boottime_now_ns(), every_ns_, length_ns_);
    while (const auto due_ns = metronome.next_due(boottime_now_ns())) {
      const auto beat = signals_.wait_until(*due_ns) ? metronome.take(boottime_now_ns()) : std::nullopt;
      if (!beat) {
        break;
      }
      record_beat(*beat);
    }
    progress_.finish();
    return lost_ == 0 ? ExitCode::success : ExitCode::try_again;
  }

private:
  void record_beat(const DueBeat& due) {
    skipped_ += due.skipped;
    skipped_in_all_ += due.skipped;
    try {
      store(take(due));
    } catch (const Error& error) {
      lose(error);
    }
  }

  Snapshot take(const DueBeat& due) {
    std::future<StoreWriter> opened;
    if (!writer_) {
      opened = open_store(path_, store_mode(command_), read_host_info(*system_, options_));
    }
    Snapshot snapshot = record_snapshot(*system_, options_);
    if (command_.resolve) {
      names_.add_to(snapshot);
    }
    add_beat(snapshot, due);
    if (opened.valid()) {
      writer_.emplace(opened.get());
    }
    return snapshot;
  }

  void add_beat(Snapshot& snapshot, const DueBeat& due) {
    const std::int64_t late_ns = std::max<std::int64_t>(snapshot.info.clocks.boottime_ns - due.due_ns, 0);
    late_in_all_ += late_ns > std::max(every_ns_ / 10, 10 * ms_ns) ? 1U : 0U;
    Beat row;
    row.every_ms = static_cast<std::uint64_t>(every_ns_ / ms_ns);
    row.late_ms = static_cast<std::uint64_t>(late_ns / ms_ns);
    row.skipped = static_cast<std::uint32_t>(std::min<std::uint64_t>(skipped_, UINT32_MAX));
    row.lost = lost_;
    Capture capture;
    capture.table = beats.name();
    capture.source = "watch";
    capture.rows = 1;
    snapshot.captures.push_back(std::move(capture));
    beats.append(snapshot.tables.emplace_back(beats.spec()), row);
  }

  void store(Snapshot snapshot) {
    const SnapshotId id = writer_->append({snapshot.info, std::move(snapshot.tables), snapshot.captures});
    ++stored_;
    if (lost_ != 0) {
      say(fmt::format("recording again; {} of the watch's snapshots could not be stored", lost_));
    }
    lost_in_all_ += lost_;
    skipped_ = 0;
    lost_ = 0;
    trouble_ = 0;
    last_said_.clear();
    say_unread_namespaces(snapshot);
    if (writer_->prune_trouble() != prune_trouble_) {
      prune_trouble_ = writer_->prune_trouble();
      if (!prune_trouble_.empty()) {
        say(prune_trouble_);
      }
    }
    show(snapshot, id);
  }

  // Called while `error` is handled. The store is opened anew at the next beat, as a recording of its own would.
  void lose(const Error& error) {
    writer_.reset();
    ++lost_;
    const bool noted = note_lost(path_, read_host_info(*system_, options_), error);
    trouble_ = error.code() == ExitCode::try_again ? 0 : trouble_ + 1;
    if (trouble_ > 1 || (trouble_ == 1 && stored_ == 0)) {
      progress_.clear();
      throw;
    }
    if (last_said_ != error.what()) {
      last_said_ = error.what();
      say(fmt::format("{}; {}the watch goes on", last_said_, noted ? "" : "that could not be noted either; "));
    }
  }

  void say_unread_namespaces(const Snapshot& snapshot) {
    const std::vector<std::string> unread = unread_namespaces(snapshot);
    for (const std::string& sentence : unread) {
      if (std::ranges::find(unread_said_, sentence) == unread_said_.end()) {
        say(sentence);
      }
    }
    unread_said_ = unread;
  }

  void say(const std::string& sentence) {
    progress_.clear();
    warn(record_tool, sentence);
  }

  void show(const Snapshot& snapshot, SnapshotId id) {
    if (command_.verbose) {
      print(format_summary(snapshot, id, *writer_, command_.viewer_zone()));
    }
    progress_.show(fmt::format("#{} {}  {} in {}  {} recorded, {} late, {} skipped, {} lost", id.value(),
                               format_time(snapshot.info.clocks.realtime_ns, command_.viewer_zone()),
                               format_size(writer_->appended_size().payload_bytes),
                               format_duration(snapshot.info.took_ns), stored_, late_in_all_, skipped_in_all_,
                               lost_in_all_));
  }

  const RecordCommand& command_;
  RecordOptions options_;
  std::int64_t every_ns_;
  std::optional<std::int64_t> length_ns_;
  StopSignals signals_; // Before anything that may start a thread.
  std::unique_ptr<System> system_;
  PeerNames names_; // What was asked for once is not asked for at every beat.
  std::string path_;
  Progress progress_;
  std::optional<StoreWriter> writer_;
  std::uint64_t skipped_ = 0; ///< Since the last snapshot that was stored.
  std::uint32_t lost_ = 0;    ///< Likewise.
  int trouble_ = 0;           ///< Beats in succession with trouble that waiting does not help.
  std::uint64_t stored_ = 0;
  std::uint64_t late_in_all_ = 0;
  std::uint64_t skipped_in_all_ = 0;
  std::uint64_t lost_in_all_ = 0;
  std::string last_said_;
  std::vector<std::string> unread_said_;
  std::string prune_trouble_; ///< Said last.
};

} // namespace

ExitCode watch(const RecordCommand& command) {
  if (!command.bundle.empty() || !command.save_bundle.empty()) {
    throw Error("watch records this machine: it takes neither --bundle nor --save-bundle");
  }
  return Watch(command).run();
}

} // namespace hindstat
