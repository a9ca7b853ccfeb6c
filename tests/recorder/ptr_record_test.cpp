// SPDX-License-Identifier: MIT
#include "recorder/names/ptr_record.h"

#include <catch2/catch.hpp>

#include <string>

using namespace hindstat;
using namespace std::string_literals;

namespace {

std::string number16(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xFF), static_cast<char>(value & 0xFF)};
}

std::string label(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}

// The question that every answer repeats; at offset 12.
const std::string question =
  label("7") + label("0") + label("0") + label("10") + label("in-addr") + label("arpa") + "\0"s;

std::string record(std::size_t type, const std::string& data, std::size_t ttl = 300) {
  return "\xC0\x0C"s + number16(type) + number16(1) + number16(0) + number16(ttl) + number16(data.size()) + data;
}

std::string answer(const std::string& records, std::size_t count = 1) {
  return "\x12\x34\x81\x80"s + number16(1) + number16(count) + number16(0) + number16(0) + question + number16(12)
         + number16(1) + records;
}

std::optional<PtrRecord> parse(const std::string& message) {
  return parse_ptr_record(std::as_bytes(std::span(message)));
}

constexpr std::size_t ptr = 12;
constexpr std::size_t cname = 5;

} // namespace

TEST_CASE("the first PTR record of an answer gives name and time to live", "[recorder]") {
  const auto found = parse(answer(record(ptr, label("web1") + label("example") + "\0"s)));
  REQUIRE(found);
  CHECK(found->name == "web1.example");
  CHECK(found->ttl_s == 300);
  const std::string two =
    record(cname, label("x") + "\0"s) + record(ptr, label("a") + "\0"s) + record(ptr, label("b") + "\0"s);
  CHECK(parse(answer(two, 3))->name == "a");
  CHECK(parse(answer(record(ptr, "\0"s)))->name == ".");
}

TEST_CASE("a name that points back is put together", "[recorder]") {
  // "in-addr.arpa" begins at 12 + 2 + 2 + 2 + 3.
  CHECK(parse(answer(record(ptr, label("gw") + "\xC0\x15")))->name == "gw.in-addr.arpa");
}

TEST_CASE("bytes of a name are kept as they came", "[recorder]") {
  const std::string evil = "\x1b[31mred\n\0\xff"s;
  CHECK(parse(answer(record(ptr, label(evil) + label("example") + "\0"s)))->name == evil + ".example");
}

TEST_CASE("a name that points forward, at itself or in a circle is refused", "[recorder]") {
  const std::size_t data_at = answer("").size() + record(ptr, "").size();
  for (const std::size_t target : {data_at, data_at + 2, data_at + 5, std::size_t{0x3FFF}}) {
    CAPTURE(target);
    CHECK_FALSE(parse(answer(record(ptr, label("a") + number16(0xC000 | target)))));
  }
}

TEST_CASE("a name has at most 255 octets on the wire", "[recorder]") {
  std::string name;
  for (int i = 0; i < 3; ++i) {
    name += label(std::string(63, 'a'));
  }
  CHECK(parse(answer(record(ptr, name + label(std::string(61, 'b')) + "\0"s)))->name.size() == 253);
  CHECK_FALSE(parse(answer(record(ptr, name + label(std::string(62, 'b')) + "\0"s))));
  // And also where pointers make it long.
  CHECK_FALSE(parse(answer(record(ptr, name + label(std::string(50, 'b')) + "\xC0\x0C"))));
}

TEST_CASE("labels of unknown kinds and data of the wrong length are refused", "[recorder]") {
  CHECK_FALSE(parse(answer(record(ptr, "\x41x\0"s))));
  CHECK_FALSE(parse(answer(record(ptr, label("a") + "\0x"s))));
  CHECK_FALSE(parse(answer(record(ptr, label("a")))));
  CHECK_FALSE(parse(answer(record(cname, label("a") + "\0"s))));
  CHECK_FALSE(parse(answer("", 0)));
  CHECK_FALSE(parse(answer(record(ptr, label("a") + "\0"s), 0)));
}

TEST_CASE("an answer cut at any byte is refused", "[recorder]") {
  const std::string whole = answer(record(ptr, label("web1") + label("example") + "\0"s));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse(whole.substr(0, size)));
  }
}

TEST_CASE("an address is asked for under its reverse name", "[recorder]") {
  CHECK(reverse_name(*parse_ip_address("192.0.2.17")) == "17.2.0.192.in-addr.arpa");
  CHECK(reverse_name(*parse_ip_address("2001:db8::567:89ab"))
        == "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST_CASE("a line of /etc/hosts gives an address and its first name", "[recorder]") {
  const auto entry = parse_hosts_line("10.0.0.7\tweb1.example web1 # rack 4");
  REQUIRE(entry);
  CHECK(entry->address == *parse_ip_address("10.0.0.7"));
  CHECK(entry->name == "web1.example");
  CHECK(parse_hosts_line("fd00::7 web1")->name == "web1");
  for (const char* line : {"", "#", "# 10.0.0.7 web1", "10.0.0.7", "10.0.0.7 #web1", "web1 10.0.0.7", "10.0.0 web1"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_hosts_line(line));
  }
}
