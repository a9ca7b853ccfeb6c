// SPDX-License-Identifier: MIT
// Many lines that say the same are one line, and how many there are is always said.
#include "diff/folding.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "diff/output.h"
#include "tables/ip_address.h"

namespace hindstat {

namespace {

constexpr std::size_t lines_before_folding = 20;

/// "10.0.0.5:80", "[fd77::1]:80"
struct Endpoint {
  std::string address;
  std::string port;

  [[nodiscard]] std::string with_any_port() const {
    return address + ":*";
  }
  [[nodiscard]] std::string text() const {
    return address + ':' + port;
  }
};

std::optional<Endpoint> read_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  return Endpoint{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

/// "tcp 10.0.0.5:80 <- 10.0.1.9:51514"
struct Connection {
  std::string protocol;
  std::string arrow;
  Endpoint local;
  Endpoint remote;
};

std::optional<Connection> read_connection(const std::string& key) {
  const std::size_t space = key.find(' ');
  for (const std::string_view arrow : {" <- ", " -> ", " <> "}) {
    const std::size_t middle = key.find(arrow);
    if (middle == std::string::npos || space >= middle) {
      continue;
    }
    const auto local = read_endpoint(std::string_view(key).substr(space + 1, middle - space - 1));
    const auto remote = read_endpoint(std::string_view(key).substr(middle + arrow.size()));
    if (local && remote) {
      return Connection{key.substr(0, space), std::string(arrow), *local, *remote};
    }
  }
  return std::nullopt;
}

/// The network that a peer is counted to: /24, or /64 of IPv6.
std::string network_of(const std::string& address) {
  const bool v6 = address.starts_with('[');
  const auto parsed = parse_ip_address(v6 ? address.substr(1, address.size() - 2) : address);
  if (!parsed) {
    return address;
  }
  std::string bytes(parsed->bytes());
  const std::size_t kept = v6 ? 8 : 3;
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept), bytes.end(), '\0');
  const std::string network = format_ip_address(*IpAddress::from_bytes(bytes));
  return v6 ? fmt::format("[{}]/64", network) : network + "/24";
}

// "postgres" of "postgres[802]": a server has many processes.
std::string program_of(const std::string& owner) {
  return owner.substr(0, owner.rfind('['));
}

std::string name_key(const Event& event, const std::string& key) {
  return event.netns.empty() ? key : fmt::format("[{}] {}", event.netns, key);
}

/// Names of the two ends of a change that is the same at both; empty for all others.
struct Ends {
  std::string own;
  std::string other;
};

Ends name_ends(const Event& event, const std::string& words) {
  const auto connection = read_connection(event.key);
  if (!connection || connection->arrow != " <> " || find_field(event, "dir") == nullptr) {
    return {};
  }
  const auto name = [&](const Endpoint& from, const Endpoint& to) {
    return fmt::format("{} {} {} {} {} {}", event.spec->name, event.netns, connection->protocol, from.text(), to.text(),
                       words);
  };
  return {name(connection->local, connection->remote), name(connection->remote, connection->local)};
}

std::vector<FoldedLine> merge_ends(const std::vector<const Event*>& events, bool all) {
  std::set<std::string> ends;
  std::vector<FoldedLine> lines;
  for (const Event* event : events) {
    lines.push_back({event, 1, name_key(*event, event->key), event->owner, describe_event(*event)});
    if (Ends both = name_ends(*event, lines.back().words); !all && !both.own.empty()) {
      ends.insert(std::move(both.own));
    }
  }
  if (ends.empty()) {
    return lines;
  }
  std::erase_if(lines, [&](FoldedLine& line) {
    const Ends both = name_ends(*line.event, line.words);
    if (!ends.contains(both.other) || both.own == both.other) {
      return false;
    }
    line.words += ", both ends";
    return both.other < both.own;
  });
  return lines;
}

/// What connections have in common that are one line.
struct Alike {
  std::string name;      ///< Equal for those that are alike.
  std::string key;       ///< With the network of the peers.
  std::string same_peer; ///< The same with this peer's address, for when all have it.
};

std::optional<Alike> find_alike(const FoldedLine& line) {
  const auto connection = read_connection(line.event->key);
  if (!connection) {
    return std::nullopt;
  }
  const auto [protocol, arrow, local, remote] = *connection;
  const auto number = [](const std::string& port) { return std::strtoul(port.c_str(), nullptr, 10); };
  const bool serves = arrow == " <- " || (arrow == " <> " && number(local.port) < number(remote.port));
  Alike alike;
  if (serves) {
    alike.key = fmt::format("{} {}{}{}:*", protocol, local.text(), arrow, network_of(remote.address));
    alike.same_peer = fmt::format("{} {}{}{}", protocol, local.text(), arrow, remote.with_any_port());
  } else {
    alike.key = fmt::format("{} {}{}{}", protocol, local.with_any_port(), arrow, remote.text());
    alike.same_peer = alike.key;
  }
  alike.name = fmt::format("{}\n{}\n{}\n{}\n{}", alike.key, line.event->netns, program_of(line.owner), line.words,
                           sign_of(*line.event));
  return alike;
}

/// The lines of one kind with those that are alike as one, the largest first.
std::vector<FoldedLine> group_alike(std::vector<FoldedLine> lines) {
  struct Group {
    std::size_t line = 0;
    Alike alike;
    bool one_peer = true;
  };
  std::vector<FoldedLine> grouped;
  std::map<std::string, Group> groups;
  for (FoldedLine& line : lines) {
    auto alike = find_alike(line);
    if (!alike) {
      grouped.push_back(std::move(line));
      continue;
    }
    const auto [it, is_new] = groups.try_emplace(alike->name, Group{grouped.size(), *alike, true});
    if (is_new) {
      grouped.push_back(std::move(line));
      continue;
    }
    Group& group = it->second;
    FoldedLine& first = grouped[group.line];
    ++first.count;
    group.one_peer = group.one_peer && group.alike.same_peer == alike->same_peer;
    first.owner = first.owner == line.owner ? first.owner : program_of(first.owner);
  }
  for (const auto& [name, group] : groups) {
    FoldedLine& line = grouped[group.line];
    if (line.count > 1) {
      const std::string& key = group.one_peer ? group.alike.same_peer : group.alike.key;
      line.key = fmt::format("{}x {}", line.count, name_key(*line.event, key));
    }
  }
  std::ranges::stable_sort(grouped, std::ranges::greater(), &FoldedLine::count);
  return grouped;
}

} // namespace

FoldedLines fold_lines(const std::vector<const Event*>& events, bool all) {
  FoldedLines folded;
  std::vector<FoldedLine> lines = merge_ends(events, all);
  for (auto begin = lines.begin(); begin != lines.end();) {
    const auto end =
      std::find_if(begin, lines.end(), [&](const FoldedLine& line) { return line.event->spec != begin->event->spec; });
    std::vector<FoldedLine> kind(std::make_move_iterator(begin), std::make_move_iterator(end));
    const std::string name(kind.front().event->spec->name);
    begin = end;
    if (!all && kind.size() > lines_before_folding) {
      kind = group_alike(std::move(kind));
    }
    if (!all && kind.size() > lines_before_folding) {
      std::size_t more = 0;
      for (std::size_t i = lines_before_folding; i < kind.size(); ++i) {
        more += kind[i].count;
      }
      folded.notes.push_back(fmt::format("{} more {}", more, name));
      kind.resize(lines_before_folding);
    }
    std::ranges::move(kind, std::back_inserter(folded.lines));
  }
  return folded;
}

} // namespace hindstat
