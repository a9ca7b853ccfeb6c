// SPDX-License-Identifier: MIT
#include "report/recorded_names.h"

#include <fmt/format.h>

#include "base/escape.h"
#include "tables/process.h"
#include "tables/resolved_name.h"
#include "tables/service.h"
#include "tables/user.h"

namespace hindstat {

namespace {

template <typename Definition, typename Take>
void for_each_row(const Snapshot& snapshot, const Definition& definition, Take take) {
  if (const Table* table = snapshot.find_table(definition.name())) {
    for (std::size_t i = 0; i < table->size(); ++i) {
      take(definition.row(*table, i));
    }
  }
}

} // namespace

RecordedNames::RecordedNames(const Snapshot& snapshot, NameChoice choice) {
  if (choice.programs) {
    for_each_row(snapshot, processes, [&](const Process& process) { programs_.emplace(process.pid, process.comm); });
  }
  if (choice.services) {
    for_each_row(snapshot, services, [&](const Service& service) {
      services_.emplace(std::pair(service.protocol, service.port), service.name);
    });
  }
  if (choice.users) {
    for_each_row(snapshot, users, [&](const User& user) { users_.emplace(user.uid, user.name); });
  }
  if (choice.hosts) {
    for_each_row(snapshot, resolved_names, [&](const ResolvedName& resolved) {
      if (resolved.answer == NameAnswer::named && resolved.name && !resolved.name->empty()) {
        hosts_.emplace(resolved.address, *resolved.name);
      }
    });
  }
}

std::string RecordedNames::format_program(std::optional<std::uint32_t> pid) const {
  if (!pid) {
    return "-";
  }
  const auto found = programs_.find(*pid);
  return fmt::format("{}/{}", *pid, found == programs_.end() ? "?" : escape_terminal(found->second));
}

std::string RecordedNames::format_port(SocketProtocol protocol, std::uint16_t port) const {
  if (protocol == SocketProtocol::tcp || protocol == SocketProtocol::udp) {
    const auto found = services_.find(std::pair(protocol == SocketProtocol::tcp ? "tcp" : "udp", port));
    if (found != services_.end()) {
      return escape_terminal(found->second);
    }
  }
  return fmt::format("{}", port);
}

std::string RecordedNames::format_user(std::uint32_t uid) const {
  const auto found = users_.find(uid);
  return found == users_.end() ? fmt::format("{}", uid) : escape_terminal(found->second);
}

std::string RecordedNames::format_host(const IpAddress& address) const {
  const IpAddress unmapped = address.unmapped();
  const auto found = hosts_.find(unmapped);
  return found == hosts_.end() ? format_ip_address(unmapped) : escape_terminal(found->second);
}

} // namespace hindstat
