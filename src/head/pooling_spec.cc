#include "head/pooling_spec.h"

#include <iterator>
#include <utility>

#include "base/argument_check.h"

namespace vetor {
namespace {

constexpr bool HasEachInOrder() {
  if (kPoolingModes.size() != std::size(ChoicesOf<PoolingMode>::kAll)) return false;
  for (size_t i = 0; i < kPoolingModes.size(); ++i) {
    if (static_cast<size_t>(kPoolingModes[i].mode) != i) return false;
  }
  return true;
}
static_assert(HasEachInOrder(), "kPoolingModes has a row for each mode, in their order");

// "cls, max, ... or lasttoken".
std::string Listed() {
  std::string text;
  for (size_t i = 0; i < kPoolingModes.size(); ++i) {
    text += i == 0 ? "" : i + 1 == kPoolingModes.size() ? " or " : ", ";
    text += kPoolingModes[i].name;
  }
  return text;
}

}  // namespace

std::string DescribePoolingModes(std::span<const PoolingMode> modes) {
  std::string text;
  for (const PoolingMode mode : modes) {
    if (!text.empty()) text += '+';
    text += NameOrNumber(mode);
  }
  return text;
}

Result<std::vector<PoolingMode>> ParsePoolingModes(std::string_view text) {
  std::vector<PoolingMode> modes;
  while (true) {
    const size_t plus = text.find('+');
    const std::string_view part = text.substr(0, plus);
    const size_t before = modes.size();
    for (const PoolingModeNames& known : kPoolingModes) {
      if (part == known.name || part == known.alias) modes.push_back(known.mode);
    }
    if (modes.size() == before) {
      return InvalidArgumentError("unknown pooling mode \"" + std::string(part) + "\"; expected " +
                                  Listed() + ", or several joined with '+'");
    }
    if (plus == std::string_view::npos) return modes;
    text.remove_prefix(plus + 1);
  }
}

}  // namespace vetor
