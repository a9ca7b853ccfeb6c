// SPDX-License-Identifier: MIT
#include "recorder/restraint.h"

#include <algorithm>
#include <cerrno>

namespace hindstat {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ms_per_s = 1000;

/// "2 s", "2.5 s", "20 ms".
std::string format_limit(std::int64_t ns) {
  const std::int64_t ms = ns / ns_per_ms;
  if (ms < ms_per_s) {
    return std::to_string(ms) + " ms";
  }
  const std::int64_t tenths = ms % ms_per_s / 100;
  return std::to_string(ms / ms_per_s) + (tenths != 0 ? "." + std::to_string(tenths) : "") + " s";
}

class RestrainedSystem : public System {
public:
  RestrainedSystem(const System& source, Restraint& restraint) : source_(source), restraint_(restraint) {
  }
  RestrainedSystem(std::unique_ptr<System> source, Restraint& restraint)
    : owned_(std::move(source)), source_(*owned_), restraint_(restraint) {
  }

  FileRead read_file(const char* path) const override {
    if (is_late()) {
      return {ETIMEDOUT, {}};
    }
    FileRead read = source_.read_file(path);
    if (read.error == ETIMEDOUT) {
      restraint_.note_late();
      // The lines that came in time are as good as any; the last one may not be whole.
      read.bytes.resize(read.bytes.rfind('\n') + 1);
      read.error = read.bytes.empty() ? ETIMEDOUT : 0;
    }
    return read;
  }

  DirectoryRead list_directory(const char* path) const override {
    return is_late() ? DirectoryRead{ETIMEDOUT, {}} : source_.list_directory(path);
  }

  LinkRead read_link(const char* path) const override {
    return is_late() ? LinkRead{ETIMEDOUT, {}} : source_.read_link(path);
  }

  DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
    if (const auto obstacle = restraint_.find_obstacle(request.name)) {
      restraint_.note_omission(*obstacle);
      return {EPROTONOSUPPORT, false};
    }
    if (is_late()) {
      return {ETIMEDOUT, false};
    }
    NetlinkRequest limited = request;
    limited.limit_ns = restraint_.rest_ns().value_or(0);
    bool answered = false;
    const DumpEnd end = source_.netlink_dump(limited, [&](std::span<const std::byte> datagram) {
      answered = answered || !datagram.empty();
      sink(datagram);
    });
    if (end.error != ETIMEDOUT || !is_late()) { // A kernel may also fall silent.
      return end;
    }
    return {answered ? 0 : ETIMEDOUT, false};
  }

  OwnerScan socket_owners() const override {
    return source_.socket_owners();
  }

  Clocks now() const override {
    return source_.now();
  }

  std::vector<NamespaceId> namespaces() const override {
    return source_.namespaces();
  }

  std::unique_ptr<System> enter(const NamespaceId& id) const override {
    return std::make_unique<RestrainedSystem>(source_.enter(id), restraint_);
  }

  void run_inside(const std::function<void()>& work) const override {
    source_.run_inside(work);
  }

private:
  [[nodiscard]] bool is_late() const {
    const auto rest = restraint_.rest_ns();
    if (!rest || *rest > 0) {
      return false;
    }
    restraint_.note_late();
    return true;
  }

  std::unique_ptr<System> owned_;
  const System& source_;
  Restraint& restraint_;
};

} // namespace

Restraint::Restraint(TimeLimits limits, std::function<std::int64_t()> clock, std::optional<KernelModules> modules)
  : limits_(limits), clock_(std::move(clock)), modules_(std::move(modules)), began_ns_(clock_()),
    table_began_ns_(began_ns_) {
}

void Restraint::begin_table() {
  table_began_ns_ = clock_();
  late_ = false;
  omissions_.clear();
}

std::optional<std::int64_t> Restraint::rest_ns() const {
  if (limits_.table_ns == 0 && limits_.snapshot_ns == 0) {
    return std::nullopt;
  }
  const std::int64_t now = clock_();
  const std::int64_t of_table = table_began_ns_ + limits_.table_ns - now;
  const std::int64_t of_snapshot = began_ns_ + limits_.snapshot_ns - now;
  if (limits_.table_ns == 0 || limits_.snapshot_ns == 0) {
    return limits_.table_ns == 0 ? of_snapshot : of_table;
  }
  return std::min(of_table, of_snapshot);
}

bool Restraint::is_over() const {
  return limits_.snapshot_ns != 0 && clock_() - began_ns_ >= limits_.snapshot_ns;
}

void Restraint::note_late() {
  late_ = true;
}

void Restraint::note_omission(std::string omission) {
  if (!omission.empty() && std::ranges::find(omissions_, omission) == omissions_.end()) {
    omissions_.push_back(std::move(omission));
  }
}

std::optional<std::string> Restraint::find_obstacle(std::string_view dump) const {
  return modules_ ? modules_->find_obstacle(dump) : std::nullopt;
}

std::string Restraint::describe_lateness() const {
  if (!late_) {
    return {};
  }
  const bool snapshot = is_over();
  return "the deadline of " + format_limit(snapshot ? limits_.snapshot_ns : limits_.table_ns) + " for "
         + (snapshot ? "the snapshot" : "a table") + " passed";
}

std::unique_ptr<System> restrain(const System& source, Restraint& restraint) {
  return std::make_unique<RestrainedSystem>(source, restraint);
}

} // namespace hindstat
