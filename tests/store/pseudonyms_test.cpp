// SPDX-License-Identifier: MIT
#include "store/pseudonyms.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/disguise.h"
#include "store/pseudonym_file.h"
#include "tests/store/made.h"

using namespace hindstat;
namespace fs = std::filesystem;

namespace {

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Pseudonyms made_pseudonyms() {
  Pseudonyms pseudonyms;
  pseudonyms.key = std::string(Scrambler::key_bytes, '\x07');
  Disguise disguise(pseudonyms);
  for (const std::string& name : {std::string("nginx"), std::string("a\0b", 3), std::string("\xff\xfe\\x41\\"),
                                  std::string("gr\xc3\xbcn \"x\"\n"), std::string(300, 'x')}) {
    static_cast<void>(disguise.text(Content::command, name));
    static_cast<void>(disguise.text(Content::unix_name, name));
  }
  for (const char* text : {"10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", "0.0.0.0"}) {
    static_cast<void>(disguise.address(*parse_ip_address(text)));
    static_cast<void>(disguise.prefix(*parse_ip_address(text), 24));
  }
  static_cast<void>(disguise.mac(MacAddress{0x02'00'00'00'00'01}));
  return pseudonyms;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

} // namespace

TEST_CASE("a map is read back as it was written, whatever the names", "[store]") {
  const Pseudonyms before = made_pseudonyms();
  const std::string json = format_pseudonyms(before);
  Pseudonyms after = parse_pseudonyms(json);
  CHECK(after.key == before.key);
  CHECK(after.names == before.names);
  CHECK(after.addresses == before.addresses);
  CHECK(after.networks == before.networks);
  CHECK(after.macs == before.macs);
  CHECK(format_pseudonyms(after) == json);
  CHECK(after.find_or_add("process", "nginx", "process") == *before.find("process", "nginx"));
  CHECK(after.find_or_add("process", "sshd", "process") == "process-6");
}

TEST_CASE("a map that is damaged or of somebody else is refused with the place", "[store]") {
  const std::string json = format_pseudonyms(made_pseudonyms());
  const auto error = [](const std::string& text) {
    return error_of([&] { static_cast<void>(parse_pseudonyms(text)); });
  };
  CHECK(error("") == "byte 1: is no JSON");
  CHECK(error("{\"hindstat_map\": 1,}") == "byte 20: is no JSON");
  CHECK(error("[]") == "is no map of pseudonyms");
  CHECK(error("{}") == "is no map of pseudonyms");
  CHECK(error(replaced(json, "\"hindstat_map\": 1", "\"hindstat_map\": 2"))
        == "hindstat_map: is of another version of hindstat");
  CHECK(error(replaced(json, "\"key\": \"07", "\"key\": \"x7")) == "key: is not 64 hexadecimal digits");
  CHECK(error(replaced(json, "\"key\": \"0707", "\"key\": \"07")) == "key: is not 64 hexadecimal digits");
  CHECK(error(replaced(json, "\"key\": \"07", "\"key\": \"08")).find("is not what the key makes of it")
        != std::string::npos);
  CHECK(error(replaced(json, "\"process-1\"", "\"process-2\"")).find("has the number of another one")
        != std::string::npos);
  CHECK(error(replaced(json, "\"process-1\"", "\"<b>-1\""))
        == "names.process.\"nginx\": has no pseudonym such as host-1");
  CHECK(error(replaced(json, "\"process-1\"", "7")) == "names.process.\"nginx\": has no pseudonym such as host-1");
  CHECK(error(replaced(json, "\"nginx\": ", "\"\\\\q\": ")).find("is no escaped name") != std::string::npos);
  CHECK(error(replaced(json, "\"10.0.0.1\": ", "\"10.0.0\": ")) == "addresses.\"10.0.0\": is no pair of addresses");
  CHECK(error(replaced(json, "\"names\": {", "\"names\": [], \"old\": {")) == "names: is no object");
  for (std::size_t size = 0; size < json.size() - 2; ++size) {
    REQUIRE(error(json.substr(0, size)) != "no error");
  }
}

TEST_CASE("the file of a map is its owner's only, and is gone when nothing was exported", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("map.json");
  {
    PseudonymFile map(path);
    CHECK(map.pseudonyms().key.size() == Scrambler::key_bytes);
    CHECK(mode_of(path) == 0600);
    CHECK(error_of([&] { const PseudonymFile second(path); }) == path + ": another export has it at the moment");
  }
  CHECK(!fs::exists(path));
  std::string key;
  {
    PseudonymFile map(path);
    static_cast<void>(map.pseudonyms().find_or_add("host", "gw1", "host"));
    key = map.pseudonyms().key;
    write_bytes(path + ".new", "of one that was killed");
    map.save();
    CHECK(mode_of(path) == 0600);
    CHECK(!fs::exists(path + ".new"));
  }
  {
    PseudonymFile map(path);
    CHECK(map.pseudonyms().key == key);
    REQUIRE(map.pseudonyms().find("host", "gw1") != nullptr);
    CHECK(*map.pseudonyms().find("host", "gw1") == "host-1");
  }
  CHECK(fs::exists(path)); // What was there stays, also when nothing was exported.
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  CHECK(error_of([&] { const PseudonymFile map(path); })
        == path + ": others may read it (mode 0640), and could undo the anonymity: chmod 600 it first");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  write_bytes(path, "{\"hindstat_map\": 1,}");
  CHECK(error_of([&] { const PseudonymFile map(path); }) == path + ": byte 20: is no JSON");
  fs::create_symlink(path, directory.file("link.json"));
  CHECK(error_of([&] { const PseudonymFile map(directory.file("link.json")); }).find("is a symbolic link")
        != std::string::npos);
  CHECK(error_of([&] { const PseudonymFile map(directory.file("")); }) != "no error");
}

TEST_CASE("texts get the pseudonym that their form asks for", "[store]") {
  Pseudonyms pseudonyms;
  pseudonyms.key = std::string(Scrambler::key_bytes, '\x07');
  Disguise disguise(pseudonyms);
  const auto hidden = [&](Content content, const std::string& text, const char* family = "") {
    return disguise.text(content, text, family);
  };
  for (const char* kept : {"", "lo", "eth0", "enp3s0f1np0", "eno1", "wlan0", "wlp2s0", "tun12", "wg0", "br0", "docker0",
                           "eth0.100", "if12", "bond0.4094"}) {
    CHECK(hidden(Content::interface, kept) == kept);
  }
  CHECK(hidden(Content::interface, "enx001122334455") == "if-1");
  CHECK(hidden(Content::interface, "veth3a4b5c6") == "veth-2");
  CHECK(hidden(Content::interface, "br-0123456789ab") == "br-3");
  CHECK(hidden(Content::interface, "acme") == "if-4");
  CHECK(hidden(Content::interface, "acme.17") == "if-4.17");
  CHECK(hidden(Content::interface, "acme") == "if-4");
  CHECK(hidden(Content::interface, "branch") == "if-5");
  CHECK(hidden(Content::interface, "eth0123456") == "eth-6"); // Too many digits for a number.
  CHECK(hidden(Content::interface_label, "eth0:1") == "eth0:1");
  CHECK(hidden(Content::interface_label, "acme:office") == "if-4:label-1");
  CHECK(hidden(Content::interface_list, "acme/5 eth0 eth1/7 acme") == "if-4/5 eth0 eth1/7 if-4");
  CHECK(hidden(Content::netns, "net:[4026531840]") == "net:[4026531840]");
  CHECK(hidden(Content::netns, "blue") == "netns-1");
  CHECK(hidden(Content::netns, "0123456789ab") == "container-2");
  CHECK(hidden(Content::container, "0123456789ab") == "container-2");
  CHECK(hidden(Content::container, "blue") == "netns-1"); // LXC calls both by one name.
  CHECK(hidden(Content::command, "nginx") == "process-1");
  CHECK(hidden(Content::program, "/usr/sbin/nginx") == "/program-1");
  CHECK(hidden(Content::program, "/usr/sbin/nginx (deleted)") == "/program-1 (deleted)");
  CHECK(hidden(Content::unit, "nginx.service") == "unit-1.service");
  CHECK(hidden(Content::unit, "session-3.scope") == "unit-2.scope");
  CHECK(hidden(Content::unix_name, "/run/acme.sock") == "/socket-1");
  CHECK(hidden(Content::unix_name, std::string("\0acme", 5)) == std::string("\0socket-2", 9));
  CHECK(hidden(Content::unix_name, "acme") == "socket-3");
  CHECK(hidden(Content::user, "root") == "root");
  CHECK(hidden(Content::user, "jane") == "user-1");
  CHECK(hidden(Content::peer_name, "localhost") == "localhost");
  CHECK(hidden(Content::peer_name, "db1.example.org") == "name-1");
  CHECK(hidden(Content::service, "https") == "https");
  CHECK(hidden(Content::service, "acme-billing") == "service-1");
  CHECK(hidden(Content::evidence, "00 11 22") == "");
  CHECK(hidden(Content::word, "cubic") == "cubic");
  CHECK(hidden(Content::unlisted, "whatever") == "text-1");
  CHECK(hidden(Content::context, "system_u:object_r:x_t:s0") == "context-1");
  const std::string cookie = hidden(Content::secret, "0011223344556677");
  CHECK(cookie.size() == 16);
  CHECK(cookie != "0011223344556677");
  CHECK(hidden(Content::secret, "0011223344556677") == cookie);

  const std::string ten = format_ip_address(disguise.address(*parse_ip_address("10.1.2.3")));
  const std::string six = format_ip_address(disguise.address(*parse_ip_address("2001:db8::")));
  const std::string mac = format_mac_address(disguise.mac(MacAddress{0x52'54'00'12'34'56}));
  CHECK(ten != "10.1.2.3");
  CHECK(hidden(Content::address_list, "*10.1.2.3 127.0.0.1 bad") == "*" + ten + " 127.0.0.1 text-2");
  CHECK(hidden(Content::link_address, "52:54:00:12:34:56") == mac);
  CHECK(hidden(Content::link_address, "0a:01:02:03").size() == 11); // A tunnel's: 10.1.2.3.
  CHECK(disguise.text(Content::link_address, "0a:01:02:03").substr(0, 3) == "0a:");
  CHECK(hidden(Content::link_address, "00:01:02:03:04:05:06:07").size() == 23);
  CHECK(hidden(Content::link_address, "00:01:02:03:04:05:06:07") != "00:01:02:03:04:05:06:07");
  CHECK(hidden(Content::link_address, "somewhere") == "link-1");
  CHECK(hidden(Content::station, "3", "vsock") == "3");
  CHECK(hidden(Content::station, "acme", "xdp") == "if-4");
  CHECK(hidden(Content::station, "10.1.2.3", "smc") == ten);
  CHECK(hidden(Content::station, "52:54:00:12:34:56", "l2cap") == mac);
  CHECK(hidden(Content::station, "12345678901", "x25") == "station-1");
  CHECK(hidden(Content::station_list, "DL1ABC*,DL2DEF", "ax25") == "station-2*,station-3");

  CHECK(hidden(Content::sentence, "left out: 10.1.2.3, 2001:db8:: and 3 more")
        == "left out: " + ten + ", " + six + " and 3 more");
  CHECK(hidden(Content::sentence, "10.1.2.3/24: no") == ten + "/24: no");
  CHECK(hidden(Content::sentence, "acme not readable: Permission denied (it needs root or CAP_NET_ADMIN)")
        == "if-4 not readable: Permission denied (it needs root or CAP_NET_ADMIN)");
  CHECK(hidden(Content::sentence, "/proc/net/arp: No such file; /home/jane/x.")
        == "/proc/net/arp: No such file; path-1.");
  CHECK(hidden(Content::sentence, "of 52:54:00:12:34:56.") == "of " + mac + ".");
}
