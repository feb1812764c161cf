// Notes which file or class added which tokens. A list of any length becomes one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vetor {

class TokenSources {
 public:
  /// The index of a source by its name; an unknown name gets a new index.
  size_t Add(const std::string& name);

  void Count(size_t source, std::string_view content);

  /// Sorted; a source that added nothing is left out.
  std::vector<std::string> Sentences() const;

 private:
  static constexpr size_t kListed = 10;
  struct Source {
    std::string name;
    std::string contents;  // The first few contents.
    size_t count = 0;
  };
  std::vector<Source> sources_;
};

}  // namespace vetor
