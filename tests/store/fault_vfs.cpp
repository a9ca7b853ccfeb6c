// SPDX-License-Identifier: MIT
#include "tests/store/fault_vfs.h"

#include <algorithm>
#include <utility>

namespace hindstat {

namespace {

constexpr std::size_t sector = 512;

// SQLite allocates the file of the real VFS right behind.
struct FaultFile {
  sqlite3_file base;
  FaultVfs* vfs;
  const char* path; ///< SQLite's: valid until it is closed; null for a temporary file.
  sqlite3_file* real;
};

FaultFile& fault_file(sqlite3_file* file) {
  return *reinterpret_cast<FaultFile*>(file);
}

sqlite3_file* real_file(sqlite3_file* file) {
  return fault_file(file).real;
}

int begin(sqlite3_file* file, DiskOperation operation) {
  const FaultFile& fault = fault_file(file);
  if (fault.path == nullptr) {
    return SQLITE_OK;
  }
  operation.path = fault.path;
  return fault.vfs->begin(std::move(operation));
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const std::string bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
  const auto at = static_cast<std::uint64_t>(offset);
  const int code = begin(file, {DiskOperation::Kind::write, {}, at, bytes, false});
  sqlite3_file* real = real_file(file);
  if (code != SQLITE_OK) {
    static_cast<void>(real->pMethods->xWrite(real, data, size / 2, offset));
    return code;
  }
  return real->pMethods->xWrite(real, data, size, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const int code = begin(file, {DiskOperation::Kind::truncate, {}, static_cast<std::uint64_t>(size), {}, false});
  return code != SQLITE_OK ? code : real_file(file)->pMethods->xTruncate(real_file(file), size);
}

int sync_file(sqlite3_file* file, int /*flags*/) {
  return begin(file, {DiskOperation::Kind::sync, {}, 0, {}, false});
}

int close_file(sqlite3_file* file) {
  return real_file(file)->pMethods->xClose(real_file(file));
}

int read_file(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  return real_file(file)->pMethods->xRead(real_file(file), data, size, offset);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real_file(file)->pMethods->xFileSize(real_file(file), size);
}

int lock_file(sqlite3_file* file, int level) {
  return real_file(file)->pMethods->xLock(real_file(file), level);
}

int unlock_file(sqlite3_file* file, int level) {
  return real_file(file)->pMethods->xUnlock(real_file(file), level);
}

int check_lock(sqlite3_file* file, int* result) {
  return real_file(file)->pMethods->xCheckReservedLock(real_file(file), result);
}

int control_file(sqlite3_file* file, int operation, void* argument) {
  return real_file(file)->pMethods->xFileControl(real_file(file), operation, argument);
}

int sector_size(sqlite3_file* file) {
  return real_file(file)->pMethods->xSectorSize(real_file(file));
}

int device_characteristics(sqlite3_file* file) {
  return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

const sqlite3_io_methods& io_methods() {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods made{};
    made.iVersion = 1; // No shared memory and no mapping: what is written goes through xWrite.
    made.xClose = close_file;
    made.xRead = read_file;
    made.xWrite = write_file;
    made.xTruncate = truncate_file;
    made.xSync = sync_file;
    made.xFileSize = file_size;
    made.xLock = lock_file;
    made.xUnlock = unlock_file;
    made.xCheckReservedLock = check_lock;
    made.xFileControl = control_file;
    made.xSectorSize = sector_size;
    made.xDeviceCharacteristics = device_characteristics;
    return made;
  }();
  return methods;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* faults = static_cast<FaultVfs*>(vfs->pAppData);
  FaultFile& fault = fault_file(file);
  fault = FaultFile{{nullptr}, faults, path, reinterpret_cast<sqlite3_file*>(&fault + 1)};
  sqlite3_vfs* real = faults->real();
  int exists = 1;
  if (path != nullptr && (flags & SQLITE_OPEN_CREATE) != 0) {
    real->xAccess(real, path, SQLITE_ACCESS_EXISTS, &exists);
  }
  if (exists == 0) {
    if (const int code = faults->begin({DiskOperation::Kind::create, path, 0, {}, false}); code != SQLITE_OK) {
      return code;
    }
  }
  const int code = real->xOpen(real, path, fault.real, flags, out_flags);
  if (code == SQLITE_OK) {
    fault.base.pMethods = &io_methods();
  }
  return code;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  auto* faults = static_cast<FaultVfs*>(vfs->pAppData);
  const int code = faults->begin({DiskOperation::Kind::remove, path, 0, {}, sync_directory != 0});
  return code != SQLITE_OK ? code : faults->real()->xDelete(faults->real(), path, 0);
}

void perform(const DiskOperation& operation, DiskContent& disk) {
  const auto file = disk.find(operation.path);
  switch (operation.kind) {
    case DiskOperation::Kind::create:
      disk[operation.path].clear();
      return;
    case DiskOperation::Kind::remove:
      disk.erase(operation.path);
      return;
    case DiskOperation::Kind::truncate:
      if (file != disk.end()) {
        file->second.resize(operation.offset);
      }
      return;
    case DiskOperation::Kind::write:
      if (file != disk.end()) {
        file->second.resize(std::max(file->second.size(), operation.offset + operation.bytes.size()));
        file->second.replace(operation.offset, operation.bytes.size(), operation.bytes);
      }
      return;
    case DiskOperation::Kind::sync:
      return;
  }
}

DiskOperation first_half(DiskOperation operation) {
  operation.bytes.resize(operation.bytes.size() / 2 / sector * sector);
  return operation;
}

} // namespace

FaultVfs::FaultVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.zName = "hindstat-faults";
  vfs_.szOsFile = static_cast<int>(sizeof(FaultFile)) + real_->szOsFile;
  vfs_.pAppData = this;
  vfs_.xOpen = open_file;
  vfs_.xDelete = delete_file;
  sqlite3_vfs_register(&vfs_, 1);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

void FaultVfs::fail_at(std::size_t operation, Failing failing, bool disk_full) {
  heal();
  fail_at_ = operation;
  failing_ = failing;
  disk_full_ = disk_full;
}

void FaultVfs::heal() {
  operations_.clear();
  fail_at_ = 0;
  failed_ = false;
}

int FaultVfs::begin(DiskOperation operation) {
  const DiskOperation::Kind kind = operation.kind;
  operations_.push_back(std::move(operation));
  const std::size_t number = operations_.size();
  const bool fails = fail_at_ != 0 && (failing_ == Failing::once ? number == fail_at_ : number >= fail_at_);
  // A full disk still lets files be removed, cut and synced.
  const bool needs_space = kind == DiskOperation::Kind::create || kind == DiskOperation::Kind::write;
  if (!fails || (disk_full_ && !needs_space)) {
    return SQLITE_OK;
  }
  failed_ = true;
  switch (kind) {
    case DiskOperation::Kind::create:
      return SQLITE_CANTOPEN;
    case DiskOperation::Kind::write:
      return disk_full_ ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case DiskOperation::Kind::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case DiskOperation::Kind::sync:
      return SQLITE_IOERR_FSYNC;
    case DiskOperation::Kind::remove:
      break;
  }
  return SQLITE_IOERR_DELETE;
}

namespace {

bool is_of_name(const DiskOperation& operation) {
  return operation.kind == DiskOperation::Kind::create || operation.kind == DiskOperation::Kind::remove;
}

/// Files as they are on the disk for certain, and what may be there besides.
struct Durable {
  DiskContent disk;
  std::vector<DiskOperation> pending;

  template <typename Which>
  void settle(Which&& which) {
    for (const DiskOperation& waiting : pending) {
      if (which(waiting)) {
        perform(waiting, disk);
      }
    }
    std::erase_if(pending, which);
  }
};

} // namespace

DiskContent after_power_cut(DiskContent before, const std::vector<DiskOperation>& operations, std::size_t done,
                            Unsynced unsynced, Rng& rng) {
  Durable durable{std::move(before), {}};
  for (std::size_t i = 0; i < done; ++i) {
    const DiskOperation& operation = operations[i];
    const auto is_of_file = [&](const DiskOperation& other) { return other.path == operation.path; };
    if (operation.kind != DiskOperation::Kind::sync) {
      durable.pending.push_back(operation);
    }
    // A directory is synced with the first sync of a new file in it, and with what is removed so.
    const bool syncs_directory =
      operation.kind == DiskOperation::Kind::sync ? std::ranges::any_of(
        durable.pending,
        [&](const DiskOperation& other) { return is_of_file(other) && other.kind == DiskOperation::Kind::create; })
                                                  : operation.is_durable;
    if (syncs_directory) {
      durable.settle(is_of_name);
    }
    if (operation.kind == DiskOperation::Kind::sync) {
      durable.settle([&](const DiskOperation& other) { return is_of_file(other) && !is_of_name(other); });
    }
  }
  if (unsynced == Unsynced::lost) {
    return durable.disk;
  }
  const bool may_miss = unsynced == Unsynced::some || unsynced == Unsynced::some_torn;
  for (std::size_t i = 0; i < durable.pending.size(); ++i) {
    const DiskOperation& operation = durable.pending[i];
    if (may_miss && rng() % 2 == 0) {
      continue;
    }
    const bool tears =
      unsynced == Unsynced::torn ? i + 1 == durable.pending.size() : unsynced == Unsynced::some_torn && rng() % 2 == 0;
    const bool half = tears && operation.kind == DiskOperation::Kind::write;
    perform(half ? first_half(operation) : operation, durable.disk);
  }
  return durable.disk;
}

} // namespace hindstat
