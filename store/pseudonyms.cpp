// SPDX-License-Identifier: MIT
#include "store/pseudonyms.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/escape.h"
#include "store/scrambler.h"

namespace hindstat {

namespace {

constexpr int format = 1;
constexpr int hexadecimal = 16;

std::optional<std::uint8_t> parse_byte(std::string_view digits) {
  std::uint8_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [parsed, error] = std::from_chars(digits.data(), end, value, hexadecimal);
  return digits.size() == 2 && error == std::errc() && parsed == end ? std::optional(value) : std::nullopt;
}

// The opposite of escape_terminal().
std::optional<std::string> unescaped(std::string_view text) {
  constexpr std::size_t escape_length = 4; // \xHH
  std::string bytes;
  while (!text.empty()) {
    if (text.front() != '\\') {
      bytes += text.front();
      text.remove_prefix(1);
    } else if (text.starts_with("\\\\")) {
      bytes += '\\';
      text.remove_prefix(2);
    } else {
      const auto byte = text.starts_with("\\x") ? parse_byte(text.substr(2, 2)) : std::nullopt;
      if (!byte) {
        return std::nullopt;
      }
      bytes += static_cast<char>(*byte);
      text.remove_prefix(escape_length);
    }
  }
  return bytes;
}

std::optional<std::string> parse_key(std::string_view digits) {
  std::string key;
  for (; !digits.empty(); digits.remove_prefix(2)) {
    const auto byte = parse_byte(digits.substr(0, 2));
    if (!byte) {
      return std::nullopt;
    }
    key += static_cast<char>(*byte);
  }
  return key.size() == Scrambler::key_bytes ? std::optional(key) : std::nullopt;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  constexpr std::size_t bytes = 6;
  MacAddress address;
  for (std::size_t i = 0; i < bytes; ++i) {
    const auto byte = text.size() == 3 * bytes - 1 && (i == 0 || text[3 * i - 1] == ':')
                        ? parse_byte(text.substr(3 * i, 2))
                        : std::nullopt;
    if (!byte) {
      return std::nullopt;
    }
    address.value = (address.value << 8) | *byte;
  }
  return address;
}

using Network = std::pair<IpAddress, std::uint8_t>;

std::string format_network(const Network& network) {
  return fmt::format("{}/{}", format_ip_address(network.first), network.second);
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = parse_ip_address(text.substr(0, slash));
  std::uint8_t length = 0;
  const char* const end = text.data() + text.size();
  const char* const begin = text.data() + std::min(slash + 1, text.size());
  const auto [parsed, error] = std::from_chars(begin, end, length);
  return address && error == std::errc() && parsed == end && length <= 8 * address->bytes().size()
           ? std::optional(Network(*address, length))
           : std::nullopt;
}

// The number of "STEM-NUMBER".
std::optional<std::uint64_t> number_of(std::string_view pseudonym) {
  const std::size_t dash = pseudonym.rfind('-');
  constexpr std::size_t most_digits = 15;
  if (dash == 0 || dash == std::string_view::npos || pseudonym.size() - dash - 1 > most_digits) {
    return std::nullopt;
  }
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  std::uint64_t number = 0;
  const char* const end = pseudonym.data() + pseudonym.size();
  const auto [parsed, error] = std::from_chars(pseudonym.data() + dash + 1, end, number);
  return std::all_of(pseudonym.begin(), pseudonym.begin() + static_cast<std::ptrdiff_t>(dash), is_plain)
             && error == std::errc() && parsed == end && number != 0
           ? std::optional(number)
           : std::nullopt;
}

void append_entry(std::string& json, std::string_view from, std::string_view to, bool first) {
  json += first ? "\n      " : ",\n      ";
  append_json_string(json, from);
  json += ": ";
  append_json_string(json, to);
}

[[noreturn]] void fail(std::string_view place, std::string_view entry, const char* why) {
  throw Error(fmt::format("{}.\"{}\": {}", place, escape_terminal(entry), why));
}

// "" for what is no text, and no such text is anything.
std::string_view text_of(const nlohmann::json& value) {
  return value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : std::string_view();
}

const nlohmann::json& object_at(const nlohmann::json& parent, const char* name) {
  const nlohmann::json& object = parent.at(name);
  if (!object.is_object()) {
    throw Error(fmt::format("{}: is no object", name));
  }
  return object;
}

void read_names(const nlohmann::json& kinds, Pseudonyms& pseudonyms) {
  for (const auto& [kind, entries] : kinds.items()) {
    const std::string place = "names." + escape_terminal(kind);
    if (!entries.is_object()) {
      throw Error(place + ": is no object");
    }
    std::set<std::uint64_t> numbers;
    for (const auto& [escaped, value] : entries.items()) {
      const auto name = unescaped(escaped);
      const auto number = number_of(text_of(value));
      if (!name) {
        fail(place, escaped, "is no escaped name");
      }
      if (!number) {
        fail(place, escaped, "has no pseudonym such as host-1");
      }
      if (!numbers.insert(*number).second) {
        fail(place, escaped, "has the number of another one");
      }
      pseudonyms.names[kind].emplace(*name, value.get<std::string>());
    }
  }
}

template <typename Address, typename Parse, typename Scramble>
void read_addresses(const nlohmann::json& entries, const char* place, std::map<Address, Address>& to, Parse&& parse,
                    Scramble&& scramble) {
  for (const auto& [text, value] : entries.items()) {
    const auto from = parse(text);
    const auto into = parse(text_of(value));
    if (!from || !into) {
      fail(place, text, "is no pair of addresses");
    }
    if (scramble(*from) != *into) {
      fail(place, text, "is not what the key makes of it");
    }
    to.emplace(*from, *into);
  }
}

void read_networks(const nlohmann::json& entries, const Scrambler& scrambler, Pseudonyms& pseudonyms) {
  for (const auto& [text, value] : entries.items()) {
    const auto from = parse_network(text);
    const auto into = parse_network(text_of(value));
    if (!from || !into || from->second != into->second) {
      fail("networks", text, "is no pair of networks");
    }
    if (scrambler.prefix(from->first, from->second) != into->first) {
      fail("networks", text, "is not what the key makes of it");
    }
    pseudonyms.networks.emplace(*from, into->first);
  }
}

} // namespace

const std::string& Pseudonyms::find_or_add(std::string_view kind, std::string_view name, std::string_view stem) {
  auto of_kind = names.find(kind);
  if (of_kind == names.end()) {
    of_kind = names.emplace(kind, Names()).first;
  }
  Names& known = of_kind->second;
  const auto found = known.find(name);
  if (found != known.end()) {
    return found->second;
  }
  auto last = last_numbers_.find(kind);
  if (last == last_numbers_.end()) {
    std::uint64_t highest = 0;
    for (const auto& [ignored, pseudonym] : known) {
      highest = std::max(highest, number_of(pseudonym).value_or(0));
    }
    last = last_numbers_.emplace(kind, highest).first;
  }
  return known.emplace(name, fmt::format("{}-{}", stem, ++last->second)).first->second;
}

const std::string* Pseudonyms::find(std::string_view kind, std::string_view name) const {
  const auto of_kind = names.find(kind);
  if (of_kind == names.end()) {
    return nullptr;
  }
  const auto found = of_kind->second.find(name);
  return found != of_kind->second.end() ? &found->second : nullptr;
}

std::string format_pseudonyms(const Pseudonyms& pseudonyms) {
  std::string json = fmt::format("{{\"hindstat_map\": {},\n  \"about\": ", format);
  append_json_string(json, "Whoever has this file can undo the anonymity of the stores that were exported with it.");
  json += ",\n  \"key\": \"";
  for (const char byte : pseudonyms.key) {
    json += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  json += "\",\n  \"names\": {";
  bool first_kind = true;
  for (const auto& [kind, names] : pseudonyms.names) {
    json += first_kind ? "\n    " : ",\n    ";
    first_kind = false;
    append_json_string(json, kind);
    json += ": {";
    bool first = true;
    for (const auto& [name, pseudonym] : names) {
      append_entry(json, escape_terminal(name), pseudonym, first);
      first = false;
    }
    json += "}";
  }
  json += "},\n  \"addresses\": {";
  bool first = true;
  for (const auto& [from, to] : pseudonyms.addresses) {
    append_entry(json, format_ip_address(from), format_ip_address(to), first);
    first = false;
  }
  json += "},\n  \"networks\": {";
  first = true;
  for (const auto& [from, to] : pseudonyms.networks) {
    append_entry(json, format_network({from.first, from.second}), format_network({to, from.second}), first);
    first = false;
  }
  json += "},\n  \"macs\": {";
  first = true;
  for (const auto& [from, to] : pseudonyms.macs) {
    append_entry(json, format_mac_address(from), format_mac_address(to), first);
    first = false;
  }
  return json + "}\n}\n";
}

Pseudonyms parse_pseudonyms(std::string_view json) {
  try {
    const auto root = nlohmann::json::parse(json);
    if (!root.is_object() || !root.contains("hindstat_map")) {
      throw Error("is no map of pseudonyms");
    }
    if (root.at("hindstat_map") != format) {
      throw Error("hindstat_map: is of another version of hindstat");
    }
    Pseudonyms pseudonyms;
    const auto key = parse_key(text_of(root.at("key")));
    if (!key) {
      throw Error(fmt::format("key: is not {} hexadecimal digits", 2 * Scrambler::key_bytes));
    }
    pseudonyms.key = *key;
    const Scrambler scrambler(*key);
    read_names(object_at(root, "names"), pseudonyms);
    read_addresses(object_at(root, "addresses"), "addresses", pseudonyms.addresses, parse_ip_address,
                   [&](const IpAddress& address) { return scrambler.address(address); });
    read_networks(object_at(root, "networks"), scrambler, pseudonyms);
    read_addresses(object_at(root, "macs"), "macs", pseudonyms.macs, parse_mac,
                   [&](MacAddress address) { return scrambler.mac(address); });
    return pseudonyms;
  } catch (const nlohmann::json::parse_error& e) {
    throw Error(fmt::format("byte {}: is no JSON", e.byte));
  } catch (const nlohmann::json::exception& e) {
    throw Error("is no map of pseudonyms: " + escape_terminal(e.what()));
  }
}

} // namespace hindstat
