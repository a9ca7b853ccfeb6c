// SPDX-License-Identifier: MIT
// --table tcp,route,'!conntrack': what is compared at all.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/filters.h"
#include "tables/catalog.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

struct Alias {
  std::string_view name;
  std::array<std::string_view, 2> tables; ///< "" is none.
};

constexpr std::array aliases{
  Alias{"if", {"interface", ""}},
  Alias{"addr", {"address", ""}},
  Alias{"mcast", {"multicast_group", ""}},
  Alias{"cache", {"route_exception", "route_cache"}},
  Alias{"nat", {"conntrack", ""}},
  Alias{"arp", {"neighbour", ""}},
  Alias{"stats", {"protocol_counter", "sockstat"}},
};

void add_once(std::vector<std::string>& names, std::string_view name) {
  if (!name.empty() && std::ranges::find(names, name) == names.end()) {
    names.emplace_back(name);
  }
}

bool is_protocol(std::string_view name) {
  return std::ranges::find(NamesOf<SocketProtocol>::values, name, &ValueName::name)
         != NamesOf<SocketProtocol>::values.end();
}

[[noreturn]] void refuse(const std::string& name) {
  std::string tables;
  for (const TableSpec& spec : catalog()) {
    tables += std::string(spec.name) + ", ";
  }
  std::string protocols;
  for (const ValueName& protocol : NamesOf<SocketProtocol>::values) {
    protocols += (protocols.empty() ? "" : ", ") + std::string(protocol.name);
  }
  std::string shorts;
  for (const Alias& alias : aliases) {
    shorts += (shorts.empty() ? "" : ", ") + std::string(alias.name);
  }
  throw Error(fmt::format("there is no table '{}': the tables are {}in short {}, and {} as parts of socket", name,
                          tables, shorts, protocols));
}

struct Names {
  std::vector<std::string> tables;
  std::vector<std::string> protocols;
};

void add_name(Names& names, const std::string& name) {
  if (find_table_spec(name) != nullptr) {
    add_once(names.tables, name);
  } else if (is_protocol(name)) {
    add_once(names.protocols, name);
  } else if (const auto* alias = std::ranges::find(aliases, name, &Alias::name); alias != aliases.end()) {
    for (const std::string_view table : alias->tables) {
      add_once(names.tables, table);
    }
  } else {
    refuse(name);
  }
}

} // namespace

TableChoice choose_tables(const std::vector<std::string>& names) {
  Names wanted;
  Names unwanted;
  for (const std::string& name : names) {
    const bool negated = name.starts_with('!');
    add_name(negated ? unwanted : wanted, name.substr(negated ? 1 : 0));
  }
  TableChoice choice;
  choice.tables = wanted.tables;
  // A protocol is of table socket; the whole table is more than a protocol of it.
  const bool whole_sockets = std::ranges::find(wanted.tables, sockets.name()) != wanted.tables.end();
  if (!wanted.protocols.empty()) {
    add_once(choice.tables, sockets.name());
  }
  choice.named = choice.tables;
  const bool all = choice.tables.empty();
  if (all && !unwanted.tables.empty()) {
    for (const TableSpec& spec : catalog()) {
      choice.tables.emplace_back(spec.name);
    }
  }
  const auto is_unwanted = [&](const std::string& name) {
    return std::ranges::find(unwanted.tables, name) != unwanted.tables.end();
  };
  std::erase_if(choice.tables, is_unwanted);
  std::erase_if(choice.named, is_unwanted);
  if (choice.tables.empty() && (!all || !unwanted.tables.empty())) {
    throw Error("--table leaves no table to compare");
  }
  choice.protocols = whole_sockets ? std::vector<std::string>() : wanted.protocols;
  if (!unwanted.protocols.empty()) {
    if (choice.protocols.empty()) {
      for (const ValueName& protocol : NamesOf<SocketProtocol>::values) {
        choice.protocols.emplace_back(protocol.name);
      }
    }
    std::erase_if(choice.protocols, [&](const std::string& name) {
      return std::ranges::find(unwanted.protocols, name) != unwanted.protocols.end();
    });
    if (choice.protocols.empty()) {
      throw Error("--table leaves no protocol to compare");
    }
  }
  return choice;
}

} // namespace hindstat
