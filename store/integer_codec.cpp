// SPDX-License-Identifier: MIT
#include "store/integer_codec.h"

#include <algorithm>
#include <array>
#include <bit>

namespace hindstat {

namespace {

constexpr unsigned most_planes = 8;

// Percent of their size at which varints compete: planes decode faster, and zstd packs their high bytes better.
constexpr std::size_t varint_handicap = 150;

struct Choice {
  IntegerForm form = IntegerForm::constant;
  unsigned planes = 0;
  std::uint64_t base = 0;
};

unsigned planes_for(std::uint64_t largest) {
  return (static_cast<unsigned>(std::bit_width(largest | 1)) + 7) / 8;
}

Choice choose(std::span<const std::uint64_t> values) {
  const auto [lowest, highest] = std::ranges::minmax(values);
  if (lowest == highest) {
    return {IntegerForm::constant, 0, lowest};
  }
  std::uint64_t delta_bits = 0;
  std::size_t delta_bytes = 0;
  std::size_t offset_bytes = varint_size(values.front() - lowest);
  for (std::size_t i = 1; i < values.size(); ++i) {
    const std::uint64_t delta = zigzag(values[i] - values[i - 1]);
    delta_bits |= delta;
    delta_bytes += varint_size(delta);
    offset_bytes += varint_size(values[i] - lowest);
  }
  Choice best{IntegerForm::offset_planes, planes_for(highest - lowest), lowest};
  std::size_t best_bytes = best.planes * values.size();
  const auto consider = [&](Choice choice, std::size_t bytes) {
    if (bytes < best_bytes) {
      best = choice;
      best_bytes = bytes;
    }
  };
  const unsigned delta_planes = planes_for(delta_bits);
  consider({IntegerForm::delta_planes, delta_planes, values.front()}, delta_planes * (values.size() - 1));
  consider({IntegerForm::offset_varints, 0, lowest}, offset_bytes * varint_handicap / 100);
  consider({IntegerForm::delta_varints, 0, values.front()}, delta_bytes * varint_handicap / 100);
  return best;
}

void append_planes(std::string& out, std::span<const std::uint64_t> numbers, unsigned planes) {
  for (unsigned plane = 0; plane < planes; ++plane) {
    const std::size_t begin = out.size();
    out.resize(begin + numbers.size());
    std::ranges::transform(numbers, out.begin() + static_cast<std::ptrdiff_t>(begin),
                           [plane](std::uint64_t number) { return static_cast<char>(number >> (8 * plane)); });
  }
}

// Numbers of Planes planes, each of which begins `plane_bytes` behind the one before.
template <unsigned Planes>
void join_planes(const std::uint8_t* bytes, std::size_t plane_bytes, std::uint64_t base, std::span<std::uint64_t> out) {
  const std::size_t count = out.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t number = 0;
    for (unsigned plane = 0; plane < Planes; ++plane) {
      number |= static_cast<std::uint64_t>(bytes[plane * plane_bytes + i]) << (8 * plane);
    }
    out[i] = number + base;
  }
}

using Join = void (*)(const std::uint8_t*, std::size_t, std::uint64_t, std::span<std::uint64_t>);
constexpr std::array<Join, most_planes> joins = {join_planes<1>, join_planes<2>, join_planes<3>, join_planes<4>,
                                                 join_planes<5>, join_planes<6>, join_planes<7>, join_planes<8>};

} // namespace

void append_integers(std::string& out, std::span<const std::uint64_t> values) {
  if (values.empty()) {
    return;
  }
  const Choice choice = choose(values);
  out.push_back(static_cast<char>(static_cast<unsigned>(choice.form) + choice.planes));
  append_varint(out, choice.base);
  const bool deltas = choice.form == IntegerForm::delta_planes || choice.form == IntegerForm::delta_varints;
  std::vector<std::uint64_t> numbers;
  if (choice.form != IntegerForm::constant) {
    numbers.reserve(values.size());
    for (std::size_t i = deltas ? 1 : 0; i < values.size(); ++i) {
      numbers.push_back(deltas ? zigzag(values[i] - values[i - 1]) : values[i] - choice.base);
    }
  }
  if (choice.planes > 0) {
    append_planes(out, numbers, choice.planes);
    return;
  }
  for (const std::uint64_t number : numbers) {
    append_varint(out, number);
  }
}

IntegerReader::IntegerReader(ByteReader& in, std::size_t count) : in_(&in) {
  if (count == 0) {
    return;
  }
  const std::uint8_t tag = in.byte();
  planes_ = tag & 0x0FU;
  form_ = static_cast<IntegerForm>(tag & 0xF0U);
  const bool has_planes = form_ == IntegerForm::offset_planes || form_ == IntegerForm::delta_planes;
  const bool is_known = has_planes || form_ == IntegerForm::constant || form_ == IntegerForm::offset_varints
                        || form_ == IntegerForm::delta_varints;
  if (!is_known || (has_planes ? planes_ == 0 || planes_ > most_planes : planes_ != 0)) {
    refuse_block("unknown integer form");
  }
  base_ = in.varint();
  const std::size_t numbers = has_deltas() ? count - 1 : count;
  if (has_planes) {
    plane_ = reinterpret_cast<const std::uint8_t*>(in.take(numbers * planes_).data());
    plane_bytes_ = numbers;
  } else if (form_ != IntegerForm::constant && in.left() < numbers) {
    refuse_block("it ends early");
  }
}

void IntegerReader::next(std::span<std::uint64_t> out) {
  if (has_deltas() && !began_ && !out.empty()) {
    out.front() = base_;
    out = out.subspan(1);
    began_ = true;
  }
  switch (form_) {
    case IntegerForm::constant:
      std::ranges::fill(out, base_);
      return;
    case IntegerForm::offset_planes:
      joins[planes_ - 1](plane_, plane_bytes_, base_, out);
      break;
    case IntegerForm::delta_planes:
      joins[planes_ - 1](plane_, plane_bytes_, 0, out);
      break;
    case IntegerForm::offset_varints:
      in_->varints(out);
      for (std::uint64_t& value : out) {
        value += base_;
      }
      break;
    case IntegerForm::delta_varints:
      in_->varints(out);
      break;
  }
  if (plane_ != nullptr) {
    plane_ += out.size();
  }
  if (has_deltas()) {
    std::uint64_t sum = base_;
    for (std::uint64_t& value : out) {
      sum += unzigzag(value);
      value = sum;
    }
    base_ = sum;
  }
}

std::vector<std::uint64_t> read_integers(ByteReader& in, std::size_t count) {
  IntegerReader reader(in, count);
  std::vector<std::uint64_t> values(count);
  reader.next(values);
  return values;
}

} // namespace hindstat
