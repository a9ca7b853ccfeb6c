// SPDX-License-Identifier: MIT
// Pages that removing leaves empty stay in the file until `PRAGMA incremental_vacuum` moves pages from its end into
// them; each step of it is a transaction, so that its journal stays small.
#include "store/retention.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "store/disk_space.h"
#include "store/notes.h"
#include "store/records.h"
#include "store/removal.h"

namespace hindstat {

namespace {

// Removed in one transaction: each packs at most one keyframe a table anew.
constexpr std::uint64_t batch = 512;

// Beside a recording. Whatever goes, the rest of the chains that it is cut from is packed anew: up to as many blocks.
constexpr PruneBound bound_beside_recording{128, 128, 2048};

// What is beyond a limit by so much is due, and a file that is pruned for its size becomes smaller by as much.
constexpr std::uint64_t slack_share = 32;

std::uint64_t pragma(SQLite::Database& database, const char* sql) {
  return static_cast<std::uint64_t>(database.execAndGet(sql).getInt64());
}

// The rule that decides for a snapshot of this age: the last that applies. nullptr: none does.
const Thinning* find_rule(const std::vector<Thinning>& rules, std::int64_t age_ns) {
  const Thinning* found = nullptr;
  for (const Thinning& rule : rules) {
    found = age_ns > rule.after_ns ? &rule : found;
  }
  return found;
}

// Overwriting what goes would write all of it into the journal, too; whoever wants it overwritten removes by id.
class WithoutOverwriting {
public:
  explicit WithoutOverwriting(SQLite::Database& database)
    : database_(&database), before_(database.execAndGet("PRAGMA secure_delete").getInt()) {
    database_->execAndGet("PRAGMA secure_delete = 0");
  }
  ~WithoutOverwriting() {
    try {
      database_->execAndGet("PRAGMA secure_delete = " + std::to_string(before_));
    } catch (const SQLite::Exception&) { // It is about this connection only.
    }
  }
  WithoutOverwriting(const WithoutOverwriting&) = delete;
  WithoutOverwriting& operator=(const WithoutOverwriting&) = delete;

private:
  SQLite::Database* database_;
  int before_;
};

} // namespace

FileSize load_file_size(SQLite::Database& database) {
  const std::uint64_t page = pragma(database, "PRAGMA page_size");
  return {page * pragma(database, "PRAGMA page_count"), page * pragma(database, "PRAGMA freelist_count"), page};
}

std::vector<Retention::Candidate> Retention::load_candidates() {
  if (const StoreNotes notes = Notes(*database_).load();
      std::ranges::any_of(notes.damage, [](const std::string& sentence) { return sentence.starts_with("pin "); })) {
    throw Error("a pin is damaged, so nothing is pruned (unpin what `hindstat-record verify` names, and pin anew)");
  }
  SQLite::Statement select(*database_, "SELECT s.id, b.host_id, s.realtime_ns, EXISTS (SELECT 1 FROM pin WHERE"
                                       " pin.uid = s.uid) FROM snapshot s JOIN boot b ON b.id = s.boot_id"
                                       " ORDER BY s.realtime_ns, s.id");
  std::vector<Candidate> found;
  while (select.executeStep()) {
    found.push_back({select.getColumn(0).getInt64(), select.getColumn(1).getInt64(), select.getColumn(2).getInt64(),
                     select.getColumn(3).getInt() != 0});
  }
  return found;
}

Retention::Plan Retention::make_plan(const Limits& limits, std::int64_t now_ns) {
  Plan plan;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> first_of; // Host and rule: the last moment kept for.
  for (const Candidate& candidate : load_candidates()) {
    // A clock that was wrong may have made it older than any clock can say, or put it into the future.
    const std::int64_t age_ns = candidate.realtime_ns < 0 ? now_ns : now_ns - candidate.realtime_ns;
    const bool expired = limits.keep_ns && age_ns > *limits.keep_ns;
    bool thinned = false;
    if (const Thinning* rule = find_rule(limits.thin, age_ns); rule != nullptr && !expired) {
      const std::int64_t moment = candidate.realtime_ns / rule->every_ns;
      const auto [it, is_first] = first_of.try_emplace({candidate.host_id, rule->after_ns}, moment);
      thinned = !is_first && it->second == moment;
      it->second = moment;
    }
    if (candidate.pinned) {
      plan.report.pinned += expired || thinned ? 1U : 0U;
    } else {
      (expired ? plan.expired : thinned ? plan.thinned : plan.rest).push_back(candidate);
    }
  }
  if (!plan.rest.empty()) {
    plan.rest.pop_back(); // The newest stays, whatever its size.
  }
  plan.report.bytes_before = load_file_size(*database_).bytes;
  return plan;
}

// How many bytes the file needs less when snapshots go, one after the other from the oldest on. The first block of a
// chain that stays becomes a keyframe: what the last keyframe before it took is not freed.
class Retention::Freed {
public:
  explicit Freed(SQLite::Database& database)
    : snapshot_(database, "SELECT boot_id, length(captures), captures_base IS NULL FROM snapshot WHERE id = ?"),
      blocks_(database, "SELECT layout_id, length(payload), base_id IS NULL FROM block WHERE snapshot_id = ?") {
  }

  void add(std::int64_t id) {
    constexpr std::int64_t no_layout = 0;
    constexpr std::int64_t row_bytes = 500; // Of a snapshot, and what its blocks have beside their payloads.
    snapshot_.reset();
    snapshot_.bind(1, id);
    if (!snapshot_.executeStep()) {
      return;
    }
    const std::int64_t boot = snapshot_.getColumn(0).getInt64();
    payload_bytes_ += row_bytes;
    add(boot, no_layout, snapshot_.getColumn(1).getInt64(), snapshot_.getColumn(2).getInt() != 0);
    blocks_.reset();
    blocks_.bind(1, id);
    while (blocks_.executeStep()) {
      add(boot, blocks_.getColumn(0).getInt64(), blocks_.getColumn(1).getInt64(), blocks_.getColumn(2).getInt() != 0);
    }
  }
  [[nodiscard]] std::uint64_t bytes() const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, payload_bytes_ - keyframe_bytes_));
  }

private:
  void add(std::int64_t boot, std::int64_t layout, std::int64_t bytes, bool keyframe) {
    payload_bytes_ += bytes;
    if (keyframe) {
      std::int64_t& last = last_keyframes_[{boot, layout}];
      keyframe_bytes_ += bytes - last;
      last = bytes;
    }
  }

  SQLite::Statement snapshot_;
  SQLite::Statement blocks_;
  std::int64_t payload_bytes_ = 0;
  std::int64_t keyframe_bytes_ = 0;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> last_keyframes_; // By boot row and layout.
};

PruneReport Retention::plan(const Limits& limits, std::int64_t now_ns) {
  const Plan plan = make_plan(limits, now_ns);
  PruneReport report = plan.report;
  const FileSize size = load_file_size(*database_);
  Freed freed(*database_);
  const std::uint64_t used_before = size.bytes - size.free_bytes;
  std::uint64_t used = used_before;
  const auto take = [&](const Candidate& candidate) {
    freed.add(candidate.id);
    used = used_before - std::min(used_before, freed.bytes());
    report.first_ns =
      report.snapshots() == 0 ? candidate.realtime_ns : std::min(report.first_ns, candidate.realtime_ns);
    report.last_ns = report.snapshots() == 0 ? candidate.realtime_ns : std::max(report.last_ns, candidate.realtime_ns);
  };
  for (const Candidate& candidate : plan.expired) {
    take(candidate);
    ++report.expired;
  }
  for (const Candidate& candidate : plan.thinned) {
    take(candidate);
    ++report.thinned;
  }
  for (const Candidate& candidate : plan.rest) {
    if (!limits.max_bytes || used <= *limits.max_bytes) {
      break;
    }
    take(candidate);
    ++report.for_size;
  }
  report.bytes_after = used;
  report.is_too_large = limits.max_bytes && used > *limits.max_bytes;
  return report;
}

void Retention::remove_batch(const std::set<std::int64_t>& ids, std::string_view reason, std::int64_t now_ns) {
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  remove_snapshots(*database_, ids, reason, now_ns);
  // Of each run of snapshots that were pruned one after the other only the last is remembered, to which the next one
  // that is there refers: they would be what fills the file in the end. The last of each boot tells the sequence. Where
  // the newest snapshot went, too, all stay: they account for the ids that were given out.
  SQLite::Statement forget(*database_,
                           "WITH last AS (SELECT boot_id, max(sequence) AS sequence FROM (SELECT boot_id, sequence FROM"
                           " tombstone UNION ALL SELECT boot_id, sequence FROM snapshot) GROUP BY boot_id)"
                           " DELETE FROM tombstone WHERE reason IN (?, ?) AND sequence < (SELECT sequence FROM last"
                           " WHERE last.boot_id = tombstone.boot_id) AND NOT EXISTS (SELECT 1 FROM snapshot s WHERE"
                           " s.boot_id = tombstone.boot_id AND s.sequence = tombstone.sequence + 1) AND (SELECT max(id)"
                           " FROM snapshot) = (SELECT seq FROM sqlite_sequence WHERE name = 'snapshot')");
  forget.bind(1, std::string(pruned_reason));
  forget.bind(2, std::string(thinned_reason));
  forget.exec();
  transaction.commit();
}

// Returns how many went.
std::uint64_t Retention::remove(const std::vector<Candidate>& candidates, std::string_view reason, std::int64_t now_ns,
                                std::uint64_t most, PruneReport& report) {
  constexpr std::uint64_t plenty = 67'108'864;
  const std::uint64_t count = std::min<std::uint64_t>(most, candidates.size());
  std::uint64_t removed = 0;
  while (removed < count) {
    // What goes is in the journal until the transaction is committed.
    const auto space = find_disk_space(path_);
    const std::uint64_t room = space ? space->available / 4 : plenty;
    std::set<std::int64_t> ids;
    Freed freed(*database_);
    for (; ids.size() < batch && removed < count; ++removed) {
      const Candidate& candidate = candidates[removed];
      freed.add(candidate.id);
      if (!ids.empty() && freed.bytes() > room) {
        break;
      }
      ids.insert(candidate.id);
      report.first_ns = report.first_ns == 0 ? candidate.realtime_ns : std::min(report.first_ns, candidate.realtime_ns);
      report.last_ns = report.last_ns == 0 ? candidate.realtime_ns : std::max(report.last_ns, candidate.realtime_ns);
    }
    remove_batch(ids, reason, now_ns);
    if (room < plenty) {
      vacuum(~std::uint64_t{0}); // The next one may need it.
    }
  }
  report.is_partial = report.is_partial || removed < candidates.size();
  return removed;
}

void Retention::remove_for_size(const Plan& plan, std::uint64_t max_bytes, std::int64_t now_ns, std::uint64_t most,
                                PruneReport& report) {
  std::uint64_t next = 0;
  for (std::size_t least = 1;; least *= 2) {
    const FileSize size = load_file_size(*database_);
    const std::uint64_t used = size.bytes - size.free_bytes;
    if (used <= max_bytes) {
      return;
    }
    if (next == plan.rest.size()) {
      report.is_too_large = true;
      return;
    }
    if (next >= most) {
      report.is_partial = true;
      return;
    }
    // What is packed anew may take more than was foreseen: then another round follows. Each packs the rest of the
    // chains anew, so that many rounds of a snapshot each would cost more than all else.
    std::vector<Candidate> oldest;
    Freed freed(*database_);
    for (; next < plan.rest.size() && next < most && oldest.size() < batch
           && (oldest.size() < least || freed.bytes() < used - max_bytes);
         ++next) {
      oldest.push_back(plan.rest[next]);
      freed.add(plan.rest[next].id);
    }
    report.for_size += remove(oldest, pruned_reason, now_ns, batch, report);
  }
}

// Whether all empty pages are gone.
bool Retention::vacuum(std::uint64_t most_pages) {
  constexpr std::uint64_t least_step = 8;
  constexpr std::uint64_t most_step = 4096;
  std::uint64_t done = 0;
  while (true) {
    const FileSize before = load_file_size(*database_);
    if (before.free_bytes == 0) {
      return true;
    }
    if (done >= most_pages) {
      return false;
    }
    // The pages that go are in the journal until the step is committed.
    const auto space = find_disk_space(path_);
    const std::uint64_t room = space ? space->available / 4 / before.page_size : most_step;
    const std::uint64_t step = std::min(std::clamp(room, least_step, most_step), most_pages - done);
    database_->exec("PRAGMA incremental_vacuum(" + std::to_string(step) + ")");
    const FileSize after = load_file_size(*database_);
    if (after.free_bytes >= before.free_bytes) {
      return false; // A file that was made without auto_vacuum: its empty pages are used again, but stay.
    }
    done += (before.bytes - after.bytes) / before.page_size;
  }
}

PruneReport Retention::run(const Limits& limits, std::int64_t now_ns, const PruneBound& bound) {
  const WithoutOverwriting faster(*database_);
  const Plan plan = make_plan(limits, now_ns);
  PruneReport report = plan.report;
  report.expired = remove(plan.expired, pruned_reason, now_ns, bound.snapshots, report);
  report.thinned = remove(plan.thinned, thinned_reason, now_ns, bound.snapshots - report.snapshots(), report);
  if (limits.max_bytes) {
    remove_for_size(plan, *limits.max_bytes, now_ns, bound.for_size - std::min(bound.for_size, report.snapshots()),
                    report);
  }
  report.is_partial = !vacuum(bound.pages) || report.is_partial;
  report.bytes_after = load_file_size(*database_).bytes;
  return report;
}

// What the next recording may need in the file: as much as the largest of those that a chain is made of, because some
// of its keyframes may be due, too.
std::uint64_t Retention::foreseen_growth(std::uint64_t expected) {
  constexpr std::uint64_t changed_pages = 8;
  SQLite::Statement select(*database_, "SELECT max(bytes) FROM (SELECT length(captures) + coalesce((SELECT"
                                       " sum(length(payload)) FROM block WHERE snapshot_id = s.id), 0) AS bytes FROM"
                                       " snapshot s ORDER BY s.id DESC LIMIT 128)");
  const auto largest = select.executeStep() ? static_cast<std::uint64_t>(select.getColumn(0).getInt64()) : 0;
  const std::uint64_t bytes = std::max(expected, largest);
  return bytes + bytes / 8 + changed_pages * load_file_size(*database_).page_size;
}

bool Retention::is_due(const Limits& limits, std::int64_t now_ns, std::uint64_t growth) {
  const FileSize size = load_file_size(*database_);
  if (size.free_bytes > size.bytes / slack_share
      || (limits.max_bytes && std::max(size.bytes, size.bytes - size.free_bytes + growth) > *limits.max_bytes)) {
    return true;
  }
  // Every so many recordings all are looked at; between them the first says whether much is too old.
  constexpr std::int64_t every = 16;
  SQLite::Statement select(*database_, "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'snapshot'), realtime_ns"
                                       " FROM snapshot ORDER BY id LIMIT 1");
  if (!select.executeStep()) {
    return false;
  }
  const std::int64_t age_ns = now_ns - select.getColumn(1).getInt64();
  return select.getColumn(0).getInt64() % every == 0
         || (limits.keep_ns && age_ns > *limits.keep_ns
             && age_ns - *limits.keep_ns > *limits.keep_ns / std::int64_t{slack_share});
}

PruneReport Retention::run_beside_recording(const Limits& limits, std::int64_t now_ns, std::uint64_t expected) {
  const std::uint64_t growth = limits.max_bytes ? foreseen_growth(expected) : 0;
  if (limits.empty() || !is_due(limits, now_ns, growth)) {
    return {};
  }
  Limits goal = limits;
  if (goal.max_bytes) {
    const std::uint64_t slack = *goal.max_bytes / slack_share;
    *goal.max_bytes -= std::min(*goal.max_bytes, growth + slack);
  }
  PruneBound bound = bound_beside_recording;
  if (goal.max_bytes && load_file_size(*database_).bytes <= *limits.max_bytes) {
    bound.for_size = ~std::uint64_t{0}; // It stays below its limit: that is not more than the recording brings.
  }
  return run(goal, now_ns, bound);
}

} // namespace hindstat
