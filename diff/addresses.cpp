// SPDX-License-Identifier: MIT
#include "diff/addresses.h"

#include <fmt/format.h>

#include <array>

#include "diff/interface_rows.h"
#include "diff/row_events.h"
#include "tables/address.h"

namespace hindstat {

namespace {

constexpr auto tentative_flags =
  static_cast<std::uint32_t>(AddressFlag::tentative) | static_cast<std::uint32_t>(AddressFlag::optimistic);
// /proc/net/if_inet6 has the lowest eight flags only.
constexpr std::uint32_t flags_of_proc = 0xff;

// "10.0.0.1/24 dev eth0"
std::string address_key(const Address& row) {
  return fmt::format("{}/{} dev {}", format_ip_address(row.address), row.prefix_length, row.interface);
}

class AddressDiffer {
public:
  AddressDiffer(const ComparedTable& table, const RuleContext& context)
    : table_(table), before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table) {
  }

  TableDiff run() {
    RowMatch match = match_rows(table_, context_.same_boot);
    for (const RowPair& pair : match.changed) {
      compare(pair);
    }
    for (const RowPair& pair : pair_renamed<Address>(match, before_, after_, context_.renames, row_of, name_of_row)) {
      compare(pair);
    }
    for (const RowPair& pair : pair_single(match, before_, after_, row_of,
                                           [](const Address& row) { return std::pair(row.netns, row.address); })) {
      move(pair);
    }
    for (const std::uint32_t row : match.removed) {
      add(rows_.removed("if.addr.removed", row), row_of(before_, row));
    }
    for (const std::uint32_t row : match.added) {
      add(rows_.added("if.addr.added", row), row_of(after_, row));
    }
    return std::move(diff_);
  }

private:
  static Address row_of(const Table& table, std::uint32_t row) {
    return addresses.row(table, row);
  }
  // All that makes it this address but the interface.
  static std::pair<IpAddress, std::uint8_t> name_of_row(const Address& row) {
    return std::pair(row.address, row.prefix_length);
  }

  void add(Event event, const Address& row) {
    event.key = address_key(row);
    diff_.events.push_back(std::move(event));
  }

  // The address is at another interface, or in another subnet of the same one.
  void move(RowPair pair) {
    const Address before = row_of(before_, pair.before);
    const Address after = row_of(after_, pair.after);
    const bool moved = before.interface != after.interface;
    Event event = rows_.changed(moved ? "if.addr.moved" : "if.addr.changed", pair);
    if (moved) {
      event.fields = {{"from", before.interface}, {"to", after.interface}};
      rows_.add_change(event, addresses.index_of<&Address::interface>(), pair);
    }
    rows_.add_change(event, addresses.index_of<&Address::prefix_length>(), pair);
    add_attributes(event, pair);
    if (flag_changes(before, after) != 0) {
      rows_.add_change(event, addresses.index_of<&Address::flags>(), pair);
    }
    add(std::move(event), after);
  }

  void add_attributes(Event& event, RowPair pair) const {
    for (const std::size_t column : {addresses.index_of<&Address::peer>(), addresses.index_of<&Address::broadcast>(),
                                     addresses.index_of<&Address::label>(), addresses.index_of<&Address::scope>()}) {
      rows_.add_change(event, column, pair);
    }
  }

  [[nodiscard]] std::uint32_t flag_changes(const Address& before, const Address& after) const {
    if (!before.flags || !after.flags) {
      return 0;
    }
    return (before.flags->bits ^ after.flags->bits) & (table_.sources_differ ? flags_of_proc : ~0U);
  }

  // Whether duplicate address detection found that another host has it (RFC 4862).
  [[nodiscard]] static bool has_failed(const Address& address) {
    return address.flags && address.flags->has(AddressFlag::dadfailed);
  }

  // "eth0" or "eth0:1". When an interface is renamed the kernel labels its IPv4 addresses anew, and numbers all but the
  // first (inetdev_changename).
  [[nodiscard]] static bool is_labelled_with_interface(const Address& address) {
    return address.label && address.label->substr(0, address.label->find(':')) == address.interface;
  }

  void compare(RowPair pair) {
    const Address before = row_of(before_, pair.before);
    const Address after = row_of(after_, pair.after);
    const std::uint32_t flags = flag_changes(before, after);
    Event event = rows_.changed("if.addr.changed", pair);
    add_attributes(event, pair);
    if (before.interface != after.interface && is_labelled_with_interface(before)
        && is_labelled_with_interface(after)) {
      std::erase_if(event.changed, [](const EventChange& change) { return change.column == "label"; });
    }
    const bool settled_only = event.changed.empty() && (flags & ~tentative_flags) == 0;
    if (flags != 0) {
      rows_.add_change(event, addresses.index_of<&Address::flags>(), pair);
    }
    if (event.changed.empty()) {
      return;
    }
    if (settled_only) {
      event.spec = &event_spec("if.addr.settled");
    } else if (has_failed(after) && !has_failed(before)) {
      event.severity = Severity::warn;
      event.why.emplace_back("another host has this address");
    }
    add(std::move(event), after);
  }

  const ComparedTable& table_;
  const Table& before_;
  const Table& after_;
  const RuleContext& context_;
  RowEvents rows_;
  TableDiff diff_;
};

} // namespace

TableDiff diff_addresses(const ComparedTable& table, const RuleContext& context) {
  return AddressDiffer(table, context).run();
}

} // namespace hindstat
