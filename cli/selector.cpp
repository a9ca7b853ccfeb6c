// SPDX-License-Identifier: MIT
// [HOST ":"] POINT. A whole argument that is a POINT is one ("03:10"); only otherwise the first colon ends a host.
#include "cli/selector.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <variant>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/text_cursor.h"

namespace hindstat {

namespace {

constexpr const char* no_snapshots = "the store holds no snapshots yet";

using EntryRefs = std::vector<const SnapshotEntry*>; // Of one host, in the order of time.

struct Latest {
  std::size_t before = 0; // How many snapshots before the latest.
};
struct First {};
struct Moment {
  std::int64_t realtime_ns;
};
struct Uid {
  std::string prefix;
};
using Point = std::variant<Latest, First, SnapshotId, Uid, Moment>;

struct HostKey {
  std::string host;
  std::string machine_id;

  friend auto operator<=>(const HostKey&, const HostKey&) = default;
};

HostKey key_of(const SnapshotEntry& entry) {
  return HostKey{entry.info.host, entry.info.machine_id};
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ";
    out += parts[i];
  }
  return out;
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::optional<std::uint64_t> read_count(std::string_view digits) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return read.ec == std::errc() && read.ptr == digits.data() + digits.size() && !digits.empty()
           ? std::optional<std::uint64_t>(value)
           : std::nullopt;
}

std::optional<Point> read_position(std::string_view text) {
  if (text == "@latest") {
    return Latest{};
  }
  if (text == "@first") {
    return First{};
  }
  if (text.starts_with("@-")) {
    if (const auto count = read_count(text.substr(2))) {
      return Latest{*count};
    }
  }
  throw Error(fmt::format("'{}' is no position: write @latest, @first or @-N for the Nth before the latest", text));
}

/// nullopt for a text that is no POINT at all.
std::optional<Point> read_point(std::string_view text, const SelectorOptions& options) {
  if (text.starts_with('@')) {
    return read_position(text);
  }
  if (text.starts_with("uid:")) {
    std::string prefix = lowered(text.substr(4));
    if (prefix.empty() || !is_hex(prefix)) {
      throw Error(fmt::format("'{}' is no uid: write uid: and its first hexadecimal digits", text));
    }
    return Uid{std::move(prefix)};
  }
  const std::string_view number = text.starts_with('#') ? text.substr(1) : text;
  if (const auto id = read_count(number); id && number.size() < 10) {
    return SnapshotId(static_cast<std::int64_t>(*id));
  }
  if (const auto moment = find_time(text, options.zone, options.now_ns)) {
    return Moment{*moment};
  }
  return std::nullopt;
}

std::vector<HostKey> distinct_hosts(const std::vector<SnapshotEntry>& entries) {
  std::vector<HostKey> hosts;
  hosts.reserve(entries.size());
  for (const SnapshotEntry& entry : entries) {
    hosts.push_back(key_of(entry));
  }
  std::ranges::sort(hosts);
  hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
  return hosts;
}

// How a host can be named so that it is the only one: by name, with the machine id where the name is not enough.
std::string describe(const HostKey& key, const std::vector<HostKey>& hosts) {
  const auto same_name = std::ranges::count(hosts, key.host, &HostKey::host);
  return same_name == 1
           ? key.host
           : fmt::format("{} ({})", key.host, key.machine_id.empty() ? "no machine id" : key.machine_id.substr(0, 12));
}

std::string list_hosts(const std::vector<HostKey>& some, const std::vector<HostKey>& all) {
  constexpr std::size_t shown = 20;
  std::vector<std::string> names;
  for (const HostKey& key : some) {
    if (names.size() == shown) {
      names.push_back(fmt::format("{} more", some.size() - shown));
      break;
    }
    names.push_back(describe(key, all));
  }
  return join(names);
}

template <typename Predicate>
std::vector<HostKey> hosts_if(const std::vector<HostKey>& hosts, Predicate&& accept) {
  std::vector<HostKey> found;
  std::ranges::copy_if(hosts, std::back_inserter(found), accept);
  return found;
}

HostKey find_host(const std::vector<HostKey>& hosts, const std::string& name) {
  std::vector<HostKey> found = hosts_if(hosts, [&](const HostKey& key) { return key.host == name; });
  const std::string prefix = lowered(name);
  if (found.empty() && prefix.size() >= 6 && is_hex(prefix)) {
    found = hosts_if(hosts, [&](const HostKey& key) { return lowered(key.machine_id).starts_with(prefix); });
  }
  if (found.empty()) {
    throw Error(fmt::format("the store has no host '{}': it has {}", name, list_hosts(hosts, hosts)));
  }
  if (found.size() > 1) {
    throw Error(fmt::format("'{}' are {} hosts: {}; write a machine id or a snapshot's number instead", name,
                            found.size(), list_hosts(found, hosts)));
  }
  return found.front();
}

HostKey default_host(const std::vector<HostKey>& hosts, const SelectorOptions& options) {
  std::vector<HostKey> found;
  if (!options.this_machine_id.empty()) {
    found = hosts_if(hosts, [&](const HostKey& key) { return key.machine_id == options.this_machine_id; });
  }
  if (found.size() != 1) {
    // One machine under several labels, or a machine without an id: the name decides.
    const auto named =
      hosts_if(found.empty() ? hosts : found, [&](const HostKey& key) { return key.host == options.this_host; });
    if (named.size() == 1) {
      return named.front();
    }
  }
  if (found.size() == 1) {
    return found.front();
  }
  if (hosts.size() == 1) {
    return hosts.front();
  }
  throw Error(
    fmt::format("the store has {} hosts, write HOST:SNAPSHOT with one of {}", hosts.size(), list_hosts(hosts, hosts)));
}

HostKey choose_host(const std::vector<HostKey>& hosts, const std::string& name, const SelectorOptions& options) {
  const std::string& wanted = name.empty() ? options.host : name;
  return wanted.empty() ? default_host(hosts, options) : find_host(hosts, wanted);
}

EntryRefs entries_of(const std::vector<SnapshotEntry>& entries, const HostKey& host) {
  EntryRefs found;
  for (const SnapshotEntry& entry : entries) {
    if (key_of(entry) == host) {
      found.push_back(&entry);
    }
  }
  std::ranges::stable_sort(found, [](const SnapshotEntry* a, const SnapshotEntry* b) {
    return std::pair(a->info.clocks.realtime_ns, a->id) < std::pair(b->info.clocks.realtime_ns, b->id);
  });
  return found;
}

/// How far apart two moments are, in ns, as far as 64 bits go: people ask for any year, and a store may hold any time.
std::int64_t distance_between(std::int64_t one, std::int64_t other) {
  const auto [earlier, later] = std::minmax(one, other);
  const std::uint64_t distance = static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
  return static_cast<std::int64_t>(std::min<std::uint64_t>(distance, std::numeric_limits<std::int64_t>::max()));
}

std::int64_t time_of(const SnapshotEntry& entry) {
  return entry.info.clocks.realtime_ns;
}

std::optional<std::int64_t> usual_interval(const EntryRefs& entries) {
  if (entries.size() < 3) {
    return std::nullopt;
  }
  std::vector<std::int64_t> gaps;
  gaps.reserve(entries.size() - 1);
  for (std::size_t i = 1; i < entries.size(); ++i) {
    gaps.push_back(distance_between(time_of(*entries[i]), time_of(*entries[i - 1])));
  }
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::ranges::nth_element(gaps, middle);
  return *middle;
}

const SnapshotEntry& pick(const EntryRefs& entries, std::int64_t asked, const SelectorOptions& options) {
  // The first snapshot after the moment, and for "at or before" the one in front of it.
  const auto after = std::ranges::upper_bound(entries, asked, {}, [](const SnapshotEntry* e) { return time_of(*e); });
  const auto show = [&](const SnapshotEntry& entry) {
    return fmt::format("#{} of {}", entry.id.value(), format_time(time_of(entry), options.zone));
  };
  const std::string& host = entries.front()->info.host;
  if (options.match == TimeMatch::at_or_before && after == entries.begin()) {
    throw Error(fmt::format("{} has no snapshot at or before {}: its first is {}", host,
                            format_time(asked, options.zone), show(*entries.front())));
  }
  if (after != entries.begin()) {
    const SnapshotEntry& before = **std::prev(after);
    const bool is_nearer =
      after == entries.end() || distance_between(asked, time_of(before)) <= distance_between(time_of(**after), asked);
    if (options.match == TimeMatch::at_or_before || time_of(before) == asked
        || (options.match == TimeMatch::nearest && is_nearer)) {
      return before;
    }
  }
  if (after == entries.end()) {
    throw Error(fmt::format("{} has no snapshot at or after {}: its last is {}", host, format_time(asked, options.zone),
                            show(*entries.back())));
  }
  return **after;
}

Selected select_moment(const EntryRefs& entries, std::int64_t asked, const SelectorOptions& options) {
  Selected selected{pick(entries, asked, options), asked, ""};
  const std::int64_t distance = distance_between(time_of(selected.entry), asked);
  const std::string sentence =
    fmt::format("snapshot #{} is {} {} {}", selected.entry.id.value(), format_duration(distance),
                time_of(selected.entry) <= asked ? "before" : "after", format_time(asked, options.zone));
  if (options.max_gap_ns && distance > *options.max_gap_ns) {
    throw Error(fmt::format("{}, more than --max-gap {}", sentence, format_duration(*options.max_gap_ns)));
  }
  const auto usual = usual_interval(entries);
  if (usual && distance / 2 > *usual) {
    selected.warning = fmt::format("{}, and {} is usually recorded every {}", sentence, selected.entry.info.host,
                                   format_duration(*usual));
  }
  return selected;
}

const SnapshotEntry& select_position(const EntryRefs& entries, std::size_t before, std::string_view text) {
  if (before >= entries.size()) {
    throw Error(fmt::format("there is no snapshot {}: {} has {}", text, entries.front()->info.host, entries.size()));
  }
  return *entries[entries.size() - 1 - before];
}

const SnapshotEntry& select_id(const std::vector<SnapshotEntry>& entries, SnapshotId id) {
  const auto found = std::ranges::find(entries, id, &SnapshotEntry::id);
  if (found == entries.end()) {
    const auto [least, most] = std::ranges::minmax_element(entries, {}, &SnapshotEntry::id);
    throw Error(fmt::format("there is no snapshot #{}: the store's {} lie between #{} and #{}", id.value(),
                            entries.size(), least->id.value(), most->id.value()));
  }
  return *found;
}

const SnapshotEntry& select_uid(const std::vector<SnapshotEntry>& entries, const std::string& prefix) {
  std::vector<std::string> ids;
  const SnapshotEntry* found = nullptr;
  for (const SnapshotEntry& entry : entries) {
    if (entry.uid.starts_with(prefix)) {
      found = &entry;
      if (ids.size() < 5) {
        ids.push_back(fmt::format("#{}", entry.id.value()));
      }
    }
  }
  if (found == nullptr) {
    throw Error(fmt::format("no snapshot's uid begins with {}", prefix));
  }
  if (ids.size() > 1) {
    throw Error(fmt::format("the uids of several snapshots begin with {}, such as {}", prefix, join(ids)));
  }
  return *found;
}

Selected select_point(const std::vector<SnapshotEntry>& entries, const Point& point, std::string_view text,
                      const std::optional<std::string>& host_name, const SelectorOptions& options) {
  const std::vector<HostKey> hosts = distinct_hosts(entries);
  if (std::holds_alternative<SnapshotId>(point) || std::holds_alternative<Uid>(point)) {
    // Both are unique in a store, whatever the host.
    const SnapshotEntry& entry = std::holds_alternative<Uid>(point) ? select_uid(entries, std::get<Uid>(point).prefix)
                                                                    : select_id(entries, std::get<SnapshotId>(point));
    if (host_name && key_of(entry) != find_host(hosts, *host_name)) {
      throw Error(fmt::format("snapshot #{} is of {}, not of {}", entry.id.value(), entry.info.host, *host_name));
    }
    return Selected{entry, std::nullopt, ""};
  }
  const EntryRefs of_host = entries_of(entries, choose_host(hosts, host_name.value_or(""), options));
  if (const auto* moment = std::get_if<Moment>(&point)) {
    return select_moment(of_host, moment->realtime_ns, options);
  }
  if (const auto* latest = std::get_if<Latest>(&point)) {
    return Selected{select_position(of_host, latest->before, text), std::nullopt, ""};
  }
  return Selected{*of_host.front(), std::nullopt, ""};
}

} // namespace

Selected select_snapshot(const std::vector<SnapshotEntry>& entries, std::string_view selector,
                         const SelectorOptions& options) {
  if (entries.empty()) {
    throw Error(no_snapshots);
  }
  if (const auto point = read_point(selector, options)) {
    return select_point(entries, *point, selector, std::nullopt, options);
  }
  const auto colon = selector.find(':');
  if (colon != std::string_view::npos) {
    const std::string host(selector.substr(0, colon));
    const std::string_view rest = selector.substr(colon + 1);
    if (const auto point = read_point(rest, options)) {
      return select_point(entries, *point, rest, host, options);
    }
  }
  throw Error(fmt::format("'{}' selects nothing: write [HOST:]SNAPSHOT, where SNAPSHOT is @latest, @first, @-N, a "
                          "number from the list, uid:HEX or a time such as 'yesterday 03:10'",
                          selector));
}

std::vector<SnapshotEntry> entries_of_host(const std::vector<SnapshotEntry>& entries, const std::string& host,
                                           const SelectorOptions& options) {
  if (entries.empty()) {
    throw Error(no_snapshots);
  }
  std::vector<SnapshotEntry> found;
  for (const SnapshotEntry* entry : entries_of(entries, choose_host(distinct_hosts(entries), host, options))) {
    found.push_back(*entry);
  }
  return found;
}

std::optional<std::int64_t> usual_interval(const std::vector<SnapshotEntry>& entries) {
  EntryRefs refs;
  refs.reserve(entries.size());
  for (const SnapshotEntry& entry : entries) {
    refs.push_back(&entry);
  }
  return usual_interval(refs);
}

} // namespace hindstat
