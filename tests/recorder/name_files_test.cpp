// SPDX-License-Identifier: MIT
#include "recorder/readers/name_files.h"

#include <catch2/catch.hpp>

#include <string>

using namespace hindstat;

TEST_CASE("a line of /etc/passwd gives name and uid", "[recorder]") {
  const auto entry = parse_passwd_line("www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin");
  REQUIRE(entry);
  CHECK(entry->name == "www-data");
  CHECK(entry->uid == 33);
  CHECK(parse_passwd_line("nobody:*:4294967294:1::/:")->uid == 4294967294U);
  for (const char* line :
       {"", "root", "root:x", "root:x:", "root:x:x:0", ":x:0:0", "root:x:-1:0", "a:x:4294967296:0"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_passwd_line(line));
  }
}

TEST_CASE("remarks of /etc/passwd are told from its entries", "[recorder]") {
  for (const char* line : {"", "  ", "# root:x:0:0", "+::::::", "+@admins::::::", "-games::::::"}) {
    CHECK(is_passwd_remark(line));
  }
  CHECK_FALSE(is_passwd_remark("root:x:0:0:root:/root:/bin/sh"));
  CHECK_FALSE(is_passwd_remark("nonsense"));
}

TEST_CASE("a line of /etc/services gives name, port and protocol", "[recorder]") {
  const auto entry = parse_service_line("http\t\t80/tcp\t\twww # WorldWideWeb HTTP");
  REQUIRE(entry);
  CHECK(entry->name == "http");
  CHECK(entry->port == 80);
  CHECK(entry->protocol == "tcp");
  CHECK(parse_service_line("x11-ssh-offset 6010/tcp")->name == "x11-ssh-offset");
  CHECK(parse_service_line("x 1/udp#remark")->protocol == "udp");
  for (const char* line :
       {"http", "http 80", "http 80/", "http /tcp", "http 65536/tcp", "http x/tcp", "http 80 /tcp"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_service_line(line));
  }
}

TEST_CASE("remarks of /etc/services are told from its entries", "[recorder]") {
  CHECK(is_service_remark(""));
  CHECK(is_service_remark(" \t "));
  CHECK(is_service_remark("  # http 80/tcp"));
  CHECK_FALSE(is_service_remark("nonsense"));
  CHECK_FALSE(is_service_remark("http 80/tcp"));
}

TEST_CASE("lines of both files cut at any byte are refused or a shorter entry", "[recorder]") {
  const std::string passwd = "bird:x:102:104::/run/bird:/bin/false";
  const std::string service = "domain\t53/udp\tnameserver";
  for (std::size_t size = 0; size < passwd.size(); ++size) {
    const std::string part = passwd.substr(0, size);
    const auto entry = parse_passwd_line(part);
    CHECK((!entry || (entry->name == "bird" && entry->uid <= 102)));
  }
  for (std::size_t size = 0; size < service.size(); ++size) {
    const std::string part = service.substr(0, size);
    const auto entry = parse_service_line(part);
    CHECK((!entry || (entry->name == "domain" && entry->port == 53)));
  }
}
