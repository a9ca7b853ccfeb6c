// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/notes.h"
#include "store/pseudonyms.h"
#include "store/records.h"
#include "store/scrambler.h"
#include "tables/contents.h"
#include "tables/snapshot.h"

namespace hindstat {

/// Puts pseudonyms in the place of what names a host, a network, a person or a program, consistently; docs/anonymous.md
/// says what is kept. What is met is added to the map.
class Disguise {
public:
  /// `pseudonyms` must outlive this; its key is set.
  explicit Disguise(Pseudonyms& pseudonyms) : pseudonyms_(&pseudonyms), scrambler_(pseudonyms.key) {
  }

  /// A text of a column. `family`: the row's column of that name as text, "" where there is none. "" stays "".
  [[nodiscard]] std::string text(Content content, std::string_view text, std::string_view family = {});
  [[nodiscard]] IpAddress address(const IpAddress& address);
  /// The same for the first `length` bits; see Scrambler::prefix().
  [[nodiscard]] IpAddress prefix(const IpAddress& address, std::size_t length);
  [[nodiscard]] MacAddress mac(MacAddress address);

  /// The table's rows in the same order, under the same spec.
  [[nodiscard]] Table table(const Table& table);
  /// Takes note of the kinds of interfaces in a table of spec `interfaces`, so that the first that get a pseudonym get
  /// "veth-1" and not "if-1".
  void learn_interfaces(const Table& table);
  /// To be called after the tables of its snapshot: names that were met in them are found in its sentence.
  [[nodiscard]] Capture capture(Capture capture);
  [[nodiscard]] SnapshotInfo info(SnapshotInfo info);
  /// Host, boot, origin, uids; not the captures.
  [[nodiscard]] SnapshotRecord record(SnapshotRecord record);
  [[nodiscard]] TombstoneRecord tombstone(TombstoneRecord stone);
  [[nodiscard]] StoreNotes notes(StoreNotes notes);
  /// 16 bytes for 16 bytes.
  [[nodiscard]] std::string uid(const std::string& uid) const;

private:
  [[nodiscard]] std::string name(std::string_view kind, std::string_view text);
  [[nodiscard]] std::string host(std::string_view text);
  [[nodiscard]] std::string machine_id(std::string_view text) const;
  [[nodiscard]] std::string boot_id(std::string_view text) const;
  [[nodiscard]] std::string kernel_release(std::string_view text);
  [[nodiscard]] std::string interface(std::string_view text, std::string_view kind = {});
  [[nodiscard]] std::string interface_label(std::string_view text);
  [[nodiscard]] std::string interface_list(std::string_view text);
  [[nodiscard]] std::string netns(std::string_view text);
  [[nodiscard]] std::string program(std::string_view text);
  [[nodiscard]] std::string unit(std::string_view text);
  [[nodiscard]] std::string unix_name(std::string_view text);
  [[nodiscard]] std::string link_address(std::string_view text);
  [[nodiscard]] std::string address_list(std::string_view text);
  [[nodiscard]] std::string station(std::string_view text, std::string_view family);
  [[nodiscard]] std::string station_list(std::string_view text, std::string_view family);
  [[nodiscard]] std::string secret(std::string_view text);
  [[nodiscard]] std::string sentence(std::string_view text);
  [[nodiscard]] std::string word_of_sentence(std::string_view word);

  void hide_interned(const Table& from, std::size_t index, Content content, Column& to);
  void hide_macs(Column& column);

  Pseudonyms* pseudonyms_;
  Scrambler scrambler_;
};

} // namespace hindstat
