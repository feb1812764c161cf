#include "encoder/unused_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "base/counted.h"
#include "base/terminal_text.h"

namespace vetor {
namespace {

// "encoder.layer" and 5 of "encoder.layer.5.output.bias".
struct LayerName {
  std::string_view stack;
  int number = 0;
};

std::optional<LayerName> LayerOf(std::string_view name) {
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const std::string_view rest = name.substr(dot + 1);
    const std::string_view part = rest.substr(0, rest.find('.'));
    int number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (!part.empty() && error == std::errc() && end == part.data() + part.size()) {
      return LayerName{name.substr(0, dot), number};
    }
  }
  return std::nullopt;
}

}  // namespace

std::string DescribeUnusedLayers(std::span<const std::string> names,
                                 const std::set<std::string, std::less<>>& used) {
  std::map<std::string_view, std::set<int>> of_use;
  for (const std::string& name : used) {
    if (const auto layer = LayerOf(name)) of_use[layer->stack].insert(layer->number);
  }
  for (const auto& [stack, numbers] : of_use) {
    std::set<int> unused;
    for (const std::string& name : names) {
      const auto layer = LayerOf(name);
      if (layer && layer->stack == stack && !numbers.contains(layer->number)) {
        unused.insert(layer->number);
      }
    }
    if (unused.empty()) continue;
    const int first = *unused.begin();
    const int last = *unused.rbegin();
    return fmt::format(
        "the weights of {} {} of {} are not used, because config.json asks for {}; if that "
        "is not meant, take config.json and the weights from one revision of the model",
        first == last ? "layer" : "layers",
        first == last ? fmt::format("{}", first) : fmt::format("{} to {}", first, last),
        Quoted(stack), Counted(numbers.size(), "layer"));
  }
  return "";
}

}  // namespace vetor
