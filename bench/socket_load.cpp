// SPDX-License-Identifier: MIT
//
// Holds TCP connections on loopback for the benches: both ends of so many connections, every second one with keepalive
// on, and so many sockets in TIME_WAIT, which are renewed as the kernel forgets them. Prints one line when all sockets
// are there; then each number that it reads from its standard input is how many connections, chosen at random, it
// replaces by new ones, and is printed when they are there. Ends by itself after --seconds, with its parent, or when
// its standard input closes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace {

using namespace hindstat;
using Steady = std::chrono::steady_clock;

constexpr std::size_t listener_count = 8; // One destination has fewer than 64,512 ports to be reached from.
constexpr int backlog = 512;
constexpr int time_wait_s = 60; // TCP_TIMEWAIT_LEN of the kernel.

[[noreturn]] void fail(const std::string& what) {
  const int error = errno;
  throw Error(what + ": " + std::strerror(error));
}

struct Options {
  unsigned connections = 0;
  unsigned time_wait = 0;
  unsigned seconds = 300;
  std::string address = "127.0.0.1";
};

class Load {
public:
  explicit Load(const Options& options) : options_(options) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address_);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address_);
    if (::inet_pton(AF_INET, options.address.c_str(), &v4.sin_addr) == 1) {
      address_.ss_family = AF_INET;
      length_ = sizeof(sockaddr_in);
    } else if (::inet_pton(AF_INET6, options.address.c_str(), &v6.sin6_addr) == 1) {
      address_.ss_family = AF_INET6;
      length_ = sizeof(sockaddr_in6);
    } else {
      throw Error("not an address: " + options.address);
    }
    for (std::size_t i = 0; i < listener_count; ++i) {
      listeners_.push_back(listen());
    }
  }

  void open() {
    ends_.reserve(std::size_t{2} * options_.connections);
    for (unsigned i = 0; i < options_.connections; ++i) {
      auto [client, server] = open_connection(i);
      ends_.push_back(std::move(client));
      ends_.push_back(std::move(server));
    }
    for (unsigned i = 0; i < options_.time_wait; ++i) {
      leave_time_wait();
    }
  }

  /// Renews what was in TIME_WAIT, evenly over a minute, until the end.
  void hold() {
    const auto began = Steady::now();
    unsigned renewed = 0;
    while (true) {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      constexpr int pause_ms = 100;
      if (::poll(&input, 1, pause_ms) > 0 && !obey()) {
        return;
      }
      const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began).count();
      if (passed > std::int64_t{options_.seconds} * 1000) {
        return;
      }
      const auto due = static_cast<unsigned>(passed * options_.time_wait / (std::int64_t{time_wait_s} * 1000));
      for (; renewed < due; ++renewed) {
        leave_time_wait();
      }
    }
  }

  [[nodiscard]] std::size_t held() const {
    return ends_.size() + listeners_.size();
  }

private:
  /// Every second one with keepalive on.
  std::pair<UniqueFd, UniqueFd> open_connection(unsigned turn) {
    auto ends = connect(turn);
    if (turn % 2 == 0) {
      const int on = 1;
      ::setsockopt(ends.first.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    return ends;
  }

  /// Replaces what one line of the standard input says; false at its end.
  bool obey() {
    std::string line;
    if (!std::getline(std::cin, line)) {
      return false;
    }
    const unsigned long count = std::stoul(line);
    for (unsigned long i = 0; i < count && !ends_.empty(); ++i) {
      const std::size_t pair = random_() % (ends_.size() / 2);
      // Reset, so that nothing is left in TIME_WAIT but what --time-wait says.
      const linger reset{1, 0};
      ::setsockopt(ends_[2 * pair].get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
      ends_[2 * pair] = UniqueFd();
      ends_[2 * pair + 1] = UniqueFd();
      std::tie(ends_[2 * pair], ends_[2 * pair + 1]) = open_connection(turn_++);
    }
    std::printf("%lu\n", count);
    std::fflush(stdout);
    return true;
  }

  UniqueFd listen() {
    UniqueFd fd(::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address_), length_) < 0
        || ::listen(fd.get(), backlog) < 0) {
      fail("cannot listen at " + options_.address);
    }
    return fd;
  }

  std::pair<UniqueFd, UniqueFd> connect(unsigned turn) {
    const int listener = listeners_[turn % listeners_.size()].get();
    sockaddr_storage target{};
    socklen_t size = sizeof(target);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&target), &size);
    UniqueFd client(::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (client) {
      // The client's address is bound, its port is left to connect(2), which then may share it between destinations.
      ::setsockopt(client.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    }
    if (!client || ::bind(client.get(), reinterpret_cast<const sockaddr*>(&address_), length_) < 0
        || ::connect(client.get(), reinterpret_cast<const sockaddr*>(&target), size) < 0) {
      fail("cannot connect to " + options_.address);
    }
    UniqueFd server(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!server) {
      fail("cannot accept at " + options_.address);
    }
    return {std::move(client), std::move(server)};
  }

  /// The end that closes first stays in TIME_WAIT.
  void leave_time_wait() {
    auto [client, server] = connect(turn_++);
    client = UniqueFd();
    std::array<char, 1> byte{};
    if (::read(server.get(), byte.data(), byte.size()) < 0) { // The FIN is there.
      fail("cannot read at " + options_.address);
    }
  }

  Options options_;
  sockaddr_storage address_{};
  socklen_t length_ = 0;
  std::vector<UniqueFd> listeners_;
  std::vector<UniqueFd> ends_;
  unsigned turn_ = 0;
  std::mt19937 random_{7}; // NOLINT: the same choices in each run.
};

void raise_descriptor_limit(rlim_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_max = std::max(limit.rlim_max, wanted); // Refused without CAP_SYS_RESOURCE.
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) < 0) {
    fail("cannot have " + std::to_string(wanted) + " descriptors");
  }
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Holds TCP connections on loopback for the capture bench.", "socket_load");
  app.add_option("--connections", options.connections, "Connections, both ends of which are held")->required();
  app.add_option("--time-wait", options.time_wait, "Sockets that are kept in TIME_WAIT");
  app.add_option("--address", options.address, "A loopback address");
  app.add_option("--seconds", options.seconds, "The end");
  CLI11_PARSE(app, argc, argv);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    constexpr rlim_t spare = 64;
    raise_descriptor_limit(rlim_t{2} * options.connections + spare);
    Load load(options);
    load.open();
    std::printf("%zu\n", load.held());
    std::fflush(stdout);
    load.hold();
  } catch (const Error& error) {
    std::fprintf(stderr, "socket_load: %s\n", error.what());
    return 2;
  }
  return 0;
}
