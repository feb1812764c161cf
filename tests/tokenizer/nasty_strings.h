// Makes the random strings of the tokenizer tests; tools/tokenizer/nasty_strings.py makes the same
// ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vetor {

class NastyStrings {
 public:
  /// Reads the sets of a file in tests/data/tokenizer.
  explicit NastyStrings(const std::string& file_name = "nasty_sets.txt");
  /// Joins one to eight members of the sets.
  std::string Make(uint64_t seed, uint64_t index) const;

 private:
  struct Set {
    uint64_t weight = 0;
    std::vector<std::string> members;
  };
  std::vector<Set> sets_;
  uint64_t total_weight_ = 0;
};

}  // namespace vetor
