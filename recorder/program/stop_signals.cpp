// SPDX-License-Identifier: MIT
#include "recorder/program/stop_signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"

namespace hindstat {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// A blocked signal is queued even where its disposition is to be ignored.
bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

[[noreturn]] void fail(const char* what) {
  throw Error(std::string("cannot wait: ") + what + ": " + std::strerror(errno));
}

} // namespace

StopSignals::StopSignals() {
  sigset_t stopping;
  sigemptyset(&stopping);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) {
      sigaddset(&stopping, signal);
    }
  }
  ::pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
  signals_ = UniqueFd(::signalfd(-1, &stopping, SFD_CLOEXEC | SFD_NONBLOCK));
  timer_ = UniqueFd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!signals_ || !timer_) {
    fail(!signals_ ? "signalfd" : "timerfd_create");
  }
}

bool StopSignals::wait_until(std::int64_t boottime_ns) {
  itimerspec moment{};
  moment.it_value.tv_sec = static_cast<time_t>(boottime_ns / second_ns);
  moment.it_value.tv_nsec = static_cast<long>(boottime_ns % second_ns);
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &moment, nullptr) != 0) {
    fail("timerfd_settime");
  }
  while (!stopped_) {
    std::array<pollfd, 2> fds{pollfd{signals_.get(), POLLIN, 0}, pollfd{timer_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) {
      fail("poll");
    }
    stopped_ = (fds[0].revents & POLLIN) != 0;
    if (!stopped_ && (fds[1].revents & POLLIN) != 0) {
      return true;
    }
  }
  return false;
}

std::int64_t boottime_now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * second_ns + now.tv_nsec;
}

} // namespace hindstat
