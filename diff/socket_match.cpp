// SPDX-License-Identifier: MIT
#include "diff/socket_match.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

namespace hindstat {

namespace {

using Sockets = std::vector<NumberedSocket>;

// What rows are grouped by in one pass; equal signatures are candidates.
using Signature = std::tuple<std::string, std::uint32_t, std::uint8_t, std::string, std::int64_t, std::int64_t>;

std::int64_t or_minus_one(const std::optional<std::uint32_t>& value) {
  return value ? std::int64_t{*value} : -1;
}

auto canonical_order(const Socket& s) {
  return std::tuple(s.cookie.value_or(0), s.inode, s.state, s.uid, s.recv_queue, s.send_queue, s.timer_expires,
                    s.timer_retries, s.drops, s.pid, s.fd, s.backlog, s.bound_interface, s.timer);
}

class Matcher {
public:
  explicit Matcher(const SocketContext& context) : context_(context) {
  }

  SocketMatch run(Sockets before, Sockets after) {
    sort_sockets(before);
    sort_sockets(after);
    sides_[0] = make_candidates(std::move(before), *context_.owners_before);
    sides_[1] = make_candidates(std::move(after), *context_.owners_after);
    pair_same_cookies();
    pair_groups([](const Candidate& c) { return whole_signature(c); }, Accept::unless_contradicted);
    pair_groups([](const Candidate& c) { return second_key(c); }, Accept::unless_contradicted);
    if (sides_[0].size() == 1 && sides_[1].size() == 1) {
      pair_last();
    } else {
      pair_groups([](const Candidate& c) { return owner_signature(c); }, Accept::also_successors);
      pair_groups([](const Candidate& c) { return connection_signature(c); }, Accept::also_successors);
    }
    for (Candidate& left : sides_[0]) {
      result_.removed.push_back(std::move(left.numbered));
    }
    for (Candidate& left : sides_[1]) {
      result_.added.push_back(std::move(left.numbered));
    }
    return std::move(result_);
  }

private:
  struct Candidate {
    NumberedSocket numbered;
    std::string program;
    bool has_identity = false;
  };
  using Candidates = std::vector<Candidate>;
  enum class Accept { unless_contradicted, also_successors };

  [[nodiscard]] Candidates make_candidates(Sockets rows, const Owners& owners) const {
    Candidates candidates;
    candidates.reserve(rows.size());
    for (NumberedSocket& row : rows) {
      const bool has_identity =
        context_.interval.same_boot && (row.socket.cookie.value_or(0) != 0 || row.socket.inode != 0);
      std::string program = context_.owners_comparable ? owners.program(row.socket.pid) : "";
      candidates.push_back({std::move(row), std::move(program), has_identity});
    }
    return candidates;
  }

  // Rows of one socket that have two names for one address: 10.0.0.5 and ::ffff:10.0.0.5.
  void pair_same_cookies() {
    std::unordered_map<std::uint64_t, std::size_t> before_of;
    for (std::size_t i = 0; i < sides_[0].size() && !sides_[1].empty() && context_.interval.same_boot; ++i) {
      if (const auto cookie = sides_[0][i].numbered.socket.cookie.value_or(0); cookie != 0) {
        before_of.try_emplace(cookie, i);
      }
    }
    std::vector<bool> paired(sides_[0].size(), false);
    Candidates left;
    for (Candidate& after : sides_[1]) {
      const auto it = before_of.find(after.numbered.socket.cookie.value_or(0));
      if (it == before_of.end() || paired[it->second]) {
        left.push_back(std::move(after));
        continue;
      }
      paired[it->second] = true;
      result_.pairs.push_back({std::move(sides_[0][it->second].numbered), std::move(after.numbered), std::nullopt});
    }
    sides_[1] = std::move(left);
    Candidates rest;
    for (std::size_t i = 0; i < sides_[0].size(); ++i) {
      if (!paired[i]) {
        rest.push_back(std::move(sides_[0][i]));
      }
    }
    sides_[0] = std::move(rest);
  }

  static Signature whole_signature(const Candidate& c) {
    const Socket& s = c.numbered.socket;
    return {s.bound_interface.value_or(""), s.uid, static_cast<std::uint8_t>(s.state), c.program, or_minus_one(s.pid),
            or_minus_one(s.backlog)};
  }
  static Signature second_key(const Candidate& c) {
    const Socket& s = c.numbered.socket;
    return {s.bound_interface.value_or(""), s.uid, is_service(s) ? 1 : 0, c.program, 0, 0};
  }
  static Signature owner_signature(const Candidate& c) {
    const Socket& s = c.numbered.socket;
    return {"", s.uid, is_service(s) ? 1 : 0, c.program, 0, 0};
  }
  // Services of other programs are other services; the connections of one key follow each other whoever owns them.
  static Signature connection_signature(const Candidate& c) {
    const bool service = is_service(c.numbered.socket);
    return {"", 0, service ? 1 : 0, service ? c.program : "", service ? std::int64_t{c.numbered.socket.uid} : 0, 0};
  }

  // Whether a service may have been restarted into the other: the same program, or the same user where it is unknown.
  static bool is_same_owner(const Candidate& before, const Candidate& after) {
    if (!before.program.empty() && !after.program.empty()) {
      return before.program == after.program;
    }
    return before.numbered.socket.uid == after.numbered.socket.uid;
  }

  void pair_last() {
    Candidate& before = sides_[0].front();
    Candidate& after = sides_[1].front();
    const bool services = is_service(before.numbered.socket) && is_service(after.numbered.socket);
    auto contradiction = judge_pair(before.numbered.socket, after.numbered.socket, context_);
    if (services && (contradiction || !context_.interval.same_boot) && !is_same_owner(before, after)) {
      return;
    }
    result_.pairs.push_back({std::move(before.numbered), std::move(after.numbered), std::move(contradiction)});
    sides_ = {};
  }

  template <typename MakeSignature>
  void pair_groups(MakeSignature&& make_signature, Accept accept) {
    if (sides_[0].empty() || sides_[1].empty()) {
      return;
    }
    using Item = std::pair<Signature, Candidate>;
    std::array<std::vector<Item>, 2> items;
    for (const std::size_t side : {0U, 1U}) {
      for (Candidate& candidate : sides_[side]) {
        Signature signature = make_signature(candidate);
        items[side].emplace_back(std::move(signature), std::move(candidate));
      }
      sides_[side].clear();
      // Rows without identity come first within a group: they can be paired with any.
      std::ranges::sort(items[side], [](const Item& a, const Item& b) {
        const auto rank = [](const Item& x) { return std::tie(x.first, x.second.has_identity); };
        return rank(a) != rank(b)
                 ? rank(a) < rank(b)
                 : canonical_order(a.second.numbered.socket) < canonical_order(b.second.numbered.socket);
      });
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < items[0].size() || j < items[1].size()) {
      const bool take_before = j == items[1].size() || (i < items[0].size() && items[0][i].first <= items[1][j].first);
      const Signature signature = take_before ? items[0][i].first : items[1][j].first;
      Candidates before = take_group(items[0], i, signature);
      Candidates after = take_group(items[1], j, signature);
      pair_group(std::move(before), std::move(after), accept);
    }
  }

  template <typename Items>
  static Candidates take_group(Items& items, std::size_t& next, const Signature& signature) {
    Candidates group;
    for (; next < items.size() && items[next].first == signature; ++next) {
      group.push_back(std::move(items[next].second));
    }
    return group;
  }

  // Rows without identity go to each other first, then to the other side's rows with identity; only then, where that
  // is accepted, a row with identity meets another.
  void pair_group(Candidates before, Candidates after, Accept accept) {
    std::ranges::reverse(before);
    std::ranges::reverse(after);
    const auto weak = [](const Candidates& rows) { return !rows.empty() && !rows.back().has_identity; };
    while (!before.empty() && !after.empty()) {
      if (accept == Accept::unless_contradicted && !weak(before) && !weak(after)) {
        break;
      }
      if (!try_pair(before.back(), after.back(), accept)) {
        break;
      }
      before.pop_back();
      after.pop_back();
    }
    std::ranges::move(before, std::back_inserter(sides_[0]));
    std::ranges::move(after, std::back_inserter(sides_[1]));
  }

  bool try_pair(Candidate& before, Candidate& after, Accept accept) {
    auto contradiction = judge_pair(before.numbered.socket, after.numbered.socket, context_);
    if (contradiction && accept == Accept::unless_contradicted) {
      return false;
    }
    result_.pairs.push_back({std::move(before.numbered), std::move(after.numbered), std::move(contradiction)});
    return true;
  }

  const SocketContext& context_;
  std::array<Candidates, 2> sides_;
  SocketMatch result_;
};

} // namespace

bool is_service(const Socket& socket) {
  return socket.protocol == SocketProtocol::tcp ? tcp_phase(socket.state) == TcpPhase::listening
                                                : !is_connected(socket);
}

std::optional<Contradiction> judge_pair(const Socket& before, const Socket& after, const SocketContext& context) {
  if (!context.interval.same_boot && is_service(before) && is_service(after)) {
    return std::nullopt;
  }
  return find_contradiction(before, after, context.interval);
}

void sort_sockets(std::vector<NumberedSocket>& rows) {
  if (rows.size() > 1) {
    std::ranges::sort(rows, [](const NumberedSocket& a, const NumberedSocket& b) {
      return canonical_order(a.socket) < canonical_order(b.socket);
    });
  }
}

SocketMatch match_sockets(std::vector<NumberedSocket> before, std::vector<NumberedSocket> after,
                          const SocketContext& context) {
  return Matcher(context).run(std::move(before), std::move(after));
}

} // namespace hindstat
