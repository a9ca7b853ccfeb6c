// SPDX-License-Identifier: MIT
#include "diff/interfaces.h"

#include "diff/output.h"
#include "tables/address.h"
#include "tables/interface.h"
#include "tables/link_group.h"
#include "tables/multicast_group.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

constexpr std::uint32_t down = 0x1002; // BROADCAST, MULTICAST
constexpr std::uint32_t up = 0x11043;  // and UP, RUNNING, LOWER_UP
constexpr std::uint32_t no_carrier = 0x1003;

Interface device(const std::string& name = "eth0", std::uint32_t index = 2, std::uint32_t flags = up) {
  Interface row;
  row.name = name;
  row.ifindex = index;
  row.flags = FlagSet<InterfaceFlag>(flags);
  row.operstate = (flags & 0x40) != 0 ? OperState::up : OperState::down;
  row.mtu = 1500;
  row.qdisc = "noqueue";
  row.carrier_changes = 4;
  row.rx_bytes = 1000;
  return row;
}

Diff diff_devices(const std::vector<Interface>& before, const std::vector<Interface>& after,
                  std::int64_t seconds = 10) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(seconds);
  add_table(a, make_table(interfaces, before));
  add_table(b, make_table(interfaces, after));
  return diff_snapshots(a, b, {});
}

Lines words(const std::vector<Interface>& before, const std::vector<Interface>& after) {
  return in_words(diff_devices(before, after).events);
}

Address address(const char* text, const std::string& interface, std::uint8_t length = 24) {
  Address row;
  row.interface = interface;
  row.address = ip(text);
  row.prefix_length = length;
  row.flags.emplace().set(AddressFlag::permanent);
  return row;
}

Diff diff_addresses_of(const std::vector<Address>& before, const std::vector<Address>& after) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(10);
  add_table(a, make_table(addresses, before));
  add_table(b, make_table(addresses, after));
  return diff_snapshots(a, b, {});
}

} // namespace

TEST_CASE("an interface that is set up is one event, whatever its carrier and queue did", "[diff]") {
  Interface before = device("eth0", 2, down);
  before.qdisc = "noop";
  Interface after = device();
  after.carrier_changes = 7;
  const Diff diff = diff_devices({before}, {after});
  REQUIRE(in_words(diff.events) == Lines{"if.up eth0 carrier_changes=3"});
  CHECK(diff.events[0].changed.size() == 3); // operstate, flags, qdisc
  CHECK(words({device()}, {device("eth0", 2, down)}) == Lines{"if.down eth0"});
}

TEST_CASE("a carrier that changes by itself is told with its flaps, also when it came back", "[diff]") {
  Interface after = device("eth0", 2, no_carrier);
  after.carrier_changes = 5;
  CHECK(words({device()}, {after}) == Lines{"if.carrier eth0 carrier_changes=1 flaps=1"});
  after = device();
  after.carrier_changes = 9;
  CHECK(words({device()}, {after}) == Lines{"if.carrier eth0 carrier_changes=5 flaps=3"});
}

TEST_CASE("flags that somebody sets are told apart from those that follow", "[diff]") {
  CHECK(words({device()}, {device("eth0", 2, up | 0x100)}) == Lines{"if.flags eth0 set=PROMISC"});
  CHECK(words({device("eth0", 2, up | 0x200)}, {device()}) == Lines{"if.flags eth0 cleared=ALLMULTI"});
}

TEST_CASE("the same index with another name is renamed, the same name with another index is recreated", "[diff]") {
  CHECK(words({device("eth0", 2)}, {device("wan0", 2)}) == Lines{"if.renamed wan0 from=eth0 to=wan0"});
  Interface again = device("eth0", 9);
  again.rx_bytes = 5; // Its counters start again legitimately.
  again.mtu = 1400;
  CHECK(words({device("eth0", 2)}, {again}) == Lines{"if.recreated eth0"});
  CHECK(words({device("eth0", 2), device("eth1", 3)}, {device("eth1", 2), device("eth0", 3)})
        == Lines{"if.renamed eth0 from=eth1 to=eth0", "if.renamed eth1 from=eth0 to=eth1"});
  Interface dummy = device("d0", 2);
  dummy.kind = "dummy";
  Interface veth = device("v0", 2);
  veth.kind = "veth";
  CHECK(words({dummy}, {veth}) == Lines{"if.added v0", "if.removed d0"});
}

TEST_CASE("the mtu is an event of its own, other attributes share one", "[diff]") {
  Interface after = device();
  after.mtu = 9000;
  after.master = "br0";
  after.txqlen = 500;
  CHECK(words({device()}, {after}) == Lines{"if.mtu eth0 from=1500 to=9000", "if.changed eth0"});
}

TEST_CASE("what an interface counted is hidden and has rates, a counter that fell is not", "[diff]") {
  Interface after = device();
  after.rx_bytes = 3000;
  const Diff counted = diff_devices({device()}, {after});
  REQUIRE(in_words(counted.events) == Lines{"if.counted eth0 deltas=rx_bytes +2000 per_second=rx_bytes 200"});
  CHECK(counted.events[0].spec->hidden);
  after.rx_bytes = 7;
  CHECK(words({device()}, {after}) == Lines{"if.counter_reset eth0 counters=rx_bytes"});
  // Backwards the same was counted, and nothing fell.
  after.rx_bytes = 3000;
  CHECK(in_words(diff_devices({after}, {device()}, -10).events) == in_words(counted.events));
}

TEST_CASE("addresses come, go, move and change", "[diff]") {
  const Address a = address("10.0.0.1", "eth0");
  CHECK(in_words(diff_addresses_of({}, {a}).events) == Lines{"if.addr.added 10.0.0.1/24 dev eth0"});
  CHECK(in_words(diff_addresses_of({a}, {}).events) == Lines{"if.addr.removed 10.0.0.1/24 dev eth0"});
  CHECK(in_words(diff_addresses_of({a}, {address("10.0.0.1", "eth1")}).events)
        == Lines{"if.addr.moved 10.0.0.1/24 dev eth1 from=eth0 to=eth1"});
  CHECK(in_words(diff_addresses_of({a}, {address("10.0.0.1", "eth0", 16)}).events)
        == Lines{"if.addr.changed 10.0.0.1/16 dev eth0"});
}

TEST_CASE("an address whose check for duplicates ends does not shout, one that fails it does", "[diff]") {
  Address fresh = address("fd00::1", "eth0", 64);
  fresh.flags->set(AddressFlag::tentative);
  const Address settled = address("fd00::1", "eth0", 64);
  const auto events = diff_addresses_of({fresh}, {settled}).events;
  REQUIRE(in_words(events) == Lines{"if.addr.settled fd00::1/64 dev eth0"});
  CHECK(events[0].spec->hidden);
  Address failed = fresh;
  failed.flags->set(AddressFlag::dadfailed);
  const auto warned = diff_addresses_of({fresh}, {failed}).events;
  REQUIRE(in_words(warned) == Lines{"if.addr.changed fd00::1/64 dev eth0"});
  CHECK(severity_of(warned[0]) == Severity::warn);
}

TEST_CASE("a renamed interface keeps its addresses and groups", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(10);
  add_table(a, make_table(interfaces, {device("eth0", 2)}));
  add_table(b, make_table(interfaces, {device("wan0", 2)}));
  add_table(a, make_table(addresses, {address("10.0.0.1", "eth0")}));
  add_table(b, make_table(addresses, {address("10.0.0.1", "wan0")}));
  MulticastGroup group;
  group.group = ip("224.0.0.1");
  group.interface = "eth0";
  add_table(a, make_table(multicast_groups, {group}));
  group.interface = "wan0";
  add_table(b, make_table(multicast_groups, {group}));
  CHECK(in_words(diff_snapshots(a, b, {}).events) == Lines{"if.renamed wan0 from=eth0 to=wan0"});
  CHECK(diff_snapshots(a, b, {{"address", "multicast_group"}, {}}).events.empty());
}

TEST_CASE("link-layer groups are told where their table is asked for", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  LinkGroup group;
  group.interface = "eth0";
  group.address = "33:33:00:00:00:01";
  add_table(a, make_table(link_groups, {}));
  add_table(b, make_table(link_groups, {group}));
  const Diff all = diff_snapshots(a, b, {});
  REQUIRE(all.events.size() == 1);
  CHECK(all.events[0].spec->name == "mcast.link_joined");
  CHECK_FALSE(is_shown(all, all.events[0], false));
  const Diff chosen = diff_snapshots(a, b, {{"link_group"}, {}});
  CHECK(is_shown(chosen, chosen.events.at(0), false));
}

TEST_CASE("groups are joined and left, and have users", "[diff]") {
  MulticastGroup group;
  group.interface = "eth0";
  group.group = ip("239.1.2.3");
  group.users = 1;
  MulticastGroup busier = group;
  busier.users = 2;
  const auto diff_groups = [](const std::vector<MulticastGroup>& before, const std::vector<MulticastGroup>& after) {
    Snapshot a = snapshot_at(0);
    Snapshot b = snapshot_at(10);
    add_table(a, make_table(multicast_groups, before));
    add_table(b, make_table(multicast_groups, after));
    return in_words(diff_snapshots(a, b, {}).events);
  };
  CHECK(diff_groups({}, {group}) == Lines{"mcast.joined 239.1.2.3 dev eth0"});
  CHECK(diff_groups({group}, {}) == Lines{"mcast.left 239.1.2.3 dev eth0"});
  CHECK(diff_groups({group}, {busier}) == Lines{"mcast.users 239.1.2.3 dev eth0 from=1 to=2"});
}
