// SPDX-License-Identifier: MIT
#include "diff/listener_reach.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>

#include "diff/socket_names.h"

namespace hindstat {

namespace {

// From the narrowest.
enum class Reach : std::uint8_t { loopback = 0, address = 1, everywhere = 2 };
constexpr std::size_t reach_count = 3;

Reach reach_of(const Socket& socket) {
  const IpAddress address = socket.local_address.unmapped();
  return address.is_unspecified() ? Reach::everywhere : is_loopback(address) ? Reach::loopback : Reach::address;
}

using Groups = std::vector<ListenerGroup>;

// Namespace, port, family (0: any), and what is known of the owner: the program, else the user.
using Service = std::tuple<std::string, std::uint16_t, std::uint8_t, std::string, std::uint32_t>;
using Members = std::array<std::vector<std::size_t>, reach_count>;

// Which listeners a pass looks at, and what makes two of them one service.
enum class Owned { by_program, unknown_by_user, known_by_user };
struct Pass {
  Owned before;
  Owned after;
};
// Mirrored, they are the same: the last two look at different listeners.
constexpr std::array passes{
  Pass{Owned::by_program, Owned::by_program}, Pass{Owned::unknown_by_user, Owned::unknown_by_user},
  Pass{Owned::unknown_by_user, Owned::known_by_user}, Pass{Owned::known_by_user, Owned::unknown_by_user}};

// From one kind of reach to another and back, the furthest first.
struct Step {
  Reach narrow;
  Reach wide;
};
constexpr std::array steps{Step{Reach::loopback, Reach::everywhere}, Step{Reach::address, Reach::everywhere},
                           Step{Reach::loopback, Reach::address}};

class ReachMatcher {
public:
  explicit ReachMatcher(const SocketContext& context) : context_(context) {
  }

  ReachMatch run(Groups removed, Groups added) {
    for (const Pass& pass : passes) {
      for (const bool same_family : {true, false}) {
        if (!removed.empty() && !added.empty()) {
          pair(removed, added, pass, same_family);
        }
      }
    }
    result_.removed = std::move(removed);
    result_.added = std::move(added);
    return std::move(result_);
  }

private:
  [[nodiscard]] std::map<Service, Members> collect(const Groups& groups, const Owners& owners, Owned owned,
                                                   bool same_family) const {
    std::map<Service, Members> services;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const Socket& socket = groups[i].example.socket;
      const auto family = static_cast<std::uint8_t>(same_family ? socket.local_address.bytes().size() : 0);
      std::string program = context_.owners_comparable ? owners.program(socket.pid) : "";
      const bool by_program = owned == Owned::by_program;
      if (program.empty() != (owned == Owned::unknown_by_user)) {
        continue;
      }
      Service service(socket.netns, socket.local_port, family, by_program ? std::move(program) : "",
                      by_program ? 0 : socket.uid);
      services[std::move(service)].at(static_cast<std::size_t>(reach_of(socket))).push_back(i);
    }
    for (auto& [service, members] : services) {
      for (std::vector<std::size_t>& of_one_reach : members) {
        std::ranges::sort(of_one_reach, std::ranges::greater(), [&](std::size_t i) {
          const IpAddress& address = groups[i].example.socket.local_address;
          return std::pair(address.bytes().size(), address.bytes());
        });
      }
    }
    return services;
  }

  void pair(Groups& removed, Groups& added, const Pass& pass, bool same_family) {
    auto before = collect(removed, *context_.owners_before, pass.before, same_family);
    auto after = collect(added, *context_.owners_after, pass.after, same_family);
    std::vector<bool> used_before(removed.size(), false);
    std::vector<bool> used_after(added.size(), false);
    for (auto& [service, members] : before) {
      const auto found = after.find(service);
      if (found == after.end()) {
        continue;
      }
      for (const Step& step : steps) {
        for (const auto& [from, to] : {std::pair(step.narrow, step.wide), std::pair(step.wide, step.narrow)}) {
          std::vector<std::size_t>& froms = members.at(static_cast<std::size_t>(from));
          std::vector<std::size_t>& tos = found->second.at(static_cast<std::size_t>(to));
          while (!froms.empty() && !tos.empty()) {
            used_before[froms.back()] = true;
            used_after[tos.back()] = true;
            result_.changed.push_back(
              {removed[froms.back()], added[tos.back()], from < to, pass.before == Owned::by_program});
            froms.pop_back();
            tos.pop_back();
          }
        }
      }
    }
    drop(removed, used_before);
    drop(added, used_after);
  }

  static void drop(Groups& groups, const std::vector<bool>& used) {
    Groups left;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (!used[i]) {
        left.push_back(std::move(groups[i]));
      }
    }
    groups = std::move(left);
  }

  const SocketContext& context_;
  ReachMatch result_;
};

} // namespace

ReachMatch match_reach(std::vector<ListenerGroup> removed, std::vector<ListenerGroup> added,
                       const SocketContext& context) {
  return ReachMatcher(context).run(std::move(removed), std::move(added));
}

} // namespace hindstat
