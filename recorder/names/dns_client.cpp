// SPDX-License-Identifier: MIT
// c-ares, because its time is ours: getnameinfo(3) has no limit that can be set, and a thread that waits in it cannot
// be ended.
#include "recorder/names/dns_client.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <time.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <type_traits>

#include "recorder/names/ptr_record.h"

namespace hindstat {

namespace {

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::int64_t second_ns = 1000 * ms_ns;

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * second_ns + now.tv_nsec;
}

struct DestroyChannel {
  void operator()(ares_channel channel) const {
    ares_destroy(channel);
  }
};

/// One round of questions.
class Round {
public:
  Round(std::span<const IpAddress> addresses, std::int64_t timeout_ns)
    : addresses_(addresses), timeout_ns_(timeout_ns), deadline_ns_(monotonic_ns() + timeout_ns) {
  }

  DnsAnswers run() {
    if (const int status = open(); status != ARES_SUCCESS) {
      result_.trouble = ares_strerror(status);
      return std::move(result_);
    }
    for (std::int64_t left = timeout_ns_; left > 0; left = deadline_ns_ - monotonic_ns()) {
      ask_more();
      if (under_way_ == 0) {
        break;
      }
      wait(left);
    }
    is_over_ = true;
    channel_.reset(); // What is still under way is called back now, and not counted.
    return std::move(result_);
  }

private:
  struct Question {
    Round* round = nullptr;
    IpAddress address;
  };

  [[nodiscard]] int open() {
    constexpr std::int64_t shortest_try_ms = 50;
    ares_options options{};
    // That a server fails or refuses is an answer; c-ares would ask it again and then say that it cannot be reached.
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP;
    // Each further try waits longer: three of them fill the time.
    options.timeout = static_cast<int>(std::max(timeout_ns_ / ms_ns / 4, shortest_try_ms));
    options.tries = 3;
    options.sock_state_cb = [](void* round, ares_socket_t socket, int readable, int writable) {
      static_cast<Round*>(round)->watch(socket, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    ares_channel channel = nullptr;
    const int status = ares_init_options(&channel, &options,
                                         ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    channel_.reset(status == ARES_SUCCESS ? channel : nullptr);
    return status;
  }

  void watch(ares_socket_t socket, bool readable, bool writable) {
    if (readable || writable) {
      sockets_[socket] = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    } else {
      sockets_.erase(socket);
    }
  }

  void ask_more() {
    constexpr std::size_t most_under_way = 100;
    while (under_way_ < most_under_way && questions_.size() < addresses_.size()) {
      Question& question = questions_.emplace_back(Question{this, addresses_[questions_.size()]});
      ++under_way_;
      ares_query(
        channel_.get(), reverse_name(question.address).c_str(), ns_c_in, ns_t_ptr,
        [](void* asked, int status, int, unsigned char* bytes, int size) {
          const auto* question_asked = static_cast<const Question*>(asked);
          question_asked->round->answer(
            *question_asked, status,
            std::as_bytes(std::span(bytes, bytes != nullptr && size > 0 ? static_cast<std::size_t>(size) : 0)));
        },
        &question);
    }
  }

  void wait(std::int64_t left_ns) {
    timeval longest{};
    longest.tv_sec = static_cast<time_t>(left_ns / second_ns);
    longest.tv_usec = static_cast<suseconds_t>(left_ns % second_ns / 1000);
    timeval buffer{};
    const timeval* shortest = ares_timeout(channel_.get(), &longest, &buffer);
    const int timeout_ms = static_cast<int>(shortest->tv_sec * 1000 + shortest->tv_usec / 1000 + 1);
    std::vector<pollfd> fds;
    for (const auto& [socket, events] : sockets_) {
      fds.push_back(pollfd{socket, events, 0});
    }
    const int ready = ::poll(fds.data(), fds.size(), timeout_ms);
    for (const pollfd& fd : fds) {
      if (ready > 0 && fd.revents != 0) {
        ares_process_fd(channel_.get(), fd.fd, (fd.events & POLLOUT) != 0 ? fd.fd : ARES_SOCKET_BAD);
      }
    }
    ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD); // Those whose time is up.
  }

  void answer(const Question& question, int status, std::span<const std::byte> message) {
    --under_way_;
    if (is_over_) {
      return;
    }
    switch (status) {
      case ARES_SUCCESS:
        if (auto record = parse_ptr_record(message)) {
          if (record->name == ".") { // How some say that there is no name.
            result_.answers.push_back({question.address, NameAnswer::unnamed, "", 0});
            return;
          }
          result_.answers.push_back({question.address, NameAnswer::named, std::move(record->name), record->ttl_s});
          return;
        }
        break;
      case ARES_ENOTFOUND:
      case ARES_ENODATA:
        result_.answers.push_back({question.address, NameAnswer::unnamed, "", 0});
        return;
      case ARES_ESERVFAIL:
      case ARES_EREFUSED:
      case ARES_ENOTIMP:
      case ARES_EFORMERR:
      case ARES_EBADRESP:
        break;
      case ARES_ETIMEOUT:
        return;
      default:
        result_.trouble = ares_strerror(status);
        return;
    }
    result_.answers.push_back({question.address, NameAnswer::failed, "", 0});
  }

  std::span<const IpAddress> addresses_;
  std::int64_t timeout_ns_;
  std::int64_t deadline_ns_;
  DnsAnswers result_;
  std::deque<Question> questions_; // c-ares points into it.
  std::map<ares_socket_t, short> sockets_;
  std::size_t under_way_ = 0;
  bool is_over_ = false;
  std::unique_ptr<std::remove_pointer_t<ares_channel>, DestroyChannel> channel_; // Last: it calls back when it ends.
};

} // namespace

DnsAnswers ask_dns(std::span<const IpAddress> addresses, std::int64_t timeout_ns) {
  return Round(addresses, timeout_ns).run();
}

} // namespace hindstat
