// SPDX-License-Identifier: MIT
// A damaged file is not opened as it is: a copy of it gets back what every store begins with and the length that it
// says to have (what is missing reads as zeros), and its indexes are made anew where their tables can be read. Then
// each snapshot is asked for by its own id, so that a damaged page costs what is on it and no more.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "base/unique_fd.h"
#include "store/connection.h"
#include "store/file_header.h"
#include "store/limits.h"
#include "store/merge.h"
#include "store/notes.h"
#include "store/transfer.h"

namespace hindstat {

namespace {

// The copy to work on, gone afterwards.
class WorkingCopy {
public:
  WorkingCopy(const std::string& from, const std::string& beside) : path_(beside + ".salvage") {
    const UniqueFd in = open_to_look(resolve_directory(from), from);
    struct stat status {};
    if (::fstat(in.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      throw Error(fmt::format("{}: is no regular file", from));
    }
    if (status.st_size < 512) {
      throw Error(fmt::format("{}: has {} bytes: nothing can be saved", from, status.st_size));
    }
    copy(in, path_);
    const int journal = ::open((from + "-journal").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (journal >= 0) {
      copy(UniqueFd(journal), path_ + "-journal");
    }
    repair(status.st_size);
  }
  ~WorkingCopy() {
    ::unlink(path_.c_str());
    ::unlink((path_ + "-journal").c_str());
  }
  WorkingCopy(const WorkingCopy&) = delete;
  WorkingCopy& operator=(const WorkingCopy&) = delete;

  [[nodiscard]] const std::string& path() const {
    return path_;
  }

private:
  [[noreturn]] static void fail(const std::string& path) {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    throw Error(fmt::format("{}: {}", path, std::strerror(errno)), full ? ExitCode::try_again : ExitCode::trouble);
  }

  static void copy(const UniqueFd& in, const std::string& to) {
    const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out) {
      fail(to);
    }
    std::vector<char> buffer(1 << 20);
    for (;;) {
      const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
      if (got == 0) {
        return;
      }
      if (got < 0) {
        if (errno == EIO) { // A bad sector: the rest is what is lost.
          return;
        }
        fail(to);
      }
      for (ssize_t done = 0; done < got;) {
        const ssize_t put = ::write(out.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
        if (put < 0) {
          fail(to);
        }
        done += put;
      }
    }
  }

  void repair(std::int64_t size) const {
    const UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) {
      fail(path_);
    }
    std::array<char, 100> header{};
    if (::pread(fd.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) {
      fail(path_);
    }
    // https://www.sqlite.org/fileformat.html#the_database_header, as every store begins: magic, pages of 4096 bytes,
    // journal mode, fractions; UTF-8; the format and whose it is.
    constexpr std::string_view begin("SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20", 24);
    std::ranges::copy(begin, header.begin());
    constexpr std::array<std::pair<std::size_t, std::uint32_t>, 3> numbers{
      {{56, 1}, {60, store_format}, {68, store_application_id}}};
    for (const auto& [at, number] : numbers) {
      for (std::size_t i = 0; i < 4; ++i) {
        header[at + i] = static_cast<char>(number >> (24 - 8 * i) & 0xFF);
      }
    }
    std::uint64_t pages = 0;
    for (std::size_t i = 28; i < 32; ++i) {
      pages = pages << 8 | static_cast<unsigned char>(header[i]);
    }
    // A hostile count would make a file without end, were it not sparse; one that says less would hide pages.
    constexpr std::int64_t page = 4096;
    const std::int64_t whole = (size + page - 1) / page;
    const std::int64_t wanted = std::clamp<std::int64_t>(static_cast<std::int64_t>(pages), whole, 1024 * whole);
    for (std::size_t i = 0; i < 4; ++i) {
      header[28 + i] = static_cast<char>(wanted >> (24 - 8 * i) & 0xFF);
    }
    std::ranges::copy_n(header.begin() + 24, 4, header.begin() + 92); // The count of pages is valid.
    if (::pwrite(fd.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())
        || ::ftruncate(fd.get(), wanted * page) != 0) {
      fail(path_);
    }
  }

  std::string path_;
};

// Runs `work`; what it throws for damage is `lost`.
template <typename Work>
bool tried(std::vector<std::string>& lost, const std::string& what, Work&& work) {
  try {
    work();
    return true;
  } catch (const Error& e) {
    if (e.code() == ExitCode::try_again) {
      throw;
    }
    lost.push_back(what.empty() ? std::string(e.what()) : fmt::format("{}: {}", what, e.what()));
  } catch (const SQLite::Exception& e) {
    lost.push_back(fmt::format("{}: {}", what, escape_terminal(e.what())));
  }
  return false;
}

// Every id that a scan from the front, one from the back, and asking between them find.
std::set<std::int64_t> find_ids(SQLite::Database& database) {
  std::set<std::int64_t> ids;
  std::vector<std::string> ignored;
  std::int64_t front = 0;
  const bool complete = tried(ignored, "", [&] {
    SQLite::Statement select(database, "SELECT id FROM snapshot NOT INDEXED ORDER BY id");
    while (select.executeStep()) {
      front = select.getColumn(0).getInt64();
      ids.insert(front);
    }
  });
  if (complete) {
    return ids;
  }
  std::int64_t back = front;
  tried(ignored, "", [&] {
    SQLite::Statement select(database, "SELECT id FROM snapshot NOT INDEXED ORDER BY id DESC");
    while (select.executeStep() && select.getColumn(0).getInt64() > front) {
      back = select.getColumn(0).getInt64();
      ids.insert(back);
    }
  });
  constexpr std::int64_t most_asked = 1'000'000;
  const std::int64_t end = back > front ? back : front + 10'000;
  tried(ignored, "", [&] {
    SQLite::Statement select(database, "SELECT id FROM snapshot NOT INDEXED WHERE id = ?");
    for (std::int64_t id = front + 1; id < end && id - front < most_asked; ++id) {
      select.tryReset();
      select.bind(1, id);
      if (select.tryExecuteStep() == SQLITE_ROW) {
        ids.insert(id);
      }
    }
  });
  return ids;
}

class Salvager {
public:
  Salvager(Connection& from, Connection& to) : from_(&from), to_(&to) {
  }

  Salvage run() {
    const std::vector<SnapshotRecord> records = find_records();
    to_->run([&] {
      SQLite::Transaction writing(to_->database(), SQLite::TransactionBehavior::IMMEDIATE);
      {
        Transfer transfer(from_->database(), to_->database());
        for (const SnapshotRecord& record : records) {
          save(record, transfer);
        }
        save_tombstones(transfer.to());
        save_notes();
      }
      writing.commit();
    });
    return std::move(salvage_);
  }

private:
  std::vector<SnapshotRecord> find_records() {
    for (const char* index :
         {"snapshot", "block", "host", "boot", "layout", "tombstone", "mark", "pin", "gap", "setting"}) {
      std::vector<std::string> ignored; // Then what is there is tried as it is.
      tried(ignored, index, [&] { from_->database().exec(fmt::format("REINDEX {}", index)); });
    }
    StoreSide side(from_->database());
    std::vector<SnapshotRecord> records;
    for (const std::int64_t id : find_ids(from_->database())) {
      tried(salvage_.lost, "", [&] {
        if (auto record = side.records.find_snapshot(id)) {
          records.push_back(std::move(*record));
        }
      });
    }
    std::ranges::sort(records, [](const SnapshotRecord& a, const SnapshotRecord& b) {
      return std::pair(a.boot_id, a.sequence) < std::pair(b.boot_id, b.sequence);
    });
    return records;
  }

  void save(const SnapshotRecord& record, Transfer& transfer) {
    tried(salvage_.lost, fmt::format("snapshot {}", record.id), [&] {
      if (transfer.to().records.find_uid(record.uid)) {
        return;
      }
      for (const LostTable& lost : transfer.copy_sound(record)) {
        salvage_.lost.push_back(
          fmt::format("snapshot {}, table {}: {}", record.id, escape_terminal(lost.table), lost.reason));
      }
      ++salvage_.snapshots;
      if (record.previous) {
        previous_.emplace_back(record, *record.previous);
        previous_.back().first.captures.clear();
      }
    });
  }

  void save_tombstones(StoreSide& to) {
    StoreSide side(from_->database());
    std::vector<std::string> uids;
    tried(salvage_.lost, "tombstones", [&] {
      SQLite::Statement select(from_->database(), "SELECT uid FROM tombstone NOT INDEXED");
      while (select.executeStep()) {
        uids.push_back(select.getColumn(0).getString());
      }
    });
    for (const std::string& uid : uids) {
      tried(salvage_.lost, "", [&] {
        if (const auto stone = side.records.find_tombstone(uid)) {
          to.records.merge_tombstone(*stone);
        }
      });
    }
    for (const auto& [record, uid] : previous_) {
      if (!to.records.find_uid(uid) && !to.records.find_tombstone(uid)) {
        TombstoneRecord stone = tombstone_of(record, lost_reason, record.info.clocks.realtime_ns);
        stone.uid = uid;
        stone.previous.reset();
        stone.sequence = 0;
        to.records.merge_tombstone(stone);
      }
    }
  }

  void save_notes() {
    tried(salvage_.lost, "marks, pins and gaps", [&] {
      StoreNotes notes = Notes(from_->database()).load();
      salvage_.lost.insert(salvage_.lost.end(), notes.damage.begin(), notes.damage.end());
      Notes(to_->database()).merge(notes);
    });
    tried(salvage_.lost, "settings", [&] { store_limits(to_->database(), load_limits(from_->database())); });
  }

  Connection* from_;
  Connection* to_;
  Salvage salvage_;
  std::vector<std::pair<SnapshotRecord, std::string>> previous_; // What was saved, and the uid before it.
};

} // namespace

Salvage salvage_store(const std::string& from_path, const std::string& to_path) {
  struct stat status {};
  if (::lstat(to_path.c_str(), &status) == 0) {
    throw Error(fmt::format("{}: is there already; what is saved goes into a new file", to_path));
  }
  const WorkingCopy copy(from_path, to_path);
  try {
    Connection from(copy.path(), Connection::Mode::salvage);
    Connection to(to_path, Connection::Mode::write, default_file_mode, "nothing was saved");
    Salvage salvage = Salvager(from, to).run();
    if (salvage.snapshots == 0) {
      throw Error(fmt::format("{}: no snapshot could be saved{}{}", from_path, salvage.lost.empty() ? "" : ": ",
                              salvage.lost.empty() ? "" : salvage.lost.front()));
    }
    return salvage;
  } catch (...) {
    ::unlink(to_path.c_str());
    throw;
  }
}

} // namespace hindstat
