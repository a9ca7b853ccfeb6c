// SPDX-License-Identifier: MIT
// What an anonymised export reads and rewrites: its map, which somebody may have edited, and texts of every kind.
#include "base/error.h"
#include "store/disguise.h"
#include "store/name_forms.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/targets.h"

namespace hindstat::fuzz {

void pseudonyms(Input input) {
  try {
    const Pseudonyms read = parse_pseudonyms(as_text(input));
    const std::string json = format_pseudonyms(read);
    require(format_pseudonyms(parse_pseudonyms(json)) == json, "a map that is written again stays the same");
  } catch (const Error&) {
    return;
  }
}

void disguise(Input input) {
  Parameters parameters(input);
  const auto content = static_cast<Content>(parameters.byte() % (static_cast<unsigned>(Content::context) + 1));
  constexpr std::array<std::string_view, 5> families{"", "vsock", "xdp", "l2cap", "x25"};
  const std::string_view family = families[parameters.byte() % families.size()];
  const std::string_view text = as_text(parameters.rest());
  if (const auto bytes = parse_link_bytes(text)) {
    require(format_link_bytes(*bytes) == text, "format_link_bytes(parse_link_bytes(x)) == x");
  }
  Pseudonyms pseudonyms;
  pseudonyms.key = std::string(Scrambler::key_bytes, '\x07');
  Disguise disguise(pseudonyms);
  const std::string hidden = disguise.text(content, text, family);
  // A sentence knows more names the second time.
  require(content == Content::sentence || disguise.text(content, text, family) == hidden,
          "the same text has the same pseudonym");
  require(!text.empty() || hidden.empty(), "nothing stays nothing");
  const std::string json = format_pseudonyms(pseudonyms);
  require(format_pseudonyms(parse_pseudonyms(json)) == json, "a map reads back");
}

} // namespace hindstat::fuzz
