// SPDX-License-Identifier: MIT
#include "recorder/read_context.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::int64_t ns_per_us = 1000;
constexpr std::int64_t ns_per_ms = 1'000'000;

std::uint32_t microseconds(std::int64_t ns) {
  const std::int64_t us = std::max<std::int64_t>(ns, 0) / ns_per_us;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(us, std::numeric_limits<std::uint32_t>::max()));
}

/// The cells of column netns become `netns`: readers do not know how their namespace is called.
void append_rows_of(Table& to, const Table& from, std::string_view netns) {
  for (std::size_t i = 0; i < from.spec().columns.size(); ++i) {
    const bool is_name = from.spec().columns[i].name == "netns";
    for (std::size_t row = 0; row < from.size(); ++row) {
      if (is_name) {
        to.column(i).append_bytes(netns);
      } else {
        to.column(i).append_from(from.column(i), row);
      }
    }
  }
  to.set_size(to.size() + from.size());
}

} // namespace

std::string hex_example(std::span<const std::byte> bytes) {
  constexpr std::size_t longest = 100;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes.first(std::min(bytes.size(), longest))) {
    text += digits[std::to_integer<std::size_t>(byte) >> 4U];
    text += digits[std::to_integer<std::size_t>(byte) & 15U];
  }
  return text;
}

CaptureStatus status_of_error(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENOTDIR:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
    case EOPNOTSUPP:
    case ENOPROTOOPT:
      return CaptureStatus::absent;
    case EPERM:
    case EACCES:
      return CaptureStatus::denied;
    case ETIMEDOUT:
      return CaptureStatus::late;
    default:
      return CaptureStatus::failed;
  }
}

std::string error_text(int error) {
  const char* const text = ::strerrordesc_np(error);
  std::string sentence = text != nullptr ? text : "error " + std::to_string(error);
  if (error == EPERM) { // Of netlink: what it keeps from ordinary users it keeps for this capability.
    sentence += " (it needs root or CAP_NET_ADMIN)";
  } else if (error == EACCES) { // Of a file.
    sentence += " (it needs root or CAP_DAC_READ_SEARCH)";
  }
  return sentence;
}

void mark_partial(Capture& capture, std::string_view reason) {
  capture.status = CaptureStatus::partial;
  if (capture.detail.find(reason) != std::string::npos) {
    return;
  }
  if (!capture.detail.empty()) {
    capture.detail += "; ";
  }
  capture.detail += reason;
}

std::uint64_t ReadContext::boottime_ms() const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(system_->now().boottime_ns, 0) / ns_per_ms);
}

const FileRead& ReadContext::shared_file(const char* path) {
  const auto found = files_.find(path);
  if (found != files_.end() && found->second.error != ETIMEDOUT) { // Another table has time of its own.
    return found->second;
  }
  return files_.insert_or_assign(path, system_->read_file(path)).first->second;
}

const LinkDump& ReadContext::links() {
  if (!links_ || links_->end.error == ETIMEDOUT) {
    links_ = read_links(*system_);
  }
  return *links_;
}

const InterfaceNames& ReadContext::interfaces() {
  if (!interfaces_ || interfaces_->error == ETIMEDOUT) {
    interfaces_ = names_of(links());
  }
  return *interfaces_;
}

const OwnerScan& ReadContext::owners() {
  if (!owners_) {
    owners_ = pending_owners_.get();
  }
  return *owners_;
}

std::string_view ReadContext::own_teller(std::string_view table, std::string_view label) const {
  const auto found = own_coverage.find(table);
  Fields words(found != own_coverage.end() ? std::string_view(found->second) : std::string_view());
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (word.starts_with(label) && word.size() > label.size() && word[label.size()] == '=') {
      return word.substr(label.size() + 1);
    }
  }
  return {};
}

void ReadContext::begin_time() const {
  if (restraint_ != nullptr) {
    restraint_->begin_table();
  }
}

Capture ReadContext::begin(std::string_view table, std::string_view source) const {
  Capture capture;
  capture.table = table;
  capture.source = source;
  begin_time();
  capture.began_us = microseconds(system_->now().boottime_ns - began_ns_);
  return capture;
}

void ReadContext::end(Capture& capture) const {
  const std::int64_t began = began_ns_ + std::int64_t{capture.began_us} * ns_per_us;
  capture.took_us = microseconds(system_->now().boottime_ns - began);
}

void ReadContext::add_restraint(Capture& capture) const {
  if (restraint_ == nullptr) {
    return;
  }
  if (const std::string lateness = restraint_->describe_lateness(); !lateness.empty()) {
    mark_partial(capture, "late: " + lateness);
  }
  for (const std::string& omission : restraint_->omissions()) {
    mark_partial(capture, omission);
  }
}

void ReadContext::keep(Capture capture, Table table) {
  if (capture.rejected != 0) {
    mark_partial(capture, std::to_string(capture.rejected) + " records not understood");
  }
  add_restraint(capture);
  capture.rows = static_cast<std::uint32_t>(table.size());
  captures.push_back(std::move(capture));
  tables.push_back(std::move(table));
}

void ReadContext::add_namespace(std::string_view netns, ReadContext other) {
  for (Capture& capture : other.captures) {
    capture.netns = netns;
    captures.push_back(std::move(capture));
  }
  for (const Table& from : other.tables) {
    const auto found =
      std::ranges::find(tables, from.spec().name, [](const Table& table) { return table.spec().name; });
    Table& to = found != tables.end() ? *found : tables.emplace_back(from.spec());
    append_rows_of(to, from, netns);
  }
}

void ReadContext::keep_missing(Capture capture, CaptureStatus status, std::string detail) {
  capture.status = status;
  capture.detail = std::move(detail);
  if (restraint_ != nullptr && !restraint_->describe_lateness().empty()) {
    // Whatever the reader made of it: it was not asked to the end.
    capture.status = CaptureStatus::late;
    capture.detail = restraint_->describe_lateness();
  } else if (restraint_ != nullptr) {
    for (const std::string& omission : restraint_->omissions()) {
      capture.detail += (capture.detail.empty() ? "" : "; ") + omission;
    }
  }
  captures.push_back(std::move(capture));
}

} // namespace hindstat
