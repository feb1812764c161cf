// Which file or class added which tokens, for the notes: a list of any length becomes a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vetor {

class TokenSources {
 public:
  /// The index of a source by its name; a new one if there is none.
  size_t Add(const std::string& name);

  void Count(size_t source, std::string_view content);

  /// Sorted; only of sources that added something.
  std::vector<std::string> Sentences() const;

 private:
  static constexpr size_t kListed = 10;
  struct Source {
    std::string name;
    std::string contents;  // The first few.
    size_t count = 0;
  };
  std::vector<Source> sources_;
};

}  // namespace vetor
