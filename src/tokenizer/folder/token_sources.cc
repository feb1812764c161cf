#include "tokenizer/folder/token_sources.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/terminal_text.h"

namespace vetor {

size_t TokenSources::Add(const std::string& name) {
  const auto found = std::find_if(sources_.begin(), sources_.end(),
                                  [&](const Source& one) { return one.name == name; });
  if (found != sources_.end()) return static_cast<size_t>(found - sources_.begin());
  sources_.push_back({name, {}, 0});
  return sources_.size() - 1;
}

void TokenSources::Count(size_t source, std::string_view content) {
  Source& one = sources_[source];
  if (++one.count > kListed) return;
  one.contents += (one.contents.empty() ? "" : ", ") + Quoted(content);
}

std::vector<std::string> TokenSources::Sentences() const {
  std::vector<std::string> said;
  for (const Source& one : sources_) {
    if (one.count == 0) continue;
    const std::string more =
        one.count > kListed ? fmt::format(" and {} more", one.count - kListed) : "";
    said.push_back(fmt::format("{} adds or changes {}{}", one.name, one.contents, more));
  }
  std::sort(said.begin(), said.end());
  return said;
}

}  // namespace vetor
