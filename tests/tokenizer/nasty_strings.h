// The random strings of the tokenizer tests; tools/tokenizer/nasty_strings.py is the twin.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vetor {

class NastyStrings {
 public:
  /// Reads tests/data/tokenizer/nasty_sets.txt.
  NastyStrings();
  /// One to eight members of the sets.
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
