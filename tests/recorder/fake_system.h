// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "base/error.h"
#include "recorder/system.h"

namespace hindstat::test {

/// One answer to a dump request: what arrives, then how it ends.
struct FakeDump {
  std::vector<std::byte> bytes;
  DumpEnd end;
};

/// A System made of values. What is not given does not exist (ENOENT). Of several answers to one dump each is given
/// once, the last one for ever.
class FakeSystem : public System {
public:
  std::map<std::string, FileRead, std::less<>> files;
  std::map<std::string, LinkRead, std::less<>> links;
  std::map<std::string, DirectoryRead, std::less<>> directories;
  mutable std::map<std::string, std::deque<FakeDump>, std::less<>> dumps;
  OwnerScan owners;
  Clocks clocks{1'700'000'000'000'000'000, 5'000'000'000'000, {}, {}, {}};
  std::vector<NamespaceId> named;
  mutable int dumps_asked = 0;

  FakeSystem() {
    files["/proc/sys/kernel/hostname"] = {0, "gw1\n"};
    links["/proc/self/ns/net"] = {0, "net:[4026531840]"};
  }

  FileRead read_file(const char* path) const override {
    const auto found = files.find(path);
    return found != files.end() ? found->second : FileRead{ENOENT, {}};
  }
  DirectoryRead list_directory(const char* path) const override {
    const auto found = directories.find(path);
    return found != directories.end() ? found->second : DirectoryRead{ENOENT, {}};
  }
  LinkRead read_link(const char* path) const override {
    const auto found = links.find(path);
    return found != links.end() ? found->second : LinkRead{ENOENT, {}};
  }
  DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
    ++dumps_asked;
    const auto found = dumps.find(request.name);
    if (found == dumps.end()) {
      return {ENOENT, false};
    }
    const FakeDump answer = found->second.front();
    if (found->second.size() > 1) {
      found->second.pop_front();
    }
    sink(answer.bytes);
    return answer.end;
  }
  OwnerScan socket_owners() const override {
    return owners;
  }
  Clocks now() const override {
    return clocks;
  }
  std::vector<NamespaceId> namespaces() const override {
    return named;
  }
  std::unique_ptr<System> enter(const NamespaceId& id) const override {
    throw Error("no namespace " + id.name);
  }
};

/// Another System whose netlink is refused, so that readers fall back to /proc.
class WithoutNetlink : public System {
public:
  explicit WithoutNetlink(std::unique_ptr<System> source) : source_(std::move(source)) {
  }
  FileRead read_file(const char* path) const override {
    return source_->read_file(path);
  }
  DirectoryRead list_directory(const char* path) const override {
    return source_->list_directory(path);
  }
  LinkRead read_link(const char* path) const override {
    return source_->read_link(path);
  }
  DumpEnd netlink_dump(const NetlinkRequest&, const DatagramSink&) const override {
    return {EPERM, false};
  }
  OwnerScan socket_owners() const override {
    return source_->socket_owners();
  }
  Clocks now() const override {
    return source_->now();
  }
  std::vector<NamespaceId> namespaces() const override {
    return source_->namespaces();
  }
  std::unique_ptr<System> enter(const NamespaceId& id) const override {
    return std::make_unique<WithoutNetlink>(source_->enter(id));
  }

protected:
  [[nodiscard]] const System& source() const {
    return *source_;
  }

private:
  std::unique_ptr<System> source_;
};

} // namespace hindstat::test
